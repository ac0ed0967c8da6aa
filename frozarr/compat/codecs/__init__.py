"""Codecs by their older names; they are those of `frozarr.codecs`."""

from typing import Literal, TypeAlias

from frozarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)
from frozarr.codecs import CastValueCodec as CastValue
from frozarr.codecs import ScaleOffsetCodec as ScaleOffset
from frozarr.codecs import VlenBytesCodec as VLenBytesCodec
from frozarr.codecs import VlenUtf8Codec as VLenUTF8Codec
from frozarr.compat.codecs import numcodecs
from frozarr.compat.codecs.enums import (
    BloscCname,
    BloscShuffle,
    Endian,
    ShardingCodecIndexLocation,
)

__all__ = [
    "BloscCname", "BloscCodec", "BloscShuffle", "BytesCodec", "CastValue", "Crc32cCodec", "Endian",
    "GzipCodec", "ScaleOffset", "ShardingCodec", "ShardingCodecIndexLocation",
    "SubchunkWriteOrder", "TransposeCodec", "VLenBytesCodec", "VLenUTF8Codec", "ZstdCodec",
    "numcodecs",
]  # fmt: skip

SubchunkWriteOrder: TypeAlias = Literal["morton", "unordered", "lexicographic", "colexicographic"]

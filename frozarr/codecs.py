"""Codec values, for ``filters=``, ``serializer=`` and ``compressors=``."""

from frozarr.lazy import only
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.cast_value import CastValueCodec
from frozarr.metadata.codecs.compressors import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.codecs.numcodecs_v3 import NumcodecsV3Codec
from frozarr.metadata.codecs.packbits import PackBitsCodec
from frozarr.metadata.codecs.reshape import ReshapeCodec
from frozarr.metadata.codecs.scale_offset import ScaleOffsetCodec
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.codecs.vlen import VlenBytesCodec, VlenUtf8Codec

__all__ = [
    "BloscCodec",
    "BytesCodec",
    "CastValueCodec",
    "Crc32cCodec",
    "GzipCodec",
    "NumcodecsCodec",
    "NumcodecsV3Codec",
    "PackBitsCodec",
    "ReshapeCodec",
    "ScaleOffsetCodec",
    "ShardingCodec",
    "TransposeCodec",
    "VlenBytesCodec",
    "VlenUtf8Codec",
    "ZstdCodec",
]

__dir__ = only(__all__)

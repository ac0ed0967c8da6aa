"""Codec values, for ``filters=``, ``serializer=`` and ``compressors=``."""

from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.compressors import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec

__all__ = [
    "BloscCodec",
    "BytesCodec",
    "Crc32cCodec",
    "GzipCodec",
    "NumcodecsCodec",
    "ShardingCodec",
    "TransposeCodec",
    "ZstdCodec",
]

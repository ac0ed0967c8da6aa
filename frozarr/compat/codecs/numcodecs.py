"""Codecs of numcodecs in format 3: each is made of its configuration."""

from typing import Any, ClassVar

from frozarr.codecs import NumcodecsV3Codec

__all__ = [
    "BZ2", "CRC32", "CRC32C", "LZ4", "LZMA", "ZFPY", "Adler32", "AsType", "BitRound", "Blosc",
    "Delta", "FixedScaleOffset", "Fletcher32", "GZip", "JenkinsLookup3", "PCodec", "PackBits",
    "Quantize", "Shuffle", "Zlib", "Zstd",
]  # fmt: skip


class _Codec(NumcodecsV3Codec):
    """A codec by its configuration."""

    codec_id: ClassVar[str]

    def __init__(self, **configuration: Any) -> None:
        NumcodecsV3Codec.__init__(self, f"numcodecs.{self.codec_id}", configuration)


def _codec(name: str, codec_id: str) -> type[_Codec]:
    doc = f"Codec ``numcodecs.{codec_id}``; see numcodecs for its configuration."
    made = {"codec_id": codec_id, "__doc__": doc, "__module__": __name__, "__slots__": ()}
    return type(name, (_Codec,), made)


BZ2 = _codec("BZ2", "bz2")
CRC32 = _codec("CRC32", "crc32")
CRC32C = _codec("CRC32C", "crc32c")
LZ4 = _codec("LZ4", "lz4")
LZMA = _codec("LZMA", "lzma")
ZFPY = _codec("ZFPY", "zfpy")
Adler32 = _codec("Adler32", "adler32")
AsType = _codec("AsType", "astype")
BitRound = _codec("BitRound", "bitround")
Blosc = _codec("Blosc", "blosc")
Delta = _codec("Delta", "delta")
FixedScaleOffset = _codec("FixedScaleOffset", "fixedscaleoffset")
Fletcher32 = _codec("Fletcher32", "fletcher32")
GZip = _codec("GZip", "gzip")
JenkinsLookup3 = _codec("JenkinsLookup3", "jenkins_lookup3")
PCodec = _codec("PCodec", "pcodec")
PackBits = _codec("PackBits", "packbits")
Quantize = _codec("Quantize", "quantize")
Shuffle = _codec("Shuffle", "shuffle")
Zlib = _codec("Zlib", "zlib")
Zstd = _codec("Zstd", "zstd")

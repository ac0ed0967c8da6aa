"""Parameters of codecs that older programs give as members of a class: they are texts."""

from typing import Final

__all__ = ["BloscCname", "BloscShuffle", "Endian", "ShardingCodecIndexLocation"]


class Endian:
    """Byte orders."""

    big: Final = "big"
    little: Final = "little"


class BloscShuffle:
    """What blosc does before it compresses."""

    noshuffle: Final = "noshuffle"
    shuffle: Final = "shuffle"
    bitshuffle: Final = "bitshuffle"


class BloscCname:
    """Compressors of blosc."""

    lz4: Final = "lz4"
    lz4hc: Final = "lz4hc"
    blosclz: Final = "blosclz"
    zstd: Final = "zstd"
    snappy: Final = "snappy"
    zlib: Final = "zlib"


class ShardingCodecIndexLocation:
    """Where a shard has its index."""

    start: Final = "start"
    end: Final = "end"

"""Bytes-to-bytes codecs of the core: ``gzip``, ``zstd``, ``blosc`` and the checksum ``crc32c``."""

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import BytesToBytesCodec
from frozarr.metadata.parsing.members import Members, member
from frozarr.metadata.parsing.parsers import boolean, integer, one_of
from frozarr.types import JSON, UNSET, AnyDtype, Unset

if TYPE_CHECKING:
    from frozarr.metadata.parsing.at import Invalid

__all__ = ["BloscCodec", "Crc32cCodec", "GzipCodec", "ZstdCodec"]


@attrs.frozen(kw_only=True)
class GzipCodec(BytesToBytesCodec):
    """Codec ``gzip`` (RFC 1952).

    Examples
    --------
    >>> GzipCodec(level=1).to_json()
    {'name': 'gzip', 'configuration': {'level': 1}}
    """

    name: ClassVar[str] = "gzip"
    level: int = member(integer(0, 9), default=5)


@attrs.frozen(kw_only=True)
class ZstdCodec(BytesToBytesCodec):
    """Codec ``zstd`` (RFC 8878); level 0 is zstd's own default.

    Examples
    --------
    >>> ZstdCodec(level=3).to_json()
    {'name': 'zstd', 'configuration': {'level': 3, 'checksum': False}}
    """

    name: ClassVar[str] = "zstd"
    level: int = member(integer(-131072, 22), default=0)
    checksum: bool = member(boolean, default=False, absent=False)


Shuffle: TypeAlias = Literal["noshuffle", "shuffle", "bitshuffle"]
BLOSC_CNAMES = ("lz4", "lz4hc", "blosclz", "zstd", "snappy", "zlib")
BLOSC_SHUFFLES: tuple[Shuffle, ...] = ("noshuffle", "shuffle", "bitshuffle")
_INT32 = 2**31 - 1


@attrs.frozen(kw_only=True)
class BloscCodec(BytesToBytesCodec):
    """Codec ``blosc`` (blosc 1 container).

    ``typesize`` and ``shuffle`` may be left out when creating an array: they are then chosen from
    the data type (``for_dtype``) and recorded.

    Examples
    --------
    >>> BloscCodec(cname="lz4", clevel=5).for_dtype(np.dtype("u2")).typesize
    2
    """

    name: ClassVar[str] = "blosc"
    typesize: int | Unset = member(integer(1, _INT32), default=UNSET, absent=UNSET)
    """Bytes of an element, as the shuffle sees it."""
    cname: str = member(one_of(*BLOSC_CNAMES), default="zstd")
    clevel: int = member(integer(0, 9), default=5)
    shuffle: Shuffle | Unset = member(one_of(*BLOSC_SHUFFLES), default=UNSET, absent="noshuffle")
    blocksize: int = member(integer(0, _INT32), default=0, absent=0)
    """Bytes of a block; 0 lets blosc choose."""

    @classmethod
    def from_members(cls, members: Members) -> "BloscCodec | Invalid":
        """Codec from its configuration; ``typesize`` may be missing where nothing is shuffled."""
        if members.at("shuffle").value not in {None, "noshuffle"} and not members.has("typesize"):
            members.problem("typesize", "missing")
        return super().from_members(members)

    def for_dtype(self, dtype: AnyDtype) -> "BloscCodec":
        """The codec with what was left open chosen for elements of `dtype`."""
        typesize = max(1, dtype.itemsize) if self.typesize is UNSET else self.typesize
        shuffle = self.shuffle
        if shuffle is UNSET:
            shuffle = "bitshuffle" if typesize == 1 else "shuffle"
        return attrs.evolve(self, typesize=typesize, shuffle=shuffle)

    def configuration(self) -> dict[str, JSON]:
        """All five members, what was left open chosen for single bytes."""
        if UNSET in {self.typesize, self.shuffle}:
            return self.for_dtype(np.dtype("u1")).configuration()
        return super().configuration()


@attrs.frozen
class Crc32cCodec(BytesToBytesCodec):
    """Codec ``crc32c``: appends a CRC-32C (Castagnoli) of the bytes, little-endian.

    Examples
    --------
    >>> Crc32cCodec().to_json()
    {'name': 'crc32c'}
    """

    name: ClassVar[str] = "crc32c"
    bare: ClassVar[bool] = True

"""Bytes-to-bytes codecs of the core: ``gzip``, ``zstd``, ``blosc`` and the checksum ``crc32c``."""

from typing import Any, ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.members import Members, as_bool, as_int, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, UNSET, Loc, Unset

__all__ = ["BloscCodec", "Crc32cCodec", "GzipCodec", "ZstdCodec"]

ZSTD_LEVELS = (-131072, 22)


def _level(low: int, high: int) -> "attrs._ValidatorType[int]":
    return attrs.validators.and_(
        attrs.validators.instance_of(int), attrs.validators.ge(low), attrs.validators.le(high)
    )


@attrs.frozen(kw_only=True)
class GzipCodec:
    """Codec ``gzip`` (RFC 1952).

    Examples
    --------
    >>> GzipCodec(level=1).to_json()
    {'name': 'gzip', 'configuration': {'level': 1}}
    """

    name: ClassVar[str] = "gzip"
    kind: ClassVar[CodecKind] = "bytes_bytes"
    level: int = attrs.field(default=5, validator=_level(0, 9))

    @classmethod
    def from_members(cls, members: Members) -> "GzipCodec | None":
        """Codec from its configuration, or noted problems."""
        level = members.take("level", as_int(0, 9))
        members.refuse_rest()
        return None if level is None else cls(level=level)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"level": self.level}}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:  # noqa: ARG002 - takes any bytes
        """Bytes stay bytes."""
        return spec


@attrs.frozen(kw_only=True)
class ZstdCodec:
    """Codec ``zstd`` (RFC 8878); level 0 is zstd's own default.

    Examples
    --------
    >>> ZstdCodec(level=3).to_json()
    {'name': 'zstd', 'configuration': {'level': 3, 'checksum': False}}
    """

    name: ClassVar[str] = "zstd"
    kind: ClassVar[CodecKind] = "bytes_bytes"
    level: int = attrs.field(default=0, validator=_level(*ZSTD_LEVELS))
    checksum: bool = attrs.field(default=False, validator=attrs.validators.instance_of(bool))

    @classmethod
    def from_members(cls, members: Members) -> "ZstdCodec | None":
        """Codec from its configuration, or noted problems."""
        level = members.take("level", as_int(*ZSTD_LEVELS))
        checksum = members.take_or("checksum", as_bool, default=False)
        members.refuse_rest()
        return None if level is None or checksum is None else cls(level=level, checksum=checksum)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {
            "name": self.name,
            "configuration": {"level": self.level, "checksum": self.checksum},
        }

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:  # noqa: ARG002 - takes any bytes
        """Bytes stay bytes."""
        return spec


Shuffle: TypeAlias = Literal["noshuffle", "shuffle", "bitshuffle"]
BLOSC_CNAMES = ("lz4", "lz4hc", "blosclz", "zstd", "snappy", "zlib")
BLOSC_SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")


@attrs.frozen(kw_only=True)
class BloscCodec:
    """Codec ``blosc`` (blosc 1 container).

    ``typesize`` and ``shuffle`` may be left out when creating an array: they are then chosen from
    the data type (``for_dtype``) and recorded.

    Examples
    --------
    >>> BloscCodec(cname="lz4", clevel=5).for_dtype(np.dtype("u2")).typesize
    2
    """

    name: ClassVar[str] = "blosc"
    kind: ClassVar[CodecKind] = "bytes_bytes"
    cname: str = attrs.field(default="zstd", validator=attrs.validators.in_(BLOSC_CNAMES))
    clevel: int = attrs.field(default=5, validator=_level(0, 9))
    shuffle: str | Unset = attrs.field(
        default=UNSET, validator=attrs.validators.in_((*BLOSC_SHUFFLES, UNSET))
    )
    typesize: int | Unset = UNSET
    """Bytes of an element, as the shuffle sees it."""
    blocksize: int = attrs.field(default=0, validator=_level(0, 2**31 - 1))
    """Bytes of a block; 0 lets blosc choose."""

    @classmethod
    def from_members(cls, members: Members) -> "BloscCodec | None":
        """Codec from its configuration, or noted problems."""
        before = len(members.problems.found)
        cname = members.take("cname", as_one_of(*BLOSC_CNAMES))
        clevel = members.take("clevel", as_int(0, 9))
        shuffle = members.take_or("shuffle", as_one_of(*BLOSC_SHUFFLES), default="noshuffle")
        parse = as_int(1, 2**31 - 1)
        typesize = (
            members.take_or("typesize", parse, default=1)
            if shuffle == "noshuffle"
            else members.take("typesize", parse)
        )
        blocksize = members.take_or("blocksize", as_int(0, 2**31 - 1), default=0)
        members.refuse_rest()
        if len(members.problems.found) > before:
            return None
        return cls(
            cname=str(cname), clevel=clevel or 0, shuffle=str(shuffle),
            typesize=typesize or 1, blocksize=blocksize or 0,
        )  # fmt: skip

    def for_dtype(self, dtype: "np.dtype[Any]") -> "BloscCodec":
        """The codec with what was left open chosen for elements of `dtype`."""
        typesize = dtype.itemsize if self.typesize is UNSET else self.typesize
        shuffle = self.shuffle
        if shuffle is UNSET:
            shuffle = "bitshuffle" if typesize == 1 else "shuffle"
        return attrs.evolve(self, typesize=max(1, typesize), shuffle=shuffle)

    def to_json(self) -> JSON:
        """Object form of format 3; all five members are recorded."""
        chosen = self.for_dtype(np.dtype("u1"))
        return {
            "name": self.name,
            "configuration": {
                "typesize": chosen.typesize if isinstance(chosen.typesize, int) else 1,
                "cname": self.cname,
                "clevel": self.clevel,
                "shuffle": str(chosen.shuffle),
                "blocksize": self.blocksize,
            },
        }

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:  # noqa: ARG002 - takes any bytes
        """Bytes stay bytes."""
        return spec


@attrs.frozen
class Crc32cCodec:
    """Codec ``crc32c``: appends a CRC-32C (Castagnoli) of the bytes, little-endian.

    Examples
    --------
    >>> Crc32cCodec().to_json()
    {'name': 'crc32c'}
    """

    name: ClassVar[str] = "crc32c"
    kind: ClassVar[CodecKind] = "bytes_bytes"

    @classmethod
    def from_members(cls, members: Members) -> "Crc32cCodec":
        """Codec from its (empty) configuration, or noted problems."""
        members.refuse_rest()
        return cls()

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:  # noqa: ARG002 - takes any bytes
        """Bytes stay bytes."""
        return spec

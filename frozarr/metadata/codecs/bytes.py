"""Codec ``bytes``: elements in C order, in a stated byte order."""

from typing import ClassVar, Literal, TypeAlias

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.metadata.members import Members, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["BytesCodec"]

Endian: TypeAlias = Literal["little", "big"]


def _as_endian(value: JSON, loc: Loc, problems: Problems) -> Endian | None:
    return as_one_of("little", "big")(value, loc, problems)  # type: ignore[return-value]  # one of the two


@attrs.frozen(kw_only=True)
class BytesCodec:
    """Codec ``bytes`` (core spec, "bytes codec").

    Examples
    --------
    >>> BytesCodec(endian="big").to_json()
    {'name': 'bytes', 'configuration': {'endian': 'big'}}
    """

    name: ClassVar[str] = "bytes"
    kind: ClassVar[CodecKind] = "array_bytes"
    endian: Endian | None = attrs.field(
        default="little", validator=attrs.validators.in_(("little", "big", None))
    )
    """Byte order; None only where elements have one byte."""

    @classmethod
    def from_members(cls, members: Members) -> "BytesCodec | None":
        """Codec from its configuration, or noted problems."""
        before = len(members.problems.found)
        given = "endian" in members.rest()
        endian: Endian | None = members.take("endian", _as_endian) if given else None
        members.refuse_rest()
        return None if len(members.problems.found) > before else cls(endian=endian)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        if self.endian is None:
            return {"name": self.name}
        return {"name": self.name, "configuration": {"endian": self.endian}}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The same elements in the stored byte order."""
        if spec.dtype.hasobject or spec.dtype.kind == "T":
            problems.add(loc, f"can't hold variable-length elements ({spec.dtype})")
            return spec
        if self.endian is None and spec.dtype.byteorder != "|" and spec.dtype.itemsize > 1:
            problems.add((*loc, "configuration", "endian"), f"missing; {spec.dtype} needs one")
        if spec.dtype.isbuiltin == REGISTERED:
            return spec  # a type of another package, which numpy can't swap
        big = self.endian == "big"
        return attrs.evolve(spec, dtype=spec.dtype.newbyteorder(">" if big else "<"))

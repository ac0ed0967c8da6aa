"""Serializers of variable-length elements: ``vlen-utf8`` and ``vlen-bytes`` (zarr-extensions)."""

from typing import ClassVar, TypeAlias

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.members import Members
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["VlenBytesCodec", "VlenCodec", "VlenUtf8Codec"]


@attrs.frozen
class VlenUtf8Codec:
    """Codec ``vlen-utf8``: the number of elements, then length and UTF-8 bytes of each.

    Examples
    --------
    >>> VlenUtf8Codec().to_json()
    {'name': 'vlen-utf8', 'configuration': {}}
    """

    name: ClassVar[str] = "vlen-utf8"
    kind: ClassVar[CodecKind] = "array_bytes"

    @classmethod
    def from_members(cls, members: Members) -> "VlenUtf8Codec":
        """Codec from its (empty) configuration, or noted problems."""
        members.refuse_rest()
        return cls()

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {}}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The same elements; only text can be held."""
        if spec.dtype.kind != "T":
            problems.add(loc, f"holds the data type string only, not {spec.dtype}")
        return spec


@attrs.frozen
class VlenBytesCodec:
    """Codec ``vlen-bytes``: the number of elements, then length and bytes of each.

    Examples
    --------
    >>> VlenBytesCodec().to_json()
    {'name': 'vlen-bytes', 'configuration': {}}
    """

    name: ClassVar[str] = "vlen-bytes"
    kind: ClassVar[CodecKind] = "array_bytes"

    @classmethod
    def from_members(cls, members: Members) -> "VlenBytesCodec":
        """Codec from its (empty) configuration, or noted problems."""
        members.refuse_rest()
        return cls()

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {}}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The same elements; only bytes of any length can be held."""
        if spec.dtype.kind != "O":
            problems.add(loc, f"holds the data type variable_length_bytes only, not {spec.dtype}")
        return spec


VlenCodec: TypeAlias = VlenUtf8Codec | VlenBytesCodec

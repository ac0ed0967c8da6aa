"""Codec ``transpose``: stores the axes in another order."""

from typing import ClassVar

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.members import Members, as_extents
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc, Shape, as_shape

__all__ = ["TransposeCodec"]


@attrs.frozen
class TransposeCodec:
    """Codec ``transpose``: ``encoded.shape[i] == decoded.shape[order[i]]``.

    Examples
    --------
    >>> TransposeCodec((2, 0, 1)).to_json()
    {'name': 'transpose', 'configuration': {'order': [2, 0, 1]}}
    """

    name: ClassVar[str] = "transpose"
    kind: ClassVar[CodecKind] = "array_array"
    order: Shape = attrs.field(converter=as_shape)

    @classmethod
    def from_members(cls, members: Members) -> "TransposeCodec | None":
        """Codec from its configuration, or noted problems."""
        order = members.take("order", as_extents(0))
        members.refuse_rest()
        return None if order is None else cls(order)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"order": list(self.order)}}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The chunk with its axes permuted."""
        if sorted(self.order) != list(range(len(spec.shape))):
            problems.add(
                (*loc, "configuration", "order"),
                f"must be a permutation of the {len(spec.shape)} axes, got {list(self.order)}",
            )
            return spec
        return attrs.evolve(spec, shape=tuple(spec.shape[axis] for axis in self.order))

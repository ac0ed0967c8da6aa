"""Codec ``transpose``: stores the axes in another order."""

from typing import ClassVar

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import extents
from frozarr.types import Shape

__all__ = ["TransposeCodec"]


@attrs.frozen
class TransposeCodec(Configured):
    """Codec ``transpose``: ``encoded.shape[i] == decoded.shape[order[i]]``.

    Examples
    --------
    >>> TransposeCodec((2, 0, 1)).to_json()
    {'name': 'transpose', 'configuration': {'order': [2, 0, 1]}}
    """

    name: ClassVar[str] = "transpose"
    kind: ClassVar[CodecKind] = "array_array"
    order: Shape = member(extents(0))
    """For each axis of the encoded chunk, the axis of the decoded one."""

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The chunk with its axes permuted."""
        if sorted(self.order) != list(range(len(spec.shape))):
            at.child("configuration", "order").problem(
                f"must be a permutation of the {len(spec.shape)} axes, got {list(self.order)}"
            )
            return spec
        return attrs.evolve(spec, shape=tuple([spec.shape[axis] for axis in self.order]))

"""Codec ``reshape`` (zarr-extensions): the same elements in another shape."""

import math
from typing import Any, ClassVar

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.json import FrozenList, thaw
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Configured, member
from frozarr.types import Shape

__all__ = ["ReshapeCodec"]


def _is_extent(entry: object) -> bool:
    if isinstance(entry, list | tuple):
        return bool(entry) and all(type(axis) is int and axis >= 0 for axis in entry)
    return type(entry) is int and (entry >= 1 or entry == -1)


def _reshaping(at: At) -> FrozenList | Invalid:
    if isinstance(at.value, list | tuple) and all(_is_extent(entry) for entry in at.value):
        return FrozenList(FrozenList(e) if isinstance(e, list | tuple) else e for e in at.value)
    return at.problem(f"expected extents, -1 once, or lists of axes; got {at.value!r}")


@attrs.frozen(kw_only=True)
class ReshapeCodec(Configured):
    """Codec ``reshape``: the same elements in C order, in another shape.

    Examples
    --------
    >>> from frozarr.metadata.parsing.problems import Problems
    >>> ReshapeCodec(shape=[-1, [2]]).stored_shape((4, 5, 6), At(None, Problems()))
    (20, 6)
    """

    name: ClassVar[str] = "reshape"
    kind: ClassVar[CodecKind] = "array_array"
    shape: FrozenList = member(_reshaping)
    """Extents, one of which may be -1, or lists of the axes whose extents are multiplied."""

    def stored_shape(self, shape: Shape, at: At) -> Shape | Invalid:
        """Shape after encoding, or a noted problem."""
        where = at.child("configuration", "shape")
        entries: Any = thaw(self.shape)
        flat = [axis for e in entries if isinstance(e, list) for axis in e]
        if any(axis >= len(shape) for axis in flat) or flat != sorted(set(flat)):
            return where.problem(f"axes {flat} don't fit shape {shape}")
        sizes = [math.prod(shape[a] for a in e) if isinstance(e, list) else e for e in entries]
        known = math.prod(size for size in sizes if size != -1)
        if sizes.count(-1) == 1 and known and not math.prod(shape) % known:
            sizes[sizes.index(-1)] = math.prod(shape) // known
        if -1 in sizes or math.prod(sizes) != math.prod(shape):
            return where.problem(f"{entries} does not fit {shape}")
        return tuple(sizes)

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The elements in their new shape."""
        shape = self.stored_shape(spec.shape, at)
        return spec if shape is INVALID else attrs.evolve(spec, shape=shape)

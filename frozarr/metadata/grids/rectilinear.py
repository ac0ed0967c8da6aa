"""Chunk grid ``rectilinear`` (zarr-extensions): chunks of several sizes along each axis."""

from typing import ClassVar

import attrs

from frozarr.indexing import grid as plain
from frozarr.indexing.grid import LONGEST, AxisEdges, covered
from frozarr.metadata.grids.base import ChunkGrid
from frozarr.metadata.json import thaw
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import integer, list_of, one_of
from frozarr.types import JSON, Shape

__all__ = ["RectilinearGrid"]


@attrs.frozen
class RectilinearGrid(plain.RectilinearGrid, ChunkGrid):
    """Grid ``rectilinear``: along each axis, chunks of their own sizes.

    Every chunk is stored with the sizes that the grid gives it, the last one too.

    Examples
    --------
    >>> RectilinearGrid([[2, [4, 2]], 5]).to_json()["configuration"]["chunk_shapes"]
    [[2, [4, 2]], 5]
    """

    name: ClassVar[str] = "rectilinear"

    @classmethod
    def from_members(cls, members: Members) -> "RectilinearGrid | Invalid":
        """Grid from its configuration, or noted problems."""
        members.take("kind", one_of("inline"))
        specs = members.take("chunk_shapes", _parse_axes)
        members.refuse_rest()
        if specs is INVALID or not members.valid:
            return INVALID
        try:
            return cls(specs)
        except ValueError as error:
            return members.problem("chunk_shapes", str(error))

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {
            "name": self.name,
            "configuration": {"kind": "inline", "chunk_shapes": thaw(self.edges)},
        }

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.edges)

    def check(self, shape: Shape, at: At) -> None:
        """Note axes whose chunks do not reach the end of the array."""
        for axis, (extent, spec) in enumerate(zip(shape, self.edges, strict=True)):
            total = covered(spec)
            if not isinstance(spec, int) and total < extent:
                at.child("configuration", "chunk_shapes", axis).problem(
                    f"chunks cover {total} elements, the array has {extent}"
                )

    def grown(self, shape: Shape, unit: Shape) -> "RectilinearGrid":
        """The grid with a chunk more along every axis that it did not cover."""
        specs: list[AxisEdges] = []
        for extent, spec, step in zip(shape, self.edges, unit, strict=True):
            missing = -(-(extent - covered(spec)) // step) * step
            grows = not isinstance(spec, int) and missing > 0
            specs.append((*spec, missing) if grows and not isinstance(spec, int) else spec)
        return RectilinearGrid(specs)


_size = integer(1, LONGEST)


def _parse_run(at: At) -> int | tuple[int, ...] | Invalid:
    """A size, or a pair of a size and how often it repeats."""
    if isinstance(at.value, list | tuple) and len(at.value) == 2:
        return _sizes(at)
    return _size(at)


_sizes = list_of(_size, "sizes")
_runs = list_of(_parse_run, "sizes")


def _parse_axis(at: At) -> object | Invalid:
    """One size for all chunks of an axis, or a list."""
    if not isinstance(at.value, list | tuple):
        return _size(at)
    return _runs(at) if at.value else at.problem("an axis needs at least one chunk")


def _parse_axes(at: At) -> tuple[object, ...] | Invalid:
    if not isinstance(at.value, list | tuple):
        return at.problem(f"expected a list with one entry per axis, got {at.value!r}")
    return list_of(_parse_axis, "sizes")(at)

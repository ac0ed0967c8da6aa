"""Chunk grids as planning sees them: for an array of some shape, one axis after the other.

A grid of another format needs one method, `Grid.axes`. The two here are the usual ones.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np

from frozarr.indexing.axes import AxisGrid, RegularAxis, Runs, RunsAxis
from frozarr.types import Shape, as_shape

__all__ = ["AxisEdges", "Grid", "RectilinearGrid", "RegularGrid", "grid_shape"]

LONGEST = 2**63 - 1
"""Most elements that the chunks of an axis may cover."""

AxisEdges: TypeAlias = int | tuple[int | tuple[int, int], ...]
"""One size for all chunks, or sizes one by one, some of them with a number of repeats."""


class Grid(Protocol):
    """What planning needs to know of a chunk grid."""

    def axes(self, shape: Shape, /) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape (in elements)."""


def grid_shape(grid: Grid, shape: Shape) -> Shape:
    """Number of chunks along each axis of an array, overhanging ones counted whole.

    Examples
    --------
    >>> grid_shape(RegularGrid((4, 5)), (10, 10))
    (3, 2)
    """
    return tuple(axis.nchunks for axis in grid.axes(shape))


@attrs.frozen
class RegularGrid:
    """All chunks have one shape; the last along an axis may reach beyond the array.

    Examples
    --------
    >>> [axis.nchunks for axis in RegularGrid((4, 5)).axes((10, 10))]
    [3, 2]
    """

    chunk_shape: Shape = attrs.field(converter=as_shape)
    """In elements, one extent per axis."""

    @chunk_shape.validator
    def _check(self, _: object, chunk_shape: Shape) -> None:
        for axis, size in enumerate(chunk_shape):
            if size < 1:
                raise ValueError(f"chunk_shape[{axis}] must be >= 1, got {size}")

    def axes(self, shape: Shape, /) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape."""
        return tuple(
            [RegularAxis(n, size) for n, size in zip(shape, self.chunk_shape, strict=True)]
        )


def _frozen_edges(specs: Iterable[Any]) -> tuple[AxisEdges, ...]:
    return tuple(
        int(spec) if isinstance(spec, int | np.integer) else tuple(
            (int(e[0]), int(e[1])) if isinstance(e, list | tuple) else int(e) for e in spec
        )
        for spec in specs
    )  # fmt: skip


@attrs.frozen
class RectilinearGrid:
    """Along each axis, chunks of their own sizes.

    Every chunk is stored with the size that the grid gives it, the last one too.

    Examples
    --------
    >>> [axis.nchunks for axis in RectilinearGrid([[2, [4, 2]], 5]).axes((10, 10))]
    [3, 2]
    """

    edges: tuple[AxisEdges, ...] = attrs.field(converter=_frozen_edges)
    """Per axis one size, or sizes in a row, those that repeat as a pair (size, repeats)."""

    @edges.validator
    def _check(self, _: object, edges: tuple[AxisEdges, ...]) -> None:
        for axis, spec in enumerate(edges):
            runs = runs_of(spec)
            if not runs or any(n < 1 for run in runs for n in run):
                raise ValueError(f"edges[{axis}]: sizes and repeats must be >= 1, got {spec}")
            if covered(spec) > LONGEST:
                raise ValueError(f"edges[{axis}]: chunks cover more than {LONGEST} elements")

    def axes(self, shape: Shape, /) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape."""
        return tuple(
            _axis(extent, runs_of(spec)) for extent, spec in zip(shape, self.edges, strict=True)
        )


def covered(spec: AxisEdges) -> int:
    """Elements that the chunks of an axis cover."""
    return sum(size * count for size, count in runs_of(spec))


def runs_of(spec: AxisEdges) -> Runs:
    """Runs of equal sizes, neighbours of one size merged."""
    if isinstance(spec, int):
        return ((spec, LONGEST // max(1, spec)),)
    merged: list[tuple[int, int]] = []
    for entry in spec:
        size, count = entry if isinstance(entry, tuple) else (entry, 1)
        if merged and merged[-1][0] == size:
            merged[-1] = (size, merged[-1][1] + count)
        else:
            merged.append((size, count))
    return tuple(merged)


def _axis(extent: int, runs: Sequence[tuple[int, int]]) -> AxisGrid:
    """The axis, in its simplest form."""
    if len(runs) == 1:
        return RegularAxis(extent, runs[0][0])
    return RunsAxis(extent, runs)

"""Plans: which chunks a selection touches, and what of each goes where. Nothing is read.

A plan is a value. Product plans are a product of per-axis tables, so a plan over 10⁹ chunks is
still small; point plans are one sort. Restricting a plan to some of its chunks gives a plan.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.columns import Columnar, column
from frozarr.indexing.grid import Grid
from frozarr.indexing.project import AxisRows, IndexRows, project_axis, sort_by_chunk
from frozarr.indexing.selection import MaskSelection, PointSelection, Selection
from frozarr.types import Immutable, Shape

__all__ = ["Plan", "PointPlan", "ProductPlan", "plan_read", "plan_write", "singles"]

Indices: TypeAlias = npt.NDArray[np.int64]


@attrs.frozen
class ProductPlan(Immutable):
    """Plan of a box or orthogonal selection.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection
    >>> plan = plan_read(RegularGrid((10, 10)), (100, 100), parse_selection(
    ...     (slice(5, 25), 3), (100, 100), "basic"))
    >>> len(plan), plan.coords().tolist(), plan.out_shape
    (3, [[0, 0], [1, 0], [2, 0]], (20,))
    """

    chunk_shape: Shape
    axes: tuple[AxisRows, ...]
    """Per array axis, the chunks it touches."""
    full_shape: Shape
    """Shape of the result with length 1 where an integer dropped an axis."""
    out_shape: Shape
    """Shape of the result."""
    grid_shape: Shape = attrs.field(init=False, eq=False)
    """Chunks touched along each axis; their product, in C order, is the order of chunks."""

    @grid_shape.default
    def _count_rows(self) -> Shape:
        return tuple([len(axis) for axis in self.axes])

    def __len__(self) -> int:
        return math.prod(self.grid_shape)

    def coords(self) -> Indices:
        """Chunk coords, shape (chunks, axes)."""
        mesh = np.meshgrid(*(axis.chunks() for axis in self.axes), indexing="ij")
        columns = [m.reshape(-1) for m in mesh]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self), 0), np.int64)

    def whole(self) -> npt.NDArray[np.bool_]:
        """For each chunk: is all that the array has of it selected? Shape (chunks,)."""
        whole = np.ones(1, bool)
        for axis in self.axes:
            whole = np.logical_and.outer(whole, axis.columns().whole).reshape(-1)
        return whole

    def counts(self) -> Indices:
        """Selected elements of each chunk. Shape (chunks,)."""
        counts = np.ones(1, np.int64)
        for axis in self.axes:
            counts = np.multiply.outer(counts, axis.columns().count).reshape(-1)
        return counts

    def restrict(self, rows: Sequence[tuple[int, int]]) -> "ProductPlan":
        """The part of the plan with the given half-open range of rows on each axis."""
        axes = tuple(a.restrict(lo, hi) for a, (lo, hi) in zip(self.axes, rows, strict=True))
        return ProductPlan(self.chunk_shape, axes, self.full_shape, self.out_shape)

    def batches(self, max_chunks: int) -> "Iterator[ProductPlan]":
        """Parts of at most `max_chunks` chunks, each a box of the plan, that tile it in order."""
        if len(self) <= max_chunks:
            if len(self):
                yield self
            return
        for rows in split_box(self.grid_shape, max_chunks):
            yield self.restrict(rows)


def split_box(shape: Shape, limit: int) -> Iterator[list[tuple[int, int]]]:
    """Boxes of at most `limit` cells that tile a grid in C order, as half-open ranges per axis.

    Examples
    --------
    >>> list(split_box((2, 3), 2))
    [[(0, 1), (0, 2)], [(0, 1), (2, 3)], [(1, 2), (0, 2)], [(1, 2), (2, 3)]]
    """
    if not all(shape):
        return
    inner = 1
    cut = len(shape)
    while cut and inner * shape[cut - 1] <= limit:
        cut -= 1
        inner *= shape[cut]
    if not cut:
        yield [(0, n) for n in shape]
        return
    width = max(1, limit // inner)
    tail = [(0, n) for n in shape[cut:]]
    for lead in np.ndindex(*shape[: cut - 1]):
        for lo in range(0, shape[cut - 1], width):
            hi = min(lo + width, shape[cut - 1])
            yield [*((i, i + 1) for i in lead), (lo, hi), *tail]


@attrs.frozen
class PointPlan(Columnar):
    """Plan of single elements: one sort by chunk.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection
    >>> plan = plan_read(RegularGrid((5,)), (20,), parse_selection(([17, 3, 16],), (20,),
    ...                  "coordinate"))
    >>> plan.coords().tolist(), plan.offset.tolist(), plan.position.tolist()
    ([[0], [3]], [3, 2, 1], [1, 0, 2])
    """

    chunk_shape: Shape
    """The largest extents along each axis, where chunks differ."""
    out_shape: Shape
    """Shape of the result."""
    chunk_coords: Indices = column()
    """Chunks touched, shape (chunks, axes)."""
    bounds: Indices = column()
    """Chunk r owns the entries [bounds[r], bounds[r + 1]) of the next two columns."""
    offset: Indices = column()
    """Elements inside their chunk, counted in C order."""
    position: Indices = column()
    """Where they stand in the flattened result."""
    stored: Indices = column()
    """Elements that the array has of each chunk."""
    sizes: Indices | None = column(default=None)
    """Shape of each chunk, shape (chunks, axes); None where all have `chunk_shape`, the largest."""
    distinct: bool = attrs.field(default=False, eq=False)
    """No element is selected twice, for sure."""

    def __len__(self) -> int:
        return len(self.chunk_coords)

    @property
    def full_shape(self) -> Shape:
        """Shape of the result."""
        return self.out_shape

    def coords(self) -> Indices:
        """Chunk coords, shape (chunks, axes)."""
        return self.chunk_coords

    def counts(self) -> Indices:
        """Selected elements of each chunk. Shape (chunks,)."""
        return np.diff(self.bounds)

    def rows(self) -> Indices:
        """For each entry, the chunk (row of `coords`) it belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    def whole(self) -> npt.NDArray[np.bool_]:
        """For each chunk: is all that the array has of it selected? Shape (chunks,)."""
        counts = self.counts()
        if self.distinct:
            return np.asarray(counts == self.stored)
        covered = counts >= self.stored
        if not covered.any():
            return covered
        ids = self._ids()
        if ids is None:
            return np.zeros(len(self), bool)
        volume = max(1, math.prod(self.chunk_shape))
        return np.asarray(np.bincount(np.unique(ids) // volume, minlength=len(self)) == self.stored)

    def _ids(self) -> Indices | None:
        """One number for each element that is selected; None where they would be too large."""
        volume = max(1, math.prod(self.chunk_shape))
        return None if len(self) * volume >= 2**62 else self.rows() * volume + self.offset

    def restrict(self, lo: int, hi: int) -> "PointPlan":
        """The part of the plan with the chunks in [lo, hi)."""
        bounds = self.bounds[lo : hi + 1]
        first, last = int(bounds[0]), int(bounds[-1])
        return attrs.evolve(
            self, chunk_coords=self.chunk_coords[lo:hi], bounds=bounds - first,
            offset=self.offset[first:last], position=self.position[first:last],
            stored=self.stored[lo:hi], sizes=None if self.sizes is None else self.sizes[lo:hi],
        )  # fmt: skip

    def take(self, rows: Indices) -> "PointPlan":
        """The part of the plan with some chunks, given in ascending order."""
        counts = np.diff(self.bounds)[rows]
        bounds = np.append(0, np.cumsum(counts))
        entries = np.arange(bounds[-1]) + np.repeat(self.bounds[rows] - bounds[:-1], counts)
        return attrs.evolve(
            self, chunk_coords=self.chunk_coords[rows], bounds=bounds,
            offset=self.offset[entries], position=self.position[entries],
            stored=self.stored[rows], sizes=None if self.sizes is None else self.sizes[rows],
        )  # fmt: skip

    def batches(self, max_chunks: int) -> "Iterator[PointPlan]":
        """Parts of at most `max_chunks` chunks that tile the plan in order."""
        for lo in range(0, len(self), max_chunks):
            yield self.restrict(lo, min(lo + max_chunks, len(self)))

    def last_wins(self) -> "PointPlan":
        """The same plan with only the last entry of every repeated element, for writes."""
        if self.distinct:
            return self
        ids = self._ids()
        if ids is not None:
            ordered = np.sort(ids)
            if not (ordered[1:] == ordered[:-1]).any():
                return attrs.evolve(self, distinct=True)
        rows = self.rows()
        order = np.lexsort((self.position, self.offset, rows))
        same = (self.offset[order][1:] == self.offset[order][:-1]) & (
            rows[order][1:] == rows[order][:-1]
        )
        if not same.any():
            return attrs.evolve(self, distinct=True)
        keep = np.ones(len(order), bool)
        keep[order[:-1][same]] = False
        kept = np.concatenate([[0], np.cumsum(keep)])
        return attrs.evolve(
            self, bounds=kept[self.bounds], offset=self.offset[keep],
            position=self.position[keep], distinct=True,
        )  # fmt: skip


Plan: TypeAlias = ProductPlan | PointPlan


def singles(plan: Plan) -> Iterator[Plan]:
    """The plan chunk by chunk, in its order.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection
    >>> plan = plan_read(RegularGrid((2,)), (4,), parse_selection(..., (4,), "basic"))
    >>> [single.coords().tolist() for single in singles(plan)]
    [[[0]], [[1]]]
    """
    if len(plan) == 1:
        yield plan
    elif isinstance(plan, PointPlan):
        for row in range(len(plan)):
            yield plan.restrict(row, row + 1)
    else:
        for rows in np.ndindex(*plan.grid_shape):
            yield plan.restrict([(row, row + 1) for row in rows])


def plan_read(grid: Grid, shape: Shape, selection: Selection) -> Plan:
    """Plan that reads a selection of an array of this shape, cut by this grid.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection
    >>> everything = parse_selection(..., (10**9, 1000), "basic")
    >>> len(plan_read(RegularGrid((1, 1000)), (10**9, 1000), everything))
    1000000000
    """
    if isinstance(selection, MaskSelection):
        selection = selection.points()
    if isinstance(selection, PointSelection):
        return _plan_points(grid, shape, selection)
    axes = grid.axes(shape)
    rows = [project_axis(choice, axis) for choice, axis in zip(selection.axes, axes, strict=True)]
    chunk_shape = tuple([axis.largest for axis in axes])
    return ProductPlan(chunk_shape, tuple(rows), selection.full_shape, selection.shape)


def plan_write(grid: Grid, shape: Shape, selection: Selection) -> Plan:
    """Plan that writes a selection: of repeated elements the last in C order is kept."""
    plan = plan_read(grid, shape, selection)
    if isinstance(plan, PointPlan):
        return plan.last_wins()
    if not any(isinstance(axis, IndexRows) for axis in plan.axes):
        return plan
    axes = tuple(a.last_wins() if isinstance(a, IndexRows) else a for a in plan.axes)
    return attrs.evolve(plan, axes=axes)


def _plan_points(grid: Grid, shape: Shape, selection: PointSelection) -> PointPlan:
    axes = grid.axes(shape)
    count = math.prod(selection.shape)
    chunks = [axis.locate_all(c) for axis, c in zip(axes, selection.coords, strict=True)]
    order = _sort_points(chunks, tuple(axis.nchunks for axis in axes), count)
    coords = np.empty((count, len(axes)), np.int64)
    offset = np.zeros(count, np.int64)
    stored = np.ones(count, np.int64)
    uniform = all(axis.uniform for axis in axes)
    sizes = None if uniform else np.empty((count, len(axes)), np.int64)
    for i, (axis, points, chunk) in enumerate(zip(axes, selection.coords, chunks, strict=True)):
        coords[:, i] = ordered = chunk[order]
        begin = axis.starts(ordered)
        size = axis.largest if sizes is None else axis.sizes(ordered)
        if sizes is not None:
            sizes[:, i] = size
        offset = offset * size + (points[order] - begin)
        stored *= np.minimum(size, axis.extent - begin)
    first = np.ones(count, bool)
    if count:
        first[1:] = (coords[1:] != coords[:-1]).any(axis=1)
    bounds = np.append(np.flatnonzero(first), count).astype(np.int64)
    return PointPlan(
        tuple(axis.largest for axis in axes), selection.shape, coords[first], bounds, offset, order,
        stored[first], None if sizes is None else sizes[first], distinct=selection.distinct,
    )  # fmt: skip


def _sort_points(chunks: Sequence[Indices], grid_shape: Shape, count: int) -> Indices:
    """Stable order of the points by chunk, in C order of the grid."""
    cells = math.prod(grid_shape)
    if not chunks or count < 2:
        return np.arange(count, dtype=np.int64)
    if cells >= 2**63:  # a flat chunk number would not fit
        return np.lexsort(tuple(reversed(chunks)))
    flat: Any = np.ravel_multi_index(tuple(chunks), grid_shape)
    return sort_by_chunk(flat, cells)

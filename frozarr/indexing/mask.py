"""Masks, planned from the mask itself: no index arrays of the whole selection, nothing is sorted.

Where an element stands in the result is the number of those before it in C order. Counts for each
row of the array and each chunk along the last axis give it; the rest is found chunk by chunk, when
a batch of chunks is at work.
"""

import math
from collections.abc import Iterator
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.axes import AxisGrid
from frozarr.indexing.columns import Columnar, column
from frozarr.indexing.grid import Grid
from frozarr.indexing.plan import PointPlan
from frozarr.indexing.selection import MaskSelection
from frozarr.types import Shape

__all__ = ["MaskPlan", "plan_mask"]

Indices: TypeAlias = npt.NDArray[np.int64]
_LEAST_VOLUME = 2048
"""Elements of a chunk from which looking at the mask chunk by chunk pays."""
_LEAST_LENGTH = 16
"""Elements of a chunk along the last axis: counts take less memory than the mask, and no time."""
_LEAST_SHARE = 1 / 16
"""Share of elements that are selected: where few are, listing them costs less than to look."""


@attrs.frozen
class MaskPlan(Columnar):
    """Plan of the elements where a mask is true; its batches are plans of points.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection
    >>> mask = np.zeros(9000, bool)
    >>> mask[:1000:2] = mask[8000:8200] = True
    >>> plan = plan_mask(RegularGrid((3000,)), (9000,), parse_selection(mask, (9000,), "mask"))
    >>> plan.coords().tolist(), plan.counts().tolist()
    ([[0], [2]], [500, 200])
    >>> [batch.position[:2].tolist() for batch in plan.batches(1)]
    [[0, 1], [500, 501]]
    """

    axes: tuple[AxisGrid, ...]
    out_shape: Shape
    """Shape of the result."""
    mask: npt.NDArray[np.bool_] = column()
    chunk_coords: Indices = column()
    """Chunks touched, shape (chunks, axes)."""
    count: Indices = column()
    """Selected elements of each chunk."""
    before: Indices = column()
    """For each row of the array and each chunk along the last axis, shape (*rows, chunks): the
    selected elements before its first."""

    @property
    def chunk_shape(self) -> Shape:
        """Extents of a chunk."""
        return tuple([axis.largest for axis in self.axes])

    @property
    def full_shape(self) -> Shape:
        """Shape of the result."""
        return self.out_shape

    def __len__(self) -> int:
        return len(self.chunk_coords)

    def coords(self) -> Indices:
        """Chunk coords, shape (chunks, axes)."""
        return self.chunk_coords

    def counts(self) -> Indices:
        """Selected elements of each chunk. Shape (chunks,)."""
        return self.count

    def stored(self) -> Indices:
        """Elements that the array has of each chunk. Shape (chunks,)."""
        begin = self.chunk_coords * np.array(self.chunk_shape, np.int64)
        shape = np.array([axis.extent for axis in self.axes], np.int64)
        return np.asarray(np.minimum(np.array(self.chunk_shape), shape - begin).prod(axis=1))

    def whole(self) -> npt.NDArray[np.bool_]:
        """For each chunk: is all that the array has of it selected? Shape (chunks,)."""
        return np.asarray(self.count == self.stored())

    def batches(self, max_chunks: int) -> Iterator[PointPlan]:
        """Points of at most `max_chunks` chunks that tile the plan in order."""
        for lo in range(0, len(self), max_chunks):
            yield self.points(lo, min(lo + max_chunks, len(self)))

    def points(self, lo: int, hi: int) -> PointPlan:
        """The chunks in [lo, hi) as a plan of points."""
        found = [self._chunk(row) for row in self.chunk_coords[lo:hi].tolist()]
        bounds = np.append(0, np.cumsum(self.count[lo:hi]))
        empty = np.zeros(0, np.int64)
        return PointPlan(
            self.chunk_shape, self.out_shape, self.chunk_coords[lo:hi], bounds,
            np.concatenate([empty, *[offset for offset, _ in found]]),
            np.concatenate([empty, *[position for _, position in found]]),
            self.stored()[lo:hi], distinct=True,
        )  # fmt: skip

    def _chunk(self, coords: list[int]) -> tuple[Indices, Indices]:
        """Selected elements of a chunk, and where they stand in the result."""
        chunk_shape = self.chunk_shape
        region = tuple(
            slice(c * size, min((c + 1) * size, axis.extent))
            for c, size, axis in zip(coords, chunk_shape, self.axes, strict=True)
        )
        part = self.mask[region]
        if part.shape == chunk_shape:
            offset = np.flatnonzero(part)
        else:
            offset = np.asarray(np.ravel_multi_index(part.nonzero(), chunk_shape))
        counts = np.atleast_1d(np.count_nonzero(part, axis=-1)).reshape(-1)
        first = self.before[region[:-1]][..., coords[-1]].reshape(-1)
        position = np.arange(len(offset)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        return offset, position


def plan_mask(grid: Grid, shape: Shape, selection: MaskSelection) -> MaskPlan | None:
    """Plan of a mask; None where `plan_read` of its points is the better way.

    That is so for chunks of several sizes, for small ones, and where few elements are selected.
    """
    axes = tuple(grid.axes(shape))
    chunk_shape = tuple([axis.largest for axis in axes])
    if (
        not axes
        or not all(axis.uniform for axis in axes)
        or math.prod(chunk_shape) < _LEAST_VOLUME
        or chunk_shape[-1] < min(_LEAST_LENGTH, shape[-1])
        or not math.prod(shape)
        or selection.shape[0] < _LEAST_SHARE * math.prod(shape)
    ):
        return None
    mask = selection.mask
    starts = [np.arange(0, axis.extent, axis.largest) for axis in axes]
    counts = np.add.reduceat(mask.view(np.uint8), starts[-1], axis=-1, dtype=np.uint32)
    flat = counts.reshape(-1).astype(np.int64)
    before = (np.cumsum(flat) - flat).reshape(counts.shape)
    for axis in range(len(axes) - 1):
        counts = np.add.reduceat(counts, starts[axis], axis=axis, dtype=np.int64)
    touched = np.argwhere(counts)
    return MaskPlan(
        axes, selection.shape, mask, touched, counts[tuple(touched.T)].astype(np.int64), before
    )

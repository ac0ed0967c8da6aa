"""Moving elements between chunks in a staging array and their places in the result.

Rows that look alike move in one strided copy: the staging array seen as (grid…, chunk…) and the
result seen as (grid₀, chunk₀, grid₁, chunk₁, …) are the same elements in two layouts.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from frozarr.indexing.plan import Plan, PointPlan, ProductPlan
from frozarr.indexing.project import IndexRows, Segment, SliceRows, as_region
from frozarr.types import AnyArray, Shape

__all__ = ["gather", "scatter"]


def scatter(plan: Plan, staging: AnyArray, out: AnyArray) -> None:
    """Copy what the plan selects from decoded chunks to the result.

    Parameters
    ----------
    staging
        Decoded chunks in the plan's order, shape (chunks, *chunk_shape).
    out
        The whole result, shape ``plan.full_shape``; only the plan's elements are written.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection, plan_read
    >>> plan = plan_read(RegularGrid((2,)), (4,), parse_selection(slice(1, 4), (4,), "basic"))
    >>> out = np.zeros(3, int)
    >>> scatter(plan, np.array([[1, 2], [3, 4]]), out)
    >>> out
    array([2, 3, 4])
    """
    if isinstance(plan, PointPlan):
        _flat_view(out, plan.position, out.shape).assign(_chunk_view(plan, staging).read())
        return
    if (one := _one_chunk(plan)) is not None:
        inner, outer = one
        assign_runs(out[outer], staging[(0, *inner)])
        return
    for inside, outside in _regions(plan, staging, out):
        outside.assign(inside.read())


def gather(plan: Plan, values: AnyArray, staging: AnyArray) -> None:
    """Copy what the plan selects from the values to write into chunks.

    Parameters
    ----------
    values
        All values, shape ``plan.full_shape``.
    staging
        Chunks in the plan's order, shape (chunks, *chunk_shape); the rest of them stays as it is.
    """
    if isinstance(plan, PointPlan):
        points = _flat_view(values, plan.position, values.shape).read()
        _chunk_view(plan, staging).assign(points)
        return
    if (one := _one_chunk(plan)) is not None:
        inner, outer = one
        assign_runs(staging[(0, *inner)], values[outer])
        return
    for inside, outside in _regions(plan, staging, values):
        inside.assign(outside.read())


def _one_chunk(plan: ProductPlan) -> tuple[Any, Any] | None:
    """Regions of the chunk and of the result, for slices that touch a single chunk."""
    if any(rows != 1 for rows in plan.grid_shape) or not plan.axes:
        return None
    inner: list[slice] = []
    outer: list[slice] = []
    for axis in plan.axes:
        if not isinstance(axis, SliceRows):
            return None
        start = axis.start - axis.grid.start(axis.first_chunk)
        inner.append(slice(start, start + (axis.count - 1) * axis.step + 1, axis.step))
        outer.append(slice(axis.out, axis.out + axis.count))
    return tuple(inner), tuple(outer)


class _View:
    """Part of an array: a strided view, and index arrays where no view will do."""

    __slots__ = ("array", "index")

    def __init__(self, array: AnyArray, index: Any) -> None:
        self.array = array
        # an empty index would take a 0-d array of objects for the object in it
        self.index = ... if isinstance(index, tuple) and not index else index

    def read(self) -> AnyArray:
        return np.asarray(self.array[self.index])

    def assign(self, values: AnyArray) -> None:
        index = self.index
        if isinstance(index, tuple) and index and all(isinstance(i, slice) for i in index):
            assign_runs(self.array[index], values)
        else:
            self.array[self.index] = values


_LONGEST_RUN = 1024


def assign_runs(out: AnyArray, values: AnyArray) -> None:
    """``out[...] = values``, faster where both have short contiguous runs along the last axis.

    A run moves as one element of its many bytes: numpy's loop over rows is the cost otherwise.

    Examples
    --------
    >>> out = np.zeros((2, 3), "u1")
    >>> assign_runs(out, np.arange(6, dtype="u1").reshape(2, 3))
    >>> out.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    if (
        out.ndim > 1
        and 1 < out.shape[-1] <= _LONGEST_RUN // out.itemsize
        and out.shape == values.shape
        and out.dtype == values.dtype
        and not out.dtype.hasobject
        and out.strides[-1] == values.strides[-1] == out.itemsize
    ):
        run = np.dtype((np.void, out.shape[-1] * out.itemsize))
        out, values = out.view(run)[..., 0], values.view(run)[..., 0]
    out[...] = values


def _flat_view(array: AnyArray, flat: Any, shape: Shape) -> _View:
    """Elements at C-order positions; flattened first where that is a view, which is faster."""
    if array.flags.c_contiguous:
        return _View(array.reshape(-1), flat)
    return _View(array, np.unravel_index(flat, shape))


def _chunk_view(plan: PointPlan, staging: AnyArray) -> _View:
    """The plan's points in the staging array."""
    if staging.flags.c_contiguous:
        volume = math.prod(plan.chunk_shape)
        return _View(staging.reshape(-1), plan.rows() * volume + plan.offset)
    return _View(staging, (plan.rows(), *np.unravel_index(plan.offset, plan.chunk_shape)))


def _open_mesh(regions: Sequence[Any], shape: Sequence[int]) -> Any:
    """Index for a product of slices and index arrays; only slices give a view."""
    scattered = sum(not isinstance(r, slice) for r in regions)
    if scattered < 2:  # one index array among slices keeps its place in the result
        return tuple(regions)
    return np.ix_(
        *(
            np.arange(*r.indices(n)) if isinstance(r, slice) else r
            for r, n in zip(regions, shape, strict=True)
        )
    )


def _regions(plan: ProductPlan, staging: AnyArray, out: AnyArray) -> Iterator[tuple[_View, _View]]:
    """Matching parts of the staging array and the result, one pair per product of segments."""
    grid = staging.reshape((*plan.grid_shape, *staging.shape[1:]))
    full = out.reshape(plan.full_shape)
    scattered = [i for i, axis in enumerate(plan.axes) if isinstance(axis, IndexRows)]
    # all rows of a single scattered axis move together; several need chunk by chunk meshes
    merged = scattered[0] if len(scattered) == 1 and len(plan.axes[scattered[0]]) > 1 else None
    choices: list[list[Segment]] = [
        [_all_rows(axis)] if i == merged and isinstance(axis, IndexRows) else axis.segments()
        for i, axis in enumerate(plan.axes)
    ]
    for segments in itertools.product(*choices):
        if all(s.hi - s.lo == 1 for s in segments):
            where: Any = (*(s.lo for s in segments), ...)  # the ellipsis keeps 0-d a view
            chunk = grid[where]
            yield (
                _View(chunk, _open_mesh([s.inner for s in segments], chunk.shape)),
                _View(full, _open_mesh([s.outer for s in segments], full.shape)),
            )
        else:
            axis = None if merged is None else plan.axes[merged]
            entries = axis.entries() if isinstance(axis, IndexRows) else None
            yield _aligned(grid, full, segments, merged, entries)


def _all_rows(axis: IndexRows) -> Segment:
    """All rows of an index axis as one segment, placed by its positions."""
    count = len(axis.position)
    return Segment(0, len(axis), count, slice(None), as_region(axis.position))


def _aligned(
    grid: AnyArray, full: AnyArray, segments: Sequence[Segment], merged: int | None,
    entries: tuple[Any, Any] | None,
) -> tuple[_View, _View]:  # fmt: skip
    """Both layouts as (grid₀, chunk₀, grid₁, chunk₁, …), the merged axis as its entries."""
    ndim = len(segments)
    inside = grid[tuple(slice(s.lo, s.hi) for s in segments)]
    inside = inside.transpose([axis for i in range(ndim) for axis in (i, ndim + i)])
    # cutting by slices first keeps a view, and splitting an axis into (rows, elements) does too
    region = full[tuple(s.outer if isinstance(s.outer, slice) else slice(None) for s in segments)]
    split: list[int] = []
    inner: list[Any] = []
    outer: list[Any] = []
    for axis, (segment, size) in enumerate(zip(segments, region.shape, strict=True)):
        kept = slice(None) if isinstance(segment.outer, slice) else segment.outer
        if axis == merged and entries is not None:
            split.append(size)
            inner.extend(entries)
            outer.append(kept)
        else:
            rows = segment.hi - segment.lo
            split += [rows, size // rows]
            inner += [slice(None), segment.inner]
            outer += [slice(None), kept]
    outside = region.reshape(split)
    if merged is None:
        return (
            _View(inside, _open_mesh(inner, inside.shape)),
            _View(outside, _open_mesh(outer, outside.shape)),
        )
    return _View(inside, tuple(inner)), _View(outside, tuple(outer))

"""Plans over chunks of several shapes, taken apart into plans over chunks of one shape."""

import itertools
from collections.abc import Iterator

import attrs
import numpy as np

from frozarr.indexing.plan import Plan, PointPlan, ProductPlan
from frozarr.indexing.project import AxisRows, IndexRows, SliceRows

__all__ = ["same_shape"]


def same_shape(plan: Plan) -> Iterator[Plan]:
    """Parts of the plan, each over chunks of one shape, which is the part's ``chunk_shape``.

    A plan over a regular grid is the only part of itself.

    Examples
    --------
    >>> from frozarr.indexing import RectilinearGrid, parse_selection, plan_read
    >>> plan = plan_read(RectilinearGrid([[2, 4, 4]]), (10,), parse_selection(..., (10,), "basic"))
    >>> [(part.chunk_shape, part.coords().tolist()) for part in same_shape(plan)]
    [((2,), [[0]]), ((4,), [[1], [2]])]
    """
    if isinstance(plan, PointPlan):
        yield from _point_parts(plan)
    elif all(axis.grid.uniform for axis in plan.axes):
        yield plan
    else:
        for parts in itertools.product(*map(_axis_parts, plan.axes)):
            axes, sizes = zip(*parts, strict=True)
            yield ProductPlan(tuple(sizes), tuple(axes), plan.full_shape, plan.out_shape)


def _axis_parts(axis: AxisRows) -> list[tuple[AxisRows, int]]:
    """Consecutive rows of one size, and that size."""
    if axis.grid.uniform:
        return [(axis, axis.grid.smallest)]
    if isinstance(axis, IndexRows):
        sizes = axis.grid.sizes(axis.chunk)
        cuts = np.flatnonzero(np.diff(sizes)) + 1
        bounds = [0, *cuts.tolist(), len(axis)] if len(axis) else []
        return [
            (axis.restrict(lo, hi), int(sizes[lo]))
            for lo, hi in zip(bounds, bounds[1:], strict=False)
        ]
    parts: list[tuple[AxisRows, int]] = []
    for stretch in axis.grid.stretches():
        k0 = max(0, -(-(stretch.origin - axis.start) // axis.step))
        k1 = min(axis.count, -(-(stretch.extent - axis.start) // axis.step))
        if k1 > k0:
            start = axis.start + k0 * axis.step
            rows = SliceRows(stretch, start, k1 - k0, axis.step, axis.out + k0)
            parts.append((rows, stretch.size))
    return parts


def _point_parts(plan: PointPlan) -> Iterator[PointPlan]:
    if plan.sizes is None:
        yield plan
        return
    shapes, which = np.unique(plan.sizes, axis=0, return_inverse=True)
    for i, shape in enumerate(shapes.tolist()):
        part = plan.take(np.flatnonzero(which.reshape(-1) == i))
        yield attrs.evolve(part, chunk_shape=tuple(shape), sizes=None)

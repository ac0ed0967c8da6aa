"""Arithmetic of shards: which inner chunks a plan touches, where the index says they lie.

Everything is columns over inner chunks; there is no Python object per inner chunk.
"""

from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.axes import AxisGrid, RegularAxis
from frozarr.indexing.columns import Columnar, column
from frozarr.indexing.plan import Plan, PointPlan, ProductPlan, singles
from frozarr.indexing.project import AxisRows, SliceRows, index_rows, sort_by_chunk
from frozarr.types import InnerOrder, Shape

__all__ = [
    "MISSING",
    "InnerOrder",
    "Located",
    "ShardIndexError",
    "check_index",
    "first_inner",
    "inner_counts",
    "inner_ids",
    "locate",
    "refine",
    "without_faults",
    "write_order",
]

Indices: TypeAlias = npt.NDArray[np.int64]
Index: TypeAlias = npt.NDArray[np.uint64]
MISSING = np.uint64(2**64 - 1)
"""Offset and length of an inner chunk that is not stored."""
_FAULTY = np.array([2**64 - 2, 2**64 - 2], np.uint64)
"""An entry that says nothing: what it said can't be."""
_LARGEST = np.uint64(2**62 - 1)
"""Bytes of what can be stored; the sum of two is a signed integer still."""


class ShardIndexError(ValueError):
    """A shard's index is corrupt; the caller adds where it came from."""


# ------------------------------------------------------------------ which inner chunks


def refine(plan: Plan, inner_shape: Shape) -> Plan:
    """The same selection cut into inner chunks; for points, of one shard only.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection, plan_read
    >>> plan = plan_read(RegularGrid((10,)), (30,), parse_selection(slice(3, 14), (30,), "basic"))
    >>> refine(plan, (5,)).coords().tolist()
    [[0], [1], [2]]
    """
    if isinstance(plan, PointPlan):
        return _refine_points(plan, inner_shape)
    axes = tuple(
        _refine_axis(axis, RegularAxis(axis.grid.extent, size))
        for axis, size in zip(plan.axes, inner_shape, strict=True)
    )
    return ProductPlan(inner_shape, axes, plan.full_shape, plan.out_shape)


def _refine_axis(axis: AxisRows, grid: AxisGrid) -> AxisRows:
    if isinstance(axis, SliceRows):
        return SliceRows(grid, axis.start, axis.count, axis.step, axis.out)
    begin = np.repeat(axis.grid.starts(axis.chunk), np.diff(axis.bounds))
    finer = index_rows(begin + axis.inner, grid)
    return attrs.evolve(finer, position=axis.position[finer.position], count=axis.count)


def _refine_points(plan: PointPlan, inner_shape: Shape) -> PointPlan:
    """Points of a single shard, sorted by inner chunk; coords are those of the inner grid."""
    per_shard = tuple(n // c for n, c in zip(plan.chunk_shape, inner_shape, strict=True))
    inside = np.unravel_index(plan.offset, plan.chunk_shape) if plan.chunk_shape else ()
    local = [c // size for c, size in zip(inside, inner_shape, strict=True)]
    ids: Any = (
        np.ravel_multi_index(tuple(local), per_shard) if local else np.zeros_like(plan.offset)
    )
    order = sort_by_chunk(ids, int(np.prod(per_shard, dtype=np.int64)))
    ids = ids[order]
    first = np.ones(len(ids), bool)
    np.not_equal(ids[1:], ids[:-1], out=first[1:])
    offset: Any = (
        np.ravel_multi_index(
            tuple((c % size)[order] for c, size in zip(inside, inner_shape, strict=True)),
            inner_shape,
        )
        if local
        else plan.offset
    )
    base = plan.chunk_coords[0] * np.array(per_shard, np.int64)
    coords = np.stack([c[order][first] for c in local], axis=1) if local else base[np.newaxis]
    stored = np.full(int(first.sum()), np.prod(inner_shape, dtype=np.int64))
    return PointPlan(
        inner_shape, plan.out_shape, base + coords,
        np.append(np.flatnonzero(first), len(ids)).astype(np.int64), offset, plan.position[order],
        stored, distinct=plan.distinct,
    )  # fmt: skip


def inner_counts(plan: Plan, inner_shape: Shape) -> Indices:
    """Inner chunks that each shard of a plan touches, shape (shards,).

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection, plan_read
    >>> plan = plan_read(RegularGrid((10,)), (30,), parse_selection(slice(3, 14), (30,), "basic"))
    >>> inner_counts(plan, (5,)).tolist()
    [2, 1]
    """
    if isinstance(plan, PointPlan):
        return np.array([len(refine(one, inner_shape)) for one in singles(plan)], np.int64)
    touched = np.ones(1, np.int64)
    finer: Any = refine(plan, inner_shape)
    for axis, inner, size in zip(plan.axes, finer.axes, inner_shape, strict=True):
        shards = axis.grid.locate_all(inner.chunks() * size)
        _, counts = np.unique(shards, return_counts=True)
        touched = np.multiply.outer(touched, counts[: len(axis)]).reshape(-1)
    return touched


def first_inner(plan: Plan, inner_shape: Shape) -> Shape | None:
    """Coords of the first inner chunk of the shard that a plan lies in.

    None where shards have one shape, so that remainders tell the same.
    """
    if isinstance(plan, PointPlan):
        return None
    if all(axis.grid.uniform and axis.grid.start(0) == 0 for axis in plan.axes):
        return None
    return tuple(
        axis.grid.start(axis.first_chunk) // size
        for axis, size in zip(plan.axes, inner_shape, strict=True)
    )


def inner_ids(inner: Plan, per_shard: Shape, first: Shape | None = None) -> Indices:
    """Position in the shard's index of each inner chunk of a plan that lies in one shard.

    Parameters
    ----------
    per_shard
        Inner chunks along each axis.
    first
        What `first_inner` says of the shard.
    """
    base = first or (0,) * len(per_shard)
    if isinstance(inner, PointPlan):
        local = inner.chunk_coords % np.array(per_shard, np.int64)
        columns = [local[:, axis] for axis in range(len(per_shard))]
        ids = np.zeros(len(inner), np.int64)
        for column, count in zip(columns, per_shard, strict=True):
            ids = ids * count + column
        return ids
    if len(inner) == 1:  # in plain integers: most small reads touch a single inner chunk
        only = 0
        for axis, count, begin in zip(inner.axes, per_shard, base, strict=True):
            only = only * count + (axis.first_chunk - begin) % count
        return np.array([only])
    ids = np.zeros(1, np.int64)
    for axis, count, begin in zip(inner.axes, per_shard, base, strict=True):
        ids = (ids[:, np.newaxis] * count + (axis.chunks() - begin) % count).reshape(-1)
    return ids


# ------------------------------------------------------------------ where they lie


@attrs.frozen
class Located(Columnar):
    """Byte ranges of some inner chunks in their shard, one entry each."""

    offset: Indices = column()
    """First byte in the shard."""
    nbytes: Indices = column()
    present: npt.NDArray[np.bool_] = column()
    """False: not stored, reads as the fill value (offset and nbytes are 0)."""


def locate(index: Index, ids: Indices) -> Located:
    """Where inner chunks lie.

    Parameters
    ----------
    index
        Decoded index, shape (inner chunks, 2): offset and length in bytes.
    ids
        Inner chunks asked for, as positions in the index.

    Raises
    ------
    ShardIndexError
        An entry is half missing, or beyond what an object can hold.

    Examples
    --------
    >>> locate(np.array([[0, 5], [2**64 - 1, 2**64 - 1]], np.uint64), np.array([1, 0]))
    Located(offset=array([0, 0]), nbytes=array([0, 5]), present=array([False,  True]))
    """
    entries = index[ids]
    if bool((entries <= _LARGEST).all()):  # all of them are there, as mostly
        signed = entries.astype(np.int64)
        return Located(signed[:, 0], signed[:, 1], np.ones(len(ids), bool))
    absent = entries == MISSING
    half = absent[:, 0] != absent[:, 1]
    present = ~absent[:, 0]
    bad = half | (present & (entries > _LARGEST).any(axis=1))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        what = (
            "overlaps another, or lies outside the shard or in its index"
            if bool((entries[at] == _FAULTY).all())
            else f"is {entries[at].tolist()}"
        )
        raise ShardIndexError(f"entry {int(ids[at])} of the shard index {what}")
    known = np.where(absent, np.uint64(0), entries).astype(np.int64)
    return Located(known[:, 0], known[:, 1], present)


def check_index(index: Index, nbytes: int | None, index_nbytes: int, *, at_start: bool) -> None:
    """Check all entries against each other and the size of their shard (None: not known).

    Raises
    ------
    ShardIndexError
        An entry is half missing, reaches outside the shard or into the index, or overlaps another
        (two that are the same are legal).

    Examples
    --------
    >>> check_index(np.array([[0, 5], [3, 4]], np.uint64), 100, 36, at_start=False)
    Traceback (most recent call last):
        ...
    frozarr.indexing.shard.ShardIndexError: inner chunks overlap in bytes [3, 5)
    """
    where = locate(index, np.arange(len(index)))
    start, stop = where.offset[where.present], (where.offset + where.nbytes)[where.present]
    low = index_nbytes if at_start else 0
    high = int(_LARGEST) * 2 if nbytes is None else nbytes - (0 if at_start else index_nbytes)
    outside = (start < low) | (stop > high)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise ShardIndexError(
            f"an inner chunk claims bytes [{start[at]}, {stop[at]}), the shard has [{low}, {high})"
        )
    order = np.lexsort((stop, start))
    start, stop = start[order], stop[order]
    overlap = (start[1:] < stop[:-1]) & ~((start[1:] == start[:-1]) & (stop[1:] == stop[:-1]))
    if overlap.any():
        at = int(np.flatnonzero(overlap)[0])
        raise ShardIndexError(f"inner chunks overlap in bytes [{start[at + 1]}, {stop[at]})")


def without_faults(index: Index, nbytes: int | None, index_nbytes: int, *, at_start: bool) -> Index:
    """The index, entries that `check_index` would refuse replaced: `locate` refuses each of them.

    So the inner chunks that a fault does not concern can still be read.

    Examples
    --------
    >>> faulty = np.array([[0, 5], [3, 4], [7, 2]], np.uint64)
    >>> locate(without_faults(faulty, 100, 36, at_start=False), np.array([2])).nbytes
    array([2])
    """
    try:
        check_index(index, nbytes, index_nbytes, at_start=at_start)
    except ShardIndexError:
        absent = index == MISSING
        sane = np.flatnonzero(~absent.any(axis=1) & (index <= _LARGEST).all(axis=1))
        where = locate(index, sane)
        start, stop = where.offset, where.offset + where.nbytes
        low = index_nbytes if at_start else 0
        high = int(_LARGEST) * 2 if nbytes is None else nbytes - (0 if at_start else index_nbytes)
        bad = np.zeros(len(index), bool)
        bad[sane] = (start < low) | (stop > high) | _overlapping(start, stop)
        return np.where(bad[:, np.newaxis], _FAULTY, index)
    return index


def _overlapping(start: Indices, stop: Indices) -> npt.NDArray[np.bool_]:
    """Which of some byte ranges overlap another one that is not the same."""
    ranges, same = np.unique(np.stack([start, stop], axis=1), axis=0, return_inverse=True)
    first, last = ranges[:, 0], ranges[:, 1]
    reached = np.maximum.accumulate(last)
    overlapping = np.zeros(len(ranges), bool)
    overlapping[1:] = first[1:] < reached[:-1]
    overlapping[:-1] |= first[1:] < last[:-1]
    return overlapping[same.reshape(-1)]


# ------------------------------------------------------------------ in which order they are written


def write_order(grid_shape: Shape, order: InnerOrder) -> Indices:
    """Positions in the index, in the order in which inner chunks are laid out in a new shard.

    Examples
    --------
    >>> write_order((2, 2), "morton").tolist(), write_order((2, 3), "colexicographic").tolist()
    ([0, 2, 1, 3], [0, 3, 1, 4, 2, 5])
    """
    count = int(np.prod(grid_shape, dtype=np.int64))
    ids = np.arange(count)
    if order == "lexicographic" or not grid_shape:
        return ids
    if order == "colexicographic":
        return ids.reshape(grid_shape).transpose().reshape(-1)
    coords = np.unravel_index(ids, grid_shape)
    code = np.zeros(count, np.int64)
    at = 0
    bits = [(n - 1).bit_length() for n in grid_shape]
    for bit in range(max(bits, default=0)):
        for coord, width in zip(coords, bits, strict=True):
            if bit < width:
                code |= (coord >> bit & 1) << at
                at += 1
    return np.argsort(code, kind="stable")

"""Merging byte ranges across small gaps, so that many inner chunks take few requests."""

from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.columns import Columnar, column

__all__ = ["Merged", "coalesce"]

Indices: TypeAlias = npt.NDArray[np.int64]


_ZERO = np.zeros(1, np.int64)


@attrs.frozen
class Merged(Columnar):
    """Byte ranges to ask for, and where each original range lies in them."""

    start: Indices = column()
    """First byte of each merged range."""
    stop: Indices = column()
    """Byte after its last."""
    member: Indices = column()
    """For each original range, the merged range it lies in."""
    within: Indices = column()
    """For each original range, its offset in that merged range, in bytes."""


def coalesce(offset: Indices, nbytes: Indices, *, gap: int, maximum: int) -> Merged:
    """Few ranges that cover many.

    Parameters
    ----------
    offset, nbytes
        Ranges in any order; they may share bytes.
    gap
        Bytes between two ranges that are read rather than asked for separately.
    maximum
        Bytes at which a merged range takes no more; a single longer range stays whole.

    Examples
    --------
    >>> coalesce(np.array([0, 10, 100]), np.array([10, 5, 1]), gap=0, maximum=50)
    Merged(start=array([  0, 100]), stop=array([ 15, 101]), member=array([0, 0, 1]), \
within=array([ 0, 10,  0]))
    """
    if len(offset) == 1:  # nothing to merge
        return Merged(offset, offset + nbytes, _ZERO, _ZERO)
    order = np.argsort(offset, kind="stable")
    start = offset[order]
    stop = np.maximum.accumulate(start + nbytes[order]) if len(order) else start
    new = np.ones(len(order), bool)
    new[1:] = start[1:] > stop[:-1] + gap
    group = np.cumsum(new) - 1
    if len(order) and maximum > 0:
        # inside a run without large gaps, cut every `maximum` bytes counted from the run's start
        run_start = start[new][group]
        slot = (start - run_start) // maximum
        new[1:] |= slot[1:] != slot[:-1]
        group = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    ends = np.maximum.reduceat(start + nbytes[order], first) if len(first) else start
    member = np.empty(len(order), np.int64)
    member[order] = group
    starts = start[first]
    return Merged(starts, ends, member, offset - starts[member] if len(order) else offset)

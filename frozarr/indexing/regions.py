"""Boxes of whole chunks that together make up an array: what copies and pipelines work by."""

import itertools
import math
from collections.abc import Iterator, Sequence

from frozarr.indexing.axes import AxisGrid

__all__ = ["chunk_regions"]


def chunk_regions(axes: Sequence[AxisGrid], max_elements: int = 1) -> Iterator[tuple[slice, ...]]:
    """Regions that tile an array, each of whole chunks, in C order.

    Chunks that follow each other along the last axes are joined first.

    Parameters
    ----------
    axes
        The chunk grid axis by axis.
    max_elements
        Elements up to which chunks are joined; one chunk makes a region however large it is.

    Returns
    -------
    iterator of tuple of slice
        One slice per axis, clipped to the array.

    Examples
    --------
    >>> from frozarr.indexing import RegularAxis
    >>> axes = RegularAxis(4, 2), RegularAxis(6, 2)
    >>> [[(s.start, s.stop) for s in region] for region in chunk_regions(axes, 12)]
    [[(0, 2), (0, 6)], [(2, 4), (0, 6)]]
    """
    if not all(axis.extent for axis in axes):
        return iter(())
    joined = [1] * len(axes)
    elements = math.prod(min(axis.largest, axis.extent) for axis in axes)
    for number, axis in reversed(list(enumerate(axes))):
        whole = elements // min(axis.largest, axis.extent) * axis.extent
        if whole > max_elements:
            joined[number] = max(1, max_elements // elements)
            break
        joined[number], elements = axis.nchunks, whole
    cuts = [list(_cuts(axis, count)) for axis, count in zip(axes, joined, strict=True)]
    return itertools.product(*cuts)


def _cuts(axis: AxisGrid, count: int) -> Iterator[slice]:
    """The axis in stretches of so many chunks."""
    for first in range(0, axis.nchunks, count):
        after = min(first + count, axis.nchunks)
        yield slice(axis.start(first), min(axis.start(after), axis.extent))

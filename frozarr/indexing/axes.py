"""One axis of a chunk grid: where chunks begin, how long they are, which holds an element."""

from collections.abc import Iterable
from functools import cached_property
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.columns import read_only

__all__ = ["AxisGrid", "RegularAxis", "Runs", "RunsAxis"]

Indices: TypeAlias = npt.NDArray[np.int64]
Runs: TypeAlias = tuple[tuple[int, int], ...]
"""Size of a chunk, and how many of that size follow each other."""


def _frozen_runs(runs: Iterable[Iterable[int]]) -> Runs:
    return tuple((int(size), int(count)) for size, count in runs)


@attrs.frozen
class RegularAxis:
    """One axis, or a stretch of one, cut into chunks of equal size; the last one may overhang.

    Examples
    --------
    >>> RegularAxis(extent=10, size=4).nchunks
    3
    """

    extent: int
    """Elements of the array along this axis."""
    size: int
    """Elements of a chunk along this axis."""
    origin: int = 0
    """Element at which the chunks of this size begin."""
    first: int = 0
    """Index of the chunk that begins there."""

    @property
    def nchunks(self) -> int:
        """Chunks that hold at least one element."""
        return self.first + -(-(self.extent - self.origin) // self.size)

    def locate(self, index: int) -> int:
        """Chunk that holds an element."""
        return self.first + (index - self.origin) // self.size

    def locate_all(self, indices: Indices) -> Indices:
        """Chunks that hold the elements."""
        if not self.origin:
            return indices // self.size
        return self.first + (indices - self.origin) // self.size

    def start(self, chunk: int) -> int:
        """First element of a chunk."""
        return self.origin + (chunk - self.first) * self.size

    def starts(self, chunks: Indices) -> Indices:
        """First element of each chunk."""
        return self.origin + (chunks - self.first) * self.size

    def sizes(self, chunks: Indices) -> Indices:
        """Elements that each chunk stores, overhang included."""
        return np.full(len(chunks), self.size, np.int64)

    @property
    def uniform(self) -> bool:
        """All chunks have one size."""
        return True

    @property
    def smallest(self) -> int:
        """Size of the smallest chunk, in elements."""
        return self.size

    @property
    def largest(self) -> int:
        """Size of the largest chunk, in elements."""
        return self.size

    @property
    def sizes_met(self) -> tuple[int, ...]:
        """Sizes that chunks have, in elements, each once."""
        return (self.size,)

    def stretches(self) -> "tuple[RegularAxis, ...]":
        """Stretches of chunks of one size."""
        return (self,)


@attrs.frozen
class RunsAxis:
    """One axis cut into chunks of several sizes, kept as runs of equal ones.

    Examples
    --------
    >>> axis = RunsAxis(extent=10, runs=((2, 1), (4, 2)))
    >>> axis.nchunks, axis.locate(6), axis.start(2)
    (3, 2, 6)
    """

    extent: int
    """Elements of the array along this axis."""
    runs: Runs = attrs.field(converter=_frozen_runs)

    @cached_property
    def _table(self) -> tuple[Indices, Indices, Indices]:
        """Per run: size, first chunk, first element; the last two with one entry more."""
        size, count = np.array(self.runs, np.int64).reshape(-1, 2).T
        chunk = np.concatenate([[0], np.cumsum(count)])
        element = np.concatenate([[0], np.cumsum(size * count)])
        return read_only(size), read_only(chunk), read_only(element)

    @property
    def nchunks(self) -> int:
        """Chunks that hold at least one element."""
        return self.locate(self.extent - 1) + 1 if self.extent else 0

    def locate(self, index: int) -> int:
        """Chunk that holds an element."""
        return int(self.locate_all(np.array([index]))[0])

    def locate_all(self, indices: Indices) -> Indices:
        """Chunks that hold the elements."""
        size, chunk, element = self._table
        run = np.searchsorted(element[1:-1], indices, side="right")
        return chunk[run] + (indices - element[run]) // size[run]

    def start(self, chunk: int) -> int:
        """First element of a chunk; the end of the last one for the chunk after it."""
        return int(self.starts(np.array([chunk]))[0])

    def starts(self, chunks: Indices) -> Indices:
        """First element of each chunk."""
        size, chunk, element = self._table
        run = np.searchsorted(chunk[1:-1], chunks, side="right")
        return element[run] + (chunks - chunk[run]) * size[run]

    def sizes(self, chunks: Indices) -> Indices:
        """Elements that each chunk stores, overhang included."""
        size, chunk, _ = self._table
        return size[np.searchsorted(chunk[1:-1], chunks, side="right")]

    @property
    def uniform(self) -> bool:
        """All chunks have one size."""
        return False

    @property
    def smallest(self) -> int:
        """Size of the smallest chunk, in elements."""
        return min(self.sizes_met)

    @property
    def largest(self) -> int:
        """Size of the largest chunk, in elements."""
        return max(self.sizes_met)

    @property
    def sizes_met(self) -> tuple[int, ...]:
        """Sizes that chunks have, in elements, each once."""
        return tuple(dict.fromkeys(size for size, _ in self.runs))

    def stretches(self) -> tuple[RegularAxis, ...]:
        """Stretches of chunks of one size."""
        sizes, chunk, element = (column.tolist() for column in self._table)
        return tuple(
            RegularAxis(min(self.extent, stop), size, begin, first)
            for size, first, begin, stop in zip(
                sizes, chunk[:-1], element[:-1], element[1:], strict=True
            )
            if begin < self.extent
        )


AxisGrid: TypeAlias = RegularAxis | RunsAxis

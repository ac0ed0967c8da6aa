"""Cutting a selection at chunk borders, one axis at a time.

The result is a table with one *row* per chunk touched along the axis. Slices need no table at all:
their rows follow from arithmetic, so a slice over 10⁹ chunks costs nothing. Restricting a table to
some of its rows gives a table again; batches and split plans are made that way.
"""

from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.axes import AxisGrid
from frozarr.indexing.columns import Columnar, column
from frozarr.indexing.selection import AxisIndices, AxisInt, AxisSelection, AxisSlice
from frozarr.types import Immutable

__all__ = ["AxisRows", "Columns", "IndexRows", "Segment", "SliceRows", "project_axis"]

Indices: TypeAlias = npt.NDArray[np.int64]
Region: TypeAlias = slice | Indices


@attrs.frozen
class Columns(Columnar):
    """The rows of an axis as columns, one entry per chunk."""

    step: int
    """Distance of selected elements; 0 if they are not evenly spaced."""
    chunk: Indices = column()
    """Index of the chunk along the axis."""
    start: Indices = column()
    """First selected element inside the chunk."""
    count: Indices = column()
    """Number of selected elements."""
    out: Indices = column()
    """Position of the first selected element in the result (0 where they are scattered)."""
    whole: npt.NDArray[np.bool_] = column()
    """Every element of the array in this chunk is selected."""


@attrs.frozen
class Segment(Columnar):
    """Consecutive rows that look alike: the same region of each chunk is selected.

    With more than one row, `outer` is a slice that the rows fill one after the other, each with
    its share.
    """

    lo: int
    """First row."""
    hi: int
    """Row after the last."""
    count: int
    """Selected elements per chunk."""
    inner: Region = column()
    """Selected elements inside a chunk."""
    outer: Region = column()
    """Where they stand in the result."""


@attrs.frozen
class SliceRows(Immutable):
    """Rows of an evenly spaced selection, computed when asked for.

    Examples
    --------
    >>> from frozarr.indexing.axes import RegularAxis
    >>> rows = SliceRows(RegularAxis(extent=100, size=10), start=5, count=20, step=1)
    >>> len(rows), rows.columns().count.tolist()
    (3, [5, 10, 5])
    """

    grid: AxisGrid
    start: int
    count: int
    step: int
    out: int = 0
    """Position of the first selected element in the result."""
    rows: int = attrs.field(init=False, eq=False, repr=False)
    """Number of rows; worked out once, as it is asked for often."""

    @rows.default
    def _count_rows(self) -> int:
        if self.count == 0:
            return 0
        if self._dense:
            return self.grid.locate(self._last) - self.grid.locate(self.start) + 1
        return self.count if self.grid.uniform else len(self.chunks())

    @property
    def _last(self) -> int:
        return self.start + (self.count - 1) * self.step

    @property
    def _dense(self) -> bool:
        """Every chunk between the first and the last is touched."""
        return self.step <= self.grid.smallest

    def __len__(self) -> int:
        return self.rows

    @property
    def first_chunk(self) -> int:
        """Chunk index of the first row."""
        return self.grid.locate(self.start)

    def chunks(self) -> Indices:
        """Chunk index of each row."""
        if self.count == 0:
            return np.empty(0, np.int64)
        if self._dense:
            first = self.grid.locate(self.start)
            last = self.grid.locate(self._last)
            return np.arange(first, last + 1, dtype=np.int64)
        located = self.grid.locate_all(self.start + self.step * np.arange(self.count))
        return located if self.grid.uniform else np.unique(located)

    def restrict(self, lo: int, hi: int) -> "SliceRows":
        """The rows in [lo, hi), which stand in the result where they stood."""
        if lo <= 0 and hi >= len(self):
            return self
        if self._dense:
            first = self.grid.locate(self.start)
            begin, end = self.grid.start(first + lo), self.grid.start(first + hi)
        else:
            chunks = self.chunks()[lo:hi]
            if not len(chunks):
                return attrs.evolve(self, count=0)
            begin, end = self.grid.start(int(chunks[0])), self.grid.start(int(chunks[-1]) + 1)
        k0 = max(0, -(-(begin - self.start) // self.step))
        k1 = min(self.count, max(k0, -(-(end - self.start) // self.step)))
        return SliceRows(self.grid, self.start + k0 * self.step, k1 - k0, self.step, self.out + k0)

    def columns(self) -> Columns:
        """All rows as columns."""
        chunk = self.chunks()
        begin = self.grid.starts(chunk)
        end = np.minimum(begin + self.grid.sizes(chunk), self.grid.extent)
        k0 = np.maximum(0, -((self.start - begin) // self.step))
        k1 = np.minimum(self.count, -((self.start - end) // self.step))
        first = self.start + k0 * self.step - begin
        count = k1 - k0
        whole = (first == 0) & (count == end - begin) & ((self.step == 1) | (end - begin == 1))
        return Columns(self.step, chunk, first, count, self.out + k0, whole)

    def segments(self) -> list[Segment]:
        """Runs of rows that look alike: at most three for a slice with step 1."""
        size = self.grid.smallest
        if not self.count:
            return []
        if self.grid.uniform and self._dense and size % self.step == 0:
            return self._even_segments(size)
        columns, step = self.columns(), self.step
        start, count, out = columns.start, columns.count, columns.out
        return [
            Segment(row, row + 1, n, slice(s, s + (n - 1) * step + 1, step), slice(o, o + n))
            for row, (s, n, o) in enumerate(
                zip(start.tolist(), count.tolist(), out.tolist(), strict=True)
            )
        ]

    def _even_segments(self, size: int) -> list[Segment]:
        """Segments where the selection repeats from chunk to chunk: first, middle, last."""
        step, rows, per_row = self.step, len(self), size // self.step
        first = (self.start - self.grid.start(self.first_chunk)) % size
        phase = first % step
        head = min(self.count, -(-(size - first) // step))
        tail = self.count - head - (rows - 2) * per_row if rows > 1 else 0
        lo = 0 if head == per_row else 1
        hi = rows if tail == per_row or (rows == 1 and head == per_row) else max(lo, rows - 1)
        segments = []
        if lo == 1:
            segments.append(self._segment(0, 1, first, head, self.out))
        if hi > lo:
            begin = self.out + (head if lo else 0)
            segments.append(self._segment(lo, hi, phase, per_row, begin))
        if hi < rows and rows > 1:
            begin = self.out + self.count - tail
            segments.append(self._segment(rows - 1, rows, phase, tail, begin))
        return segments

    def _segment(self, lo: int, hi: int, start: int, count: int, out: int) -> Segment:
        inner = slice(start, start + (count - 1) * self.step + 1, self.step)
        return Segment(lo, hi, count, inner, slice(out, out + count * (hi - lo)))


@attrs.frozen
class IndexRows(Columnar):
    """Rows of a list of indices: one sort, then columns.

    Examples
    --------
    >>> from frozarr.indexing.axes import RegularAxis
    >>> rows = index_rows(np.array([7, 1, 8]), RegularAxis(extent=10, size=5))
    >>> rows.chunk.tolist(), rows.inner.tolist(), rows.position.tolist()
    ([0, 1], [1, 2, 3], [1, 0, 2])
    """

    grid: AxisGrid
    count: int
    """Elements along this axis of the whole result."""
    chunk: Indices = column()
    """Chunk of each row, ascending."""
    bounds: Indices = column()
    """Row r owns the entries [bounds[r], bounds[r + 1]) of the next two columns."""
    inner: Indices = column()
    """Selected elements inside their chunk."""
    position: Indices = column()
    """Where they stand in the result."""

    def __len__(self) -> int:
        return len(self.chunk)

    @property
    def first_chunk(self) -> int:
        """Chunk index of the first row."""
        return int(self.chunk[0])

    def chunks(self) -> Indices:
        """Chunk index of each row."""
        return self.chunk

    def restrict(self, lo: int, hi: int) -> "IndexRows":
        """The rows in [lo, hi), which stand in the result where they stood."""
        if lo <= 0 and hi >= len(self):
            return self
        bounds = self.bounds[lo : hi + 1]
        first, last = int(bounds[0]), int(bounds[-1])
        return attrs.evolve(
            self, chunk=self.chunk[lo:hi], bounds=bounds - first,
            inner=self.inner[first:last], position=self.position[first:last],
        )  # fmt: skip

    def _whole(self) -> npt.NDArray[np.bool_]:
        begin = self.grid.starts(self.chunk)
        stored = np.minimum(self.grid.sizes(self.chunk), self.grid.extent - begin)
        if not len(self.chunk):
            return np.zeros(0, bool)
        keys = np.repeat(begin, np.diff(self.bounds)) + self.inner
        distinct = np.unique(keys)
        rows = np.searchsorted(begin, distinct, side="right") - 1
        return np.asarray(np.bincount(rows, minlength=len(begin)) == stored)

    def columns(self) -> Columns:
        """All rows as columns."""
        count = np.diff(self.bounds)
        start = self.inner[self.bounds[:-1]] if len(self) else np.empty(0, np.int64)
        return Columns(0, self.chunk, start, count, np.zeros(len(self), np.int64), self._whole())

    def segments(self) -> list[Segment]:
        """One segment per row."""
        bounds = self.bounds.tolist()
        segments = []
        for row, (lo, hi) in enumerate(zip(bounds, bounds[1:], strict=False)):
            inner, outer = as_region(self.inner[lo:hi]), as_region(self.position[lo:hi])
            segments.append(Segment(row, row + 1, hi - lo, inner, outer))
        return segments

    def entries(self) -> tuple[Indices, Indices]:
        """For each entry its row, and the selected element inside the row's chunk."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds)), self.inner

    def last_wins(self) -> "IndexRows":
        """The same rows with only the last entry of every repeated index, for writes."""
        keys = np.repeat(self.grid.starts(self.chunk), np.diff(self.bounds)) + self.inner
        order = np.lexsort((self.position, keys))
        ordered = keys[order]
        last = np.ones(len(order), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=last[:-1])
        if last.all():
            return self
        keep = np.zeros(len(order), bool)
        keep[order[last]] = True
        kept = np.concatenate([[0], np.cumsum(keep)])
        return attrs.evolve(
            self, bounds=kept[self.bounds], inner=self.inner[keep], position=self.position[keep]
        )


AxisRows: TypeAlias = SliceRows | IndexRows


def as_region(indices: Indices) -> Region:
    """A slice if the indices are consecutive, else the indices.

    Examples
    --------
    >>> as_region(np.array([3, 4, 5]))
    slice(3, 6, None)
    """
    count = len(indices)
    first = int(indices[0])
    if int(indices[-1]) - first == count - 1 and (
        count < 3 or bool((indices[1:] - indices[:-1] == 1).all())
    ):
        return slice(first, first + count)
    return indices


def sort_by_chunk(chunk: Indices, limit: int) -> Indices:
    """Order that sorts chunk numbers below `limit`, keeping the order of equals.

    Narrow types sort by radix in numpy, several times faster.
    """
    narrow = np.uint8 if limit <= 2**8 else np.uint16 if limit <= 2**16 else np.int64
    return np.argsort(chunk.astype(narrow), kind="stable")


def index_rows(indices: Indices, grid: AxisGrid) -> IndexRows:
    """Rows of a list of indices."""
    chunk = grid.locate_all(indices)
    if len(chunk) < 2 or bool((chunk[1:] >= chunk[:-1]).all()):
        position = np.arange(len(indices), dtype=np.int64)
    else:
        position = sort_by_chunk(chunk, grid.nchunks)
        chunk, indices = chunk[position], indices[position]
    first = np.ones(len(chunk), bool)
    np.not_equal(chunk[1:], chunk[:-1], out=first[1:])
    bounds = np.append(np.flatnonzero(first), len(chunk)).astype(np.int64)
    return IndexRows(
        grid, len(indices), chunk[first], bounds, indices - grid.starts(chunk), position
    )


def project_axis(selection: AxisSelection, grid: AxisGrid) -> AxisRows:
    """Rows of one axis of a product selection."""
    match selection:
        case AxisInt():
            return SliceRows(grid, selection.index, 1, 1)
        case AxisSlice():
            return SliceRows(grid, selection.start, selection.count, selection.step)
        case AxisIndices():
            return index_rows(selection.indices, grid)

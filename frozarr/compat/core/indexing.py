"""Brackets for kinds of selections, and selections chunk by chunk."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from frozarr.compat.arrays import AsyncOIndex, AsyncVIndex, OIndex, VIndex
from frozarr.compat.core.chunk_grids import ChunkGrid
from frozarr.indexing import SelectionLike as Selection
from frozarr.indexing import parse_selection, plan_read
from frozarr.indexing.plan import ProductPlan
from frozarr.indexing.project import AxisRows
from frozarr.indexing.selection import AxisInt, ProductSelection
from frozarr.types import Shape

__all__ = [
    "AsyncOIndex", "AsyncVIndex", "BasicIndexer", "ChunkProjection", "OIndex",
    "OrthogonalIndexer", "Selection", "VIndex",
]  # fmt: skip

Part: TypeAlias = "int | slice | np.ndarray[tuple[int, ...], np.dtype[np.int64]]"


class ChunkProjection(NamedTuple):
    """What one chunk has of a selection."""

    chunk_coords: tuple[int, ...]
    chunk_selection: tuple[Part, ...]
    """Within the chunk."""
    out_selection: tuple[Part, ...]
    """Within the result."""
    is_complete_chunk: bool


class OrthogonalIndexer:
    """An orthogonal selection, chunk by chunk.

    Examples
    --------
    >>> grid = ChunkGrid.from_sizes((10, 6), (4, 3))
    >>> indexer = OrthogonalIndexer((slice(3, 5), 2), (10, 6), grid)
    >>> indexer.shape, [projection.chunk_coords for projection in indexer]
    ((2,), [(0, 0), (1, 0)])
    """

    def __init__(self, selection: Selection, shape: Shape, chunk_grid: ChunkGrid) -> None:
        parsed = parse_selection(selection, shape, "orthogonal")
        assert isinstance(parsed, ProductSelection)  # noqa: S101 - as orthogonal ones are
        plan = plan_read(chunk_grid.grid, shape, parsed)
        assert isinstance(plan, ProductPlan)  # noqa: S101 - of a product
        self._plan = plan
        self._dropped = [isinstance(axis, AxisInt) for axis in parsed.axes]
        self.shape: Shape = plan.out_shape

    def __iter__(self) -> Iterator[ChunkProjection]:
        tables = [
            list(_rows(axis, dropped=dropped))
            for axis, dropped in zip(self._plan.axes, self._dropped, strict=True)
        ]
        for rows in itertools.product(*tables):
            inner = [row[1] for row in rows]
            outer = [
                row[2] for row, dropped in zip(rows, self._dropped, strict=True) if not dropped
            ]
            yield ChunkProjection(
                tuple([row[0] for row in rows]), _crossed(inner), _crossed(outer),
                all(row[3] for row in rows),
            )  # fmt: skip


BasicIndexer = OrthogonalIndexer
"""Integers and slices mean the same in both."""


def _rows(axis: AxisRows, *, dropped: bool) -> Iterator[tuple[int, Part, Part, bool]]:
    """For each chunk along an axis: its index, what is selected in it, where that goes, if all."""
    columns = axis.columns()
    for row in range(len(axis)):
        (segment,) = axis.restrict(row, row + 1).segments()
        inner = int(columns.start[row]) if dropped else segment.inner
        yield int(columns.chunk[row]), inner, segment.outer, bool(columns.whole[row])


def _crossed(parts: list[Part]) -> tuple[Part, ...]:
    """Parts as numpy takes them for a product: with several index arrays, all become such."""
    arrays = sum(isinstance(part, np.ndarray) for part in parts)
    if arrays < 2 or any(isinstance(part, int) for part in parts):
        return tuple(parts)
    return tuple(
        np.ix_(
            *[
                np.arange(part.start, part.stop, part.step) if isinstance(part, slice) else part
                for part in parts
            ]
        )
    )

"""Chunk grid ``rectilinear`` (zarr-extensions): chunks of several sizes along each axis."""

from itertools import zip_longest
from typing import Any, ClassVar, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.axes import AxisGrid, RegularAxis, Runs, RunsAxis
from frozarr.metadata.members import Members, as_int, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc, Shape

__all__ = ["RectilinearGrid"]

_LONGEST = 2**63 - 1

AxisEdges: TypeAlias = int | tuple[int | tuple[int, int], ...]
"""One size for all chunks, or sizes one by one, some of them with a number of repeats."""


def _edges(specs: Any) -> tuple[AxisEdges, ...]:
    return tuple(
        int(spec) if isinstance(spec, int | np.integer) else tuple(
            (int(e[0]), int(e[1])) if isinstance(e, list | tuple) else int(e) for e in spec
        )
        for spec in specs
    )  # fmt: skip


@attrs.frozen
class RectilinearGrid:
    """Grid ``rectilinear`` (zarr-extensions): along each axis, chunks of their own sizes.

    Every chunk is stored with the sizes that the grid gives it, the last one too.

    Examples
    --------
    >>> RectilinearGrid([[2, [4, 2]], 5]).grid_shape((10, 10))
    (3, 2)
    """

    name: ClassVar[str] = "rectilinear"
    uniform: ClassVar[bool] = False
    edges: tuple[AxisEdges, ...] = attrs.field(converter=_edges)
    """Per axis, as the document has them."""

    @edges.validator
    def _check_edges(self, _: object, edges: tuple[AxisEdges, ...]) -> None:
        for axis, spec in enumerate(edges):
            runs = _runs(spec)
            if not runs or any(n < 1 for run in runs for n in run):
                raise ValueError(f"edges[{axis}]: sizes and repeats must be >= 1, got {spec}")
            if sum(size * count for size, count in runs) > _LONGEST:
                raise ValueError(f"edges[{axis}]: chunks cover more than {_LONGEST} elements")

    @classmethod
    def from_members(cls, members: Members) -> "RectilinearGrid | None":
        """Grid from its configuration, or noted problems."""
        before = len(members.problems.found)
        members.take("kind", as_one_of("inline"))
        specs = members.take("chunk_shapes", _as_edges)
        members.refuse_rest()
        if specs is None or len(members.problems.found) > before:
            return None
        try:
            return cls(specs)
        except ValueError as error:
            members.problems.add((*members.loc, "chunk_shapes"), str(error))
            return None

    def to_json(self) -> JSON:
        """Object form of format 3."""
        specs: list[JSON] = [
            spec
            if isinstance(spec, int)
            else [list(e) if isinstance(e, tuple) else e for e in spec]
            for spec in self.edges
        ]
        return {"name": self.name, "configuration": {"kind": "inline", "chunk_shapes": specs}}

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.edges)

    @property
    def chunk_shape(self) -> Shape:
        """The largest sizes."""
        return tuple(max(size for size, _ in _runs(spec)) for spec in self.edges)

    def axes(self, shape: Shape) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape."""
        return tuple(
            _axis(extent, _runs(spec)) for extent, spec in zip(shape, self.edges, strict=True)
        )

    def grid_shape(self, shape: Shape) -> Shape:
        """Number of chunks along each axis that hold at least one element."""
        return tuple(axis.nchunks for axis in self.axes(shape))

    def chunk_shapes_met(self) -> tuple[Shape, ...]:
        """Shapes in which every size along every axis is met at least once."""
        sizes = [list(dict.fromkeys(size for size, _ in _runs(spec))) for spec in self.edges]
        columns = zip_longest(*sizes)
        return tuple(
            tuple(sizes[axis][0] if n is None else n for axis, n in enumerate(column))
            for column in columns
        ) or ((),)

    def check(self, shape: Shape, problems: Problems) -> None:
        """Note axes whose chunks do not reach the end of the array."""
        for axis, (extent, spec) in enumerate(zip(shape, self.edges, strict=True)):
            total = sum(size * count for size, count in _runs(spec))
            if not isinstance(spec, int) and total < extent:
                problems.add(
                    ("chunk_grid", "configuration", "chunk_shapes", axis),
                    f"chunks cover {total} elements, the array has {extent}",
                )

    def grown(self, shape: Shape, unit: Shape) -> "RectilinearGrid":
        """The grid with a chunk more along every axis that it did not cover."""
        specs: list[AxisEdges] = []
        for extent, spec, step in zip(shape, self.edges, unit, strict=True):
            missing = extent - sum(size * count for size, count in _runs(spec))
            missing = -(-missing // step) * step
            grows = not isinstance(spec, int) and missing > 0
            specs.append((*spec, missing) if grows and not isinstance(spec, int) else spec)
        return RectilinearGrid(specs)


def _runs(spec: AxisEdges) -> Runs:
    """Runs of equal sizes, neighbours of one size merged."""
    if isinstance(spec, int):
        return ((spec, _LONGEST // max(1, spec)),)
    merged: list[tuple[int, int]] = []
    for entry in spec:
        size, count = entry if isinstance(entry, tuple) else (entry, 1)
        if merged and merged[-1][0] == size:
            merged[-1] = (size, merged[-1][1] + count)
        else:
            merged.append((size, count))
    return tuple(merged)


def _axis(extent: int, runs: Runs) -> AxisGrid:
    """The axis, in its simplest form."""
    if len(runs) == 1:
        return RegularAxis(extent, runs[0][0])
    return RunsAxis(extent, runs)


def _as_edges(value: JSON, loc: Loc, problems: Problems) -> Any | None:
    """Sizes of the chunks along each axis."""
    if not isinstance(value, list | tuple):
        problems.add(loc, f"expected a list with one entry per axis, got {value!r}")
        return None
    before = len(problems.found)
    size = as_int(1, _LONGEST)
    for axis, spec in enumerate(value):
        if not isinstance(spec, list | tuple):
            size(spec, (*loc, axis), problems)
            continue
        if not spec:
            problems.add((*loc, axis), "an axis needs at least one chunk")
        for i, entry in enumerate(spec):
            if isinstance(entry, list | tuple) and len(entry) == 2:
                for j, n in enumerate(entry):
                    size(n, (*loc, axis, i, j), problems)
            else:
                size(entry, (*loc, axis, i), problems)
    return value if len(problems.found) == before else None

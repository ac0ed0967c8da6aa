"""Chunk grids: how an array's index space is cut, seen axis by axis."""

from functools import cached_property
from itertools import zip_longest
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.metadata.members import Members, as_extents, as_int, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc, Shape, as_shape

__all__ = ["AxisGrid", "ChunkGrid", "RectilinearGrid", "RegularAxis", "RegularGrid", "RunsAxis"]

Indices: TypeAlias = npt.NDArray[np.int64]
Runs: TypeAlias = tuple[tuple[int, int], ...]
"""Size of a chunk, and how many of that size follow each other."""
_LONGEST = 2**63 - 1


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
        """Size of the smallest chunk."""
        return self.size

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
    runs: Runs

    @cached_property
    def _table(self) -> tuple[Indices, Indices, Indices]:
        """Per run: size, first chunk, first element; the last two with one entry more."""
        size, count = np.array(self.runs, np.int64).reshape(-1, 2).T
        chunk = np.concatenate([[0], np.cumsum(count)])
        return size, chunk, np.concatenate([[0], np.cumsum(size * count)])

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
        """Size of the smallest chunk."""
        return min(size for size, _ in self.runs)

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


@runtime_checkable
class ChunkGrid(Protocol):
    """What every chunk grid value offers."""

    @property
    def name(self) -> str:
        """Registered name."""

    @property
    def ndim(self) -> int:
        """Number of axes."""

    @property
    def chunk_shape(self) -> Shape:
        """Shape of the chunks; of the largest extents along each axis where they differ."""

    @property
    def uniform(self) -> bool:
        """All chunks have one shape."""

    def to_json(self) -> JSON:
        """Object form of format 3."""

    def axes(self, shape: Shape) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape."""

    def grid_shape(self, shape: Shape) -> Shape:
        """Number of chunks along each axis, overhanging ones counted whole."""

    def chunk_shapes_met(self) -> tuple[Shape, ...]:
        """Shapes in which every size along every axis is met at least once."""

    def check(self, shape: Shape, problems: Problems) -> None:
        """Note what does not fit an array of this shape."""

    def grown(self, shape: Shape, unit: Shape) -> "ChunkGrid":
        """The grid of the same array with another shape.

        Parameters
        ----------
        unit
            What new chunks must be a multiple of, along each axis (inner chunks).
        """


@attrs.frozen
class RegularGrid:
    """Grid ``regular``: all chunks have one shape (core spec, "Regular grids").

    Examples
    --------
    >>> RegularGrid((4, 5)).grid_shape((10, 10))
    (3, 2)
    """

    name: ClassVar[str] = "regular"
    uniform: ClassVar[bool] = True
    chunk_shape: Shape = attrs.field(converter=as_shape)

    @classmethod
    def from_members(cls, members: Members) -> "RegularGrid | None":
        """Grid from its configuration, or noted problems."""
        chunk_shape = members.take("chunk_shape", as_extents(1))
        members.refuse_rest()
        return None if chunk_shape is None else cls(chunk_shape)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"chunk_shape": list(self.chunk_shape)}}

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.chunk_shape)

    def axes(self, shape: Shape) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape."""
        return tuple(
            RegularAxis(extent, size) for extent, size in zip(shape, self.chunk_shape, strict=True)
        )

    def grid_shape(self, shape: Shape) -> Shape:
        """Number of chunks along each axis, overhanging ones counted whole."""
        return tuple(axis.nchunks for axis in self.axes(shape))

    def chunk_shapes_met(self) -> tuple[Shape, ...]:
        """The one chunk shape."""
        return (self.chunk_shape,)

    def check(self, shape: Shape, problems: Problems) -> None:
        """Every shape fits."""

    def grown(self, shape: Shape, unit: Shape) -> "RegularGrid":  # noqa: ARG002 - fits every shape
        """The same grid."""
        return self


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

"""Chunk grids: how an array's index space is cut, seen axis by axis."""

from typing import ClassVar, Protocol, runtime_checkable

import attrs

from frozarr.metadata.axes import AxisGrid, RegularAxis
from frozarr.metadata.members import Members, as_extents
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Shape, as_shape

__all__ = ["ChunkGrid", "RegularGrid"]


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

"""Chunk grids: how an array's index space is cut, seen axis by axis."""

from typing import ClassVar, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.metadata.members import Members, as_extents
from frozarr.types import JSON, Shape, as_shape

__all__ = ["AxisGrid", "ChunkGrid", "RegularAxis", "RegularGrid"]

Indices: TypeAlias = npt.NDArray[np.int64]


@attrs.frozen
class RegularAxis:
    """One axis cut into chunks of equal size; the last one may overhang the extent.

    Examples
    --------
    >>> RegularAxis(extent=10, size=4).nchunks
    3
    """

    extent: int
    """Elements of the array along this axis."""
    size: int
    """Elements of a chunk along this axis."""

    @property
    def nchunks(self) -> int:
        """Chunks that hold at least one element."""
        return -(-self.extent // self.size)

    def locate(self, index: int) -> int:
        """Chunk that holds an element."""
        return index // self.size

    def locate_all(self, indices: Indices) -> Indices:
        """Chunks that hold the elements."""
        return indices // self.size

    def start(self, chunk: int) -> int:
        """First element of a chunk."""
        return chunk * self.size

    def starts(self, chunks: Indices) -> Indices:
        """First element of each chunk."""
        return chunks * self.size

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


AxisGrid: TypeAlias = RegularAxis


@attrs.frozen
class RegularGrid:
    """Grid ``regular``: all chunks have one shape (core spec, "Regular grids").

    Examples
    --------
    >>> RegularGrid((4, 5)).grid_shape((10, 10))
    (3, 2)
    """

    name: ClassVar[str] = "regular"
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


ChunkGrid: TypeAlias = RegularGrid

"""What every chunk grid value of a document offers."""

from abc import abstractmethod
from itertools import zip_longest
from typing import ClassVar

import attrs

from frozarr.indexing.axes import AxisGrid
from frozarr.metadata.parsing.at import At
from frozarr.types import JSON, Immutable, Shape

__all__ = ["ChunkGrid"]


@attrs.frozen
class ChunkGrid(Immutable):
    """Base of chunk grids.

    Subclasses have a registered `name`, write `ndim`, `axes` and `to_json`, and a class method
    ``from_members(members)``; the rest follows.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def ndim(self) -> int:
        """Number of axes."""

    @abstractmethod
    def axes(self, shape: Shape) -> tuple[AxisGrid, ...]:
        """The grid seen axis by axis, for an array of this shape (in elements)."""

    @abstractmethod
    def to_json(self) -> JSON:
        """Object form of format 3."""

    def _any_axes(self) -> tuple[AxisGrid, ...]:
        """The axes, for what does not depend on the array's shape."""
        return self.axes((0,) * self.ndim)

    @property
    def uniform(self) -> bool:
        """All chunks have one shape."""
        return all(axis.uniform for axis in self._any_axes())

    @property
    def chunk_shape(self) -> Shape:
        """Shape of the chunks, in elements; the largest extents along each axis if they differ."""
        return tuple([axis.largest for axis in self._any_axes()])

    def chunk_shapes_met(self) -> tuple[Shape, ...]:
        """Shapes in which every size along every axis is met at least once."""
        sizes = [axis.sizes_met for axis in self._any_axes()]
        return tuple(
            tuple(sizes[axis][0] if n is None else n for axis, n in enumerate(column))
            for column in zip_longest(*sizes)
        ) or ((),)

    def check(self, shape: Shape, at: At) -> None:
        """Note what does not fit an array of this shape; by default every shape fits."""

    def grown(self, shape: Shape, unit: Shape) -> "ChunkGrid":  # noqa: ARG002 - for those that differ
        """The grid of the same array with another shape; by default the same.

        Parameters
        ----------
        shape
            Of the array, in elements.
        unit
            What new chunks must be a multiple of, along each axis (inner chunks).
        """
        return self

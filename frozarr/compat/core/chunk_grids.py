"""Grids of chunks."""

from collections.abc import Sequence

import attrs

from frozarr.metadata import RectilinearGrid, RegularGrid

__all__ = ["ChunkGrid"]


@attrs.frozen
class ChunkGrid:
    """How an array of some shape is cut into chunks."""

    grid: RegularGrid | RectilinearGrid
    array_shape: tuple[int, ...]

    @classmethod
    def from_sizes(
        cls, array_shape: Sequence[int], chunk_sizes: Sequence[int | Sequence[int]]
    ) -> "ChunkGrid":
        """Grid of chunks of one size for each axis, or of those that are listed.

        Parameters
        ----------
        array_shape
            Extents in elements.
        chunk_sizes
            For each axis one size, or the size of every chunk.
        """
        shape = tuple(int(extent) for extent in array_shape)
        if all(not isinstance(size, Sequence) for size in chunk_sizes):
            sizes = [max(1, int(size)) for size in chunk_sizes if not isinstance(size, Sequence)]
            return cls(RegularGrid(sizes), shape)
        edges = [list(size) if isinstance(size, Sequence) else size for size in chunk_sizes]
        return cls(RectilinearGrid(edges), shape)

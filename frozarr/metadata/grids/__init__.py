"""Chunk grids: how an array's index space is cut, as values with a form in documents."""

from frozarr.metadata.grids.base import ChunkGrid
from frozarr.metadata.grids.rectilinear import RectilinearGrid
from frozarr.metadata.grids.regular import RegularGrid

__all__ = ["ChunkGrid", "RectilinearGrid", "RegularGrid"]

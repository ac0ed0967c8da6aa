"""Chunk grid ``regular``: all chunks have one shape."""

from typing import ClassVar

import attrs

from frozarr.indexing import grid as plain
from frozarr.metadata.grids.base import ChunkGrid
from frozarr.metadata.parsing.at import INVALID, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import extents
from frozarr.types import JSON

__all__ = ["RegularGrid"]


@attrs.frozen
class RegularGrid(plain.RegularGrid, ChunkGrid):
    """Grid ``regular`` (core spec, "Regular grids").

    Examples
    --------
    >>> RegularGrid((4, 5)).to_json()
    {'name': 'regular', 'configuration': {'chunk_shape': [4, 5]}}
    """

    name: ClassVar[str] = "regular"

    @classmethod
    def from_members(cls, members: Members) -> "RegularGrid | Invalid":
        """Grid from its configuration, or noted problems."""
        chunk_shape = members.take("chunk_shape", extents(1))
        members.refuse_rest()
        return INVALID if chunk_shape is INVALID else cls(chunk_shape)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"chunk_shape": list(self.chunk_shape)}}

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.chunk_shape)

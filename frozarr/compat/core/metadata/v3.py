"""Metadata of arrays of format 3."""

from frozarr.compat.core.common import parse_shapelike
from frozarr.metadata import ArrayV3Metadata
from frozarr.metadata import RectilinearGrid as RectilinearChunkGridMetadata
from frozarr.metadata import RegularGrid as RegularChunkGridMetadata

__all__ = [
    "ArrayV3Metadata", "RectilinearChunkGridMetadata", "RegularChunkGridMetadata",
    "parse_shapelike",
]  # fmt: skip

"""Metadata of arrays of format 2."""

from frozarr.metadata import ArrayV2Metadata

__all__ = ["ArrayV2Metadata"]

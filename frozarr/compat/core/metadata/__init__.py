"""Metadata of arrays."""

from frozarr.metadata import ArrayMetadata, ArrayV2Metadata, ArrayV3Metadata

__all__ = ["ArrayMetadata", "ArrayV2Metadata", "ArrayV3Metadata"]

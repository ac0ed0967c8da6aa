"""Paths of nodes."""

from frozarr.metadata.paths import normalize_path

__all__ = ["normalize_path"]

"""A store on any fsspec filesystem."""

from frozarr.io.stores.fsspec.store import FsspecStore

__all__ = ["FsspecStore"]

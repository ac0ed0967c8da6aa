"""A store in a directory of the local file system."""

from frozarr.io.stores.local.store import LocalStore

__all__ = ["LocalStore"]

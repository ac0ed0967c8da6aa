"""Groups, for callers that block."""

from typing import Any

from frozarr.compat.api.synchronous import create_hierarchy
from frozarr.compat.api.synchronous import open as open_node
from frozarr.compat.arrays import Array
from frozarr.compat.groups import Group
from frozarr.io.stores.resolve import StoreLike

__all__ = ["create_hierarchy", "get_node"]


def get_node(store: StoreLike, path: str, zarr_format: Any) -> Array | Group:
    """The array or group at a path of a store."""
    node: Array | Group = open_node(store, path=path, zarr_format=zarr_format, mode="r")
    return node

"""The node at a path, whichever kind it is."""

from typing import Any

from frozarr.compat.api.asynchronous import open as open_node
from frozarr.compat.arrays import AsyncArray
from frozarr.compat.groups import AsyncGroup
from frozarr.io.stores.resolve import StoreLike

__all__ = ["get_node"]


async def get_node(store: StoreLike, path: str, zarr_format: Any) -> AsyncArray | AsyncGroup:
    """The array or group at a path of a store."""
    node: AsyncArray | AsyncGroup = await open_node(
        store, path=path, zarr_format=zarr_format, mode="r"
    )
    return node

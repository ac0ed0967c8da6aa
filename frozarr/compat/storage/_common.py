"""Places from what users pass as ``store=``, and what stands there."""

from collections.abc import Mapping
from typing import Any

from frozarr.compat.places import StorePath
from frozarr.errors import ReadOnlyError
from frozarr.io.programs.nodes import contains_error, load_node, something_stands
from frozarr.io.programs.requests import DeletePrefix, asking
from frozarr.io.runners.loop import run_async
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import AccessMode
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.group import GroupMetadata

__all__ = [
    "StoreLike", "StorePath", "contains_array", "contains_group", "ensure_no_existing_node",
    "make_store", "make_store_path",
]  # fmt: skip


async def make_store(
    store_like: StoreLike, *, mode: AccessMode | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Store:  # fmt: skip
    """Store that a user means."""
    return resolve(store_like, None, mode=mode, storage_options=storage_options).store


async def make_store_path(
    store_like: StoreLike, *, path: str | None = "", mode: AccessMode | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> StorePath:  # fmt: skip
    """Place that a user means; emptied in mode ``w``."""
    place = resolve(store_like, path or None, mode=mode, storage_options=storage_options)
    if mode in {"r+", "a", "w", "w-"} and place.store.read_only:
        raise ReadOnlyError(f"{place}: mode {mode!r} on a read-only store", url=str(place))
    if mode == "w":
        await run_async(asking(DeletePrefix(place.path)), place.store)
    return StorePath(place.store, place.path)


async def contains_array(store_path: StorePath, zarr_format: Any) -> bool:
    """Whether an array of a format stands at a place."""
    node = await run_async(load_node(store_path, zarr_format), store_path.store)
    return node is not None and not isinstance(node, GroupMetadata)


async def contains_group(store_path: StorePath, zarr_format: Any) -> bool:
    """Whether a group of a format stands at a place."""
    node = await run_async(load_node(store_path, zarr_format), store_path.store)
    return isinstance(node, GroupMetadata)


async def ensure_no_existing_node(store_path: StorePath, zarr_format: Any) -> None:
    """Refuse to go on where a node stands.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is one.
    """
    if await run_async(something_stands(store_path), store_path.store):
        node = await run_async(load_node(store_path, zarr_format), store_path.store)
        if node is not None:
            raise contains_error(store_path, node)

"""What stands at the top level of the older API, for callers that wait."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

import numpy as np

from frozarr import aio
from frozarr.compat.api.doors import door, np_type, shown_like
from frozarr.compat.arrays import AsyncArray
from frozarr.compat.cells import handle_of
from frozarr.compat.consolidated import values_of
from frozarr.compat.groups import AsyncGroup
from frozarr.compat.meanings import described
from frozarr.compat.settings import config, settled
from frozarr.errors import NodeNotFoundError
from frozarr.handles.group import Tree
from frozarr.io.stores.resolve import StoreLike

__all__ = [
    "array", "consolidate_metadata", "create", "create_array", "create_group",
    "create_hierarchy", "empty", "empty_like", "from_array", "full", "full_like", "group", "load",
    "migrate", "ones", "ones_like", "open", "open_array", "open_consolidated", "open_group",
    "open_like", "save", "save_array", "save_group", "tree", "zeros", "zeros_like",
]  # fmt: skip

load, migrate = aio.load, aio.migrate

create = door(aio.create, AsyncArray, __name__, AsyncArray)
create_array = door(aio.create_array, AsyncArray, __name__, AsyncArray)
empty = door(aio.empty, AsyncArray, __name__, AsyncArray)
empty_like = door(aio.empty_like, AsyncArray, __name__, AsyncArray)
from_array = door(aio.from_array, AsyncArray, __name__, AsyncArray)
full = door(aio.full, AsyncArray, __name__, AsyncArray)
full_like = door(aio.full_like, AsyncArray, __name__, AsyncArray)
ones = door(aio.ones, AsyncArray, __name__, AsyncArray)
ones_like = door(aio.ones_like, AsyncArray, __name__, AsyncArray)
open_array = door(aio.open_array, AsyncArray, __name__, AsyncArray)
open_like = door(aio.open_like, AsyncArray, __name__, AsyncArray)
zeros = door(aio.zeros, AsyncArray, __name__, AsyncArray)
zeros_like = door(aio.zeros_like, AsyncArray, __name__, AsyncArray)
consolidate_metadata = door(aio.consolidate_metadata, AsyncGroup, __name__, AsyncGroup)
create_group = door(aio.create_group, AsyncGroup, __name__, AsyncGroup)
group = door(aio.group, AsyncGroup, __name__, AsyncGroup)
open_group = door(aio.open_group, AsyncGroup, __name__, AsyncGroup)
_open_node = door(aio.open, AsyncArray, __name__, AsyncArray | AsyncGroup, "open")
_from_array = door(aio.array, AsyncArray, __name__, AsyncArray, "array")


def _format_of_new() -> Literal[2, 3]:
    return config.frozen().zarr_format


@described
async def open_consolidated(*args: Any, use_consolidated: Any = True, **kwargs: Any) -> AsyncGroup:
    """The group at a place by its consolidated metadata; see `open_group`."""
    if use_consolidated is not True:
        raise TypeError("open_consolidated takes use_consolidated=True only; use open_group")
    opened: AsyncGroup = await open_group(*args, use_consolidated=True, **kwargs)
    return opened


@described
async def create_hierarchy(
    *, store: StoreLike, nodes: Mapping[str, Any], overwrite: bool = False
) -> AsyncIterator[tuple[str, AsyncArray | AsyncGroup]]:
    """Arrays and groups by their metadata, stored one and all; paths and nodes."""
    made = await aio.create_hierarchy(
        store, nodes=values_of(nodes), overwrite=overwrite, config=settled(None)
    )
    for path, node in made.items():
        yield path, AsyncGroup.shown(node)


@shown_like(_from_array, dtype=None)
async def array(data: Any, **kwargs: Any) -> AsyncArray:
    """A new array that holds the data; see `frozarr.array`."""
    if kwargs.get("dtype") is not None:
        data = np.asarray(handle_of(data)).astype(np_type(kwargs["dtype"]))
    kwargs.pop("dtype", None)
    made: AsyncArray = await _from_array(data, **kwargs)
    return made


@shown_like(_open_node)
async def open(store: StoreLike = None, **kwargs: Any) -> AsyncArray | AsyncGroup:  # noqa: A001 - the name users know
    """The array or group at a place; a new group where nothing is, if it may be made."""
    try:
        node: AsyncArray | AsyncGroup = await _open_node(store, **kwargs)
    except NodeNotFoundError:
        if kwargs.get("mode", "a") not in {"a", None} or "shape" in kwargs:
            raise
        names = ("mode", "path", "zarr_format", "storage_options", "config", "use_consolidated")
        node = await open_group(store, **{name: kwargs[name] for name in names if name in kwargs})
    return node


@described
async def save_array(
    store: StoreLike, arr: Any, *, zarr_format: Any = None, path: str | None = None,
    storage_options: Mapping[str, Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Store an array where none is.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node; ``overwrite=True`` replaces it.
    """
    await from_array(
        store, data=arr, name=path, zarr_format=zarr_format or _format_of_new(),
        storage_options=storage_options, **kwargs,
    )  # fmt: skip


@described
async def save_group(
    store: StoreLike, *args: Any, zarr_format: Any = None, path: str | None = None,
    storage_options: Mapping[str, Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Store arrays in a group: ``arr_0``, ``arr_1``, … and by keyword.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node where an array is to be.
    """
    named = {**{f"arr_{i}": a for i, a in enumerate(args)}, **kwargs}
    if not named:
        raise ValueError("give at least one array to save")
    group = await open_group(
        store, mode="a", path=path, zarr_format=zarr_format, storage_options=storage_options
    )
    for name, value in named.items():
        await group.create_array(name, data=handle_of(value))


@described
async def save(
    store: StoreLike, *args: Any, zarr_format: Any = None, path: str | None = None,
    storage_options: Mapping[str, Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Store one array by itself, or several in a group; see `save_array`, `save_group`."""
    where: dict[str, Any] = {
        "zarr_format": zarr_format,
        "path": path,
        "storage_options": storage_options,
    }
    if len(args) == 1 and not kwargs:
        await save_array(store, args[0], **where)
    else:
        await save_group(store, *args, **where, **kwargs)


@described
async def tree(grp: Any, expand: bool | None = None, level: int | None = None) -> Tree:
    """A drawing of what is below a group."""
    whole = grp if isinstance(grp, AsyncGroup) else await open_group(grp, mode="r")
    drawing: Tree = await whole.tree(expand, level)
    return drawing

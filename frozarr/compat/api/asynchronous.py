"""What stands at the top level of the older API, for callers that wait."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from frozarr import aio
from frozarr.compat.api.doors import door
from frozarr.compat.arrays import AsyncArray
from frozarr.compat.cells import handle_of
from frozarr.compat.consolidated import values_of
from frozarr.compat.groups import AsyncGroup
from frozarr.compat.meanings import described
from frozarr.compat.settings import config, settled
from frozarr.handles.group import Tree
from frozarr.io.stores.resolve import StoreLike

__all__ = [
    "array", "consolidate_metadata", "create", "create_array", "create_group",
    "create_hierarchy", "empty", "empty_like", "from_array", "full", "full_like", "group", "load",
    "migrate", "ones", "ones_like", "open", "open_array", "open_consolidated", "open_group",
    "open_like", "save", "save_array", "save_group", "tree", "zeros", "zeros_like",
]  # fmt: skip

load, migrate = aio.load, aio.migrate

array = door(aio.array, AsyncArray, __name__, AsyncArray)
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
save_array = door(aio.save_array, AsyncArray, __name__, AsyncArray)
zeros = door(aio.zeros, AsyncArray, __name__, AsyncArray)
zeros_like = door(aio.zeros_like, AsyncArray, __name__, AsyncArray)
consolidate_metadata = door(aio.consolidate_metadata, AsyncGroup, __name__, AsyncGroup)
create_group = door(aio.create_group, AsyncGroup, __name__, AsyncGroup)
group = door(aio.group, AsyncGroup, __name__, AsyncGroup)
open_group = door(aio.open_group, AsyncGroup, __name__, AsyncGroup)
open = door(aio.open, AsyncArray, __name__, AsyncArray | AsyncGroup)  # noqa: A001 - the name users know


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


@described
async def save(
    store: StoreLike, *args: Any, zarr_format: Any = None, path: str | None = None,
    storage_options: Mapping[str, Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Store arrays; see `frozarr.save`."""
    named = {name: handle_of(value) for name, value in kwargs.items()}
    await aio.save(
        store, *map(handle_of, args), zarr_format=zarr_format or _format_of_new(), path=path,
        storage_options=storage_options, **named,
    )  # fmt: skip


@described
async def save_group(
    store: StoreLike, *args: Any, zarr_format: Any = None, path: str | None = None,
    storage_options: Mapping[str, Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Store arrays in a group; see `frozarr.save_group`."""
    named = {name: handle_of(value) for name, value in kwargs.items()}
    await aio.save_group(
        store, *map(handle_of, args), zarr_format=zarr_format or _format_of_new(), path=path,
        storage_options=storage_options, **named,
    )  # fmt: skip


@described
async def tree(grp: Any, expand: bool | None = None, level: int | None = None) -> Tree:
    """A drawing of what is below a group."""
    whole = grp if isinstance(grp, AsyncGroup) else await open_group(grp, mode="r")
    drawing: Tree = await whole.tree(expand, level)
    return drawing

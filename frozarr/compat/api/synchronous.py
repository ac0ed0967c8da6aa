"""What stands at the top level of the older API, for callers that block."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from frozarr import api
from frozarr.compat.api.doors import door, np_type, shown_like
from frozarr.compat.arrays import Array
from frozarr.compat.cells import handle_of
from frozarr.compat.consolidated import values_of
from frozarr.compat.groups import Group
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

load, migrate = api.load, api.migrate

create = door(api.create, Array, __name__, Array)
create_array = door(api.create_array, Array, __name__, Array)
empty = door(api.empty, Array, __name__, Array)
empty_like = door(api.empty_like, Array, __name__, Array)
from_array = door(api.from_array, Array, __name__, Array)
full = door(api.full, Array, __name__, Array)
full_like = door(api.full_like, Array, __name__, Array)
ones = door(api.ones, Array, __name__, Array)
ones_like = door(api.ones_like, Array, __name__, Array)
open_array = door(api.open_array, Array, __name__, Array)
open_like = door(api.open_like, Array, __name__, Array)
zeros = door(api.zeros, Array, __name__, Array)
zeros_like = door(api.zeros_like, Array, __name__, Array)
consolidate_metadata = door(api.consolidate_metadata, Group, __name__, Group)
create_group = door(api.create_group, Group, __name__, Group)
group = door(api.group, Group, __name__, Group)
open_group = door(api.open_group, Group, __name__, Group)
_open_node = door(api.open, Array, __name__, Array | Group, "open")
_from_array = door(api.array, Array, __name__, Array, "array")


def _format_of_new() -> Literal[2, 3]:
    return config.frozen().zarr_format


@described
def open_consolidated(*args: Any, use_consolidated: Any = True, **kwargs: Any) -> Group:
    """The group at a place by its consolidated metadata; see `open_group`."""
    if use_consolidated is not True:
        raise TypeError("open_consolidated takes use_consolidated=True only; use open_group")
    opened: Group = open_group(*args, use_consolidated=True, **kwargs)
    return opened


@described
def create_hierarchy(
    *, store: StoreLike, nodes: Mapping[str, Any], overwrite: bool = False
) -> Iterator[tuple[str, Array | Group]]:
    """Arrays and groups by their metadata, stored one and all; paths and nodes."""
    made = api.create_hierarchy(
        store, nodes=values_of(nodes), overwrite=overwrite, config=settled(None)
    )
    return iter([(path, Group.shown(node)) for path, node in made.items()])


@shown_like(_from_array, dtype=None)
def array(data: Any, **kwargs: Any) -> Array:
    """A new array that holds the data; see `frozarr.array`."""
    if kwargs.get("dtype") is not None:
        data = np.asarray(handle_of(data)).astype(np_type(kwargs["dtype"]))
    kwargs.pop("dtype", None)
    made: Array = _from_array(data, **kwargs)
    return made


@shown_like(_open_node)
def open(store: StoreLike = None, **kwargs: Any) -> Array | Group:  # noqa: A001 - the name users know
    """The array or group at a place; a new group where nothing is, if it may be made."""
    try:
        node: Array | Group = _open_node(store, **kwargs)
    except NodeNotFoundError:
        if kwargs.get("mode", "a") not in {"a", None} or "shape" in kwargs:
            raise
        names = ("mode", "path", "zarr_format", "storage_options", "config", "use_consolidated")
        node = open_group(store, **{name: kwargs[name] for name in names if name in kwargs})
    return node


@described
def save_array(
    store: StoreLike, arr: Any, *, zarr_format: Any = None, path: str | None = None,
    storage_options: Mapping[str, Any] | None = None, **kwargs: Any,
) -> None:  # fmt: skip
    """Store an array where none is.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node; ``overwrite=True`` replaces it.
    """
    from_array(
        store, data=arr, name=path, zarr_format=zarr_format or _format_of_new(),
        storage_options=storage_options, **kwargs,
    )  # fmt: skip


@described
def save_group(
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
    group = open_group(
        store, mode="a", path=path, zarr_format=zarr_format, storage_options=storage_options
    )
    for name, value in named.items():
        group.create_array(name, data=handle_of(value))


@described
def save(
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
        save_array(store, args[0], **where)
    else:
        save_group(store, *args, **where, **kwargs)


@described
def tree(grp: Any, expand: bool | None = None, level: int | None = None) -> Tree:
    """A drawing of what is below a group."""
    whole = grp if isinstance(grp, Group) else open_group(grp, mode="r")
    drawing: Tree = whole.tree(expand, level)
    return drawing

"""Saving and loading whole arrays, as programs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack

import numpy as np

from frozarr.commands.creation import (
    ArrayData,
    Creation,
    exchange,
    refuse_own_source,
    store_new,
)
from frozarr.commands.from_array import CopiedArray, from_array, new_copy
from frozarr.config import Config, as_config
from frozarr.errors import NodeNotFoundError
from frozarr.handles.array import ArrayHandle
from frozarr.io.access import Access
from frozarr.io.bound import bind_array
from frozarr.io.programs.arrays import read, select
from frozarr.io.programs.nodes import (
    check_node_path,
    create_node,
    load_node,
    only_others_stand,
    put_node,
    stage_replacement,
)
from frozarr.io.programs.requests import (
    Discard,
    Gather,
    ListNames,
    Program,
    Task,
    asking,
    on,
    undone_by,
)
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.paths import normalize_path
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyArray

if TYPE_CHECKING:
    from frozarr.metadata.documents import NodeMetadata

__all__ = ["load", "save", "save_array"]

Format: TypeAlias = Literal[2, 3]


def save_array(
    store: StoreLike,
    arr: ArrayData,
    *,
    path: str | None = None,
    zarr_format: Format | None = None,
    storage_options: Mapping[str, object] | None = None,
    overwrite: bool = True,
    **options: Unpack[CopiedArray],
) -> Program[ArrayHandle]:
    """Store an array, replacing what is there; its handle.

    Takes the parameters of `from_array`.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> _ = frozarr.save_array(values, [1.5, 2.5])
    >>> frozarr.load(values)
    array([1.5, 2.5])
    """
    return from_array(
        store, data=arr, name=path, zarr_format=zarr_format, storage_options=storage_options,
        overwrite=overwrite, **options,
    )  # fmt: skip


def save(
    store: StoreLike,
    *args: ArrayData,
    path: str | None = None,
    zarr_format: Format | None = None,
    storage_options: Mapping[str, object] | None = None,
    **kwargs: ArrayData,
) -> Program[None]:
    """Store one array, or several in a group: ``arr_0``, ``arr_1``, … and by keyword.

    Several are stored at the same time, once all of them have been checked.

    Raises
    ------
    ValueError, TypeError
        No arrays given, or one that the format has no type for; nothing was stored.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> frozarr.save(values, x=[1, 2], y=[3.0])
    >>> frozarr.load(values)["y"]
    array([3.])
    """
    if not args and not kwargs:
        raise ValueError("give at least one array to save")
    if len(args) == 1 and not kwargs:
        yield from save_array(
            store, args[0], path=path, zarr_format=zarr_format, storage_options=storage_options
        )
        return
    place = resolve(store, path, storage_options=storage_options)
    chosen = zarr_format or as_config(None).zarr_format
    group = GroupMetadata(zarr_format=chosen)
    named = {**{f"arr_{i}": a for i, a in enumerate(args)}, **kwargs}
    paths = {name: normalize_path(name) for name in named}
    _refuse_nested(list(paths.values()))
    arrays = {
        paths[name]: new_copy(place, array, name=name, zarr_format=chosen, overwrite=True)
        for name, array in named.items()
    }
    for array in arrays.values():
        check_node_path(array.place)
        refuse_own_source(place, array.source, overwrite=True)
    others = yield from on(place.store, only_others_stand(place))
    staged = None if others else (yield from on(place.store, stage_replacement(place, group)))
    if staged is not None:
        building = exchange(_store_below(staged, group, arrays), place, staged)
        yield from undone_by(building, lambda: on(place.store, asking(Discard(staged.path))))
        return
    yield from on(place.store, create_node(place, group, overwrite=True))
    yield from _at_once(place, [store_new(array) for array in arrays.values()], as_config(None))


def _refuse_nested(paths: Sequence[str]) -> None:
    """Refuse one path twice, and one below another: nothing lies below an array."""
    for number, path in enumerate(paths):
        for other in [*paths[:number], *paths[number + 1 :]]:
            if other == path or other.startswith(f"{path}/") or not path:
                raise ValueError(f"{other!r} can't be stored at or below the array {path!r}")


def _store_below(
    staged: StorePath, group: GroupMetadata, arrays: Mapping[str, Creation]
) -> Program[None]:
    """Store arrays, and groups above them, below a place where nobody looks."""
    above = {name.rpartition("/")[0] for name in arrays}
    folders = {path[:end] for path in above for end, c in enumerate(f"{path}/") if c == "/"}
    tasks = [put_node(staged / folder, group) for folder in sorted(folders) if folder]
    tasks += [_store_one(staged / name, array) for name, array in arrays.items()]
    yield from _at_once(staged, tasks, as_config(None))


def _store_one(place: StorePath, array: Creation) -> Program[None]:
    yield from on(place.store, put_node(place, array.metadata))
    if array.fill is not None:
        yield from array.fill(Access(place, array.config))


def load(
    store: StoreLike,
    path: str | None = None,
    zarr_format: Format | None = None,
    *,
    storage_options: Mapping[str, object] | None = None,
) -> Program[AnyArray | dict[str, AnyArray]]:
    """The array at a place as a numpy array; a dictionary of them for a group.

    The arrays of a group are opened, and read, at the same time.

    Raises
    ------
    NodeNotFoundError
        Nothing there (a FileNotFoundError); names store and path.
    """
    place = resolve(store, path, mode="r", storage_options=storage_options)
    config = as_config(None)
    node = yield from on(place.store, load_node(place, zarr_format))
    if node is None:
        raise NodeNotFoundError(f"{place}: no array or group at path {place.path!r}")
    if not isinstance(node, GroupMetadata):
        return (yield from on(place.store, _values(place, node, config), *_limits(config)))
    names = yield from on(place.store, asking(ListNames(place.path)))
    opening = [load_node(place / name, zarr_format) for name in names]
    nodes: list[NodeMetadata | None] = yield from _at_once(place, opening, config)
    arrays = {
        name: child
        for name, child in zip(names, nodes, strict=True)
        if child is not None and not isinstance(child, GroupMetadata)
    }
    reading = [_values(place / name, child, config) for name, child in arrays.items()]
    values: list[AnyArray] = yield from _at_once(place, reading, config)
    return dict(zip(arrays, values, strict=True))


def _limits(config: Config) -> tuple[int, int]:
    return config.workers, config.concurrency


def _at_once(
    place: StorePath, programs: Iterable[Program[Any]], config: Config
) -> Program[list[Any]]:
    """Results of programs for one store, run at the same time."""
    return (
        yield from Gather([Task(program, place.store) for program in programs], *_limits(config))
    )


def _values(place: StorePath, metadata: ArrayMetadata, config: Config) -> Program[AnyArray]:
    """All values of an array."""
    array, access = (
        bind_array(metadata, strings=config.strings, variable_nbytes=config.variable_chunk_nbytes),
        Access(place, config),
    )
    chosen = select(array, access, ..., "numpy")
    return np.asarray((yield from read(array, access, chosen)))

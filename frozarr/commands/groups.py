"""Making and opening groups and whole hierarchies, as programs that give handles."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, Unpack

from frozarr.commands.creation import ArrayData, refuse_own_source
from frozarr.commands.from_array import from_array, new_copy
from frozarr.commands.group_creation import create_many
from frozarr.commands.group_methods import NodeHandle, check_kind, members, tree
from frozarr.commands.open import open_array
from frozarr.commands.save import save
from frozarr.config import ConfigLike, as_config
from frozarr.errors import ContainsArrayError, GroupNotFoundError, NodeNotFoundError
from frozarr.handles.array import ArrayHandle
from frozarr.handles.group import GroupHandle, Tree
from frozarr.io.access import Access
from frozarr.io.programs.groups import Consolidated, consolidate, load_group
from frozarr.io.programs.nodes import create_node, load_node
from frozarr.io.programs.requests import Gather, Program, Task, on
from frozarr.io.stores.path import AccessMode, StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.attributes import given_attributes
from frozarr.metadata.documents import NodeMetadata
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import Hierarchy, without_member
from frozarr.metadata.spec import ArrayOptions
from frozarr.types import ShapeLike

__all__ = [
    "consolidate_metadata", "copy", "create_group", "create_hierarchy", "group",
    "open_consolidated", "open_group", "open_node", "save_group", "show_tree",
]  # fmt: skip

Format: TypeAlias = Literal[2, 3]


def create_group(
    store: StoreLike = None, *, path: str | None = None, zarr_format: Format | None = 3,
    overwrite: bool = False, attributes: Mapping[str, object] | None = None,
    storage_options: Mapping[str, object] | None = None, config: ConfigLike = None,
) -> Program[GroupHandle]:  # fmt: skip
    """Handle of a new group; groups are made above it where there are none.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.

    Examples
    --------
    >>> import frozarr
    >>> group = frozarr.create_group({}, attributes={"title": "spam"})
    >>> group.create_array("a/b", data=[1, 2])[...]
    array([1, 2])
    >>> group["a"], list(group)
    (<Group memory://.../a>, ['a'])
    """
    place = resolve(store, path, storage_options=storage_options)
    place.store.check_writable(place.path)
    settings = as_config(config)
    metadata = GroupMetadata(
        zarr_format=zarr_format or settings.zarr_format, attributes=given_attributes(attributes)
    )
    yield from on(place.store, create_node(place, metadata, overwrite=overwrite))
    return GroupHandle(metadata, place, settings)


def open_group(
    store: StoreLike = None, *, path: str | None = None, mode: AccessMode | None = None,
    zarr_format: Format | None = None, attributes: Mapping[str, object] | None = None,
    use_consolidated: bool | None = None, storage_options: Mapping[str, object] | None = None,
    config: ConfigLike = None,
) -> Program[GroupHandle]:  # fmt: skip
    """Handle of a group; a new one in mode ``a``, ``w`` or ``w-`` where there is none.

    Parameters
    ----------
    use_consolidated
        None: if there are consolidated metadata; True: they must be there; False: not.

    Raises
    ------
    GroupNotFoundError
        No group there (a FileNotFoundError); names store and path.
    ContainsArrayError, ContainsGroupError
        An array is there; or mode ``w-``, and anything is.
    """
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    mode = mode or ("r" if place.read_only else "a")
    if mode in {"r", "r+", "a"}:
        loading = load_group(place, zarr_format, use_consolidated=use_consolidated)
        try:
            metadata, below = yield from on(place.store, loading)
        except GroupNotFoundError:
            node = yield from on(place.store, load_node(place, zarr_format))
            if node is not None and not isinstance(node, GroupMetadata):
                raise ContainsArrayError(
                    f"{place}: an array, not a group, at path {place.path!r}; open_array opens it",
                    url=str(place),
                ) from None
            if mode != "a" or use_consolidated:
                raise
        else:
            cell = None if below is None else Consolidated(place, below)
            if cell is not None:
                metadata = without_member(metadata)
            return GroupHandle(metadata, place, as_config(config), consolidated=cell)
    return (yield from create_group(
        place, zarr_format=zarr_format, overwrite=mode == "w", attributes=attributes, config=config,
    ))  # fmt: skip


def group(
    store: StoreLike = None, *, path: str | None = None, overwrite: bool = False,
    zarr_format: Format | None = None, attributes: Mapping[str, object] | None = None,
    storage_options: Mapping[str, object] | None = None, config: ConfigLike = None,
) -> Program[GroupHandle]:  # fmt: skip
    """Handle of the group at a place, made if there is none."""
    return open_group(
        store, path=path, mode="w" if overwrite else "a", zarr_format=zarr_format,
        attributes=attributes, storage_options=storage_options, config=config,
    )  # fmt: skip


def open_consolidated(
    store: StoreLike, *, path: str | None = None, mode: AccessMode | None = None,
    zarr_format: Format | None = None, storage_options: Mapping[str, object] | None = None,
    config: ConfigLike = None,
) -> Program[GroupHandle]:  # fmt: skip
    """Handle of a group by its consolidated metadata: one request for all below it.

    Raises
    ------
    GroupNotFoundError
        No group there, or it has no consolidated metadata.
    """
    return open_group(
        store, path=path, mode=mode or "r", zarr_format=zarr_format, use_consolidated=True,
        storage_options=storage_options, config=config,
    )  # fmt: skip


def open_node(
    store: StoreLike = None, *, mode: AccessMode | None = None, path: str | None = None,
    zarr_format: Format | None = None, storage_options: Mapping[str, object] | None = None,
    config: ConfigLike = None, use_consolidated: bool | None = None,
    shape: ShapeLike | None = None, **options: Unpack[ArrayOptions],
) -> Program[NodeHandle]:  # fmt: skip
    """Handle of the array or group at a place, whichever is there; see `open_array`, `open_group`.

    Parameters
    ----------
    use_consolidated
        Of a group; see `open_group`.

    Raises
    ------
    NodeNotFoundError
        Nothing there, and no shape given of an array that is to be made.
    """
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    if mode not in {"w", "w-"}:
        node = yield from on(place.store, load_node(place, zarr_format))
        if isinstance(node, GroupMetadata):
            return (yield from open_group(
                place, mode=mode, zarr_format=zarr_format, config=config,
                use_consolidated=use_consolidated,
            ))  # fmt: skip
        if node is None and shape is None:
            raise NodeNotFoundError(
                f"{place}: no array or group at path {place.path!r}; check the path, or give the "
                "shape and dtype of an array that is to be made",
                url=str(place),
            )
    elif shape is None:
        return (yield from open_group(place, mode=mode, zarr_format=zarr_format, config=config))
    return (yield from open_array(
        place, mode=mode, zarr_format=zarr_format, config=config, shape=shape, **options,
    ))  # fmt: skip


def create_hierarchy(
    store: StoreLike = None, *, nodes: Mapping[str, NodeMetadata] | Hierarchy,
    path: str | None = None, overwrite: bool = False,
    storage_options: Mapping[str, object] | None = None, config: ConfigLike = None,
) -> Program[dict[str, NodeHandle]]:  # fmt: skip
    """Handles of all nodes of a new hierarchy, by path; groups above them included.

    Parameters
    ----------
    nodes
        Metadata by path; all of them are checked before anything is stored.

    Raises
    ------
    MetadataError
        Paths that no node can have, arrays with something below them; all problems.
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.

    Examples
    --------
    >>> import frozarr
    >>> from frozarr.metadata import ArraySpec
    >>> array = ArraySpec(shape=4, chunks=2, dtype="i2").metadata()
    >>> sorted(frozarr.create_hierarchy({}, nodes={"a/b": array, "c": array}))
    ['', 'a', 'a/b', 'c']
    """
    place = resolve(store, path, storage_options=storage_options)
    place.store.check_writable(place.path)
    if not isinstance(nodes, Hierarchy):
        nodes = Hierarchy({name: check_kind(node, name) for name, node in nodes.items()})
    yield from on(place.store, create_many(place, nodes, overwrite=overwrite))
    return {
        name: _handle(StorePath(place.store, f"{place.path}/{name}"), node, config)
        for name, node in nodes.items()
    }


def _handle(place: StorePath, metadata: NodeMetadata, config: ConfigLike) -> NodeHandle:
    if isinstance(metadata, GroupMetadata):
        return GroupHandle(metadata, place, as_config(config))
    return ArrayHandle(metadata, place, as_config(config))


def consolidate_metadata(
    store: StoreLike, path: str | None = None, zarr_format: Format | None = None, *,
    storage_options: Mapping[str, object] | None = None, config: ConfigLike = None,
) -> Program[GroupHandle]:  # fmt: skip
    """Store with a group what its members' documents say; a handle that uses it.

    Raises
    ------
    GroupNotFoundError
        No group there.
    ConflictError
        The group was changed meanwhile.
    """
    place = resolve(store, path, storage_options=storage_options)
    place.store.check_writable(place.path)
    return (yield from on(place.store, _consolidate(place, zarr_format, config)))


def _consolidate(
    place: StorePath, zarr_format: Format | None, config: ConfigLike
) -> Program[GroupHandle]:
    group, told = yield from consolidate(place, zarr_format)
    cell = Consolidated(place, told)
    return GroupHandle(group, place, as_config(config), consolidated=cell)


def show_tree(
    store: StoreLike, *, path: str | None = None, level: int | None = None,
    storage_options: Mapping[str, object] | None = None,
) -> Program[Tree]:  # fmt: skip
    """A drawing of what is below a group.

    Parameters
    ----------
    level
        How deep to look; None for all.
    """
    shown = yield from open_group(store, path=path, mode="r", storage_options=storage_options)
    return (yield from on(shown.store, tree(shown, level)))


def save_group(
    store: StoreLike, *args: ArrayData, path: str | None = None,
    zarr_format: Format | None = None, storage_options: Mapping[str, object] | None = None,
    **kwargs: ArrayData,
) -> Program[None]:  # fmt: skip
    """Store several arrays in a group: ``arr_0``, ``arr_1``, … and by keyword.

    Raises
    ------
    ValueError, TypeError
        No arrays given, or one that the format has no type for; nothing was stored.
    """
    named = {**{f"arr_{i}": a for i, a in enumerate(args)}, **kwargs}
    return save(store, path=path, zarr_format=zarr_format, storage_options=storage_options, **named)


def copy(
    source: NodeHandle, store: StoreLike, *, path: str | None = None,
    zarr_format: Format | None = None, overwrite: bool = False,
    storage_options: Mapping[str, object] | None = None, config: ConfigLike = None,
) -> Program[NodeHandle]:  # fmt: skip
    """Copy an array, or a group with all below it, to another place; its handle.

    Parameters
    ----------
    source
        The handle of what is copied.
    zarr_format
        Format of the copy; by default that of the source.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    """
    place = resolve(store, path, storage_options=storage_options)
    chosen: Format = zarr_format or source.metadata.zarr_format
    if isinstance(source, ArrayHandle):
        return (yield from from_array(
            place, data=source, zarr_format=chosen, overwrite=overwrite, config=config
        ))  # fmt: skip
    nodes = yield from on(source.store, members(source, None))
    groups = {
        name: GroupMetadata(zarr_format=chosen, attributes=node.attrs)
        for name, node in [("", source), *nodes]
        if isinstance(node, GroupHandle)
    }
    copies = {
        name: new_copy(place / name, node, zarr_format=chosen, config=config)
        for name, node in nodes
        if isinstance(node, ArrayHandle)
    }
    below = Hierarchy({**groups, **{name: new.metadata for name, new in copies.items()}})
    refuse_own_source(place, source.store_path, overwrite=overwrite)
    limits = as_config(config)

    def fill(at: StorePath) -> Program[None]:
        tasks = [
            Task(new.fill(Access(at / name, new.config)), place.store)
            for name, new in copies.items()
            if new.fill is not None
        ]
        yield from Gather(tasks, limits.workers, limits.concurrency)

    yield from on(place.store, create_many(place, below, overwrite=overwrite, fill=fill))
    return GroupHandle(groups[""], place, as_config(config))

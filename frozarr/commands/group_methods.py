"""What one can do with a group, each written once: programs that both faces of a handle run."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, Unpack

import attrs
import numpy as np

from frozarr.commands.create import create_array as new_array
from frozarr.commands.creation import ArrayData
from frozarr.errors import ContainsGroupError, MetadataError
from frozarr.handles.array import ArrayHandle
from frozarr.handles.group import GroupHandle, GroupInfo, Tree
from frozarr.io.programs.changes import store_changes
from frozarr.io.programs.groups import group_below, move_node, publish, remove_node, walk_members
from frozarr.io.programs.nodes import contains_error, create_node, load_node
from frozarr.io.programs.requests import Gather, Program, Task
from frozarr.io.stores.path import StorePath
from frozarr.metadata.attributes import changed_attributes, given_attributes
from frozarr.metadata.documents import NodeMetadata
from frozarr.metadata.dtypes.lookup import user_data_type
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import Hierarchy
from frozarr.metadata.paths import normalize_path
from frozarr.metadata.spec import ArrayOptions
from frozarr.types import ShapeLike

__all__ = [
    "Named", "NodeHandle", "contains", "create_array", "create_group", "delete", "get", "getitem",
    "info_complete", "length", "members", "move", "node_at", "nmembers", "require_array",
    "require_group", "require_groups", "snapshot", "tree", "update_attributes",
]  # fmt: skip

NodeHandle: TypeAlias = ArrayHandle | GroupHandle
Named: TypeAlias = tuple[tuple[str, NodeHandle], ...]


def node_at(group: GroupHandle, place: StorePath, metadata: NodeMetadata) -> NodeHandle:
    """Handle of a node at or below a group."""
    if isinstance(metadata, GroupMetadata):
        return GroupHandle(metadata, place, group.config, consolidated=group.consolidated)
    return ArrayHandle(metadata, place, group.config)


def _place(group: GroupHandle, path: str) -> StorePath:
    """Where a path below a group leads; one that is empty is refused."""
    normal = normalize_path(path)
    if not normal:
        raise KeyError(f"{group.store_path}: the empty path is the group itself")
    return group.store_path / normal if group.path else StorePath(group.store, normal)


def _known(group: GroupHandle) -> tuple[Hierarchy, str] | None:
    """What consolidated metadata say, and the group's path in them; None if they are not used."""
    cell = group.consolidated
    return None if cell is None else (cell.hierarchy, cell.path_of(group.store_path))


def _find(group: GroupHandle, path: str) -> Program[NodeHandle | None]:
    """What is at a path; None if there is nothing."""
    place = _place(group, path)
    known = _known(group)
    if known is None:
        metadata = yield from load_node(place, group.metadata.zarr_format)
    else:
        hierarchy, base = known
        metadata = hierarchy.get(f"{base}/{normalize_path(path)}")
    return None if metadata is None else node_at(group, place, metadata)


def getitem(group: GroupHandle, path: str) -> Program[NodeHandle]:
    """The array or group at a path below, as in ``group["a/b"]``.

    Parameters
    ----------
    path
        Names joined by slashes.

    Raises
    ------
    KeyError
        Nothing is there.
    """
    node = yield from _find(group, path)
    if node is None:
        raise KeyError(f"{path!r}: no array or group at that path below {group.store_path}")
    return node


def get(group: GroupHandle, path: str, default: object = None) -> Program[NodeHandle | object]:
    """The array or group at a path below, or something else if nothing is there.

    Parameters
    ----------
    path
        Names joined by slashes.
    default
        What to give if nothing is there.
    """
    node = yield from _find(group, path)
    return default if node is None else node


def contains(group: GroupHandle, path: str) -> Program[bool]:
    """Whether there is an array or group at a path below.

    Parameters
    ----------
    path
        Names joined by slashes.
    """
    return (yield from _find(group, path)) is not None


def members(group: GroupHandle, max_depth: int | None = 0) -> Program[Named]:
    """Paths and handles of what is below, sorted by path.

    Parameters
    ----------
    max_depth
        0 for what is right below the group, None for all.
    """
    known = _known(group)
    if known is None:
        place, zarr_format = group.store_path, group.metadata.zarr_format
        nodes = yield from walk_members(place, zarr_format, max_depth)
    else:
        hierarchy, base = known
        nodes = hierarchy.below(base, max_depth)
    return tuple((path, node_at(group, _place(group, path), n)) for path, n in nodes.items())


def nmembers(group: GroupHandle, max_depth: int | None = 0) -> Program[int]:
    """How many arrays and groups are below.

    Parameters
    ----------
    max_depth
        0 for what is right below the group, None for all.
    """
    return len((yield from members(group, max_depth)))


def length(group: GroupHandle) -> Program[int]:
    """How many arrays and groups are right below."""
    return nmembers(group)


def snapshot(group: GroupHandle) -> Program[Hierarchy]:
    """All below the group as one frozen value: metadata by path, which can be compared and kept."""
    known = _known(group)
    if known is None:
        return (yield from group_below(group.store_path, group.metadata))
    hierarchy, base = known
    return Hierarchy({**hierarchy.below(base), "": group.metadata})


def tree(group: GroupHandle, level: int | None = None) -> Program[Tree]:
    """A drawing of what is below.

    Parameters
    ----------
    level
        How deep to look; None for all.
    """
    whole = yield from snapshot(group)
    return Tree(whole, group.name, None if level is None else level - 1)


def info_complete(group: GroupHandle) -> Program[GroupInfo]:
    """A printable record, with the number of arrays and groups below, however deep."""
    nodes = yield from members(group, None)
    groups = sum(isinstance(node, GroupHandle) for _, node in nodes)
    return group.info_with(len(nodes) - groups, groups)


# ---------------------------------------------------------------------- changes


def _published(group: GroupHandle, change: dict[str, NodeMetadata | None]) -> Program[None]:
    """Have consolidated metadata tell what was changed; None for what was removed."""
    cell = group.consolidated
    if cell is None:
        return
    hierarchy = cell.hierarchy
    base = cell.path_of(group.store_path)
    for path, metadata in change.items():
        whole = f"{base}/{normalize_path(path)}".strip("/")
        if metadata is None:
            hierarchy = hierarchy.without(whole)
        else:
            hierarchy = hierarchy.with_node(whole, metadata)
    yield from publish(cell.place, cell.hierarchy, hierarchy)
    cell.hierarchy = hierarchy


def create_array(
    group: GroupHandle, name: str, *, shape: ShapeLike | None = None,
    data: ArrayData | None = None, overwrite: bool = False, write_data: bool = True,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of a new array below the group.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    ValueError, TypeError, MetadataError
        Wrong arguments; nothing was stored.
    """
    made = yield from new_array(
        _place(group, name), shape=shape, data=data, overwrite=overwrite, write_data=write_data,
        config=group.config, zarr_format=group.metadata.zarr_format, **options,
    )  # fmt: skip
    yield from _published(group, {name: made.metadata})
    return made


def create_group(
    group: GroupHandle, name: str, *, attributes: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> Program[GroupHandle]:  # fmt: skip
    """Handle of a new group below this one.

    Parameters
    ----------
    name
        Its path; groups are made above it.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    """
    place = _place(group, name)
    metadata = GroupMetadata(
        zarr_format=group.metadata.zarr_format, attributes=given_attributes(attributes)
    )
    group.store.check_writable(place.path)
    yield from create_node(place, metadata, overwrite=overwrite)
    yield from _published(group, {name: metadata})
    return GroupHandle(metadata, place, group.config, consolidated=group.consolidated)


def require_group(
    group: GroupHandle, name: str, *, overwrite: bool = False
) -> Program[GroupHandle]:
    """Handle of a group below this one, made if there is none.

    Parameters
    ----------
    name
        Its path.
    overwrite
        Make it anew, whatever is there.

    Raises
    ------
    ContainsArrayError
        There is an array.
    """
    there = None if overwrite else (yield from _find(group, name))
    if there is None:
        return (yield from create_group(group, name, overwrite=overwrite))
    if isinstance(there, ArrayHandle):
        raise contains_error(there.store_path, there.metadata)
    return there


def require_groups(group: GroupHandle, *names: str) -> Program[tuple[GroupHandle, ...]]:
    """Handles of groups below this one, those made that are not there.

    Parameters
    ----------
    names
        Their paths.
    """
    made: list[GroupHandle] = []
    for name in names:  # one after the other: they may lie below each other
        made += [(yield from require_group(group, name))]
    return tuple(made)


def require_array(
    group: GroupHandle, name: str, *, shape: ShapeLike, exact: bool = False,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of an array below the group, made if there is none.

    Parameters
    ----------
    name
        Its path.
    exact
        Its type must be the one that is asked for; else it is enough that one can be cast.

    Raises
    ------
    TypeError
        There is an array of another shape or type.
    ContainsGroupError
        There is a group.
    """
    there = yield from _find(group, name)
    if there is None:
        return (yield from create_array(group, name, shape=shape, **options))
    if isinstance(there, GroupHandle):
        raise contains_error(there.store_path, there.metadata)
    extents = tuple(np.atleast_1d(np.asarray(shape, np.int64)).tolist())
    if there.shape != extents:
        raise TypeError(f"{there.store_path}: the array has shape {there.shape}, not {extents}")
    if (dtype := options.get("dtype")) is not None:
        wanted = user_data_type(dtype)[1]
        fits = there.dtype == wanted if exact else np.can_cast(there.dtype, wanted)
        if not fits:
            raise TypeError(f"{there.store_path}: the array has dtype {there.dtype}, not {wanted}")
    return there


def delete(group: GroupHandle, path: str) -> Program[None]:
    """Remove the array or group at a path, and all below it, as in ``del group["a"]``.

    Parameters
    ----------
    path
        Names joined by slashes.

    Raises
    ------
    KeyError
        Nothing is there.
    """
    group.store.check_writable(group.path)
    node = yield from getitem(group, path)
    yield from remove_node(node.store_path)
    yield from _published(group, {path: None})


def move(group: GroupHandle, source: str, dest: str) -> Program[None]:
    """Move an array or group, and all below it, to another path below the group.

    Parameters
    ----------
    source
        Its path.
    dest
        Its path from now on; groups are made above it.

    Raises
    ------
    KeyError
        Nothing is at the first path.
    ContainsArrayError, ContainsGroupError
        Something is at the second, or it lies below the first.
    """
    group.store.check_writable(group.path)
    node = yield from getitem(group, source)
    target = _place(group, dest)
    there = yield from _find(group, dest)
    if there is not None:
        raise contains_error(target, there.metadata)
    if f"{target.path}/".startswith(f"{node.store_path.path}/"):
        raise ContainsGroupError(f"{target}: can't move a node below itself", url=str(target))
    above, _, _ = normalize_path(dest).rpartition("/")
    below: dict[str, NodeMetadata | None] = {}
    if isinstance(node, GroupHandle):
        for path, inner in (yield from members(node, None)):
            below[f"{dest}/{path}"] = inner.metadata
    if above:
        yield from require_group(attrs.evolve(group, consolidated=None), above)
    yield from move_node(node.store_path, target)
    yield from _published(group, {source: None, dest: node.metadata, **below})


def update_attributes(
    group: GroupHandle, new_attributes: Mapping[str, object], *, remove: Iterable[str] = ()
) -> Program[GroupHandle]:
    """Set some attributes, the others stay; a handle with all of them.

    Parameters
    ----------
    new_attributes
        JSON values by name.
    remove
        Names that are to go.

    Raises
    ------
    ConflictError
        Somebody else changed the group since this handle was opened; nothing was written.
    """
    group.store.check_writable(group.path)
    attributes = changed_attributes(group.metadata.attributes, new_attributes, remove)
    metadata = attrs.evolve(group.metadata, attributes=attributes)
    cell = group.consolidated
    in_one = cell is not None and cell.place == group.store_path and metadata.zarr_format == 3
    if not in_one:  # else one document tells of the group and of all below it
        yield from store_changes(group.store_path, group.metadata, metadata)
    if cell is not None:
        base = cell.path_of(group.store_path)
        new = cell.hierarchy.with_node(base, metadata)
        yield from publish(cell.place, cell.hierarchy, new)
        cell.hierarchy = new
    return GroupHandle(metadata, group.store_path, group.config, consolidated=cell)


Format: TypeAlias = Literal[2, 3]


def create_many(
    place: StorePath, nodes: Hierarchy, *, overwrite: bool = False
) -> Program[dict[str, NodeMetadata]]:
    """Store the documents of a whole hierarchy, upper nodes first.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    """
    levels: dict[int, list[tuple[str, NodeMetadata]]] = {}
    for path, metadata in nodes.items():
        levels.setdefault(path.count("/") + bool(path), []).append((path, metadata))
    for depth in sorted(levels):
        yield from Gather([
            Task(_create(StorePath(place.store, f"{place.path}/{path}"), metadata,
                         overwrite=overwrite and not depth), place.store)
            for path, metadata in levels[depth]
        ], concurrency=64)  # fmt: skip
    return dict(nodes.items())


def _create(place: StorePath, metadata: NodeMetadata, *, overwrite: bool) -> Program[None]:
    try:
        yield from create_node(place, metadata, overwrite=overwrite)
    except ContainsGroupError:
        there = yield from load_node(place, metadata.zarr_format)
        if there != metadata:  # a plain group that was made above another node is the same
            raise


def check_kind(value: object, where: str) -> NodeMetadata:
    """Metadata of a node that a caller gave; TypeError for anything else."""
    if isinstance(value, GroupMetadata) or hasattr(value, "chunk_key_encoding"):
        node: NodeMetadata = value  # type: ignore[assignment]  # metadata of an array or a group
        return node
    raise MetadataError(f"{where}: expected metadata of an array or a group, got {value!r}")

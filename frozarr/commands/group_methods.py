"""What one can do with a group, each written once: programs that both faces of a handle run."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from frozarr.caller import warn_caller
from frozarr.errors import ConflictError, MetadataError
from frozarr.handles.array import ArrayHandle
from frozarr.handles.group import GroupHandle, GroupInfo, Tree
from frozarr.io.programs.changes import store_changes
from frozarr.io.programs.groups import (
    ToldBy,
    check_told,
    group_below,
    load_group,
    publish,
    publish_changes,
    remove_node,
    walk_members,
)
from frozarr.io.programs.nodes import (
    load_node,
)
from frozarr.io.programs.requests import Program
from frozarr.io.stores.path import StorePath
from frozarr.metadata.attributes import changed_attributes
from frozarr.metadata.documents import NodeMetadata
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import Hierarchy, without_member
from frozarr.metadata.paths import normalize_path

__all__ = [
    "Named", "NodeHandle", "check_kind", "contains", "delete", "find", "get", "getitem",
    "info_complete", "length", "members", "nmembers", "node_at", "place_below",
    "snapshot", "tree", "update_attributes",
]  # fmt: skip

NodeHandle: TypeAlias = ArrayHandle | GroupHandle
Named: TypeAlias = tuple[tuple[str, NodeHandle], ...]


def node_at(group: GroupHandle, place: StorePath, metadata: NodeMetadata) -> NodeHandle:
    """Handle of a node at or below a group."""
    if isinstance(metadata, GroupMetadata):
        return GroupHandle(metadata, place, group.config, consolidated=group.consolidated)
    cell = group.consolidated
    return ArrayHandle(
        metadata, place, group.config, told_by=None if cell is None else ToldBy(cell)
    )


def place_below(group: GroupHandle, path: str) -> StorePath:
    """Where a path below a group leads; one that is empty is refused."""
    normal = normalize_path(path)
    if not normal:
        raise KeyError(f"{group.store_path}: the empty path is the group itself")
    return group.store_path / normal if group.path else StorePath(group.store, normal)


def _known(group: GroupHandle) -> tuple[Hierarchy, str] | None:
    """What consolidated metadata say, and the group's path in them; None if they are not used."""
    cell = group.consolidated
    return None if cell is None else (cell.hierarchy, cell.path_of(group.store_path))


def find(group: GroupHandle, path: str) -> Program[NodeHandle | None]:
    """What is at a path, the group itself at an empty one; None if there is nothing."""
    if not normalize_path(path):
        return group
    place = place_below(group, path)
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
    node = yield from find(group, path)
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
    node = yield from find(group, path)
    return default if node is None else node


def contains(group: GroupHandle, path: str) -> Program[bool]:
    """Whether there is an array or group at a path below.

    Parameters
    ----------
    path
        Names joined by slashes.
    """
    return (yield from find(group, path)) is not None


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
        nodes, others = yield from walk_members(place, zarr_format, max_depth)
        if others:
            shown = ", ".join(map(repr, others[:3])) + (", …" if len(others) > 3 else "")
            warn_caller(
                f"{place}: {len(others)} names without metadata of format {zarr_format} were left "
                f"out: {shown}",
                UserWarning,
            )
    else:
        hierarchy, base = known
        nodes = hierarchy.below(base, max_depth)
    return tuple((path, node_at(group, place_below(group, path), n)) for path, n in nodes.items())


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
    place_below(group, path)  # which refuses the group itself
    node = yield from getitem(group, path)
    yield from check_told(group.consolidated)
    yield from remove_node(node.store_path)
    yield from publish_changes(group.consolidated, group.store_path, {path: None})


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
    yield from check_told(cell)
    if cell is not None and cell.hierarchy.get(cell.path_of(group.store_path)) != group.metadata:
        raise ConflictError(
            f"{group.store_path}: the group was changed through another handle; nothing was "
            "written. Open it again",
            url=str(group.store_path),
        )
    in_one = cell is not None and cell.place == group.store_path and metadata.zarr_format == 3
    if not in_one:  # else one document tells of the group and of all below it
        stored, _ = yield from load_group(
            group.store_path, metadata.zarr_format, use_consolidated=False
        )
        # a group below may have consolidated metadata of its own, which stay
        old = stored if without_member(stored) == group.metadata else group.metadata
        yield from store_changes(group.store_path, old, attrs.evolve(old, attributes=attributes))
    if cell is not None:
        new = cell.hierarchy.with_node(cell.path_of(group.store_path), metadata)
        cell.told = yield from publish(cell.place, cell.told, new)
    return GroupHandle(metadata, group.store_path, group.config, consolidated=cell)


def check_kind(value: object, where: str) -> NodeMetadata:
    """Metadata of a node that a caller gave; TypeError for anything else."""
    if isinstance(value, GroupMetadata) or hasattr(value, "chunk_key_encoding"):
        node: NodeMetadata = value  # type: ignore[assignment]  # metadata of an array or a group
        return node
    raise MetadataError(f"{where}: expected metadata of an array or a group, got {value!r}")

"""Making and moving arrays and groups below a group: programs that both faces of a handle run."""

from collections.abc import Callable, Mapping
from typing import Unpack

import attrs
import numpy as np

from frozarr.commands import create as creating
from frozarr.commands import like
from frozarr.commands.creation import ArrayData, exchange
from frozarr.commands.group_methods import (
    NodeHandle,
    check_kind,
    find,
    getitem,
    members,
    node_at,
    place_below,
)
from frozarr.config import ConfigLike, as_config
from frozarr.errors import ContainsGroupError
from frozarr.handles.array import ArrayHandle
from frozarr.handles.group import GroupHandle
from frozarr.io.programs.groups import (
    ToldBy,
    check_told,
    move_node,
    publish_changes,
)
from frozarr.io.programs.hierarchies import (
    check_free,
    remove_alone,
    remove_nodes,
    store_nodes,
)
from frozarr.io.programs.nodes import (
    NODE_DOCUMENTS,
    check_node_path,
    contains_error,
    create_node,
    only_others_stand,
    stage_replacement,
)
from frozarr.io.programs.requests import Discard, Lock, Program, asking, undone_by
from frozarr.io.stores.path import StorePath
from frozarr.metadata.attributes import given_attributes
from frozarr.metadata.documents import NodeMetadata
from frozarr.metadata.dtypes.lookup import user_data_type
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import Hierarchy
from frozarr.metadata.paths import normalize_path
from frozarr.metadata.spec import ArrayLayout, ArrayOptions, CodecLike
from frozarr.types import DEFAULT, ShapeLike

__all__ = [
    "create_array", "create_group", "create_hierarchy", "create_many", "empty", "empty_like",
    "full", "full_like", "move", "ones", "ones_like", "require_array", "require_group",
    "require_groups", "zeros", "zeros_like",
]  # fmt: skip


class MemberArray(ArrayLayout, total=False):
    """Keyword arguments of the members that make an array of one value."""

    overwrite: bool
    config: ConfigLike
    compressor: CodecLike | None


def create_array(
    group: GroupHandle, name: str, *, shape: ShapeLike | None = None,
    data: ArrayData | None = None, overwrite: bool = False, write_data: bool = True,
    config: ConfigLike = None, **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of a new array below the group.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    ValueError, TypeError, MetadataError
        Wrong arguments; nothing was stored.
    """
    return (yield from _made(group, name, lambda place: creating.create_array(
        place, shape=shape, data=data, overwrite=overwrite, write_data=write_data,
        config=as_config(config) if config else group.config,
        zarr_format=group.metadata.zarr_format, **options,
    )))  # fmt: skip


def _made(
    group: GroupHandle, name: str, making: Callable[[StorePath], Program[ArrayHandle]]
) -> Program[ArrayHandle]:
    """The array that a program makes at a path below the group, told by consolidated metadata."""
    place = place_below(group, name)
    yield from check_told(group.consolidated)
    made = yield from making(place)
    yield from publish_changes(group.consolidated, group.store_path, {name: made.metadata})
    cell = group.consolidated
    return made if cell is None else attrs.evolve(made, told_by=ToldBy(cell))


def full(
    group: GroupHandle, name: str, shape: ShapeLike, fill_value: object,
    **options: Unpack[MemberArray],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of a new array below the group that holds one value."""
    return _made(group, name, lambda place: creating.create(
        shape, store=place, fill_value=fill_value, zarr_format=group.metadata.zarr_format,
        **_configured(group, options),
    ))  # fmt: skip


def empty(
    group: GroupHandle, name: str, shape: ShapeLike, **options: Unpack[MemberArray]
) -> Program[ArrayHandle]:
    """Handle of a new array below the group whose elements read as zero until they are written."""
    return full(group, name, shape, DEFAULT, **options)


def zeros(
    group: GroupHandle, name: str, shape: ShapeLike, **options: Unpack[MemberArray]
) -> Program[ArrayHandle]:
    """Handle of a new array of zeros below the group."""
    return full(group, name, shape, 0, **options)


def ones(
    group: GroupHandle, name: str, shape: ShapeLike, **options: Unpack[MemberArray]
) -> Program[ArrayHandle]:
    """Handle of a new array of ones below the group."""
    return full(group, name, shape, 1, **options)


def full_like(
    group: GroupHandle, name: str, data: ArrayData, fill_value: object = DEFAULT,
    **options: Unpack[MemberArray],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of a new array below the group that holds one value, like another array.

    Parameters
    ----------
    data
        The other array: one in a store, or anything numpy takes.
    fill_value
        The value; by default that of the other array.
    """
    return _made(group, name, lambda place: like.full_like(
        data, fill_value, store=place, zarr_format=group.metadata.zarr_format,
        **_configured(group, options),
    ))  # fmt: skip


def empty_like(
    group: GroupHandle, name: str, data: ArrayData, **options: Unpack[MemberArray]
) -> Program[ArrayHandle]:
    """Handle of a new array below the group, shaped, typed and chunked as another.

    Parameters
    ----------
    data
        The other array: one in a store, or anything numpy takes.
    """
    return full_like(group, name, data, **options)


def zeros_like(
    group: GroupHandle, name: str, data: ArrayData, **options: Unpack[MemberArray]
) -> Program[ArrayHandle]:
    """Handle of a new array of zeros below the group, shaped, typed and chunked as another.

    Parameters
    ----------
    data
        The other array: one in a store, or anything numpy takes.
    """
    return full_like(group, name, data, 0, **options)


def ones_like(
    group: GroupHandle, name: str, data: ArrayData, **options: Unpack[MemberArray]
) -> Program[ArrayHandle]:
    """Handle of a new array of ones below the group, shaped, typed and chunked as another.

    Parameters
    ----------
    data
        The other array: one in a store, or anything numpy takes.
    """
    return full_like(group, name, data, 1, **options)


def _configured(group: GroupHandle, options: MemberArray) -> MemberArray:
    """Options with the group's config where none is given."""
    return {**options, "config": options.get("config") or group.config}


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
    place = place_below(group, name)
    metadata = GroupMetadata(
        zarr_format=group.metadata.zarr_format, attributes=given_attributes(attributes)
    )
    group.store.check_writable(place.path)
    yield from check_told(group.consolidated)
    yield from create_node(place, metadata, overwrite=overwrite)
    yield from publish_changes(group.consolidated, group.store_path, {name: metadata})
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
    there = None if overwrite else (yield from find(group, name))
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
    config: ConfigLike = None, **options: Unpack[ArrayOptions],
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
    there = yield from find(group, name)
    if there is None:
        return (yield from create_array(group, name, shape=shape, config=config, **options))
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
    return there if config is None else there.with_config(as_config(config))


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
    origin, target = place_below(group, source), place_below(group, dest)
    check_node_path(target)
    yield from check_told(group.consolidated)
    # an append that begins meanwhile would write chunks to where the node was
    yield from Lock([at.key(name) for at in (origin, target) for name in NODE_DOCUMENTS])
    node = yield from getitem(group, source)
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
    yield from publish_changes(
        group.consolidated, group.store_path, {source: None, dest: node.metadata, **below}
    )


def create_hierarchy(
    group: GroupHandle, nodes: Mapping[str, NodeMetadata] | Hierarchy, *, overwrite: bool = False
) -> Program[dict[str, NodeHandle]]:
    """Handles of new nodes below the group, by path; groups are made above them.

    Parameters
    ----------
    nodes
        Metadata by path; all of them are checked before anything is stored.

    Raises
    ------
    MetadataError
        Paths that no node can have, arrays with something below them; all problems.
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false; nothing was stored.
    """
    given = {path: check_kind(node, path) for path, node in nodes.items()}
    Hierarchy(given)  # which tells all problems, one path that is there twice among them
    wanted = {normalize_path(path): node for path, node in given.items()}
    if "" in wanted:
        raise KeyError(f"{group.store_path}: the empty path is the group itself")
    whole = Hierarchy({"": group.metadata, **wanted})
    group.store.check_writable(group.path)
    yield from check_told(group.consolidated)
    below = {path: node for path, node in whole.items() if path}
    yield from store_nodes(group.store_path, below, wanted, overwrite=overwrite)
    yield from publish_changes(group.consolidated, group.store_path, dict(wanted))
    return {path: node_at(group, place_below(group, path), node) for path, node in wanted.items()}


def create_many(
    place: StorePath, nodes: Hierarchy, *, overwrite: bool = False,
    fill: Callable[[StorePath], Program[None]] | None = None,
) -> Program[None]:  # fmt: skip
    """Store the documents of a whole hierarchy, upper nodes first, and what fills its arrays.

    What is replaced stays until all is complete, in stores that can exchange nodes. If anything
    fails, nothing of what is new is left.

    Parameters
    ----------
    fill
        Given where the hierarchy is being built, what writes its values.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node at any of the paths and `overwrite` is false; nothing was stored.
    """
    below = {path: node for path, node in nodes.items() if path}

    if not overwrite:
        yield from check_free(place, {"": nodes[""], **below}, list(nodes))
    elif not (yield from only_others_stand(place)):
        staged = yield from stage_replacement(place, nodes[""])
        if staged is not None:
            building = exchange(_build(staged, below, fill), place, staged)
            yield from undone_by(building, lambda: asking(Discard(staged.path)))
            return
    yield from create_node(place, nodes[""], overwrite=overwrite)  # of two creators, one goes on
    yield from undone_by(store_nodes(place, below, below), lambda: remove_alone(place, nodes[""]))
    if fill is not None:  # all nodes are ours by now
        yield from undone_by(fill(place), lambda: remove_nodes(place, dict(nodes.items())))


def _build(
    staged: StorePath, below: Mapping[str, NodeMetadata],
    fill: Callable[[StorePath], Program[None]] | None,
) -> Program[None]:  # fmt: skip
    """Store nodes and their values where nobody looks."""
    yield from store_nodes(staged, below, below)
    if fill is not None:
        yield from fill(staged)

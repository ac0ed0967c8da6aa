"""Finding, listing, moving and removing what lies below a group, as programs."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from frozarr.errors import ConflictError, ContainsGroupError, GroupNotFoundError
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.programs.nodes import contains_error, load_node, parse_stored_v3
from frozarr.io.programs.requests import (
    Delete,
    DeletePrefix,
    Gather,
    Get,
    ListNames,
    ListPrefix,
    Lock,
    Program,
    Put,
    Rename,
    Swap,
    Task,
    asking,
    undone_by,
)
from frozarr.io.stores.path import StorePath
from frozarr.metadata.documents import NodeMetadata, parse, parse_v3
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import (
    DOCUMENTS,
    MEMBER,
    Hierarchy,
    consolidated,
    parse_consolidated,
    without_member,
)
from frozarr.metadata.json import MAX_DOCUMENT_NBYTES, dumps, loads
from frozarr.metadata.paths import join, normalize_path
from frozarr.types import JSON

__all__ = [
    "Consolidated", "Told", "ToldBy", "check_told", "consolidate", "delete_some", "group_below",
    "load_group", "load_many", "move_node", "publish", "publish_changes", "remove_node",
    "walk_members",
]  # fmt: skip

Format = Literal[2, 3] | None
_V2 = (".zarray", ".zgroup", ".zattrs")
_COPIED_AT_ONCE = 64


@attrs.frozen
class Told:
    """What consolidated metadata tell, and which stored document told it."""

    hierarchy: Hierarchy
    document: bytes
    """Digest of the document as it is stored."""


@attrs.define(eq=False)
class Consolidated:
    """What consolidated metadata say, shared by all handles that were reached through them."""

    place: StorePath
    """Of the group that has them."""
    told: Told
    """As they are stored; replaced when a change through one of the handles was published."""

    @property
    def hierarchy(self) -> Hierarchy:
        """All nodes, by paths relative to the group that has them."""
        return self.told.hierarchy

    def path_of(self, place: StorePath) -> str:
        """Path of a place relative to the group that has them."""
        return place.path[len(self.place.path) :].lstrip("/")

    @property
    def key(self) -> str:
        """Key of the document that tells."""
        v2 = self.hierarchy[""].zarr_format == 2
        return self.place.key(".zmetadata" if v2 else "zarr.json")


@attrs.frozen(eq=False)
class ToldBy:
    """Consolidated metadata, as the handle of an array has them.

    A handle that is pickled goes without: they may be large.
    """

    cell: Consolidated

    def __reduce__(self) -> tuple[object, ...]:
        return (_nobody, ())


def _nobody() -> None:
    """What tells of an array that was pickled."""


def check_told(cell: Consolidated | None) -> Program[None]:
    """Refuse to change what others changed in consolidated metadata, before any effect.

    Until the program ends, others of this process wait: each publishes what the one before told.

    Raises
    ------
    ConflictError
        The stored ones are others than those that are known.
    """
    if cell is None:
        return
    yield from Lock([cell.key])
    (value,) = yield from Get([cell.key], most_nbytes=MAX_DOCUMENT_NBYTES)
    if value is None or digest(value) != cell.told.document:
        raise ConflictError(
            f"{cell.place}: the consolidated metadata were changed by somebody else; nothing was "
            "done. Open the group again, or consolidate it anew",
            url=str(cell.place),
        )


def publish_changes(
    cell: Consolidated | None, place: StorePath, change: Mapping[str, NodeMetadata | None]
) -> Program[None]:
    """Have consolidated metadata tell what was changed; None for what was removed.

    Parameters
    ----------
    place
        Of a node; paths are relative to it.
    """
    if cell is None:
        return
    base = cell.path_of(place)
    whole = {f"{base}/{normalize_path(path)}".strip("/"): node for path, node in change.items()}
    cell.told = yield from publish(cell.place, cell.told, cell.hierarchy.changed(whole))


def digest(value: BytesLike) -> bytes:
    """What tells one stored document from another."""
    return hashlib.blake2b(as_bytes_view(value), digest_size=16).digest()


def load_group(
    place: StorePath, zarr_format: Format = None, *, use_consolidated: bool | None = None
) -> Program[tuple[GroupMetadata, Told | None]]:
    """A group, and what consolidated metadata say of all below it; None if they are not used.

    Parameters
    ----------
    use_consolidated
        None: if they are there; True: they must be; False: not.

    Raises
    ------
    GroupNotFoundError
        No group at the place, or no consolidated metadata where they must be.
    """
    group, below = yield from _load(place, zarr_format, use_consolidated=use_consolidated)
    if group is None:
        kind = f" of format {zarr_format}" if zarr_format else ""
        raise GroupNotFoundError(
            f"{place}: no group at path {place.path!r}{kind}, it does not exist; check the "
            "path, or create the group",
            url=str(place),
        )
    if use_consolidated and below is None:
        raise GroupNotFoundError(
            f"{place}: the group has no consolidated metadata; call consolidate_metadata first",
            url=str(place),
        )
    return group, below


def _load(
    place: StorePath, zarr_format: Format, *, use_consolidated: bool | None
) -> Program[tuple[GroupMetadata | None, Told | None]]:
    wanted = use_consolidated is not False
    if zarr_format != 2:
        (value,) = yield from Get([place.key("zarr.json")], most_nbytes=MAX_DOCUMENT_NBYTES)
        if value is not None:
            return _parsed(place, value, wanted=wanted)
    if zarr_format == 3:
        return None, None
    names = (*_V2, ".zmetadata")
    keys = [place.key(name) for name in names]
    values = yield from Get(keys, most_nbytes=MAX_DOCUMENT_NBYTES)
    documents = _decoded(place, names, values)
    if ".zarray" in documents or ".zgroup" not in documents:
        return None, None
    whole = documents.pop(".zmetadata", None)
    encoded = values[names.index(".zmetadata")]
    node = parse(documents, where=str(place))
    assert isinstance(node, GroupMetadata)  # noqa: S101 - there is no .zarray
    if whole is None or encoded is None or not wanted:
        return node, None
    hierarchy = parse_consolidated(whole, node, where=f"{place}/.zmetadata")
    return node, Told(hierarchy, digest(encoded))


def _parsed(
    place: StorePath, value: BytesLike, *, wanted: bool
) -> tuple[GroupMetadata | None, Told | None]:
    """A group of format 3, and what it tells of others; parsed once, however much that is."""
    stored = bytes(as_bytes_view(value))
    document: JSON = loads(stored, where=f"{place}/zarr.json")
    members = document.get(MEMBER) if isinstance(document, Mapping) else None
    if members is None or not wanted:
        node = parse_stored_v3(place, value)
        return (node, None) if isinstance(node, GroupMetadata) else (None, None)
    assert isinstance(document, Mapping)  # noqa: S101 - it has members
    rest = {name: member for name, member in document.items() if name != MEMBER}
    node = parse_v3(rest, where=f"{place}/zarr.json")
    if not isinstance(node, GroupMetadata):
        return None, None
    hierarchy = parse_consolidated(members, node, where=f"{place}/zarr.json: {MEMBER}")
    return node, Told(hierarchy, digest(stored))


def _decoded(
    place: StorePath, names: Sequence[str], values: Sequence[BytesLike | None]
) -> dict[str, JSON]:
    return {
        name: loads(as_bytes_view(value), where=f"{place}/{name}")
        for name, value in zip(names, values, strict=True)
        if value is not None
    }


def load_many(
    place: StorePath, paths: Sequence[str], zarr_format: Literal[2, 3]
) -> Program[dict[str, NodeMetadata]]:
    """Metadata of the nodes at paths below a place, by one request; others are left out."""
    names = ("zarr.json",) if zarr_format == 3 else _V2
    keys = [join(place.key(path) if path else place.path, n) if place.path or path else n
            for path in paths for n in names]  # fmt: skip
    values = (yield from Get(keys, most_nbytes=MAX_DOCUMENT_NBYTES)) if keys else []
    nodes: dict[str, NodeMetadata] = {}
    for number, path in enumerate(paths):
        here = StorePath(place.store, join(place.path, path) if place.path and path else path)
        stored = values[number * len(names) : (number + 1) * len(names)]
        if zarr_format == 3:
            if stored[0] is not None:
                nodes[path] = parse_stored_v3(here, stored[0])
        elif stored[0] is not None or stored[1] is not None:
            nodes[path] = parse(_decoded(here, names, stored), where=str(here))
    return nodes


def walk_members(
    place: StorePath, zarr_format: Literal[2, 3], max_depth: int | None = None
) -> Program[tuple[dict[str, NodeMetadata], list[str]]]:
    """Nodes below a group by their paths, and other names: a listing and a read for each level.

    Arrays are not looked into.
    """
    found: dict[str, NodeMetadata] = {}
    others: list[str] = []
    level, depth = [""], 0
    while level and (max_depth is None or depth <= max_depth):
        listings: list[list[str]] = yield from Gather(
            [Task(asking(ListNames(join(place.path, p) if place.path and p else place.path or p)),
                  place.store) for p in level], concurrency=64,
        )  # fmt: skip
        paths = [
            join(above, name) if above else name
            for above, names in zip(level, listings, strict=True)
            for name in names
            if name not in DOCUMENTS
        ]
        nodes = yield from load_many(place, paths, zarr_format)
        found |= nodes
        others += [path for path in paths if path not in nodes]
        level = [path for path, node in nodes.items() if isinstance(node, GroupMetadata)]
        depth += 1
    return dict(sorted(found.items())), others


def group_below(place: StorePath, group: GroupMetadata) -> Program[Hierarchy]:
    """All of a group as one value, as the store has it now."""
    nodes, _ = yield from walk_members(place, group.zarr_format)
    return Hierarchy({**nodes, "": without_member(group)})


def publish(place: StorePath, old: Told, new: Hierarchy) -> Program[Told]:
    """Store consolidated metadata, if those that are stored are still the ones known.

    Raises
    ------
    ConflictError
        Somebody else stored others meanwhile.
    """
    key = place.key(".zmetadata" if new[""].zarr_format == 2 else "zarr.json")
    (value,) = yield from Get([key], most_nbytes=MAX_DOCUMENT_NBYTES)
    stored = None if value is None else bytes(as_bytes_view(value))
    if stored is None or digest(stored) != old.document:
        raise _conflict(place)
    return (yield from _swap_told(place, key, stored, new))


def consolidate(place: StorePath, zarr_format: Format) -> Program[tuple[GroupMetadata, Told]]:
    """Store with a group what its members' documents say.

    Raises
    ------
    GroupNotFoundError
        No group there.
    ConflictError
        The group was changed meanwhile.
    """
    group, _ = yield from load_group(place, zarr_format, use_consolidated=False)
    key = place.key(".zmetadata" if group.zarr_format == 2 else "zarr.json")
    (value,) = yield from Get([key], most_nbytes=MAX_DOCUMENT_NBYTES)
    plain = without_member(group)
    if group.zarr_format == 3:
        stored = None if value is None else parse_stored_v3(place, value)
        if not isinstance(stored, GroupMetadata) or without_member(stored) != plain:
            raise _conflict(place)
    whole = yield from group_below(place, plain)
    expected = None if value is None else bytes(as_bytes_view(value))
    return plain, (yield from _swap_told(place, key, expected, whole))


def _swap_told(place: StorePath, key: str, expected: bytes | None, new: Hierarchy) -> Program[Told]:
    """Store consolidated metadata in the place of a document that is known."""
    group = new[""]
    assert isinstance(group, GroupMetadata)  # noqa: S101 - the root of a hierarchy
    document = consolidated(new, group.zarr_format)
    if group.zarr_format == 3:
        document = {**without_member(group).to_json(), MEMBER: document}
    encoded = dumps(document, compact=True)
    if not (yield from Swap(key, expected, encoded)):
        raise _conflict(place)
    return Told(new, digest(encoded))


def _conflict(place: StorePath) -> ConflictError:
    return ConflictError(
        f"{place}: the consolidated metadata were changed by somebody else; what was done below is "
        "stored, but they don't tell. Open the group again, or consolidate it anew",
        url=str(place),
    )


def delete_some(keys: Sequence[str]) -> Program[None]:
    """Remove keys, if there are any to remove."""
    if keys:
        yield from Delete(keys)


def remove_node(place: StorePath) -> Program[None]:
    """Remove a node and all below it: its documents first, so that nobody finds half of it."""
    yield from Delete([place.key(name) for name in sorted(DOCUMENTS)])
    yield from DeletePrefix(place.path)


def move_node(source: StorePath, target: StorePath) -> Program[None]:
    """Move a node and all below it; where the store can't rename, what makes it a node comes last.

    Parameters
    ----------
    source, target
        Places in one store.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        Something is at the second.
    NotImplementedError
        The store can't remove what is moved; nothing was done.
    """
    if not source.store.supports_deletes:
        raise NotImplementedError(
            f"{source}: the store can't remove values, so nothing can be moved in it; copy the node"
        )
    yield from _check_nothing(target)
    if (yield from Rename(source.path, target.path)):
        return
    yield from _check_nothing(target)  # others may have been faster
    made: list[str] = []
    yield from undone_by(_copy_below(source, target, made), lambda: delete_some(made))
    yield from remove_node(source)


def _copy_below(source: StorePath, target: StorePath, made: list[str]) -> Program[None]:
    """Copy all values below a place, documents last; keys that were set are added to `made`."""
    keys = yield from ListPrefix(source.path)
    documents = [key for key in keys if key.rpartition("/")[2] in DOCUMENTS]
    chunks = [key for key in keys if key.rpartition("/")[2] not in DOCUMENTS]
    for start in range(0, len(chunks), _COPIED_AT_ONCE):
        some = chunks[start : start + _COPIED_AT_ONCE]
        values = yield from Get(some)
        moved = [target.path + key[len(source.path) :] for key in some]
        kept = [(k, v) for k, v in zip(moved, values, strict=True) if v is not None]
        made += [k for k, _ in kept]
        yield from Put([k for k, _ in kept], [v for _, v in kept])
    # documents of deeper nodes first, one by one: those of the node itself complete it
    for key in sorted(documents, key=lambda key: (-key.count("/"), not key.endswith(".zattrs"))):
        (value,) = yield from Get([key])
        name = target.path + key[len(source.path) :]
        if value is None or not (yield from Swap(name, None, bytes(as_bytes_view(value)))):
            raise ConflictError(
                f"{target}: somebody else made or removed {name!r} while it was moved; all is as "
                f"it was at {source}",
                url=str(target),
            )
        made.append(name)


def _check_nothing(place: StorePath) -> Program[None]:
    """Refuse a place at or below which there is anything, of either format or none."""
    if not (yield from ListPrefix(place.path)):
        return
    node = yield from load_node(place)
    if node is not None:
        raise contains_error(place, node)
    raise ContainsGroupError(
        f"{place}: there are values at path {place.path!r}, though no node; choose another path",
        url=str(place),
    )

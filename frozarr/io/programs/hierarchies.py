"""Storing many nodes below one group: few requests, and none of them over somebody else's."""

from collections.abc import Collection, Hashable, Mapping, Sequence

from frozarr.errors import FrozarrError, GroupNotFoundError
from frozarr.io.programs.nodes import (
    NODE_DOCUMENTS,
    contains_error,
    create_node,
    encoded_documents,
    load_node,
)
from frozarr.io.programs.requests import Delete, Get, Program, Put, Swap, undone_by
from frozarr.io.stores.path import StorePath
from frozarr.metadata.documents import NodeMetadata
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.json import MAX_DOCUMENT_NBYTES
from frozarr.metadata.paths import join

__all__ = ["check_free", "store_nodes"]

Nodes = Mapping[str, NodeMetadata]


def _at(place: StorePath, path: str) -> StorePath:
    return StorePath(place.store, join(place.path, path) if path else place.path)


def check_free(
    place: StorePath, nodes: Nodes, wanted: Collection[str], *, overwrite: bool = False
) -> Program[dict[str, Hashable]]:
    """Refuse to create nodes where some stand, by one request; versions of what is missing.

    Parameters
    ----------
    nodes
        Metadata by path.
    wanted
        Paths at which nothing may stand; at others groups may.
    overwrite
        Whether what stands at the wanted paths will be replaced.

    Returns
    -------
    dict
        For each key of a document what to expect of it, for paths at which nothing stands; None
        where the store has no versions.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node.
    """
    places = {path: _at(place, path) for path in nodes}
    keys = [at.key(name) for at in places.values() for name in NODE_DOCUMENTS]
    versions: list[Hashable] = []
    values = yield from Get(keys, versions=versions, most_nbytes=MAX_DOCUMENT_NBYTES)
    expected: dict[str, Hashable] = dict(zip(keys, versions or [None] * len(keys), strict=True))
    for number, (path, at) in enumerate(places.items()):
        stored = values[number * len(NODE_DOCUMENTS) : (number + 1) * len(NODE_DOCUMENTS)]
        if all(value is None for value in stored):
            continue
        there = yield from load_node(at)
        if not overwrite if path in wanted else not isinstance(there, GroupMetadata):
            raise contains_error(at, there or GroupMetadata())
        for name in NODE_DOCUMENTS:
            del expected[at.key(name)]
    return expected


def store_nodes(
    place: StorePath, nodes: Nodes, wanted: Collection[str], *, overwrite: bool = False
) -> Program[None]:
    """Store nodes below a group, upper ones first; if that fails, none of them is left.

    Parameters
    ----------
    nodes
        Metadata by path.
    wanted
        Paths at which nothing may stand, or is replaced; at others groups may.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node, or the place itself is no group any more.
    """
    there = yield from load_node(place)
    if not isinstance(there, GroupMetadata):
        raise _no_group(place, there)
    expected = yield from check_free(place, nodes, wanted, overwrite=overwrite)
    fresh = {path: node for path, node in nodes.items() if _is_free(place, path, expected)}
    if overwrite:
        for path in sorted(set(wanted) - set(fresh)):
            yield from create_node(_at(place, path), nodes[path], overwrite=True)
    levels: dict[int, dict[str, bytes]] = {}
    for path, metadata in fresh.items():
        level = levels.setdefault(path.count("/"), {})
        level.update(encoded_documents(_at(place, path), metadata))
    written: list[str] = []
    yield from undone_by(_store_levels(place, levels, expected, written), lambda: _remove(written))


def _remove(keys: Sequence[str]) -> Program[None]:
    if keys:
        yield from Delete(keys)


def _is_free(place: StorePath, path: str, expected: Mapping[str, Hashable]) -> bool:
    return _at(place, path).key(NODE_DOCUMENTS[0]) in expected


def _no_group(place: StorePath, there: NodeMetadata | None) -> FrozarrError:
    if there is not None:
        return contains_error(place, there)
    return GroupNotFoundError(f"{place}: the group is gone; open or create it", url=str(place))


def _store_levels(
    place: StorePath, levels: Mapping[int, Mapping[str, bytes]], expected: Mapping[str, Hashable],
    written: list[str],
) -> Program[None]:  # fmt: skip
    """Store documents level by level; keys that were set are added to `written`."""
    for depth in sorted(levels):
        documents = levels[depth]
        versions = [expected.get(key) for key in documents]
        refused = yield from _put(list(documents), list(documents.values()), versions)
        written += [key for key in documents if key not in refused]
        for key in refused:
            at = StorePath(place.store, key.rpartition("/")[0])
            raise contains_error(at, (yield from load_node(at)) or GroupMetadata())


def _put(
    keys: Sequence[str], values: Sequence[bytes], versions: Sequence[Hashable]
) -> Program[list[str]]:
    """Set keys that are to be missing; those that are not are left as they are, and told."""
    deciding = [not key.endswith(".zattrs") for key in keys]
    if all(v is not None for v, decides in zip(versions, deciding, strict=True) if decides):
        return (yield from Put(keys, values, expected=versions)) or []
    refused = []
    for key, value, decides in zip(keys, values, deciding, strict=True):
        if not (yield from Swap(key, None, value)) and decides:
            refused.append(key)
    return refused

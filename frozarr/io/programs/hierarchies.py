"""Storing many nodes below one group: few requests, and none of them over somebody else's."""

from collections.abc import Collection, Hashable, Mapping, Sequence

from frozarr.errors import FrozarrError, GroupNotFoundError
from frozarr.io.kernels.base import as_bytes_view
from frozarr.io.programs.groups import delete_some
from frozarr.io.programs.nodes import (
    NODE_DOCUMENTS,
    contains_error,
    create_node,
    encoded_documents,
    load_node,
    remove_array,
)
from frozarr.io.programs.requests import Delete, Get, ListPrefix, Program, Put, Swap, undone_by
from frozarr.io.stores.path import StorePath
from frozarr.metadata.documents import NodeMetadata
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import DOCUMENTS
from frozarr.metadata.json import MAX_DOCUMENT_NBYTES
from frozarr.metadata.paths import join

__all__ = ["check_free", "remove_alone", "remove_nodes", "store_nodes"]

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
    """Store nodes below a group, upper ones first; if that fails, no new one is left.

    What is replaced is replaced node by node, at once where the store can exchange them.

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
    written: dict[str, bytes] = {}
    storing = _store_levels(place, levels, expected, written)
    yield from undone_by(storing, lambda: _remove_written(written))


def _remove_written(written: Mapping[str, bytes]) -> Program[None]:
    """Remove documents that were stored, or may have been by a request that failed."""
    stored = yield from Get(list(written), most_nbytes=MAX_DOCUMENT_NBYTES)
    same = [
        key
        for (key, document), value in zip(written.items(), stored, strict=True)
        if value is not None and bytes(as_bytes_view(value)) == document
    ]
    yield from delete_some(same)


def remove_nodes(place: StorePath, nodes: Nodes) -> Program[None]:
    """Remove the documents of nodes and what has the name of their chunks; all else stays."""
    for path in sorted(nodes, reverse=True):
        metadata, at = nodes[path], _at(place, path)
        if isinstance(metadata, GroupMetadata):
            yield from Delete(list(encoded_documents(at, metadata)))
        else:
            yield from remove_array(at, metadata)


def remove_alone(place: StorePath, metadata: NodeMetadata) -> Program[None]:
    """Remove a group's documents, unless somebody made a node below it meanwhile."""
    own = set(encoded_documents(place, metadata))
    others = set((yield from ListPrefix(place.path))) - own
    if not any(key.rpartition("/")[2] in DOCUMENTS for key in others):
        yield from Delete(sorted(own))


def _is_free(place: StorePath, path: str, expected: Mapping[str, Hashable]) -> bool:
    return _at(place, path).key(NODE_DOCUMENTS[0]) in expected


def _no_group(place: StorePath, there: NodeMetadata | None) -> FrozarrError:
    if there is not None:
        return contains_error(place, there)
    return GroupNotFoundError(f"{place}: the group is gone; open or create it", url=str(place))


def _store_levels(
    place: StorePath, levels: Mapping[int, Mapping[str, bytes]], expected: Mapping[str, Hashable],
    written: dict[str, bytes],
) -> Program[None]:  # fmt: skip
    """Store documents level by level; those that were begun to be set are in `written`."""
    for depth in sorted(levels):
        documents = levels[depth]
        versions = [expected.get(key) for key in documents]
        written.update(documents)
        refused = yield from _put(list(documents), list(documents.values()), versions)
        for key in refused:  # somebody else's
            del written[key]
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

"""Finding, creating and replacing nodes, as programs.

Every document is stored by compare-and-swap, and operations on several keys are ordered so that
stopping after any of them leaves something valid.
"""

import contextlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from frozarr.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    FrozarrError,
    InvalidKeyError,
)
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.policy import POLICY
from frozarr.io.programs.requests import (
    Delete,
    Discard,
    Get,
    ListPrefix,
    Lock,
    Program,
    Put,
    Replace,
    Sizes,
    Stage,
    Swap,
    asking,
    held,
    undone_by,
)
from frozarr.io.stores.path import StorePath
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.documents import NodeMetadata, parse_v3, serialize
from frozarr.metadata.group import GroupMetadata, parse_group_v2
from frozarr.metadata.hierarchy import DOCUMENTS, HIDDEN_NAMES
from frozarr.metadata.json import MAX_DOCUMENT_NBYTES, dumps, loads
from frozarr.metadata.paths import join
from frozarr.metadata.registry import Registry, default_registry
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import JSON

__all__ = [
    "NODE_DOCUMENTS", "check_node_path", "contains_error", "create_node", "encoded_documents",
    "load_array", "load_node", "only_others_stand", "parse_stored_v3", "put_node", "remove_array",
    "remove_unfilled", "something_stands", "stage_replacement",
]  # fmt: skip

NODE_DOCUMENTS = ("zarr.json", ".zarray", ".zgroup")
"""Names of documents, one of which every node has."""

Format: TypeAlias = Literal[2, 3] | None


def load_node(place: StorePath, zarr_format: Format = None) -> Program[NodeMetadata | None]:
    """Metadata of the node at a place, or None; format 3 wins where both stand.

    One request for a format 3 node, two for a format 2 node when the format is not given.
    """
    if zarr_format not in {2, 3, None}:
        raise ValueError(f"zarr_format must be 2 or 3 (or None for either), got {zarr_format!r}")
    if zarr_format in {3, None}:
        (value,) = yield from Get([place.key("zarr.json")], most_nbytes=MAX_DOCUMENT_NBYTES)
        if value is not None:
            return parse_stored_v3(place, value)
    if zarr_format in {2, None}:
        names = (".zarray", ".zattrs", ".zgroup")
        keys = [place.key(name) for name in names]
        values = yield from Get(keys, most_nbytes=MAX_DOCUMENT_NBYTES)
        array, attributes, group = (
            _decoded(place, name, value) for name, value in zip(names, values, strict=True)
        )
        if values[0] is not None:
            return parse_array_v2(array, attributes, where=f"{place}/.zarray")
        if values[2] is not None:
            return parse_group_v2(group, attributes, where=f"{place}/.zgroup")
    return None


def _decoded(place: StorePath, name: str, value: BytesLike | None) -> JSON:
    return None if value is None else loads(as_bytes_view(value), where=f"{place}/{name}")


def parse_stored_v3(place: StorePath, value: BytesLike) -> NodeMetadata:
    """Metadata of an encoded format 3 document; kept for the next who reads the same bytes."""
    document = bytes(as_bytes_view(value))
    registry = default_registry()
    if len(document) <= POLICY.cached_document_nbytes:
        with contextlib.suppress(FrozarrError):  # parsed again below, to name the place
            return _parsed_v3(document, "zarr.json", registry)
    return _parsed_v3.__wrapped__(document, f"{place}/zarr.json", registry)


@lru_cache(maxsize=256)
def _parsed_v3(value: bytes, where: str, registry: Registry) -> NodeMetadata:
    return parse_v3(loads(value, where=where), where=where, registry=registry)


def load_array(place: StorePath, zarr_format: Format = None) -> Program[ArrayMetadata]:
    """Metadata of the array at a place.

    Raises
    ------
    ArrayNotFoundError
        Nothing there.
    ContainsGroupError
        A group is there.
    """
    node = yield from load_node(place, zarr_format)
    if isinstance(node, GroupMetadata):
        raise ContainsGroupError(
            f"{place}: a group, not an array, at path {place.path!r}; open_group opens it, or name "
            "the path of an array in it",
            url=str(place),
        )
    if node is None:
        kind = f" of format {zarr_format}" if zarr_format else ""
        raise ArrayNotFoundError(
            f"{place}: no array at path {place.path!r}{kind}; check the path, or create the array",
            url=str(place),
        )
    return node


# ---------------------------------------------------------------------- creating


def encoded_documents(place: StorePath, metadata: NodeMetadata) -> dict[str, bytes]:
    """Encoded documents by key, the one that makes the node exist last."""
    documents = {place.key(name): dumps(doc) for name, doc in serialize(metadata).items()}
    return dict(reversed(documents.items()))


def contains_error(place: StorePath, node: NodeMetadata) -> FrozarrError:
    """Error for a node that stands where another was to be created."""
    is_group = isinstance(node, GroupMetadata)
    cls, what = (ContainsGroupError, "a group") if is_group else (ContainsArrayError, "an array")
    return cls(
        f"{place}: there is already {what} at path {place.path!r}; pass overwrite=True to replace "
        "it, or choose another path",
        url=str(place),
    )


def create_node(
    place: StorePath, metadata: NodeMetadata, *, overwrite: bool = False
) -> Program[None]:
    """Store a new node's documents, and groups above it where there are none.

    Everything is encoded before the first change. Of two creators of one path, one succeeds.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false, or an array stands above.
    """
    check_node_path(place)
    documents = encoded_documents(place, metadata)
    if overwrite:
        yield from _create_parents(place, metadata.zarr_format)
        if not (yield from only_others_stand(place)):
            if (yield from ListPrefix(place.path)):
                yield from _replace(place, documents)
                return
        elif not isinstance(metadata, GroupMetadata):
            yield from _remove_chunks(place, metadata)
    else:
        yield from Lock([place.key("zarr.json")])  # of several creators here, one after the other
        yield from _check_free(place)
        yield from _create_parents(place, metadata.zarr_format)
    yield from held(
        place.path,
        lambda is_held: _store_new(place, metadata, overwrite=overwrite, is_held=is_held),
    )


def _check_free(place: StorePath) -> Program[None]:
    there = yield from load_node(place)
    if there is not None:
        raise contains_error(place, there)


def _store_new(
    place: StorePath, metadata: NodeMetadata, *, overwrite: bool, is_held: bool
) -> Program[None]:
    """Store the documents of a new node, if there is still none.

    Format 2 has two. If others may be at it, the one that they compete for comes first, and the
    attributes are its winner's to store; else it comes last, and completes the node.
    """
    documents = encoded_documents(place, metadata)
    if not overwrite and is_held:
        yield from _check_free(place)  # of either format
    first_come = not is_held and place.store.swaps_between_processes
    for key in reversed(documents) if first_come else documents:
        if (yield from Swap(key, None, documents[key])):
            continue
        if overwrite:
            yield from _replace(place, documents)
            return
        if not key.endswith(".zattrs"):
            raise contains_error(place, (yield from load_node(place)) or metadata)
        yield from Put([key], [documents[key]])


def _create_parents(place: StorePath, zarr_format: Literal[2, 3]) -> Program[None]:
    """Groups at every ancestor that is no node yet, root first."""
    if not place.path:
        return
    segments = place.path.split("/")
    missing = []
    for depth in range(len(segments)):
        above = StorePath(place.store, "/".join(segments[:depth]))
        node = yield from load_node(above)
        if node is None:
            missing.append(above)
        elif not isinstance(node, GroupMetadata):
            raise ContainsArrayError(
                f"{above} is an array; nothing can be created below it at {place.path!r}",
                url=str(above),
            )
    for above in missing:
        for key, document in encoded_documents(
            above, GroupMetadata(zarr_format=zarr_format)
        ).items():
            yield from Swap(key, None, document)


def _replace(place: StorePath, documents: Mapping[str, bytes]) -> Program[None]:
    """Put new documents in the place of everything that stands there."""
    staged = yield from Stage(place.path)
    if staged is not None:
        building = _build_and_exchange(place, staged, documents)
        yield from undone_by(building, lambda: asking(Discard(staged)))
        return
    old = yield from ListPrefix(place.path)
    if old and not place.store.supports_deletes:
        raise NotImplementedError(
            f"{place}: the store can't remove what stands there ({old[0]!r}); nothing was changed. "
            "Write another store, or another path"
        )
    yield from _remove_old(place, old)
    yield from Put(list(documents), list(documents.values()))


def _remove_old(place: StorePath, old: Sequence[str]) -> Program[None]:
    """Remove a node: its documents first, so that nobody reads old chunks by new documents.

    If nothing else can be removed, the documents are put back.
    """
    own = {place.key(name) for name in DOCUMENTS}
    documents = [key for key in old if key in own]
    rest = [key for key in old if key not in own]
    values = yield from Get(documents)
    kept = {k: v for k, v in zip(documents, values, strict=True) if v is not None}

    def put_back() -> Program[None]:
        left = yield from ListPrefix(place.path)
        if set(rest) <= set(left):
            yield from Put(list(kept), list(kept.values()))
            return
        raise OSError(f"{place}: what stood there was removed in part")

    def remove() -> Program[None]:
        if documents:
            yield from Delete(documents)
        if rest:
            yield from Delete(rest)

    yield from undone_by(remove(), put_back)


def _build_and_exchange(
    place: StorePath, staged: str, documents: Mapping[str, bytes]
) -> Program[None]:
    head = f"{place.path}/" if place.path else ""
    names = [join(staged, key.removeprefix(head)) for key in documents]
    yield from Put(names, list(documents.values()))
    yield from Replace(place.path, staged)


def stage_replacement(place: StorePath, metadata: NodeMetadata) -> Program[StorePath | None]:
    """Place for building what will replace a node, its documents stored; None if not supported."""
    check_node_path(place)
    encoded_documents(place, metadata)  # what can't be encoded is found before the first change
    yield from _create_parents(place, metadata.zarr_format)
    staged = yield from Stage(place.path)
    if staged is None:
        return None
    built = StorePath(place.store, staged)
    documents = encoded_documents(built, metadata)
    putting = asking(Put(list(documents), list(documents.values())))
    yield from undone_by(putting, lambda: asking(Discard(staged)))
    return built


def only_others_stand(place: StorePath) -> Program[bool]:
    """Whether there are values, but no document of a node at or below a place.

    They are nobody's to remove: who makes a node among them leaves them where they are.
    """
    if (yield from something_stands(place)):
        return False
    keys = yield from ListPrefix(place.path)
    return bool(keys) and not any(key.rpartition("/")[2] in DOCUMENTS for key in keys)


def put_node(place: StorePath, metadata: NodeMetadata) -> Program[None]:
    """Store a node's documents where nobody else looks: below a staged place."""
    documents = encoded_documents(place, metadata)
    yield from Put(list(documents), list(documents.values()))


def remove_unfilled(place: StorePath, metadata: ArrayMetadata) -> Program[None]:
    """Remove an array's documents if they are there as they were to be stored, and no chunk is."""
    documents = encoded_documents(place, metadata)
    stored = yield from Get(list(documents))
    ours = [value is None or bytes(as_bytes_view(value)) for value in stored]
    if ours != list(documents.values()):
        return
    if not (yield from _chunk_keys(place, metadata)):
        yield from Delete(list(documents))


def something_stands(place: StorePath) -> Program[bool]:
    """Whether there are documents of a node, good or bad ones."""
    sizes = yield from Sizes([place.key(name) for name in NODE_DOCUMENTS])
    return any(size is not None for size in sizes)


def check_node_path(place: StorePath) -> None:
    """Refuse a node by the name of a document.

    Raises
    ------
    InvalidKeyError
        A segment of the path is such a name.
    """
    for segment in place.path.split("/"):
        if segment in DOCUMENTS or segment.startswith(HIDDEN_NAMES):
            raise InvalidKeyError(
                f"{place}: {segment!r} is the name of a document or of what stores hide, no node "
                "can have it",
                url=str(place),
            )


def remove_array(place: StorePath, metadata: ArrayMetadata) -> Program[None]:
    """Remove an array's documents, then its chunks; what else is below its path stays."""
    yield from Delete([place.key(name) for name in serialize(metadata)])
    yield from _remove_chunks(place, metadata)


def _remove_chunks(place: StorePath, metadata: ArrayMetadata) -> Program[None]:
    """Remove what has the name of a chunk of an array."""
    chunks = yield from _chunk_keys(place, metadata)
    if chunks:
        yield from Delete(chunks)


def _chunk_keys(place: StorePath, metadata: ArrayMetadata) -> Program[list[str]]:
    """Stored keys that have the name of a chunk of an array."""
    start = len(place.path) + bool(place.path)
    keys = yield from ListPrefix(place.path)
    parse = metadata.chunk_key_encoding.parse
    return [key for key in keys if parse(key[start:], metadata.ndim) is not None]

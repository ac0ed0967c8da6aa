"""Opening, creating and changing nodes, as programs.

Every change of a stored document is a compare-and-swap, and operations on several keys are ordered
so that stopping after any of them leaves something valid.
"""

import contextlib
from collections.abc import Generator, Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np

from frozarr.errors import (
    ArrayNotFoundError,
    ConflictError,
    ContainsArrayError,
    ContainsGroupError,
    FrozarrError,
)
from frozarr.io.kernels.base import BytesLike
from frozarr.io.requests import (
    Answer,
    Delete,
    Discard,
    Get,
    ListPrefix,
    Publish,
    Put,
    Request,
    Stage,
    Swap,
)
from frozarr.io.stores.path import StorePath
from frozarr.io.target import ArrayMetadata
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.metadata.group import GroupMetadata, parse_group, parse_group_v2
from frozarr.metadata.json import dumps, loads
from frozarr.metadata.keys import join
from frozarr.types import JSON, Shape

__all__ = [
    "create_node",
    "delete_chunks_outside",
    "load_array",
    "load_node",
    "publish",
    "stage_replacement",
]

NodeMetadata: TypeAlias = ArrayMetadata | GroupMetadata
Steps: TypeAlias = Generator[Request, Answer, Any]
Format: TypeAlias = Literal[2, 3] | None
_ENUMERATE_LIMIT = 10_000
_SMALL_DOCUMENT = 16 * 1024


def _decoded(place: StorePath, name: str, value: BytesLike | None) -> JSON:
    return None if value is None else loads(bytes(value), where=f"{place}/{name}")


def load_node(place: StorePath, zarr_format: Format = None) -> Steps:
    """Metadata of the node at a place, or None; format 3 wins where both stand.

    One request for a format 3 node, two for a format 2 node when the format is not given.
    """
    if zarr_format in {3, None}:
        (value,) = yield Get([place.key("zarr.json")])
        if value is not None:
            return _parse_v3(place, bytes(value))
    if zarr_format in {2, None}:
        names = (".zarray", ".zattrs", ".zgroup")
        values = yield Get([place.key(name) for name in names])
        array, attributes, group = (
            _decoded(place, n, v) for n, v in zip(names, values, strict=True)
        )
        if values[0] is not None:
            return parse_array_v2(array, attributes, where=f"{place}/.zarray")
        if values[2] is not None:
            return parse_group_v2(group, attributes, where=f"{place}/.zgroup")
    return None


def _parse_v3(place: StorePath, value: bytes) -> NodeMetadata:
    if len(value) <= _SMALL_DOCUMENT:
        with contextlib.suppress(FrozarrError):  # parsed again below, to name the place
            return _parsed_v3(value, "zarr.json")
    return _parsed_v3.__wrapped__(value, f"{place}/zarr.json")


@lru_cache(maxsize=256)
def _parsed_v3(value: bytes, where: str) -> NodeMetadata:
    """Metadata of a format 3 document; a value that is often asked for, so it is kept."""
    document = loads(value, where=where)
    if isinstance(document, Mapping) and document.get("node_type") == "group":
        return parse_group(document, where=where)
    return parse_array_v3(document, where=where)


def load_array(place: StorePath, zarr_format: Format = None) -> Steps:
    """Metadata of the array at a place.

    Raises
    ------
    ArrayNotFoundError
        Nothing there, or a group.
    """
    found = yield from load_node(place, zarr_format)
    if found is None or isinstance(found, GroupMetadata):
        what = "a group, not an array," if found is not None else "no array"
        kind = f" of format {zarr_format}" if zarr_format else ""
        raise ArrayNotFoundError(
            f"{place}: {what} at path {place.path!r}{kind}; check the path, or create the array",
            url=str(place),
        )
    return found


def _encoded(place: StorePath, metadata: NodeMetadata) -> dict[str, bytes]:
    """Encoded documents by key, the one that makes the node exist last."""
    documents = {place.key(name): dumps(doc) for name, doc in metadata.documents().items()}
    return dict(reversed(documents.items()))


def contains_error(place: StorePath, found: NodeMetadata) -> FrozarrError:
    """Error for a node that stands where another was to be created."""
    cls, what = (
        (ContainsGroupError, "a group")
        if isinstance(found, GroupMetadata)
        else (ContainsArrayError, "an array")
    )
    return cls(
        f"{place}: there is already {what} at path {place.path!r}; pass overwrite=True to replace "
        "it, or choose another path",
        url=str(place),
    )


def create_node(place: StorePath, metadata: NodeMetadata, *, overwrite: bool = False) -> Steps:
    """Store a new node's documents, and groups above it where there are none.

    Everything is encoded before the first change. Of two creators of one path, one succeeds.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false, or an array stands above.
    """
    documents = _encoded(place, metadata)
    found = yield from load_node(place)
    if found is not None and not overwrite:
        raise contains_error(place, found)
    yield from _create_parents(place, metadata.zarr_format)
    if overwrite and (found is not None or (yield ListPrefix(place.path))):
        yield from _replace(place, documents)
        return
    for key, document in documents.items():
        if not (yield Swap(key, None, document)) and not overwrite:
            if key.endswith(".zattrs"):
                yield Put([key], [document])
                continue
            raise contains_error(place, (yield from load_node(place)) or metadata)


def _create_parents(place: StorePath, zarr_format: Literal[2, 3]) -> Steps:
    """Groups at every ancestor that is no node yet, root first."""
    if not place.path:
        return
    segments = place.path.split("/")
    for depth in range(len(segments)):
        above = StorePath(place.store, "/".join(segments[:depth]))
        found = yield from load_node(above)
        if found is None:
            for key, document in _encoded(above, GroupMetadata(zarr_format=zarr_format)).items():
                yield Swap(key, None, document)
        elif not isinstance(found, GroupMetadata):
            raise ContainsArrayError(
                f"{above} is an array; nothing can be created below it at {place.path!r}",
                url=str(above),
            )


def _replace(place: StorePath, documents: Mapping[str, bytes]) -> Steps:
    """Put new documents in the place of everything that stands there."""
    staged = yield Stage(place.path)
    if staged is not None:
        head = f"{place.path}/" if place.path else ""
        names = [join(staged, key.removeprefix(head)) for key in documents]
        try:
            yield Put(names, list(documents.values()))
            yield Publish(staged, place.path)
        except BaseException:
            yield Discard(staged)
            raise
        return
    yield Put(list(documents), list(documents.values()))
    yield from _delete_others(place, documents)


def _delete_others(place: StorePath, kept: Mapping[str, bytes]) -> Steps:
    old = [key for key in (yield ListPrefix(place.path)) if key not in kept]
    if old:
        yield Delete(old)


def stage_replacement(place: StorePath, metadata: NodeMetadata) -> Steps:
    """Place for building what will replace a node, its documents stored; None if not supported."""
    yield from _create_parents(place, metadata.zarr_format)
    staged = yield Stage(place.path)
    if staged is None:
        return None
    built = StorePath(place.store, staged)
    documents = _encoded(built, metadata)
    try:
        yield Put(list(documents), list(documents.values()))
    except BaseException:
        yield Discard(staged)
        raise
    return built


def publish(place: StorePath, old: ArrayMetadata, new: ArrayMetadata) -> Steps:
    """Store the documents in which two metadata values differ, if the stored ones are still `old`.

    Raises
    ------
    ConflictError
        A stored document is not the one the old metadata was read from; nothing was written.
    """
    before, after = old.documents(), new.documents()
    changed = [name for name in after if after[name] != before.get(name)]
    changed += [name for name in before if name not in after]
    expected = {}
    for name in changed:
        expected[name] = yield from _check_current(place, name, before.get(name), old)
    for name in changed:
        document = dumps(after[name]) if name in after else None
        if not (yield Swap(place.key(name), expected[name], document)):
            raise _conflict(place, name)


def check_current(place: StorePath, metadata: ArrayMetadata) -> Steps:
    """Refuse to go on through a handle whose shape is no longer the stored one.

    Raises
    ------
    ConflictError
        The stored document changed.
    """
    name = metadata.document_key
    yield from _check_current(place, name, metadata.documents()[name], metadata)


def _check_current(
    place: StorePath, name: str, before: JSON, metadata: ArrayMetadata
) -> Generator[Request, Answer, bytes | None]:
    (value,) = yield Get([place.key(name)])
    stored = None if value is None else bytes(value)
    current = _canonical(place, name, stored, metadata)
    if current != (None if before is None else dumps(before)):
        raise _conflict(place, name)
    return stored


def _canonical(
    place: StorePath, name: str, stored: bytes | None, metadata: ArrayMetadata
) -> bytes | None:
    """Stored document as this library would write it, so that only meaning is compared."""
    if stored is None:
        return None
    if name == "zarr.json":
        return dumps(_parse_v3(place, stored).documents()[name])
    document = _decoded(place, name, stored)
    if name == ".zarray":
        return dumps(parse_array_v2(document, where=f"{place}/{name}").documents()[name])
    return dumps(document) if document or metadata.attributes else None


def _conflict(place: StorePath, name: str) -> ConflictError:
    return ConflictError(
        f"{place}/{name} changed since this handle was opened; nothing was written. Open the array "
        "again and repeat the change",
        url=str(place), key=place.key(name),
    )  # fmt: skip


def delete_chunks_outside(place: StorePath, metadata: ArrayMetadata, old_shape: Shape) -> Steps:
    """Delete stored chunks that lie wholly outside the array's shape.

    Few chunks are named outright; else those that are stored are listed. Either way the cost does
    not grow with the grid.
    """
    grid, encoding = metadata.chunk_grid, metadata.chunk_key_encoding
    new = grid.grid_shape(metadata.shape)
    old = grid.grid_shape(old_shape)
    outside = int(np.prod(old, dtype=object)) - int(
        np.prod([min(a, b) for a, b in zip(old, new, strict=True)], dtype=object)
    )
    if not outside:
        return
    if outside <= _ENUMERATE_LIMIT:
        keys = [
            place.key(key)
            for axis in range(len(old))
            if new[axis] < old[axis]
            for key in encoding.product_keys(
                [range(min(o, n)) for o, n in zip(old[:axis], new, strict=False)]
                + [range(new[axis], old[axis])]
                + [range(o) for o in old[axis + 1 :]]
            )
        ]
    else:
        head = f"{place.path}/" if place.path else ""
        keys = [
            key
            for key in (yield ListPrefix(place.path))
            if (coords := encoding.parse(key[len(head) :], len(new))) is not None
            and any(c >= n for c, n in zip(coords, new, strict=True))
        ]
    if keys:
        yield Delete(keys)

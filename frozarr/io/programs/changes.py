"""Changing the documents of an array: by compare-and-swap, and through current handles only."""

import math

from frozarr.errors import ConflictError
from frozarr.indexing import grid_shape
from frozarr.io.kernels.base import as_bytes_view
from frozarr.io.policy import POLICY
from frozarr.io.programs.nodes import load_array, parse_stored_v3
from frozarr.io.programs.requests import Delete, Get, ListPrefix, Program, Swap
from frozarr.io.stores.path import StorePath
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.documents import NodeMetadata, serialize
from frozarr.metadata.group import parse_group_v2
from frozarr.metadata.json import dumps, loads
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import Shape

__all__ = ["check_current", "check_nothing_outside", "delete_chunks_outside", "store_changes"]


def store_changes(place: StorePath, old: NodeMetadata, new: NodeMetadata) -> Program[None]:
    """Store the documents in which two metadata values differ, if the stored ones are still `old`.

    Raises
    ------
    ConflictError
        A stored document is not the one the old metadata was read from; nothing was written.
    """
    before, after = _encoded(old), _encoded(new)
    changed = [name for name in after if after[name] != before.get(name)]
    changed += [name for name in before if name not in after]
    expected = {}
    for name in changed:
        expected[name] = yield from _stored_as(place, name, before.get(name), old)
    for name in changed:
        if not (yield from Swap(place.key(name), expected[name], after.get(name))):
            raise _conflict(place, name)


def _encoded(metadata: NodeMetadata) -> dict[str, bytes]:
    return {name: dumps(document) for name, document in serialize(metadata).items()}


def check_current(place: StorePath, metadata: ArrayMetadata) -> Program[None]:
    """Refuse to go on through a handle whose shape is no longer the stored one.

    Raises
    ------
    ConflictError
        The stored document changed.
    """
    name = metadata.document_key
    yield from _stored_as(place, name, _encoded(metadata)[name], metadata)


def _stored_as(
    place: StorePath, name: str, before: bytes | None, metadata: NodeMetadata
) -> Program[bytes | None]:
    """A stored document, once it is known that it means what the metadata say."""
    (value,) = yield from Get([place.key(name)])
    stored = None if value is None else bytes(as_bytes_view(value))
    if _canonical(place, name, stored, metadata) != before:
        raise _conflict(place, name)
    return stored


def _canonical(
    place: StorePath, name: str, stored: bytes | None, metadata: NodeMetadata
) -> bytes | None:
    """Stored document as this library would write it, so that only meaning is compared."""
    if stored is None:
        return None
    if name == "zarr.json":
        return dumps(serialize(parse_stored_v3(place, stored))[name])
    document = loads(stored, where=f"{place}/{name}")
    if name == ".zarray":
        return dumps(serialize(parse_array_v2(document, where=f"{place}/{name}"))[name])
    if name == ".zgroup":
        return dumps(serialize(parse_group_v2(document, where=f"{place}/{name}"))[name])
    return dumps(document) if document or metadata.attributes else None


def _conflict(place: StorePath, name: str) -> ConflictError:
    return ConflictError(
        f"{place}/{name} changed since this handle was opened; nothing was written. Repeat the "
        "change on the handle that the other change returned (a = a.append(...), a = "
        "a.update_attributes(...)), or open the array again",
        url=str(place), key=place.key(name),
    )  # fmt: skip


def check_nothing_outside(place: StorePath, metadata: ArrayMetadata, old_shape: Shape) -> None:
    """Refuse to make an array smaller in a store that can't remove chunks.

    Raises
    ------
    NotImplementedError
        There are chunks wholly outside the new shape.
    """
    new = grid_shape(metadata.chunk_grid, metadata.shape)
    old = grid_shape(metadata.chunk_grid, old_shape)
    if all(old) and any(after < before for before, after in zip(old, new, strict=True)):
        raise NotImplementedError(
            f"{place}: the store can't remove the chunks outside {metadata.shape}; nothing was "
            "changed. Keep them with delete_outside_chunks=False"
        )


def delete_chunks_outside(
    place: StorePath, metadata: ArrayMetadata, old_shape: Shape, *, is_held: bool
) -> Program[None]:
    """Delete stored chunks that lie wholly outside the array's shape.

    Few chunks are named outright; else those that are stored are listed. Either way the cost does
    not grow with the grid.

    Parameters
    ----------
    is_held
        Nobody else changes the array meanwhile. Else the stored shape is looked at once more, right
        before the deletion.
    """
    new = tuple(axis.nchunks for axis in metadata.chunk_grid.axes(metadata.shape))
    old = tuple(axis.nchunks for axis in metadata.chunk_grid.axes(old_shape))
    kept = math.prod(min(a, b) for a, b in zip(old, new, strict=True))
    outside = math.prod(old) - kept
    if not outside:
        return
    if outside <= POLICY.name_chunks:
        keys = [place.key(name) for name in _names_outside(metadata, old, new)]
    else:
        start = len(place.path) + bool(place.path)
        stored_keys = yield from ListPrefix(place.path)
        keys = [key for key in stored_keys if _is_outside(metadata, key[start:], new)]
    if keys and not is_held:
        stored = yield from load_array(place)
        start = len(place.path) + bool(place.path)
        counts = tuple(axis.nchunks for axis in stored.chunk_grid.axes(stored.shape))
        keys = [key for key in keys if _is_outside(stored, key[start:], counts)]
    if keys:
        yield from Delete(keys)


def _is_outside(metadata: ArrayMetadata, name: str, counts: Shape) -> bool:
    """Whether a name is that of a chunk outside a grid."""
    coords = metadata.chunk_key_encoding.parse(name, len(counts))
    return coords is not None and any(c >= n for c, n in zip(coords, counts, strict=True))


def _names_outside(metadata: ArrayMetadata, old: Shape, new: Shape) -> list[str]:
    """Names of the chunks of an old grid that a new one lacks: a box for each axis that shrank."""
    return [
        name
        for axis in range(len(old))
        if new[axis] < old[axis]
        for name in metadata.chunk_key_encoding.product_keys(
            [range(min(o, n)) for o, n in zip(old[:axis], new, strict=False)]
            + [range(new[axis], old[axis])]
            + [range(o) for o in old[axis + 1 :]]
        )
    ]

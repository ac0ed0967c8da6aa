"""How much of an array is stored: the store is listed."""

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.access import Access
from frozarr.io.programs.requests import ListPrefix, Program, Sizes
from frozarr.metadata.spec import ArrayMetadata

__all__ = ["StoredCounts", "count_stored", "stored_chunks", "stored_nbytes", "stored_objects"]


@attrs.frozen
class StoredCounts:
    """What a store holds of an array."""

    nbytes: int
    """Bytes of all values below the array's path, documents too."""
    objects: int
    """Stored chunks, or shards, inside the array's shape."""
    chunks: int
    """Chunks in them: inner ones where there are shards."""


def count_stored(metadata: ArrayMetadata, access: Access) -> Program[StoredCounts]:
    """Program that counts all of it, by one listing."""
    keys, sizes = yield from _listed(access)
    coords = _coords_stored(metadata, access, keys)
    nbytes = sum(sizes)
    return StoredCounts(nbytes, len(coords), _chunks_in(metadata, coords))


def _listed(access: Access) -> Program[tuple[list[str], list[int]]]:
    """Keys below an array, and the bytes of their values."""
    sizes: list[int] = []
    keys = yield from ListPrefix(access.place.path, sizes)
    if len(sizes) == len(keys):
        return keys, sizes
    return keys, [size or 0 for size in (yield from Sizes(keys))]


def _coords_stored(
    metadata: ArrayMetadata, access: Access, keys: list[str]
) -> npt.NDArray[np.int64]:
    """Coords of those of the keys below an array that are chunks of it, shape (chunks, axes)."""
    axes = metadata.chunk_grid.axes(metadata.shape)
    start = len(access.place.path) + 1 if access.place.path else 0
    parsed = (metadata.chunk_key_encoding.parse(k[start:], metadata.ndim) for k in keys)
    inside = [
        coords
        for coords in parsed
        if coords is not None and all(c < a.nchunks for c, a in zip(coords, axes, strict=True))
    ]
    return np.array(inside, np.int64).reshape(len(inside), metadata.ndim)


def _chunks_in(metadata: ArrayMetadata, coords: npt.NDArray[np.int64]) -> int:
    """Chunks in stored objects, given by their coords."""
    counts = np.ones(len(coords), np.int64)
    if metadata.sharding is not None:
        axes = metadata.chunk_grid.axes(metadata.shape)
        for i, (axis, inner) in enumerate(zip(axes, metadata.inner_shape, strict=True)):
            counts *= axis.sizes(coords[:, i]) // inner
    return int(counts.sum())


def stored_objects(metadata: ArrayMetadata, access: Access) -> Program[int]:
    """Program that counts the stored chunks (shards) inside the shape."""
    keys = yield from ListPrefix(access.place.path)
    return len(_coords_stored(metadata, access, keys))


def stored_chunks(metadata: ArrayMetadata, access: Access) -> Program[int]:
    """Program that counts the chunks, inner ones where there are shards, in what is stored."""
    keys = yield from ListPrefix(access.place.path)
    return _chunks_in(metadata, _coords_stored(metadata, access, keys))


def stored_nbytes(access: Access) -> Program[int]:
    """Program that sums the bytes of all values below the array's path."""
    _, sizes = yield from _listed(access)
    return sum(sizes)

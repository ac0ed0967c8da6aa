"""Chunk shapes chosen and normalised from what users pass as ``chunks=``."""

import math
import operator
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from frozarr.types import Shape

__all__ = [
    "auto_chunks", "auto_shards", "normalize_chunks", "normalize_shards", "rectilinear",
    "sized_edges",
]  # fmt: skip

IndexLocation: TypeAlias = Literal["start", "end"]
_INNER = 1024 * 1024
_SHARD = 64 * 1024 * 1024
_SMALLEST, _LARGEST = 128 * 1024, 64 * 1024 * 1024
_BASE = 256 * 1024


def auto_chunks(shape: Shape, itemsize: int) -> Shape:
    """Chunk shape of 128 KiB to 64 MiB that grows slowly with the array.

    The longest axes are halved until a chunk is about 256 KiB × 2 for each tenfold of array size
    (the rule of thumb h5py introduced).

    Examples
    --------
    >>> auto_chunks((10_000, 10_000), 2)
    (625, 625)
    """
    chunks = [max(1, n) for n in shape]
    if not chunks:
        return ()
    total = math.prod(chunks) * itemsize
    wanted_nbytes = _BASE * 2 ** max(0.0, math.log10(total / 2**20)) if total else _BASE
    wanted_nbytes = min(max(wanted_nbytes, _SMALLEST), _LARGEST)
    while math.prod(chunks) * itemsize > wanted_nbytes and max(chunks) > 1:
        longest = chunks.index(max(chunks))
        chunks[longest] = -(-chunks[longest] // 2)
    return tuple(chunks)


def normalize_chunks(chunks: Any, shape: Shape, itemsize: int, named: str = "chunks") -> Shape:
    """Chunk shape meant by a ``chunks=`` argument.

    Parameters
    ----------
    chunks
        ``"auto"``, False (one chunk), an integer for every axis, or one entry per axis where -1
        and None mean the whole axis.
    named
        The argument, for errors.

    Raises
    ------
    ValueError
        Wrong number of entries, or an entry that is zero or negative.
    TypeError
        Entries that are not integers.

    Examples
    --------
    >>> normalize_chunks((2, -1), (10, 20), 1)
    (2, 20)
    """
    if isinstance(chunks, str) and chunks == "auto":
        return auto_chunks(shape, itemsize)
    if chunks is False:
        return tuple(max(1, n) for n in shape)
    if chunks is True or chunks is None or isinstance(chunks, str):
        raise TypeError(f"{named} must be 'auto', False, an integer or a tuple, got {chunks!r}")
    entries = tuple(chunks) if hasattr(chunks, "__iter__") else (chunks,) * len(shape)
    if len(entries) != len(shape):
        raise ValueError(
            f"{named} {entries} has {len(entries)} axes, but shape {shape} has {len(shape)}"
        )
    sizes = []
    for axis, (entry, extent) in enumerate(zip(entries, shape, strict=True)):
        size = max(1, extent) if entry in {-1, None} else operator.index(entry)
        if isinstance(entry, bool) or size < 1:
            raise ValueError(
                f"{named}[{axis}] must be >= 1 (or -1 for the whole axis), got {entry}"
            )
        sizes.append(size)
    return tuple(sizes)


def auto_shards(shape: Shape, chunks: Shape, itemsize: int) -> Shape:
    """Shard shape of about 64 MiB, a multiple of the chunk, no larger than the array needs.

    Examples
    --------
    >>> auto_shards((1000, 1000), (100, 100), 4)
    (1000, 1000)
    """
    counts = [1] * len(chunks)
    needed = [max(1, -(-n // c)) for n, c in zip(shape, chunks, strict=True)]
    grows = True
    while grows:
        grows = False
        for axis in range(len(counts)):
            more = min(2 * counts[axis], needed[axis])
            factor = more / counts[axis]
            if factor > 1 and math.prod(counts) * math.prod(chunks) * itemsize * factor <= _SHARD:
                counts[axis], grows = more, True
    return tuple(c * n for c, n in zip(chunks, counts, strict=True))


def normalize_shards(
    chunks: Any, shards: object, shape: Shape, itemsize: int
) -> tuple[Shape, Shape | None, IndexLocation]:
    """Inner chunk shape, shard shape (None without shards) and where the index lies.

    Raises
    ------
    ValueError
        Shards that are not a multiple of the chunks.

    Examples
    --------
    >>> normalize_shards((2,), (6,), (100,), 1)
    ((2,), (6,), 'end')
    """
    location: Any = "end"
    if isinstance(shards, Mapping):
        location = shards.get("index_location", "end")
        shards = shards.get("shape", "auto")
        if location not in {"start", "end"}:
            raise ValueError(f"index_location must be 'start' or 'end', got {location!r}")
    if shards is None:
        return normalize_chunks(chunks, shape, itemsize), None, location
    if isinstance(shards, str) and shards == "auto":
        inner = normalize_chunks(chunks, shape, itemsize)
        if isinstance(chunks, str):
            while math.prod(inner) * itemsize > _INNER and max(inner) > 1:
                longest = inner.index(max(inner))
                inner = (*inner[:longest], -(-inner[longest] // 2), *inner[longest + 1 :])
        return inner, auto_shards(shape, inner, itemsize), location
    outer = normalize_chunks(shards, shape, itemsize, "shards")
    inner = (
        _dividing(outer, itemsize)
        if isinstance(chunks, str) and chunks == "auto"
        else (normalize_chunks(chunks, shape, itemsize))
    )
    for axis, (size, part) in enumerate(zip(outer, inner, strict=True)):
        if size % part:
            raise ValueError(
                f"shards[{axis}] = {size} must be a multiple of chunks[{axis}] = {part}"
            )
    return inner, outer, location


def _dividing(shards: Shape, itemsize: int) -> Shape:
    """Inner chunk of at most 1 MiB that divides a shard, made by halving even axes."""
    inner = list(shards)
    while math.prod(inner) * itemsize > _INNER:
        even = [axis for axis, n in enumerate(inner) if n % 2 == 0]
        if not even:
            break
        longest = max(even, key=inner.__getitem__)
        inner[longest] //= 2
    return tuple(inner)


def rectilinear(sizes: Any) -> bool:
    """Whether sizes are given chunk by chunk for some axis.

    Examples
    --------
    >>> rectilinear([[2, 3], 4]), rectilinear((2, 4))
    (True, False)
    """
    return isinstance(sizes, list | tuple) and any(
        isinstance(entry, list | tuple | np.ndarray) for entry in sizes
    )


def sized_edges(sizes: Any, shape: Shape) -> list[Any]:
    """Sizes of chunks per axis; -1 is one chunk for the whole axis.

    Raises
    ------
    ValueError
        Another number of axes.

    Examples
    --------
    >>> sized_edges([[2, 3], -1], (5, 7))
    [[2, 3], 7]
    """
    if len(sizes) != len(shape):
        raise ValueError(
            f"chunks {sizes} has {len(sizes)} axes, but shape {shape} has {len(shape)}"
        )
    return [
        max(1, extent) if isinstance(entry, int) and entry == -1 else
        list(entry) if isinstance(entry, list | tuple | np.ndarray) else entry
        for entry, extent in zip(sizes, shape, strict=True)
    ]  # fmt: skip

"""Chunk shapes chosen and normalised from what users pass as ``chunks=``."""

import math
import operator
from typing import Any

from frozarr.types import Shape

__all__ = ["auto_chunks", "normalize_chunks"]

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
    target = _BASE * 2 ** max(0.0, math.log10(total / 2**20)) if total else _BASE
    target = min(max(target, _SMALLEST), _LARGEST)
    while math.prod(chunks) * itemsize > target and max(chunks) > 1:
        longest = chunks.index(max(chunks))
        chunks[longest] = -(-chunks[longest] // 2)
    return tuple(chunks)


def normalize_chunks(chunks: Any, shape: Shape, itemsize: int) -> Shape:
    """Chunk shape meant by a ``chunks=`` argument.

    Parameters
    ----------
    chunks
        ``"auto"``, False (one chunk), an integer for every axis, or one entry per axis where -1
        and None mean the whole axis.

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
        raise TypeError(f"chunks must be 'auto', False, an integer or a tuple, got {chunks!r}")
    entries = tuple(chunks) if hasattr(chunks, "__iter__") else (chunks,) * len(shape)
    if len(entries) != len(shape):
        raise ValueError(
            f"chunks {entries} has {len(entries)} axes, but shape {shape} has {len(shape)}"
        )
    sizes = []
    for axis, (entry, extent) in enumerate(zip(entries, shape, strict=True)):
        size = max(1, extent) if entry in {-1, None} else operator.index(entry)
        if isinstance(entry, bool) or size < 1:
            raise ValueError(f"chunks[{axis}] must be >= 1 (or -1 for the whole axis), got {entry}")
        sizes.append(size)
    return tuple(sizes)

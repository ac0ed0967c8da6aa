"""Reading and writing one batch of chunks, as programs that ask for effects.

A program decides nothing about threads and touches no store itself, so threads, event loops and
tests can all run it.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from frozarr.errors import ChunkDecodeError, ChunkNotFoundError, ConflictError
from frozarr.indexing import Plan, gather, scatter, singles
from frozarr.io.access import Access
from frozarr.io.bound import BoundArray
from frozarr.io.kernels.base import (
    BudgetError,
    BytesLike,
    DecodeError,
    MissingCodecError,
    Parts,
)
from frozarr.io.kernels.fill import equal_to_fill
from frozarr.io.policy import POLICY
from frozarr.io.programs.requests import Delete, Get, GetInto, Lock, Program, Put, Sizes
from frozarr.types import AnyArray

__all__ = ["read_chunks", "write_chunks"]

TRIES: Final = 1000
"""How often a chunk is merged again that others change meanwhile."""
_ANY_VERSION: Final[Mapping[str, Hashable]] = MappingProxyType({})
_SPARE_NBYTES = 1024
"""Bytes by which compressed chunks may exceed plain ones, as a guess of their size."""


def read_chunks(array: BoundArray, access: Access, plan: Plan, out: AnyArray) -> Program[None]:
    """Read the chunks of a plan and put what it selects in its place.

    Parameters
    ----------
    array, access
        What is read, and where.
    plan
        Chunks of one shape, that of the array's chain.
    out
        The whole result, shape ``plan.full_shape``.
    """
    keys = access.keys(array.keys(plan))
    if array.chain.raw and array.chain.nbytes:
        staging = yield from _read_raw(array, access, keys)
    else:
        buffers = yield from Get(
            keys, array.chain.nbytes + _SPARE_NBYTES, most_nbytes=most_nbytes(array)
        )
        if one_by_one(array) and len(keys) > 1:
            _place_singly(array, access, plan, keys, buffers, out)
            return
        staging = _decode_all(array, access, keys, buffers)
    scatter(plan, array.chunks_of(staging), out)


def most_nbytes(array: BoundArray) -> int:
    """Bytes that an encoded chunk can have at most."""
    chain = array.chain
    variable = array.variable_nbytes if chain.stored_dtype.hasobject or not chain.nbytes else 0
    return POLICY.most_encoded(max(chain.nbytes, variable))


def one_by_one(array: BoundArray) -> bool:
    """Chunks that are decoded and placed one at a time: large ones, and those of objects.

    Objects needn't go through a staging array.
    """
    chain = array.chain
    return chain.nbytes > POLICY.one_by_one_nbytes or chain.stored_dtype.hasobject


def _place_singly(
    array: BoundArray, access: Access, plan: Plan, keys: Sequence[str],
    buffers: Sequence[BytesLike | None], out: AnyArray,
) -> None:  # fmt: skip
    """Decode and place chunks one by one."""
    scratch = None if array.chain.stored_dtype.hasobject else array.chain.staging(1)[0, ...]
    for single, key, buffer in zip(singles(plan), keys, buffers, strict=True):
        if buffer is None:
            staging = _decode_all(array, access, [key], [None])
        else:
            staging = _decode(array, access, key, buffer, scratch)[np.newaxis]
        scatter(single, array.chunks_of(staging), out)


def _read_raw(array: BoundArray, access: Access, keys: Sequence[str]) -> Program[AnyArray]:
    """Chunks stored as they are: read straight into a staging array."""
    staging = array.chain.staging(len(keys))
    rows = staging.reshape(len(keys), -1).view(np.uint8)
    sizes = yield from GetInto(keys, rows)
    wrong = np.flatnonzero((sizes != array.chain.nbytes) & (sizes >= 0))
    if len(wrong):
        row = int(wrong[0])
        error = DecodeError(f"chunk has {sizes[row]} bytes, expected exactly {array.chain.nbytes}")
        raise located(access, keys[row], error)
    missing = np.flatnonzero(sizes < 0)
    if len(missing):
        check_missing(access, [keys[i] for i in missing.tolist()])
        staging[missing] = array.fill
    return staging


def _decode_all(
    array: BoundArray, access: Access, keys: Sequence[str], buffers: Sequence[BytesLike | None]
) -> AnyArray:
    """Decoded chunks, shape (keys, *stored_shape); the fill value for missing ones."""
    absent = [key for key, buffer in zip(keys, buffers, strict=True) if buffer is None]
    if absent:
        check_missing(access, absent)
    if len(absent) == len(keys):  # one element seen as all of them
        return np.broadcast_to(array.fill, (len(keys), *array.chain.stored_shape))
    if len(keys) == 1 and buffers[0] is not None:  # no copy into a staging array
        return _decode(array, access, keys[0], buffers[0])[np.newaxis]
    if not absent and (decoded := _decode_by_one_call(array, buffers)) is not None:
        return decoded
    staging = array.chain.staging(len(keys))
    for row, (key, buffer) in enumerate(zip(keys, buffers, strict=True)):
        place = staging[row, ...]
        decoded = array.fill if buffer is None else _decode(array, access, key, buffer, place)
        if decoded is not place:
            place[...] = decoded
    return staging


def _decode_by_one_call(array: BoundArray, buffers: Sequence[BytesLike | None]) -> AnyArray | None:
    """All chunks in one call, if the chain can; a corrupt one is left for `_decode` to name."""
    try:
        return array.chain.decode_many([b for b in buffers if b is not None])
    except DecodeError:
        return None


def _decode(
    array: BoundArray, access: Access, key: str, buffer: BytesLike, scratch: AnyArray | None = None
) -> AnyArray:
    try:
        return array.chain.decode(buffer, scratch)
    except DecodeError as error:
        raise located(access, key, error) from error


def located(access: Access, key: str, error: DecodeError) -> ChunkDecodeError:
    """The error of a kernel with the array and the key it concerns."""
    if isinstance(error, MissingCodecError):
        return ChunkDecodeError(
            f"{access.place}: chunk {key!r} can't be decoded here: {error}",
            url=str(access.place), key=key,
        )  # fmt: skip
    if isinstance(error, BudgetError):
        return ChunkDecodeError(
            f"{access.place}: chunk {key!r} is too large, or corrupt: {error}. If it is right, "
            "raise config(variable_chunk_nbytes=...): it is for chunks of text and objects, others "
            "have as many bytes as the document says",
            url=str(access.place), key=key,
        )  # fmt: skip
    return ChunkDecodeError(
        f"{access.place}: chunk {key!r} is corrupt: {error}. Restore it from a copy, or delete "
        "the key to read the fill value instead",
        url=str(access.place), key=key,
    )  # fmt: skip


def check_missing(access: Access, keys: Sequence[str]) -> None:
    """Refuse missing chunks if the config asks for that."""
    if keys and not access.config.read_missing_chunks:
        shown = ", ".join(keys[:5]) + (", …" if len(keys) > 5 else "")
        raise ChunkNotFoundError(
            f"{access.place}: {len(keys)} chunks are missing: {shown}; set "
            "read_missing_chunks=True to read the fill value instead",
            url=str(access.place), key=keys[0], keys=tuple(keys),
        )  # fmt: skip


# ---------------------------------------------------------------------- writing


def write_chunks(array: BoundArray, access: Access, plan: Plan, values: AnyArray) -> Program[None]:
    """Write what a plan selects: whole chunks are encoded, others read and merged first.

    Parameters
    ----------
    array, access
        What is written, and where.
    plan
        Chunks of one shape, that of the array's chain.
    values
        All values of the selection, shape ``plan.full_shape``.
    """
    keys = access.keys(array.keys(plan))
    yield from Lock(keys)
    refused = yield from _write(array, access, plan, keys, values)
    if refused:
        single = dict(zip(keys, singles(plan), strict=True))
        for key in refused:  # others wrote to them: merged with what they hold now
            writing = (_write(array, access, single[key], [key], values) for _ in range(TRIES))
            yield from until_stored(access, key, writing)


def until_stored(
    access: Access, key: str, attempts: Iterable[Program[Sequence[str]]]
) -> Program[None]:
    """Run one attempt to store a key after the other, until it is not refused.

    Raises
    ------
    ConflictError
        Others were faster each time.
    """
    count = 0
    for attempt in attempts:
        if not (yield from attempt):
            return
        count += 1
    raise ConflictError(
        f"{access.place}: chunk {key!r} was changed by others each time of {count} while it was "
        "merged with new values; it is as they left it. Write it again, or have fewer write it",
        url=str(access.place), key=key,
    )  # fmt: skip


def _write(
    array: BoundArray, access: Access, plan: Plan, keys: Sequence[str], values: AnyArray
) -> Program[Sequence[str]]:
    """Merge and store chunks; the keys that were not stored, because others changed them."""
    whole = plan.whole() if array.fields is None else np.zeros(len(plan), bool)
    partial = np.flatnonzero(~whole).tolist()
    stored: dict[str, BytesLike | None] = {}
    versions: list[Hashable] = []
    if partial:
        wanted = [keys[row] for row in partial]
        buffers = yield from Get(
            wanted, array.chain.nbytes + _SPARE_NBYTES, versions, most_nbytes(array)
        )
        stored = dict(zip(wanted, buffers, strict=True))
    made: list[tuple[str, BytesLike | None]] = []
    # large chunks are merged and encoded one by one, while they are in the processor's cache
    large = array.chain.nbytes > POLICY.one_by_one_nbytes and bool(partial)
    for part in singles(plan) if large else [plan]:
        some = [keys[len(made)]] if large else keys
        encoded = _rewritten(array, access, part, some, values, stored)
        made += zip(some, encoded, strict=True)
    expected = dict(zip(stored, versions, strict=False))
    return (yield from store_made(array, access, made, expected))


def store_made(
    array: BoundArray, access: Access, made: Sequence[tuple[str, BytesLike | None]],
    expected: Mapping[str, Hashable] = _ANY_VERSION,
) -> Program[Sequence[str]]:  # fmt: skip
    """Store encoded chunks; delete those that hold nothing but the fill value (None).

    Parameters
    ----------
    expected
        Versions that some keys still must have.

    Returns
    -------
    sequence of str
        The keys that have another version, and were not changed.
    """
    empty = [key for key, value in made if value is None]
    full = [(key, value) for key, value in made if value is not None]
    if empty and not access.store.supports_deletes:
        sizes = yield from Sizes(empty)
        there = [key for key, size in zip(empty, sizes, strict=True) if size is not None]
        full += [(key, array.chain.encode_empty(array.fill)) for key in there]
        empty = []
    return (yield from store_values(empty, dict(full), expected))


def store_values(
    empty: Sequence[str], full: Mapping[str, BytesLike | Parts], expected: Mapping[str, Hashable]
) -> Program[Sequence[str]]:
    """Delete some keys and set others, if they have the versions that are expected of them.

    Returns
    -------
    sequence of str
        The keys that have another version, and were not changed.
    """
    refused: list[str] = []
    if empty:
        refused += (yield from Delete(empty, _of(empty, expected))) or ()
    if full:
        putting = Put(list(full), list(full.values()), _of(full, expected))
        refused += (yield from putting) or ()
    return refused


def _of(keys: Iterable[str], expected: Mapping[str, Hashable]) -> list[Hashable] | None:
    return [expected.get(key) for key in keys] if expected else None


def _rewritten(
    array: BoundArray, access: Access, plan: Plan, keys: Sequence[str], values: AnyArray,
    stored: Mapping[str, BytesLike | None],
) -> list[BytesLike | None]:  # fmt: skip
    """New bytes of some chunks; None for those that hold nothing but the fill value.

    Parameters
    ----------
    stored
        Present bytes of the chunks that the plan does not cover wholly.
    """
    chain = array.chain
    staging = chain.staging(len(keys), values)
    partial = [row for row, key in enumerate(keys) if key in stored]
    for row in partial:
        buffer = stored[keys[row]]
        staging[row, ...] = (
            array.fill if buffer is None else _decode(array, access, keys[row], buffer)
        )
    if len(partial) < len(keys):
        _fill_overhang(array, plan, staging, partial)
    gather(plan, values, array.chunks_of(staging))
    if access.config.write_empty_chunks:
        return list(chain.encode_many(staging, range(len(keys))))
    filled = np.flatnonzero(~equal_to_fill(staging, array.fill)).tolist()
    made: list[BytesLike | None] = [None] * len(keys)
    for row, encoded in zip(filled, chain.encode_many(staging, filled), strict=True):
        made[row] = encoded
    return made


def _fill_overhang(
    array: BoundArray, plan: Plan, staging: AnyArray, partial: Sequence[int]
) -> None:
    """Fill whole chunks that reach beyond the array, so that what lies there is defined."""
    short = plan.counts() < math.prod(array.chain.chunk_shape)
    short[list(partial)] = False
    if short.any():
        staging[short] = array.fill


def rehearse(array: BoundArray, plan: Plan, values: AnyArray) -> None:
    """Encode the chunks of a plan for nothing, so that a refused value is known before any effect.

    Raises
    ------
    ValueError
        A codec can't store a value.
    """
    staging = array.chain.staging(len(plan), values)
    staging[...] = array.fill
    gather(plan, values, array.chunks_of(staging))
    for row in range(len(staging)):
        array.chain.encode(staging[row, ...])

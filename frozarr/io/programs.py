"""Reading and writing one batch of chunks, as programs that ask for effects.

A program is a generator: it yields requests and is sent the answers, so threads, event loops and
tests can all run it. It decides nothing about threads and touches no store itself.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.errors import ChunkDecodeError, ChunkNotFoundError
from frozarr.indexing import Plan, gather, scatter, singles
from frozarr.io.kernels.base import BytesLike, DecodeError
from frozarr.io.kernels.shard import equal_to_fill
from frozarr.io.requests import Answer, Delete, Get, GetInto, Lock, Put, Request, Sizes
from frozarr.io.target import Target

__all__ = ["Program", "read_batch", "write_batch"]

_LARGE = 128 * 1024
AnyArray: TypeAlias = npt.NDArray[Any]
Program: TypeAlias = Generator[Request, Answer, Any]


def read_batch(target: Target, plan: Plan, out: AnyArray) -> Program:
    """Read the chunks of a plan and put what it selects in its place.

    Parameters
    ----------
    out
        The whole result, shape ``plan.full_shape``.
    """
    keys = target.keys(plan)
    if target.chain.raw and target.chain.nbytes:
        staging = yield from _read_raw(target, keys)
    else:
        buffers = yield Get(keys, target.chain.nbytes + 1024)
        if one_by_one(target) and len(keys) > 1:
            _place_singly(target, plan, keys, buffers, out)
            return
        staging = _decode_all(target, keys, buffers)
    scatter(plan, target.chunks_of(staging), out)


def one_by_one(target: Target) -> bool:
    """Chunks that are decoded and placed one at a time: large ones, and those of objects.

    Each is still in the processor's cache then, and objects needn't go through a staging array.
    """
    return target.chain.nbytes > _LARGE or target.chain.stored_dtype.hasobject


def _place_singly(
    target: Target, plan: Plan, keys: Sequence[str], buffers: Sequence[BytesLike | None],
    out: AnyArray,
) -> None:  # fmt: skip
    """Decode and place chunks one by one."""
    for single, key, buffer in zip(singles(plan), keys, buffers, strict=True):
        staging = _decode_all(target, [key], [buffer])
        scatter(single, target.chunks_of(staging), out)


def _read_raw(target: Target, keys: Sequence[str]) -> Generator[Request, Answer, AnyArray]:
    """Chunks stored as they are: read straight into a staging array."""
    staging = target.chain.staging(len(keys))
    rows = staging.reshape(len(keys), -1).view(np.uint8)
    sizes = yield GetInto(keys, rows)
    wrong = np.flatnonzero((sizes != target.chain.nbytes) & (sizes >= 0))
    if len(wrong):
        row = int(wrong[0])
        error = DecodeError(f"chunk has {sizes[row]} bytes, expected exactly {target.chain.nbytes}")
        raise located(target, keys[row], error)
    missing = np.flatnonzero(sizes < 0)
    if len(missing):
        check_missing(target, [keys[i] for i in missing.tolist()])
        staging[missing] = target.fill
    return staging


def _decode_all(
    target: Target, keys: Sequence[str], buffers: Sequence[BytesLike | None]
) -> AnyArray:
    """Decoded chunks, shape (keys, *stored_shape); the fill value for missing ones."""
    absent = [key for key, buffer in zip(keys, buffers, strict=True) if buffer is None]
    if absent:
        check_missing(target, absent)
    if len(absent) == len(keys):  # one element seen as all of them
        return np.broadcast_to(target.fill, (len(keys), *target.chain.stored_shape))
    if len(keys) == 1 and buffers[0] is not None:  # no copy into a staging array
        return _decode(target, keys[0], buffers[0])[np.newaxis]
    if not absent and (decoded := _decode_together(target, buffers)) is not None:
        return decoded
    staging = target.chain.staging(len(keys))
    for row, (key, buffer) in enumerate(zip(keys, buffers, strict=True)):
        staging[row, ...] = target.fill if buffer is None else _decode(target, key, buffer)
    return staging


def _decode_together(target: Target, buffers: Sequence[BytesLike | None]) -> AnyArray | None:
    """All chunks in one call, if the chain can; a corrupt one is left for `_decode` to name."""
    try:
        return target.chain.decode_many([b for b in buffers if b is not None])
    except DecodeError:
        return None


def _decode(target: Target, key: str, buffer: BytesLike) -> AnyArray:
    try:
        return target.chain.decode(buffer)
    except DecodeError as error:
        raise located(target, key, error) from error


def located(target: Target, key: str, error: DecodeError) -> ChunkDecodeError:
    """The error of a kernel with the array and the key it concerns."""
    return ChunkDecodeError(
        f"{target.place}: chunk {key!r} is corrupt: {error}. Restore it from a copy, or delete "
        "the key to read the fill value instead",
        url=str(target.place), key=key,
    )  # fmt: skip


def check_missing(target: Target, keys: Sequence[str]) -> None:
    """Refuse missing chunks if the config asks for that."""
    if keys and not target.config.read_missing_chunks:
        shown = ", ".join(keys[:5]) + (", …" if len(keys) > 5 else "")
        raise ChunkNotFoundError(
            f"{target.place}: {len(keys)} chunks are missing: {shown}; set "
            "read_missing_chunks=True to read the fill value instead",
            url=str(target.place), key=keys[0], keys=tuple(keys),
        )  # fmt: skip


def write_batch(target: Target, plan: Plan, values: AnyArray) -> Program:
    """Write what a plan selects: whole chunks are encoded, others read and merged first.

    Parameters
    ----------
    values
        All values of the selection, shape ``plan.full_shape``.
    """
    keys = target.keys(plan)
    yield Lock(keys)
    whole = plan.whole() if target.fields is None else np.zeros(len(plan), bool)
    partial = np.flatnonzero(~whole).tolist()
    stored: dict[str, BytesLike | None] = {}
    if partial:
        wanted = [keys[row] for row in partial]
        buffers = yield Get(wanted, target.chain.nbytes + 1024)
        stored = dict(zip(wanted, buffers, strict=True))
    empty: list[str] = []
    full: list[tuple[str, BytesLike]] = []
    # large chunks are merged and encoded one by one, while they are in the processor's cache
    large = target.chain.nbytes > _LARGE and bool(partial)
    for part in singles(plan) if large else [plan]:
        some = [keys[len(empty) + len(full)]] if large else keys
        for key, value in zip(some, _rewritten(target, part, some, values, stored), strict=True):
            if value is None:
                empty.append(key)
            else:
                full.append((key, value))
    if empty and not target.place.store.supports_deletes:
        full += yield from empty_but_stored(empty, target.chain.encode_empty(target.fill))
    elif empty:
        yield Delete(empty)
    if full:
        yield Put([key for key, _ in full], [value for _, value in full])


def empty_but_stored(
    keys: Sequence[str], value: BytesLike
) -> Generator[Request, Answer, list[tuple[str, BytesLike]]]:
    """For a store that can't delete: what to put instead, for keys that exist."""
    sizes = yield Sizes(keys)
    return [(key, value) for key, size in zip(keys, sizes, strict=True) if size is not None]


def _rewritten(
    target: Target, plan: Plan, keys: Sequence[str], values: AnyArray,
    stored: Mapping[str, BytesLike | None],
) -> list[BytesLike | None]:  # fmt: skip
    """New bytes of some chunks; None for those that hold nothing but the fill value.

    Parameters
    ----------
    stored
        Present bytes of the chunks that the plan does not cover wholly.
    """
    chain = target.chain
    staging = chain.staging(len(keys), values)
    partial = [row for row, key in enumerate(keys) if key in stored]
    for row in partial:
        buffer = stored[keys[row]]
        staging[row, ...] = target.fill if buffer is None else _decode(target, keys[row], buffer)
    if len(partial) < len(keys):
        _fill_overhang(target, plan, staging, partial)
    gather(plan, values, target.chunks_of(staging))
    if target.config.write_empty_chunks:
        return list(chain.encode_many(staging, range(len(keys))))
    filled = np.flatnonzero(~equal_to_fill(staging, target.fill)).tolist()
    found: list[BytesLike | None] = [None] * len(keys)
    for row, encoded in zip(filled, chain.encode_many(staging, filled), strict=True):
        found[row] = encoded
    return found


def _fill_overhang(target: Target, plan: Plan, staging: AnyArray, partial: Sequence[int]) -> None:
    """Give whole chunks that reach beyond the array defined content there."""
    volume = math.prod(target.chain.chunk_shape)
    counts = plan.counts()
    short = counts < volume
    short[list(partial)] = False
    if short.any():
        staging[short] = target.fill

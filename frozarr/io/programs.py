"""Reading and writing one batch of chunks, as programs that ask for effects.

A program is a generator: it yields requests and is sent the answers, so threads, event loops and
tests can all run it. It decides nothing about threads and touches no store itself.
"""

import math
from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.errors import ChunkDecodeError, ChunkNotFoundError
from frozarr.indexing import Plan, gather, scatter
from frozarr.io.kernels.base import BytesLike, DecodeError
from frozarr.io.kernels.shard import equal_to_fill
from frozarr.io.requests import Answer, Delete, Get, GetInto, Lock, Put, Request
from frozarr.io.target import Target

__all__ = ["Program", "read_batch", "write_batch"]

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
        hint = target.chain.nbytes + 1024
        staging = _decode_all(target, keys, (yield Get(keys, hint)))
    scatter(plan, target.chain.logical(staging), out)


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
        staging[row] = target.fill if buffer is None else _decode(target, key, buffer)
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
    chain = target.chain
    staging = chain.staging(len(keys))
    partial = np.flatnonzero(~plan.whole()).tolist()
    if partial:
        wanted = [keys[row] for row in partial]
        buffers = yield Get(wanted, chain.nbytes + 1024)
        for row, key, buffer in zip(partial, wanted, buffers, strict=True):
            staging[row] = target.fill if buffer is None else _decode(target, key, buffer)
    if len(partial) < len(keys):
        _fill_overhang(target, plan, staging, partial)
    gather(plan, values, chain.logical(staging))
    yield from _store(target, keys, staging)


def _fill_overhang(target: Target, plan: Plan, staging: AnyArray, partial: Sequence[int]) -> None:
    """Give whole chunks that reach beyond the array defined content there."""
    volume = math.prod(target.chain.chunk_shape)
    counts = plan.counts()
    short = counts < volume
    short[list(partial)] = False
    if short.any():
        staging[short] = target.fill


def _store(target: Target, keys: Sequence[str], staging: AnyArray) -> Program:
    """Put chunks that hold something, delete those that hold only the fill value."""
    rows: Sequence[int] = range(len(keys))
    if not target.config.write_empty_chunks:
        empty = equal_to_fill(staging, target.fill)
        if empty.any():
            yield Delete([keys[row] for row in np.flatnonzero(empty).tolist()])
            rows = np.flatnonzero(~empty).tolist()
    if len(rows):
        yield Put([keys[row] for row in rows], target.chain.encode_many(staging, rows))

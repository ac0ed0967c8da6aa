"""Reading and writing batches of shards: the index first, then only what is touched.

Programs like those of `frozarr.io.programs`; work inside a shard is columnar over inner chunks.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.errors import RangeNotSatisfiableError
from frozarr.indexing import Plan, gather, scatter, singles
from frozarr.indexing.coalesce import Merged, coalesce
from frozarr.indexing.shard import Located, first_inner, inner_ids, refine, write_order
from frozarr.io.byte_requests import ByteRequest, RangeByteRequest, SuffixByteRequest
from frozarr.io.kernels.base import BytesLike, DecodeError, Parts, as_bytes_view
from frozarr.io.kernels.shard import ShardFormat, equal_to_fill
from frozarr.io.programs import Program, check_missing, empty_but_stored, located
from frozarr.io.requests import Answer, Delete, Get, GetRanges, Lock, Put, Request, Versions
from frozarr.io.target import Target
from frozarr.types import Shape

__all__ = ["read_shards", "write_shards"]

AnyArray: TypeAlias = npt.NDArray[Any]
Indices: TypeAlias = npt.NDArray[np.int64]
_TRIES = 3
_ZERO = np.zeros(1, np.int64)


class Touched(NamedTuple):
    """One shard of a batch, and the inner chunks of it that are touched."""

    key: str
    plan: Plan
    """The selection in this shard, cut into inner chunks."""
    ids: Indices
    """Their positions in the index, in the plan's order."""
    first: Shape | None
    """Where the shard begins; see `first_inner`."""


def touched_shards(target: Target, shard: ShardFormat, batch: Plan) -> list[Touched]:
    """The shards of a batch."""
    keys = target.keys(batch)
    found = []
    for key, one in zip(keys, singles(batch), strict=True):
        inner = refine(one, shard.inner_shape)
        first = first_inner(one, shard.inner_shape)
        found.append(Touched(key, inner, inner_ids(inner, shard.grid_shape, first), first))
    return found


# ------------------------------------------------------------------ reading


def read_shards(target: Target, shard: ShardFormat, batch: Plan, out: AnyArray) -> Program:
    """Read the shards of a plan and put what it selects in its place.

    A shard of which most is wanted is fetched whole; of others the index comes first, then the
    byte ranges of the inner chunks wanted, merged across small gaps, for all shards at once.
    """
    touched = touched_shards(target, shard, batch)
    whole = [t for t in touched if 2 * len(t.ids) > shard.count]
    parts = [t for t in touched if 2 * len(t.ids) <= shard.count]
    if whole:
        yield from _read_whole(target, shard, whole, out)
    for _ in range(_TRIES):
        if not parts:
            return
        # shards that were replaced between their index and their data are read again
        parts = yield from _read_parts(target, shard, parts, out)
    if parts:
        yield from _read_whole(target, shard, parts, out)


def _read_whole(
    target: Target, shard: ShardFormat, touched: Sequence[Touched], out: AnyArray
) -> Program:
    keys = [t.key for t in touched]
    values = yield Get(keys, target.chain.nbytes + shard.index_nbytes)
    check_missing(target, [k for k, v in zip(keys, values, strict=True) if v is None])
    for each, value in zip(touched, values, strict=True):
        if value is None:
            _place(target, shard, each, b"", _nothing(len(each.ids)), out)
            continue
        try:
            view, index = shard.split(value)
            where = shard.locate(index, each.ids)
        except DecodeError as error:
            raise located(target, each.key, error) from error
        _place(target, shard, each, view, where, out)


def _nothing(count: int) -> Located:
    zeros = np.zeros(count, np.int64)
    return Located(zeros, zeros, np.zeros(count, bool))


def _place(
    target: Target, shard: ShardFormat, touched: Touched, data: BytesLike, where: Located,
    out: AnyArray,
) -> None:  # fmt: skip
    """Decode inner chunks, as many at a time as a batch may hold, and put them in their place."""
    limit = max(1, target.config.batch_nbytes // max(1, shard.chain.nbytes))
    if len(touched.ids) <= 2 * limit:
        scatter(touched.plan, _decoded(target, shard, touched, data, where), out)
        return
    by_id = np.full(shard.count, -1, np.int64)
    by_id[touched.ids] = np.arange(len(touched.ids))
    for part in touched.plan.batches(limit):
        ids = inner_ids(part, shard.grid_shape, touched.first)
        rows = by_id[ids]
        some = Located(where.offset[rows], where.nbytes[rows], where.present[rows])
        one = Touched(touched.key, part, ids, touched.first)
        scatter(part, _decoded(target, shard, one, data, some), out)


def _decoded(
    target: Target, shard: ShardFormat, touched: Touched, data: BytesLike, where: Located
) -> AnyArray:
    if not where.present.any():
        # one element seen as all of them
        nothing = np.broadcast_to(shard.fill, (len(touched.ids), *shard.chain.stored_shape))
        return target.fields_of(shard.chain.logical(nothing))
    try:
        return target.fields_of(shard.chain.logical(shard.decode_inner(data, where)))
    except DecodeError as error:
        raise located(target, touched.key, error) from error


def _index_range(shard: ShardFormat) -> ByteRequest:
    if shard.location == "start":
        return RangeByteRequest(0, shard.index_nbytes)
    return SuffixByteRequest(shard.index_nbytes)


def _read_parts(
    target: Target, shard: ShardFormat, touched: Sequence[Touched], out: AnyArray
) -> Generator[Request, Answer, list[Touched]]:
    """Read parts of shards; those that must be read again."""
    keys = [t.key for t in touched]
    before = yield Versions(keys)
    found = yield from _locate(target, shard, touched, before)
    merged = [_merge(target, where) for where in found]
    asked = [
        (key, RangeByteRequest(first, last))
        for key, ranges in zip(keys, merged, strict=True)
        for first, last in zip(ranges.start.tolist(), ranges.stop.tolist(), strict=True)
        if last > first
    ]
    try:
        answers = (yield GetRanges(*map(list, zip(*asked, strict=True)))) if asked else []
    except RangeNotSatisfiableError as error:
        answers, asked = None, []
        failed: Exception | None = error
    else:
        failed = None
    after = yield Versions(keys)
    again = [t for t, a, b in zip(touched, before, after, strict=True) if a != b]
    if answers is None:
        if again:
            return list(touched)
        key = getattr(failed, "key", None) or keys[0]
        raise located(target, key, DecodeError(f"the index points outside the shard: {failed}"))
    data = iter(zip(asked, answers, strict=True))
    for each, where, ranges in zip(touched, found, merged, strict=True):
        joined = _joined(target, each.key, ranges, data, changed=each in again)
        if joined is None:
            continue
        blob, base = joined
        moved = Located(where.offset.copy(), where.nbytes, where.present)
        moved.offset[where.present] = base[ranges.member] + ranges.within
        _place(target, shard, each, blob, moved, out)
    return again


def _locate(
    target: Target, shard: ShardFormat, touched: Sequence[Touched], versions: Sequence[Any]
) -> Generator[Request, Answer, list[Located]]:
    """Where the inner chunks lie: by indexes still known, the others are read."""
    store = target.place.store
    settled = [store.is_settled(version) for version in versions]
    known = [target.indexes.get(t.key, v) for t, v in zip(touched, versions, strict=True)]
    asked = [t.key for t, index in zip(touched, known, strict=True) if index is None]
    try:
        answers = (yield GetRanges(asked, [_index_range(shard)] * len(asked))) if asked else []
    except RangeNotSatisfiableError as error:
        shorter = DecodeError(f"shard is truncated, it is shorter than its index: {error}")
        raise located(target, error.key or asked[0], shorter) from error
    check_missing(target, [k for k, v in zip(asked, answers, strict=True) if v is None])
    read = iter(answers)
    found = []
    for each, version, lasting, kept in zip(touched, versions, settled, known, strict=True):
        index = kept
        try:
            if index is None and (encoded := next(read)) is not None:
                index = shard.checked_index(encoded)
                if lasting:
                    target.indexes.put(each.key, version, index)
            found.append(
                _nothing(len(each.ids)) if index is None else shard.locate(index, each.ids)
            )
        except DecodeError as error:
            raise located(target, each.key, error) from error
    return found


def _merge(target: Target, where: Located) -> Merged:
    gap = target.config.coalesce_gap_nbytes
    return coalesce(
        where.offset[where.present],
        where.nbytes[where.present],
        gap=target.place.store.coalesce_gap_nbytes if gap is None else gap,
        maximum=target.config.coalesce_max_nbytes,
    )


def _joined(
    target: Target, key: str, ranges: Merged, data: Iterator[Any], *, changed: bool
) -> tuple[BytesLike, Indices] | None:
    """The bytes of a shard's merged ranges side by side, and where each starts in them."""
    sizes = ranges.stop - ranges.start
    parts: list[bytes | memoryview] = []
    for size in sizes.tolist():
        part = next(data)[1] if size else b""
        if part is None or len(part) != size:
            if changed:
                continue
            got = "nothing" if part is None else f"{len(part)} bytes"
            raise located(
                target,
                key,
                DecodeError(f"shard is truncated: got {got} where {size} bytes were due"),
            )
        parts.append(part if isinstance(part, bytes) else as_bytes_view(part))
    if changed:
        return None
    if len(parts) == 1:
        return parts[0], _ZERO
    return b"".join(parts), np.cumsum(sizes) - sizes


# ------------------------------------------------------------------ writing


def write_shards(target: Target, shard: ShardFormat, batch: Plan, values: AnyArray) -> Program:
    """Write what a plan selects: one put per shard, untouched inner chunks stay as coded."""
    touched = touched_shards(target, shard, batch)
    keys = [t.key for t in touched]
    yield Lock(keys)
    whole = batch.whole().tolist() if target.fields is None else [False] * len(keys)
    wanted = [key for key, all_of_it in zip(keys, whole, strict=True) if not all_of_it]
    hint = target.chain.nbytes + shard.index_nbytes
    stored = dict(zip(wanted, (yield Get(wanted, hint)), strict=True)) if wanted else {}
    made: dict[str, Parts | None] = {}
    for each in touched:
        try:
            made[each.key] = _rewritten(target, shard, each, values, stored.get(each.key))
        except DecodeError as error:
            raise located(target, each.key, error) from error
    empty = [key for key, value in made.items() if value is None]
    full: dict[str, BytesLike | Parts] = {
        key: value for key, value in made.items() if value is not None
    }
    if empty and not target.place.store.supports_deletes:
        # no inner chunk present: an index alone
        hollow = shard.encode(np.broadcast_to(shard.fill, shard.shard_shape))
        full |= dict((yield from empty_but_stored(empty, hollow)))
    elif empty:
        yield Delete(empty)
    if full:
        yield Put(list(full), list(full.values()))


def _rewritten(
    target: Target, shard: ShardFormat, touched: Touched, values: AnyArray, old: BytesLike | None
) -> Parts | None:
    """New bytes of a shard; None if nothing but the fill value is left in it."""
    chain = shard.chain
    staging = chain.staging(len(touched.ids), values)
    partial = ~touched.plan.whole() | (target.fields is not None)
    short = touched.plan.counts() < int(np.prod(shard.inner_shape, dtype=np.int64))
    staging[partial | short] = shard.fill
    view, kept = b"", _nothing(shard.count)
    if old is not None:
        view, index = shard.split(old)  # type: ignore[assignment]  # any bytes
        kept = shard.locate(index, np.arange(shard.count))
        rows = np.flatnonzero(partial & kept.present[touched.ids])
        if len(rows):
            ids = touched.ids[rows]
            some = Located(kept.offset[ids], kept.nbytes[ids], kept.present[ids])
            staging[rows] = shard.decode_inner(view, some)
    gather(touched.plan, values, target.fields_of(chain.logical(staging)))
    filled = np.ones(len(staging), bool)
    if not target.config.write_empty_chunks:
        filled = ~equal_to_fill(staging, shard.fill)
    row_of = np.full(shard.count, -1, np.int64)
    row_of[touched.ids[filled]] = np.flatnonzero(filled)
    remains = kept.present.copy()
    remains[touched.ids] = False
    order = write_order(shard.grid_shape, target.config.inner_order)
    order = order[(row_of[order] >= 0) | remains[order]]
    if not remains.any():
        return shard.encode_rows(staging, row_of[order], order)
    parts: list[BytesLike] = [
        chain.encode(staging[row, ...])
        if (row := row_of[i]) >= 0
        else view[kept.offset[i] : kept.offset[i] + kept.nbytes[i]]
        for i in order.tolist()
    ]
    return shard.assemble(parts, order)

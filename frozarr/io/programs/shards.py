"""Reading and writing batches of shards: the index first, then only what is touched.

Programs like those of chunks; work inside a shard is columnar over inner chunks.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from frozarr.errors import RangeNotSatisfiableError
from frozarr.indexing import (
    Located,
    Merged,
    Plan,
    coalesce,
    first_inner,
    gather,
    inner_ids,
    refine,
    scatter,
    singles,
    write_order,
)
from frozarr.io.access import Access
from frozarr.io.bound import BoundArray
from frozarr.io.byte_requests import ByteRequest, RangeByteRequest, SuffixByteRequest
from frozarr.io.kernels.base import BytesLike, DecodeError, Parts, as_bytes_view
from frozarr.io.kernels.fill import equal_to_fill
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.policy import POLICY
from frozarr.io.programs.chunks import (
    TRIES,
    check_missing,
    located,
    most_nbytes,
    store_values,
    until_stored,
)
from frozarr.io.programs.requests import (
    Get,
    GetRanges,
    Lock,
    Program,
    Sizes,
    Versions,
)
from frozarr.types import AnyArray, Shape

__all__ = ["read_shards", "write_shards"]

Indices = npt.NDArray[np.int64]
_TRIES = 3
"""How often a shard that is being replaced is read in parts, before it is read whole."""
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


def touched_shards(
    array: BoundArray, access: Access, shard: ShardFormat, batch: Plan
) -> list[Touched]:
    """The shards of a batch."""
    keys = access.keys(array.keys(batch))
    touched = []
    for key, one in zip(keys, singles(batch), strict=True):
        inner = refine(one, shard.inner_shape)
        first = first_inner(one, shard.inner_shape)
        touched.append(Touched(key, inner, inner_ids(inner, shard.grid_shape, first), first))
    return touched


# ------------------------------------------------------------------ reading


def read_shards(
    array: BoundArray, access: Access, shard: ShardFormat, batch: Plan, out: AnyArray
) -> Program[None]:
    """Read the shards of a plan and put what it selects in its place.

    A shard of which most is wanted is fetched whole; of others the index comes first, then the
    byte ranges of the inner chunks wanted, merged across small gaps, for all shards at once.
    """
    touched = touched_shards(array, access, shard, batch)
    wanted = [POLICY.wants_whole_shard(len(t.ids), shard.count) for t in touched]
    whole = [t for t, all_of_it in zip(touched, wanted, strict=True) if all_of_it]
    parts = [t for t, all_of_it in zip(touched, wanted, strict=True) if not all_of_it]
    if whole:
        yield from _read_whole(array, access, shard, whole, out)
    for _ in range(_TRIES):
        if not parts:
            return
        # shards that were replaced between their index and their data are read again
        parts = yield from _read_parts(array, access, shard, parts, out)
    if parts:
        yield from _read_whole(array, access, shard, parts, out)


def _read_whole(
    array: BoundArray, access: Access, shard: ShardFormat, touched: Sequence[Touched], out: AnyArray
) -> Program[None]:
    keys = [t.key for t in touched]
    nbytes = array.chain.nbytes + shard.index_nbytes
    most = _most(array, shard)
    values = yield from Get(keys, nbytes, most_nbytes=most)
    check_missing(access, [k for k, v in zip(keys, values, strict=True) if v is None])
    for each, value in zip(touched, values, strict=True):
        if value is None:
            _place(array, access, shard, each, b"", _nothing(len(each.ids)), out)
            continue
        try:
            view, index = shard.split(value)
            where = shard.locate(index, each.ids)
        except DecodeError as error:
            raise located(access, each.key, error) from error
        _place(array, access, shard, each, view, where, out)


def _most(array: BoundArray, shard: ShardFormat) -> int:
    """Bytes that a shard can have at most."""
    return most_nbytes(array) + POLICY.most_encoded(shard.index_nbytes)


def _nothing(count: int) -> Located:
    zeros = np.zeros(count, np.int64)
    return Located(zeros, zeros, np.zeros(count, bool))


def _place(
    array: BoundArray, access: Access, shard: ShardFormat, touched: Touched, buffer: BytesLike,
    where: Located, out: AnyArray,
) -> None:  # fmt: skip
    """Decode inner chunks, as many at a time as a batch may hold, and put them in their place."""
    limit = max(1, access.config.batch_nbytes // max(1, shard.chain.nbytes))
    if len(touched.ids) <= 2 * limit:
        scatter(touched.plan, _decoded(array, access, shard, touched, buffer, where), out)
        return
    by_id = np.full(shard.count, -1, np.int64)
    by_id[touched.ids] = np.arange(len(touched.ids))
    for part in touched.plan.batches(limit):
        ids = inner_ids(part, shard.grid_shape, touched.first)
        rows = by_id[ids]
        some = Located(where.offset[rows], where.nbytes[rows], where.present[rows])
        one = Touched(touched.key, part, ids, touched.first)
        scatter(part, _decoded(array, access, shard, one, buffer, some), out)


def _decoded(
    array: BoundArray, access: Access, shard: ShardFormat, touched: Touched, buffer: BytesLike,
    where: Located,
) -> AnyArray:  # fmt: skip
    if not where.present.any():
        # one element seen as all of them
        nothing = np.broadcast_to(shard.fill, (len(touched.ids), *shard.chain.stored_shape))
        return array.fields_of(shard.chain.logical(nothing))
    try:
        return array.fields_of(shard.chain.logical(shard.decode_inner(buffer, where)))
    except DecodeError as error:
        raise located(access, touched.key, error) from error


def _index_range(shard: ShardFormat) -> ByteRequest:
    if shard.location == "start":
        return RangeByteRequest(0, shard.index_nbytes)
    return SuffixByteRequest(shard.index_nbytes)


def _read_parts(
    array: BoundArray, access: Access, shard: ShardFormat, touched: Sequence[Touched], out: AnyArray
) -> Program[list[Touched]]:
    """Read parts of shards; those that must be read again."""
    keys = [t.key for t in touched]
    before = yield from Versions(keys)
    most = _most(array, shard)
    located_in, witnesses = yield from _locate(access, shard, touched, before, most)
    merged = [_merge(access, where) for where in located_in]
    asked = [
        (key, RangeByteRequest(first, last))
        for key, ranges in zip(keys, merged, strict=True)
        for first, last in zip(ranges.start.tolist(), ranges.stop.tolist(), strict=True)
        if last > first
    ]
    failed: RangeNotSatisfiableError | None = None
    parts: list[BytesLike | None] = []
    versions: list[Hashable] = []
    asked_keys = [key for key, _ in asked]
    try:
        if asked:
            asked_ranges = [part for _, part in asked]
            parts = yield from GetRanges(asked_keys, asked_ranges, versions, most)
    except RangeNotSatisfiableError as error:
        failed = error
    if any(version is not None for version in before):
        # the store can tell for certain
        after = yield from Versions(keys)
        changed = {k for k, a, b in zip(keys, before, after, strict=True) if a != b}
    elif failed is not None:
        changed = set(keys)
    else:
        told = zip(asked_keys, versions, strict=True) if versions else None
        changed = yield from _changed(shard, witnesses, asked_keys, told)
    again = [t for t in touched if t.key in changed]
    if failed is not None:
        if again:
            return list(touched)
        outside = DecodeError(f"the index points outside the shard: {failed}")
        raise located(access, failed.key or keys[0], outside)
    pieces = iter(parts)
    for each, where, ranges in zip(touched, located_in, merged, strict=True):
        joined = _joined(access, each.key, ranges, pieces, changed=each in again)
        if joined is not None:
            blob, base = joined
            offset = where.offset.copy()
            offset[where.present] = base[ranges.member] + ranges.within
            moved = Located(offset, where.nbytes, where.present)
            _place(array, access, shard, each, blob, moved, out)
    return again


class Witness(NamedTuple):
    """What tells whether a shard is still the one whose index was read."""

    version: Hashable
    """Of the shard; None if the store does not tell."""
    encoded: BytesLike | None
    """Its index, encoded."""


def _changed(
    shard: ShardFormat, witnesses: Mapping[str, Witness], keys: Sequence[str],
    told: Iterable[tuple[str, Hashable]] | None,
) -> Program[set[str]]:  # fmt: skip
    """Shards that were replaced between their index and their data.

    Parameters
    ----------
    witnesses
        What was read of each shard's index.
    keys
        The shards whose data were read.
    told
        For each part of the data the version that it is of; None if the store does not tell: then
        the indexes are read again.
    """
    if told is not None:
        return {key for key, version in told if version != witnesses[key].version}
    asked = list(dict.fromkeys(keys))
    if not asked:
        return set()
    try:
        again = yield from GetRanges(asked, [_index_range(shard)] * len(asked))
    except RangeNotSatisfiableError:  # shorter than an index, meanwhile
        return set(asked)
    pairs = zip(asked, again, strict=True)
    return {key for key, index in pairs if not _same_bytes(index, witnesses[key].encoded)}


def _same_bytes(first: BytesLike | None, second: BytesLike | None) -> bool:
    if first is None or second is None:
        return first is second
    return as_bytes_view(first) == as_bytes_view(second)


def _locate(
    access: Access,
    shard: ShardFormat,
    touched: Sequence[Touched],
    versions: Sequence[Any],
    most: int,
) -> Program[tuple[list[Located], dict[str, Witness]]]:
    """Where the inner chunks lie, by indexes still known; the others are read, and witnesses."""
    settled = [access.store.is_settled(version) for version in versions]
    known = [access.indexes.get(t.key, v) for t, v in zip(touched, versions, strict=True)]
    asked = [t.key for t, index in zip(touched, known, strict=True) if index is None]
    encoded: list[BytesLike | None] = []
    told: list[Hashable] = []
    try:
        if asked:
            encoded = yield from GetRanges(asked, [_index_range(shard)] * len(asked), told, most)
    except RangeNotSatisfiableError as error:
        shorter = DecodeError(f"shard is truncated, it is shorter than its index: {error}")
        raise located(access, error.key or asked[0], shorter) from error
    check_missing(access, [k for k, v in zip(asked, encoded, strict=True) if v is None])
    seen = told or [None] * len(asked)
    witnesses = {k: Witness(v, e) for k, v, e in zip(asked, seen, encoded, strict=True)}
    read = iter(encoded)
    located_in = []
    for each, version, lasting, kept in zip(touched, versions, settled, known, strict=True):
        index = kept
        try:
            if index is None and (content := next(read)) is not None:
                index = shard.checked_index(content)
                if lasting:
                    access.indexes.put(each.key, version, index)
            located_in.append(
                _nothing(len(each.ids)) if index is None else shard.locate(index, each.ids)
            )
        except DecodeError as error:
            raise located(access, each.key, error) from error
    return located_in, witnesses


def _merge(access: Access, where: Located) -> Merged:
    gap = access.config.coalesce_gap_nbytes
    return coalesce(
        where.offset[where.present],
        where.nbytes[where.present],
        gap=access.store.coalesce_gap_nbytes if gap is None else gap,
        maximum=access.config.coalesce_max_nbytes,
    )


def _joined(
    access: Access, key: str, ranges: Merged, pieces: Iterator[BytesLike | None], *, changed: bool
) -> tuple[BytesLike, Indices] | None:
    """The bytes of a shard's merged ranges side by side, and where each starts in them."""
    sizes = ranges.stop - ranges.start
    parts: list[bytes | memoryview] = []
    for size in sizes.tolist():
        piece = next(pieces) if size else b""
        if piece is None or len(piece) != size:
            if changed:
                continue
            got = "nothing" if piece is None else f"{len(piece)} bytes"
            short = DecodeError(f"shard is truncated: got {got} where {size} bytes were due")
            raise located(access, key, short)
        parts.append(piece if isinstance(piece, bytes) else as_bytes_view(piece))
    if changed:
        return None
    if len(parts) == 1:
        return parts[0], _ZERO
    return b"".join(parts), np.cumsum(sizes) - sizes


# ------------------------------------------------------------------ writing


def write_shards(
    array: BoundArray, access: Access, shard: ShardFormat, batch: Plan, values: AnyArray
) -> Program[None]:
    """Write what a plan selects: one put per shard, untouched inner chunks stay as coded."""
    touched = touched_shards(array, access, shard, batch)
    yield from Lock([t.key for t in touched])
    refused = yield from _write(array, access, shard, batch, touched, values)
    if refused:
        single = {t.key: (one, t) for t, one in zip(touched, singles(batch), strict=True)}
        for key in refused:  # others wrote to them: merged with what they hold now
            one, again = single[key]
            writing = (_write(array, access, shard, one, [again], values) for _ in range(TRIES))
            yield from until_stored(access, key, writing)


def _write(
    array: BoundArray, access: Access, shard: ShardFormat, batch: Plan,
    touched: Sequence[Touched], values: AnyArray,
) -> Program[Sequence[str]]:  # fmt: skip
    """Merge and store shards; the keys that were not stored, because others changed them."""
    keys = [t.key for t in touched]
    whole = batch.whole().tolist() if array.fields is None else [False] * len(keys)
    wanted = [key for key, all_of_it in zip(keys, whole, strict=True) if not all_of_it]
    stored: dict[str, BytesLike | None] = {}
    versions: list[Hashable] = []
    if wanted:
        nbytes = array.chain.nbytes + shard.index_nbytes
        most = _most(array, shard)
        buffers = yield from Get(wanted, nbytes, versions, most)
        stored = dict(zip(wanted, buffers, strict=True))
    made: list[tuple[str, Parts | None]] = []
    for each in touched:
        try:
            old = stored.get(each.key)
            made.append((each.key, _rewritten(array, access, shard, each, values, old)))
        except DecodeError as error:
            raise located(access, each.key, error) from error
    empty = [key for key, value in made if value is None]
    full: dict[str, BytesLike | Parts] = {k: value for k, value in made if value is not None}
    if empty and not access.store.supports_deletes:
        sizes = yield from Sizes(empty)
        # no inner chunk present: an index alone
        hollow = shard.encode(np.broadcast_to(shard.fill, shard.shard_shape))
        there = zip(empty, sizes, strict=True)
        full |= {key: hollow for key, size in there if size is not None}
        empty = []
    expected = dict(zip(wanted, versions, strict=False))
    return (yield from store_values(empty, full, expected))


def _rewritten(
    array: BoundArray, access: Access, shard: ShardFormat, touched: Touched, values: AnyArray,
    old: BytesLike | None,
) -> Parts | None:  # fmt: skip
    """New bytes of a shard; None if nothing but the fill value is left in it."""
    chain = shard.chain
    staging = chain.staging(len(touched.ids), values)
    partial = ~touched.plan.whole() | (array.fields is not None)
    short = touched.plan.counts() < int(np.prod(shard.inner_shape, dtype=np.int64))
    staging[partial | short] = shard.fill
    view, kept = memoryview(b""), _nothing(shard.count)
    if old is not None:
        view, index = shard.split(old)
        kept = shard.locate(index, np.arange(shard.count))
        rows = np.flatnonzero(partial & kept.present[touched.ids])
        if len(rows):
            ids = touched.ids[rows]
            some = Located(kept.offset[ids], kept.nbytes[ids], kept.present[ids])
            staging[rows] = shard.decode_inner(view, some)
    gather(touched.plan, values, array.fields_of(chain.logical(staging)))
    filled = np.ones(len(staging), bool)
    if not access.config.write_empty_chunks:
        filled = ~equal_to_fill(staging, shard.fill)
    row_of = np.full(shard.count, -1, np.int64)
    row_of[touched.ids[filled]] = np.flatnonzero(filled)
    remains = kept.present.copy()
    remains[touched.ids] = False
    order = write_order(shard.grid_shape, access.config.inner_order)
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

"""Laws of sharding: a sharded array is the same array, only stored otherwise."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

import frozarr
from frozarr.config import Config
from frozarr.errors import ChunkDecodeError
from frozarr.indexing import parse_selection, plan_read
from frozarr.indexing.coalesce import coalesce
from frozarr.indexing.plan import singles
from frozarr.indexing.shard import MISSING, inner_counts, inner_ids, refine, write_order
from frozarr.io.kernels.base import DecodeError
from frozarr.io.kernels.bind import bind_chain
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.programs import arrays as ops
from frozarr.metadata.grids import RegularGrid
from frozarr.testing.arrays import stored_array
from frozarr.testing.oracle import assert_same_array, assign_same, check_same
from frozarr.testing.strategies import (
    basic_selections,
    configs,
    orthogonal_selections,
    point_selections,
    sharded_metadata,
    values_of,
)

STRATEGIES = {
    "basic": basic_selections, "orthogonal": orthogonal_selections, "coordinate": point_selections,
}  # fmt: skip


@given(sharded_metadata(), configs(), st.data())
def test_sharded_is_unsharded(value, config, data):
    """Every sequence of writes, every read: NumPy's values, whatever lies in shards."""
    array = stored_array(value, config)
    expected = np.full(value.shape, value.fill, value.dtype)
    for _ in range(data.draw(st.integers(1, 4))):
        modes = ["basic", "orthogonal"]
        if value.shape and 0 not in value.shape:
            modes.append("coordinate")
        mode = data.draw(st.sampled_from(modes))
        selection = data.draw(STRATEGIES[mode](value.shape))
        shape = ops.select(array.bound, array.access, selection, mode).shape
        new = data.draw(values_of(value.dtype.newbyteorder("="), shape))
        assign_same(array, expected, selection, mode, new)
        check_same(array, expected, data.draw(basic_selections(value.shape)))
    assert_same_array(array[...], expected if value.shape else expected[()])
    reopened = frozarr.open_array(array.store, path="a/b")
    if value.shape and 0 not in value.shape:
        points = data.draw(point_selections(value.shape))
        assert_same_array(reopened.get_coordinate_selection(points), expected[points])


@given(sharded_metadata(min_ndim=1), st.data())
def test_any_layout_of_the_payload_reads_the_same(value, data):
    """Inner chunks permuted, with gaps between: only the index says where they are."""
    array = stored_array(
        value, Config(coalesce_gap_nbytes=data.draw(st.sampled_from([0, 3, 1000])))
    )
    shard = array.bound.shard
    assume(shard is not None and 0 not in value.shape)
    new = data.draw(values_of(value.dtype.newbyteorder("="), value.shape))
    array[...] = new
    selection = data.draw(basic_selections(value.shape))
    expected = np.asarray(array[selection])
    for key in [k for k in array.store.store_dict if not k.endswith("zarr.json")]:
        view, index = shard.split(array.store.store_dict[key])
        rows = np.flatnonzero(index[:, 0] != MISSING)
        parts, starts = [], {}
        at = shard.index_nbytes if shard.location == "start" else 0
        for row in data.draw(st.permutations(rows.tolist())):
            gap = data.draw(st.integers(0, 3))
            first, nbytes = (int(n) for n in index[row])
            parts += [b"\xff" * gap, bytes(view[first : first + nbytes])]
            starts[row] = at + gap
            at += gap + nbytes
        moved = index.copy()
        for row, start in starts.items():
            moved[row, 0] = start
        room = shard.index_chain.staging(1)
        shard.index_chain.logical(room)[0] = moved.reshape((*shard.grid_shape, 2))
        encoded = bytes(shard.index_chain.encode(room[0]))
        pieces = [encoded, *parts] if shard.location == "start" else [*parts, encoded]
        array.store.store_dict[key] = b"".join(pieces)
    assert_same_array(array[selection], expected)
    assert_same_array(array[...], new if value.shape else new[()])


@given(sharded_metadata(min_ndim=1), st.data())
def test_no_corrupt_index_gives_wrong_data(value, data):
    """Any byte of a shard changed: the old values, or an error; never silently others."""
    array = stored_array(value, Config())
    shard = array.bound.shard
    assume(shard is not None and shard.index_nbytes % 16 == 4 and 0 not in value.shape)
    array[...] = data.draw(values_of(value.dtype.newbyteorder("="), value.shape))
    keys = [k for k in array.store.store_dict if not k.endswith("zarr.json")]
    assume(keys)
    key = data.draw(st.sampled_from(keys))
    whole = array.store.store_dict[key]
    first = 0 if shard.location == "start" else len(whole) - shard.index_nbytes
    at = first + data.draw(st.integers(0, shard.index_nbytes - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    array.store.store_dict[key] = bytes(changed)
    with pytest.raises(ChunkDecodeError, match="corrupt"):
        array[...]
    array.store.store_dict[key] = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(ChunkDecodeError, match="corrupt"):
        array[...]


@given(sharded_metadata(), st.data())
def test_decoding_together_is_decoding_one_by_one(value, data):
    chain = bind_chain(value)
    assume(isinstance(chain.coding, ShardFormat))
    shard = chain.coding
    staging = data.draw(values_of(shard.chain.stored_dtype.newbyteorder("="),
                                  (shard.count, *shard.chain.stored_shape)))  # fmt: skip
    staging = staging.astype(shard.chain.stored_dtype)
    parts = shard.chain.encode_many(staging, range(shard.count))
    sizes = np.array([len(p) for p in parts], np.int64)
    blob = b"".join(parts)
    together = shard.chain.decode_segments(blob, np.cumsum(sizes) - sizes, sizes)
    for row, part in enumerate(parts):
        assert_same_array(together[row], shard.chain.decode(part))
    with pytest.raises(DecodeError):
        shard.chain.decode_segments(blob[:-1], np.cumsum(sizes) - sizes, sizes)


@given(st.data())
def test_refined_plans_select_the_same(data):
    """A plan cut into inner chunks keeps its elements; its ids lie in the shard's index."""
    shape = tuple(data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=3)))
    inner = tuple(data.draw(st.integers(1, 3)) for _ in shape)
    shards = tuple(c * data.draw(st.integers(1, 3)) for c in inner)
    mode = data.draw(st.sampled_from(["basic", "orthogonal", "coordinate"]))
    selection = parse_selection(data.draw(STRATEGIES[mode](shape)), shape, mode)
    plan = plan_read(RegularGrid(shards), shape, selection)
    finest = plan_read(RegularGrid(inner), shape, selection)
    per_shard = tuple(s // c for s, c in zip(shards, inner, strict=True))
    counts = inner_counts(plan, inner)
    coords = []
    for single, count in zip(singles(plan), counts.tolist(), strict=True):
        finer = refine(single, inner)
        ids = inner_ids(finer, per_shard)
        assert len(finer) == count == len(np.unique(ids))
        local = np.stack(np.unravel_index(ids, per_shard), axis=1)
        base = single.coords()[0] * np.array(per_shard)
        np.testing.assert_array_equal(base + local, finer.coords())
        coords += [tuple(c) for c in finer.coords().tolist()]
        assert int(finer.counts().sum()) == int(single.counts().sum())
    assert sorted(coords) == sorted(tuple(c) for c in finest.coords().tolist())


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 30)), max_size=20),
    st.integers(0, 40), st.integers(1, 100),
)  # fmt: skip
def test_merged_ranges_cover_and_keep_their_gaps(ranges, gap, maximum):
    offset = np.array([r[0] for r in ranges], np.int64)
    nbytes = np.array([r[1] for r in ranges], np.int64)
    merged = coalesce(offset, nbytes, gap=gap, maximum=maximum)
    start = merged.start[merged.member] + merged.within
    np.testing.assert_array_equal(start, offset)
    assert (start + nbytes <= merged.stop[merged.member]).all()
    assert (np.diff(merged.start) >= 0).all()
    wanted = {b for o, n in ranges for b in range(o, o + n)}
    for first, last in zip(merged.start.tolist(), merged.stop.tolist(), strict=True):
        run = 0
        for byte in range(first, last):
            run = 0 if byte in wanted else run + 1
            assert run <= gap


@given(st.lists(st.integers(1, 6), max_size=3).map(tuple))
def test_write_orders_are_permutations(grid):
    for order in ("morton", "lexicographic", "colexicographic"):
        ids = write_order(grid, order)
        assert sorted(ids.tolist()) == list(range(int(np.prod(grid, dtype=int))))

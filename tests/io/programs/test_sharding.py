"""Sharded arrays: with peers, under damage and interruption, and what they ask of a store."""

import itertools
import os
import threading

import numpy as np
import pytest
import tensorstore
import zarr

import frozarr
from frozarr import Array
from frozarr.errors import ChunkDecodeError, ChunkNotFoundError, MetadataError
from frozarr.indexing.shard import MISSING
from frozarr.io.programs import arrays as ops
from frozarr.io.programs.requests import Get, GetRanges, Lock, Put, Versions
from frozarr.io.runners.record import record
from frozarr.io.stores.dispatch import answers
from frozarr.storage import LocalStore, MemoryStore, StorePath
from frozarr.testing.faulty import FaultyStore

SHAPE, SHARDS, INNER = (11, 14), (6, 8), (3, 4)
EXPECTED = np.arange(154, dtype="<i4").reshape(SHAPE) + 1
LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}
BIG = {"name": "bytes", "configuration": {"endian": "big"}}
CRC = {"name": "crc32c"}
GZIP = {"name": "gzip", "configuration": {"level": 1}}
ZSTD = {"name": "zstd", "configuration": {"level": 1, "checksum": True}}
TURN = {"name": "transpose", "configuration": {"order": [1, 0]}}


def sharding(inner, codecs, index_codecs, location):
    return {"name": "sharding_indexed", "configuration": {
        "chunk_shape": list(inner), "codecs": codecs, "index_codecs": index_codecs,
        "index_location": location,
    }}  # fmt: skip


INNER_CHAINS = {
    "raw": [LITTLE], "big": [BIG], "zstd": [LITTLE, ZSTD], "gzip": [LITTLE, GZIP],
    "crc32c": [LITTLE, CRC], "transposed": [TURN, LITTLE, ZSTD],
}  # fmt: skip
INDEX_CHAINS = {"crc": [LITTLE, CRC], "plain": [LITTLE], "big": [BIG, CRC]}
VARIANTS = [
    pytest.param(chain, index, location, nested, id=f"{chain}-{index}-{location}-{nested}")
    for chain, index, location, nested in itertools.product(
        INNER_CHAINS, INDEX_CHAINS, ["start", "end"], ["flat", "nested"]
    )
]


def chain_of(chain, index, location, nested):
    codecs = INNER_CHAINS[chain]
    if nested == "nested":
        codecs = [sharding(INNER, codecs, INDEX_CHAINS[index], location)]
        return [sharding((6, 4), codecs, INDEX_CHAINS["crc"], "end")]
    return [sharding(INNER, codecs, INDEX_CHAINS[index], location)]


def document(codecs):
    return {
        "zarr_format": 3, "node_type": "array", "shape": list(SHAPE), "data_type": "int32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(SHARDS)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0, "codecs": codecs, "attributes": {},
    }  # fmt: skip


def peer(path, codecs=None):
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path)}}
    if codecs is not None:
        spec["metadata"] = {
            k: v for k, v in document(codecs).items() if k not in {"zarr_format", "node_type"}
        }
    return tensorstore.open(spec, create=codecs is not None, open=True).result()


@pytest.mark.parametrize(("chain", "index", "location", "nested"), VARIANTS)
def test_both_ways_with_peers(tmp_path, chain, index, location, nested):
    """Edge-cut shards and missing inner chunks included, in every variant."""
    codecs = chain_of(chain, index, location, nested)
    region = np.s_[1:9, 2:14]
    expected = np.zeros(SHAPE, "<i4")
    expected[region] = EXPECTED[region]
    ours = frozarr.create_array(
        tmp_path / "ours", shape=SHAPE, dtype="i4", chunks=SHARDS, serializer=codecs[0],
        compressors=None,
    )  # fmt: skip
    ours[region] = EXPECTED[region]
    np.testing.assert_array_equal(ours[...], expected)
    np.testing.assert_array_equal(peer(tmp_path / "ours").read().result(), expected)

    written = peer(tmp_path / "tensorstore", codecs)
    written[region].write(EXPECTED[region]).result()
    found = frozarr.open_array(tmp_path / "tensorstore")
    np.testing.assert_array_equal(found[...], expected)
    np.testing.assert_array_equal(found[4, 5:8], expected[4, 5:8])
    found[0, 0] = 99
    assert peer(tmp_path / "tensorstore")[0, 0].read().result() == 99

    theirs = zarr.open_array(str(tmp_path / "ours"), mode="r+")
    np.testing.assert_array_equal(theirs[...], expected)
    theirs[:] = EXPECTED
    np.testing.assert_array_equal(ours[...], EXPECTED)
    np.testing.assert_array_equal(ours[::5, 3], EXPECTED[::5, 3])


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards_are_the_bytes_of_zarr_python(tmp_path, location):
    for maker in (frozarr, zarr):
        array = maker.create_array(
            str(tmp_path / maker.__name__), shape=(20, 30), dtype="i4", chunks=(4, 5),
            shards={"shape": (16, 20), "index_location": location} if maker is frozarr
            else zarr.core.array.ShardsConfigParam(shape=(16, 20), index_location=location),
            compressors=None, fill_value=0,
        )  # fmt: skip
        array[2:] = np.arange(18 * 30).reshape(18, 30)
    for key in LocalStore(tmp_path / "zarr").blocking.list_prefix("c"):
        ours = (tmp_path / "frozarr" / key).read_bytes()
        assert ours == (tmp_path / "zarr" / key).read_bytes()


# ---------------------------------------------------------------------- what is asked of a store


def make(values=None, **kwargs):
    kwargs = {"shape": (64,), "chunks": (4,), "shards": (32,), "compressors": None} | kwargs
    array = frozarr.create_array(
        values if values is not None else {}, dtype="u1", fill_value=0, **kwargs
    )
    array[...] = np.arange(1, 1 + array.size, dtype="u1").reshape(array.shape)
    return array


def requests(array, selection, write=None):
    """Requests of a read or write, each with the bytes it brings or takes."""
    bound, access = array.bound, array.access
    chosen = ops.select(bound, access, selection, "basic")
    job = (
        ops.reading(bound, access, chosen)
        if write is None
        else ops.writing(bound, access, chosen, write)
    )
    asked = []
    for program in job.programs():
        asked += [r for r in record(program, array.store.store_dict)[1] if not isinstance(r, Lock)]
    return asked, job


def spans(request):
    return [(r.start, r.end) for r in request.ranges if hasattr(r, "end")]


def test_a_part_of_a_shard_is_the_index_and_one_range():
    array = make()
    asked, job = requests(array, slice(5, 13))
    assert [type(r) for r in asked] == [Versions, GetRanges, GetRanges, Versions]
    assert asked[1].ranges[0].suffix == 8 * 16 + 4
    assert spans(asked[2]) == [(4, 16)]
    assert job.result().tolist() == list(range(6, 14))
    plan = array.plan[5:13]
    assert (len(plan), plan.requests, plan.inner_chunks, plan.nbytes_decoded) == (1, 2, 3, 12)
    assert "3 inner chunks" in plan.describe()


def test_ranges_merge_across_small_gaps_only():
    array = make(config={"inner_order": "lexicographic"})
    for gap, expected in ((0, [(0, 4), (8, 12), (28, 32)]), (4, [(0, 12), (28, 32)]),
                          (16, [(0, 32)])):  # fmt: skip
        near = array.with_config({"coalesce_gap_nbytes": gap})
        chosen = ops.select(near.bound, near.access, ([0, 8, 9, 31],), "orthogonal")
        job = ops.reading(near.bound, near.access, chosen)
        (program,) = job.programs()
        asked = record(program, near.store.store_dict)[1]
        assert spans(asked[2]) == expected
        assert job.result().tolist() == [1, 9, 10, 32]


def test_most_of_a_shard_is_one_request():
    array = make()
    asked, _ = requests(array, slice(0, 20))
    assert [type(r) for r in asked] == [Get]
    assert array.plan[0:20].requests == 1
    asked, _ = requests(array, slice(0, 16))
    assert [type(r) for r in asked] == [Versions, GetRanges, GetRanges, Versions]


def test_shards_of_a_batch_share_their_requests():
    array = make(shape=(8, 64), chunks=(1, 4), shards=(1, 32))
    asked, job = requests(array, np.s_[:, 5])
    assert [type(r) for r in asked] == [Versions, GetRanges, GetRanges, Versions]
    assert len(asked[1].keys) == len(asked[2].keys) == 8
    np.testing.assert_array_equal(job.result(), array[...][:, 5])
    assert array.plan[:, 5].requests == 16


def test_missing_inner_chunks_are_not_asked_for():
    array = make()
    array[4:12] = 0
    asked, job = requests(array, slice(5, 10))
    assert [type(r) for r in asked] == [Versions, GetRanges, Versions]
    assert job.result().tolist() == [0] * 5
    assert array[...].tolist() == [1, 2, 3, 4] + [0] * 8 + list(range(13, 65))


def test_writes_read_only_what_they_keep():
    array = make()
    asked, _ = requests(array, slice(0, 32), np.full(32, 7, "u1"))
    assert [type(r) for r in asked] == [Put]
    asked, _ = requests(array, slice(2, 40), np.full(38, 7, "u1"))
    assert [type(r) for r in asked] == [Get, Put]
    assert array[...].tolist() == [7] * 40 + list(range(41, 65))
    asked, _ = requests(array, slice(0, 64), np.zeros(64, "u1"))
    assert array.nshards_initialized == 0


def test_untouched_inner_chunks_stay_as_they_are_coded():
    array = make(compressors=[{"name": "gzip", "configuration": {"level": 9}}])
    shard = array.bound.shard
    before, index = shard.split(bytes(array.store.store_dict["c/0"]))
    faster = frozarr.Array.from_dict(
        array.store, {**array.metadata.to_json(), "attributes": {"a": 1}}
    )
    faster[0] = 200
    after, moved = shard.split(bytes(array.store.store_dict["c/0"]))
    for row in range(1, 8):
        old, new = (
            bytes(v[int(i[row, 0]) : int(i[row, 0] + i[row, 1])])
            for v, i in ((before, index), (after, moved))
        )
        assert old == new


def test_empty_inner_chunks_and_empty_shards_are_left_out():
    array = make()
    array[:28] = 0
    _, index = array.bound.shard.split(bytes(array.store.store_dict["c/0"]))
    assert (index[:7] == MISSING).all()
    assert index[7].tolist() == [0, 4]
    array[28:32] = 0
    assert "c/0" not in array.store.store_dict
    kept = array.with_config({"write_empty_chunks": True})
    kept[:4] = 0
    assert "c/0" in array.store.store_dict


def test_missing_shards_can_be_errors():
    array = make().with_config({"read_missing_chunks": False})
    del array.store.store_dict["c/1"]
    for selection in (40, slice(30, 64), ...):
        with pytest.raises(ChunkNotFoundError, match="c/1"):
            array[selection]


# ---------------------------------------------------------------------- the index cache


def indexes_read(array, selection):
    asked, _ = requests(array, selection)
    return sum(isinstance(r, GetRanges) for r in asked)


def test_index_cache_never_goes_stale(tmp_path):
    array = make(tmp_path)
    for path in tmp_path.glob("c/*"):
        os.utime(path, (1, 1))
    old = os.stat(tmp_path / "c" / "0").st_ctime_ns
    while __import__("time").time_ns() - old < 60_000_000:
        pass
    assert array[5] == 6
    assert array.access.indexes.nbytes == 8 * 16
    assert array[5] == 6
    array[0:12] = 0  # the layout changes
    assert array[13] == 14
    assert array[5] == 0
    other = frozarr.open_array(tmp_path)
    other[16:24] = 0
    assert array[25] == 26
    assert array[17] == 0
    (tmp_path / "c" / "0").unlink()
    assert array[25] == 0


def test_index_cache_saves_the_request(tmp_path):
    values = {}

    class Versioned(MemoryStore):
        asked = 0

        @answers(Versions)
        def versions(self, request):
            held = self.store_dict
            return [hash(bytes(held[k])) if k in held else None for k in request.keys]

        def is_settled(self, version):
            return version is not None

        def carry_out(self, request):
            if isinstance(request, Get | GetRanges):
                type(self).asked += len(request.keys)
            return super().carry_out(request)

    make(values)
    array = frozarr.open_array(Versioned(values))
    first = Versioned.asked
    for expected in (2, 3, 4):  # index and data, then data
        assert array[5] == 6
        assert Versioned.asked - first == expected
    none = array.with_config({"index_cache_nbytes": 0})
    first = Versioned.asked
    assert none[5] == none[6] - 1
    assert Versioned.asked - first == 4


def test_stores_that_cannot_tell_are_not_cached():
    values = {}
    make(values)
    array = frozarr.open_array(FaultyStore(values))
    assert array[5] == 6
    assert array.access.indexes.nbytes == 0


def test_index_cache_is_bounded(tmp_path):
    array = make(tmp_path, shape=(320,), config={"index_cache_nbytes": 300})
    cache = array.access.indexes
    for number in range(10):
        cache.put(f"c/{number}", number, np.zeros((8, 2), np.uint64))
        assert cache.nbytes <= 300
    assert cache.get("c/9", 9) is not None
    assert cache.get("c/0", 0) is None


# ---------------------------------------------------------------------- damage


def rewrite_index(array, key, change):
    shard = array.bound.shard
    view, index = shard.split(bytes(array.store.store_dict[key]))
    index = index.copy()
    change(index)
    room = shard.index_chain.staging(1)
    shard.index_chain.logical(room)[0] = index.reshape((*shard.grid_shape, 2))
    payload = bytes(view[: len(view) - shard.index_nbytes])
    array.store.store_dict[key] = payload + bytes(shard.index_chain.encode(room[0]))


def half_missing(index):
    index[1, 0] = MISSING


def beyond_the_end(index):
    index[1] = [1000, 4]


def into_the_index(index):
    index[1] = [30, 4]


def overlapping(index):
    index[1] = [6, 4]


def astronomic(index):
    index[1] = [2**63, 4]


def wrong_length(index):
    index[1, 1] = 3


@pytest.mark.parametrize(
    "change",
    [half_missing, beyond_the_end, into_the_index, overlapping, astronomic, wrong_length],
    ids=lambda f: f.__name__,
)
def test_lying_indexes_are_errors(change):
    array = make(config={"inner_order": "lexicographic"})
    rewrite_index(array, "c/0", change)
    with pytest.raises(ChunkDecodeError, match="c/0"):
        array[...]
    if change is not wrong_length:  # an untouched inner chunk is not decoded
        with pytest.raises(ChunkDecodeError, match="c/0"):
            array[0] = 9
    if change is not into_the_index:  # seen with the whole shard only
        with pytest.raises(ChunkDecodeError, match="c/0"):
            array[5]
    assert array[40] == 41
    array[:32] = 1
    assert array[5] == 1


def test_truncated_shards_and_wrong_checksums():
    array = make()
    good = bytes(array.store.store_dict["c/0"])
    for bad in (b"", good[:10], good[:-1], good[:-1] + bytes([good[-1] ^ 1])):
        array.store.store_dict["c/0"] = bad
        for selection in (..., 5, slice(0, 31)):
            with pytest.raises(ChunkDecodeError, match="c/0"):
                array[selection]


def test_a_shard_replaced_between_its_index_and_its_data_is_read_again(tmp_path):
    array = make(tmp_path)

    class Racing(LocalStore):
        races = 2

        def read_many(self, keys, ranges=None, nbytes_hint=0):
            found = super().read_many(keys, ranges, nbytes_hint)
            if ranges is not None and self.races:
                self.races -= 1
                array[0 : 4 * (3 - self.races)] = 0
            return found

    racing = frozarr.open_array(Racing(tmp_path))
    assert racing[29] == 30


# ---------------------------------------------------------------------- interruption


@pytest.mark.parametrize("for_ever", [False, True])
def test_failed_writes_leave_shards_old_or_new(for_ever):
    for fail_at in range(100):
        values = {}
        array = make(values)
        old = array[...]
        store = FaultyStore(values, fail_at=fail_at, for_ever=for_ever)
        handle = Array.from_dict(StorePath(store), array.metadata.to_json())
        new = old.copy()
        new[3:50] = 77
        try:
            handle.with_config({"batch_nbytes": 1})[3:50] = 77
            failed = False
        except OSError:
            failed = True
        writes = store.writes
        found = frozarr.open_array(values)[...]
        for part in (slice(0, 32), slice(32, 64)):
            assert found[part].tolist() in (old[part].tolist(), new[part].tolist())
        assert store.writes == writes
        if not failed:
            np.testing.assert_array_equal(found, new)
            return
    raise AssertionError("never finished")


def test_no_update_within_a_shard_is_lost():
    array = make(shape=(64,), chunks=(1,), shards=(64,))
    start = threading.Barrier(4)

    def work(which):
        start.wait()
        for i in range(which, 64, 4):
            array[i] = 100 + i

    threads = [threading.Thread(target=work, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert array[...].tolist() == list(range(100, 164))


# ---------------------------------------------------------------------- making and describing


def test_grid_of_sharded_arrays():
    array = frozarr.create_array({}, shape=(100, 90), chunks=(10, 10), shards=(40, 30), dtype="u1")
    assert (array.chunks, array.shards) == ((10, 10), (40, 30))
    assert (array.cdata_shape, array.nchunks) == ((10, 9), 90)
    assert (array.shard_grid_shape, array.nshards) == ((3, 3), 9)
    assert len(list(array.iter_chunk_keys())) == 90
    assert len(set(array.iter_chunk_keys())) == len(list(array.iter_shard_keys())) == 9
    assert list(array.iter_shard_regions())[-1] == np.s_[80:100, 60:90]
    array[:40, :30] = 1
    assert (array.nshards_initialized, array.nchunks_initialized) == (1, 12)
    assert array.read_chunk_sizes[0] == (10,) * 10
    assert array.write_chunk_sizes == ((40, 40, 20), (30, 30, 30))
    np.testing.assert_array_equal(array.blocks[0, 0], np.ones((40, 30), "u1"))


def test_auto_shards_hold_whole_chunks():
    array = frozarr.create_array({}, shape=(4000, 4000), dtype="f4", chunks=(100, 100),
                                 shards="auto")  # fmt: skip
    assert array.chunks == (100, 100)
    assert all(s % c == 0 and s >= c for s, c in zip(array.shards, array.chunks, strict=True))


@pytest.mark.parametrize(
    ("chunks", "shards", "message"),
    [
        ((3, 4), (6, 9), "multiple"),
        ((3, 4), (6,), "axes"),
        ((3, 4), (0, 4), ">= 1"),
    ],
)
def test_shards_that_do_not_fit_are_refused(chunks, shards, message):
    with pytest.raises((MetadataError, ValueError), match=message):
        frozarr.create_array({}, shape=(12, 12), chunks=chunks, shards=shards, dtype="i4")


def test_format_2_has_no_shards():
    with pytest.raises(ValueError, match="format 2"):
        frozarr.create_array({}, shape=4, chunks=2, shards=4, dtype="i4", zarr_format=2)


def test_pickled_handles_read(tmp_path):
    import pickle

    array = make(tmp_path)
    assert array[5] == 6
    again = pickle.loads(pickle.dumps(array))
    assert again == array
    assert again[5:7].tolist() == [6, 7]

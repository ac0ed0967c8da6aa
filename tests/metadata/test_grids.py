"""Chunks of several sizes, and the key encodings of zarr-extensions."""

import numpy as np
import pytest

import frozarr
from frozarr.errors import MetadataError
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.metadata.grids import RectilinearGrid
from frozarr.metadata.keys import DefaultKeys, FanoutKeys, SuffixKeys, V2Keys

VALUES = np.arange(120, dtype="i4").reshape(10, 12)


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


def rectilinear(**kwargs):
    store = {}
    return store, frozarr.create_array(store, data=VALUES, **kwargs)


def test_chunks_of_several_sizes():
    store, array = rectilinear(chunks=[[2, 3, 5], [4, 8]], compressors=None)
    np.testing.assert_array_equal(array[...], VALUES)
    assert array.read_chunk_sizes == array.write_chunk_sizes == ((2, 3, 5), (4, 8))
    assert (array.cdata_shape, array.nchunks, array.nchunks_initialized) == ((3, 2), 6, 6)
    assert len(store["c/1/1"]) == 3 * 8 * 4
    assert list(array.iter_chunk_regions())[3] == (slice(2, 5), slice(4, 12))
    np.testing.assert_array_equal(array.blocks[1, 1], VALUES[2:5, 4:])
    assert array.plan[1:3, 5].keys() == ["c/0/1", "c/1/1"]
    assert array.plan[1:3, 5].nbytes_decoded == (2 + 3) * 8 * 4
    with pytest.raises(NotImplementedError, match="read_chunk_sizes"):
        _ = array.chunks
    assert "((2, 3, 5), (4, 8))" in repr(array.info)
    assert frozarr.empty_like(array).metadata.chunk_grid == array.metadata.chunk_grid
    assert frozarr.from_array({}, data=array).read_chunk_sizes == array.read_chunk_sizes


def test_sizes_are_kept_as_they_were_written():
    edges = [[2, [4, 2]], 5]
    _, array = rectilinear(chunks=edges)
    grid = array.metadata.to_json()["chunk_grid"]
    assert grid == named("rectilinear", kind="inline", chunk_shapes=edges)
    assert array.read_chunk_sizes == ((2, 4, 4), (5, 5, 2))
    assert parse_array_v3(array.metadata.to_json()) == array.metadata


def test_the_last_chunk_is_stored_whole():
    store, array = rectilinear(chunks=[[6, 100], 12], compressors=None)
    assert len(store["c/1/0"]) == 100 * 12 * 4
    np.testing.assert_array_equal(array[5:, 3], VALUES[5:, 3])


def test_shards_of_several_sizes():
    _, array = rectilinear(chunks=(2, 2), shards=[[2, 4, 4], [6, 2, 4]])
    np.testing.assert_array_equal(array[...], VALUES)
    assert array.chunks == (2, 2)
    assert array.write_chunk_sizes == ((2, 4, 4), (6, 2, 4))
    assert (array.nchunks, array.nshards, array.nchunks_initialized) == (30, 9, 30)
    array[3, 7] = -1
    expected = VALUES.copy()
    expected[3, 7] = -1
    np.testing.assert_array_equal(array[2:9, 1:], expected[2:9, 1:])
    plan = array.plan[3, 7]
    assert (len(plan), plan.inner_chunks, plan.requests) == (1, 1, 2)
    with pytest.raises(NotImplementedError, match="write_chunk_sizes"):
        _ = array.shards
    with pytest.raises(MetadataError, match="must divide the shard shape"):
        rectilinear(chunks=(2, 2), shards=[[2, 3, 5], 12])


def test_resizing_adds_a_chunk_and_keeps_the_others():
    store, array = rectilinear(chunks=[[2, 3, 5], 12])
    grown = array.resize(13, 12)
    assert grown.metadata.chunk_grid == RectilinearGrid([[2, 3, 5, 3], 12])
    assert grown[10:].tolist() == np.zeros((3, 12)).tolist()
    shrunk = grown.resize(4, 12)
    assert sorted(k for k in store if k.startswith("c")) == ["c/0/0", "c/1/0"]
    assert shrunk.metadata.chunk_grid == grown.metadata.chunk_grid
    np.testing.assert_array_equal(shrunk[...], VALUES[:4])
    longer = shrunk.append(VALUES[:2])
    np.testing.assert_array_equal(longer[...], np.concatenate([VALUES[:4], VALUES[:2]]))


def test_runs_cost_nothing_per_chunk():
    array = frozarr.create_array({}, shape=(10**12,), dtype="u1", chunks=[[[1000, 10**9]]])
    assert array.nchunks == 10**9
    assert len(array.plan[...]) == 10**9
    assert array[10**11 : 10**11 + 3].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("chunks", "message"), [
    ([[2, 3], 12], "cover 5 elements, the array has 10"), ([[0, 10], 12], ">= 1"),
    ([[10]], "has 1 axes"), ([[], 12], ">= 1"), ([[10, [2, -1]], 12], ">= 1"),
])  # fmt: skip
def test_bad_sizes(chunks, message):
    with pytest.raises(ValueError, match=message):
        frozarr.create_array({}, shape=(10, 12), dtype="u1", chunks=chunks)


def test_format_2_has_one_chunk_shape():
    with pytest.raises(ValueError, match="use format 3"):
        frozarr.create_array({}, shape=(10,), dtype="u1", chunks=[[4, 6]], zarr_format=2)
    with pytest.raises(ValueError, match="give shards such sizes"):
        frozarr.create_array({}, shape=(10,), dtype="u1", chunks=[[4, 6]], shards=10)


@pytest.mark.parametrize(("specs", "message"), [
    ([[2, 8], "x"], r"chunk_shapes\[1\]: expected an integer"), ([[2, 8.5], 12], r"\[0\]\[1\]"),
    ([[2, [8]], 12], r"\[0\]\[1\]"), ([[2, [8, 0]], 12], r"\[0\]\[1\]\[1\]"), (5, "expected a list"),
    ([[10]], "1 axes"), ([[], 12], "at least one chunk"),
])  # fmt: skip
def test_bad_documents(specs, message):
    document = frozarr.create_array({}, shape=(10, 12), dtype="u1").metadata.to_json()
    grid = named("rectilinear", kind="inline", chunk_shapes=specs)
    with pytest.raises(MetadataError, match=message):
        parse_array_v3({**document, "chunk_grid": grid})


# ------------------------------------------------------------------ key encodings


@pytest.mark.parametrize(("encoding", "coords", "key"), [
    (FanoutKeys(max_children=101), (), "c"), (FanoutKeys(max_children=101), (123,), "d0/1/23/c"),
    (FanoutKeys(max_children=101), (1234, 5, 67890), "d0/12/34/d1/5/d2/6/78/90/c"),
    (FanoutKeys(), (0, 1000), "d0/0/d1/1/0/c"),
    (SuffixKeys(suffix=".tiff", base=DefaultKeys()), (1, 2), "c/1/2.tiff"),
    (SuffixKeys(suffix=".zip", base=V2Keys()), (1, 2), "1.2.zip"),
], ids=str)  # fmt: skip
def test_keys(encoding, coords, key):
    assert encoding.key(coords) == key
    assert encoding.parse(key, len(coords)) == coords
    assert encoding.parse(f"{key}x", len(coords)) is None
    assert encoding.parse(key, len(coords) + 1) is None


@pytest.mark.parametrize("given", [
    named("fanout"), named("fanout", max_children=4),
    named("suffix", suffix=".raw", base_encoding=named("v2", separator="/")),
    {"name": "suffix", "configuration": {"suffix": ".x", "base-encoding": named("fanout")}},
], ids=str)  # fmt: skip
def test_arrays_with_such_keys(given):
    store = {}
    array = frozarr.create_array(store, data=VALUES, chunks=(2, 3), chunk_key_encoding=given)
    again = frozarr.open_array(store)
    assert again.metadata == array.metadata
    assert set(store) - {"zarr.json"} == set(array.iter_chunk_keys())
    np.testing.assert_array_equal(again[3:, ::2], VALUES[3:, ::2])
    np.testing.assert_array_equal(again.vindex[[9, 0], [11, 3]], VALUES[[9, 0], [11, 3]])
    assert again.nchunks_initialized == 20
    smaller = again.resize(5, 5)
    assert smaller.nchunks_initialized == smaller.nchunks == 6


@pytest.mark.parametrize(("given", "message"), [
    (named("fanout", max_children=3), r"max_children: must be in \[4"), (named("fanout", x=1), "unknown"),
    (named("suffix", suffix="/../x", base_encoding=named("v2")), "end of a key"),
    (named("suffix", suffix=".x"), "base_encoding: missing"), (named("other"), "unknown name 'other'"),
    (named("suffix", suffix=".x", base_encoding=named("other")), "unknown name 'other'"), (5, "expected"),
], ids=str)  # fmt: skip
def test_bad_encodings(given, message):
    with pytest.raises(ValueError, match=message):
        frozarr.create_array({}, shape=4, dtype="u1", chunk_key_encoding=given)


def test_sizes_that_overflow_are_refused():
    document = frozarr.create_array({}, shape=4, dtype="i4").metadata.to_json()
    for sizes in ([2**62, 2**62, 2**62, 1], [[2**40, 2**40]]):
        grid = named("rectilinear", kind="inline", chunk_shapes=[sizes])
        with pytest.raises(MetadataError, match="cover more than"):
            parse_array_v3({**document, "chunk_grid": grid})


def test_shards_of_several_sizes_grow_by_whole_inner_chunks():
    array = frozarr.create_array({}, shape=4, dtype="i4", chunks=2, shards=[[2, 2]])
    longer = array.append([1])
    assert longer[...].tolist() == [0, 0, 0, 0, 1]
    assert longer.write_chunk_sizes == ((2, 2, 1),)

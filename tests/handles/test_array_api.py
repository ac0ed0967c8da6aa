"""Every row of the array's API that this version has."""

import asyncio
import pickle

import numpy as np
import pytest

import frozarr
from frozarr import codecs as fc
from frozarr import compat
from frozarr.io.buffers import NDBuffer, default_buffer_prototype
from frozarr.metadata.json import FrozenMap
from frozarr.storage import Get, GetRanges, LocalStore, MemoryStore, StorePath
from frozarr.testing.oracle import assert_same_array, check_same

# ------------------------------------------------------------------ what it is


def test_properties(array, store):
    assert array.store is store
    assert array.path == "g/a"
    assert array.name == "/g/a"
    assert array.basename == "a"
    assert array.store_path == StorePath(store, "g/a")
    assert (array.shape, array.ndim, array.size, array.nbytes) == ((7, 10, 3), 3, 210, 840)
    assert array.dtype == np.dtype("i4")
    assert array.fill_value == 0
    assert array.order == "C"
    assert not array.read_only
    assert array.chunks == (2, 4, 3)
    assert array.shards is None
    assert array.filters == ()
    assert array.serializer == fc.BytesCodec()
    assert array.compressors == (fc.ZstdCodec(level=0, checksum=False),)
    assert array.cdata_shape == array.shard_grid_shape == (4, 3, 1)
    assert array.nchunks == array.nshards == 12
    assert array.nchunks_initialized == array.nshards_initialized == 12
    assert array.read_chunk_sizes == ((2, 2, 2, 1), (4, 4, 2), (3,)) == array.write_chunk_sizes
    assert array.dimension_names is None
    assert len(array) == 7
    assert bool(array)
    with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="compressors"):
        array.compressor


def test_properties_of_format_2():
    array = frozarr.create_array({}, shape=4, dtype=">i2", zarr_format=2, order="F")
    assert array.order == "F"
    assert array.serializer is None
    assert array.compressors[0].to_json() == {"id": "zstd", "level": 0}
    assert array.dtype == np.dtype(">i2")
    with pytest.warns(DeprecationWarning):
        assert array.compressor == array.compressors[0]
    undefined = frozarr.create_array({}, shape=2, dtype="i4", zarr_format=2, fill_value=None)
    assert undefined.fill_value is None
    assert undefined[...].tolist() == [0, 0]


def test_stored_bytes(array):
    keys = array.store.blocking.list_prefix("g/a")
    assert array.nbytes_stored() == sum(array.store.blocking.getsize(k) for k in keys)


def test_printing(array):
    assert repr(array) == f"<Array {array.store.url}/g/a shape=(7, 10, 3) dtype=int32>"
    text = repr(array.info)
    for part in ("Zarr format", "Shape", "(7, 10, 3)", "Chunk shape", "Compressors", "840"):
        assert part in text
    assert "Chunks Initialized : 12" in repr(array.info_complete())
    assert array.info_complete().nbytes_stored == array.nbytes_stored()
    assert "<table>" in array._repr_html_()
    assert array.info.to_dict()["shape"] == (7, 10, 3)


def test_values(array, store):
    again = frozarr.open_array(store, path="g/a")
    assert again == array
    assert hash(again) == hash(array)
    assert again.__dask_tokenize__() == array.__dask_tokenize__()
    assert array.with_config({"workers": 1}) != array
    assert array.with_config({"workers": 1}).config.workers == 1
    assert array.update_attributes({"x": 1}).__dask_tokenize__() != array.__dask_tokenize__()
    assert not hasattr(array, "__array_function__")
    with pytest.raises(TypeError):
        array + 1
    with pytest.raises(AttributeError):
        array.shape = (1,)


def test_pickle(array, values):
    copy = pickle.loads(pickle.dumps(array))
    assert copy.metadata == array.metadata
    np.testing.assert_array_equal(copy[...], values)
    if isinstance(array.store, LocalStore):
        assert copy == array
        assert len(pickle.dumps(array)) < 3000


def test_config_is_carried(array):
    with frozarr.config(workers=3, write_empty_chunks=True) as settings:
        made = frozarr.create_array({}, shape=4, chunks=2, dtype="i4")
        assert made.config == settings
    assert made.config.workers == 3
    made[...] = 0
    assert made.nchunks_initialized == 2
    assert frozarr.open_array(made.store).config.workers != 3 or frozarr.Config().workers == 3
    assert array.with_config({"order": "F"})[...].flags.f_contiguous


# ------------------------------------------------------------------ reading

SELECTIONS = [
    ..., (), 3, -1, (1, 2, 0), (-1, -1, -1), np.s_[2:5], np.s_[:, 1], np.s_[..., 2], np.s_[1, ..., 0],
    np.s_[::2, 1::3], np.s_[5:2], np.s_[100:], np.s_[-3:, -100:100:7], np.int64(2), np.uint8(3),
    (np.array(2), slice(None)), np.s_[3:4, 5:6, 1:2], np.s_[1:7:5, ::9],
    # index arrays as NumPy has them
    ([0, 3], [1, 1], [2, 0]), (np.array([[0, 1], [2, 3]]), np.array([[1], [2]]), 0),
    (slice(None), [1, 5]), ([6, 0, 0],), (Ellipsis, [2, 0]), ([1, 2], slice(2, 5), slice(None)),
    (np.array([True] * 3 + [False] * 4),), (slice(None), np.arange(10) % 3 == 0),
    ([0, 1], [1, 2]), ([0, 1], slice(None), [1, 2]), (slice(None), [0, 1], [1, 2]), ([[0, 1]], [[1], [2]]),
    (np.arange(70).reshape(7, 10) % 4 == 0), (slice(1, 3), np.arange(30).reshape(10, 3) % 4 == 0),
    np.arange(210).reshape(7, 10, 3) % 5 == 0, (np.array([], int),), ([],),
]  # fmt: skip


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda s: repr(s)[:60].replace("\n", ""))
def test_brackets_are_numpy(array, values, selection):
    check_same(array, values, selection)


def test_zarr_habits_kept(array, values):
    """Where zarr users and NumPy disagree and both are in use: orthogonal."""
    np.testing.assert_array_equal(array[0, :, [1, 2]], values[0][:, [1, 2]])
    rows, columns, last = (np.arange(n) % 2 == 0 for n in (7, 10, 3))
    np.testing.assert_array_equal(array[rows, columns, last], values[np.ix_(rows, columns, last)])


def test_one_dimension():
    values = np.arange(20)
    array = frozarr.array(values, chunks=3)
    for selection in (5, -1, [3, 1, 1], [True, False] * 10, np.s_[::7], np.array([[1, 2], [3, 4]])):
        check_same(array, values, selection)
    assert isinstance(array[5], np.integer)
    assert [int(v) for v in array] == list(range(20))
    assert array.vindex[[1, 2]].tolist() == [1, 2]
    assert array.vindex[3].tolist() == [3]
    check_same(array, values, frozarr.array([1, 2]))


def test_no_dimensions():
    array = frozarr.array(5)
    for selection in ((), ...):
        assert array[selection] == 5
        assert isinstance(array[selection], np.integer)
    array[...] = 7
    array[()] += 1
    assert array[()] == 8
    assert array.nchunks == 1
    with pytest.raises(TypeError, match="0-d"):
        len(array)
    with pytest.raises(TypeError, match="0-d"):
        list(array)
    with pytest.raises(IndexError):
        array[0]
    assert array.get_mask_selection(np.array(True)).tolist() == [8]
    assert np.asarray(array).shape == ()


def test_orthogonal(array, values):
    for selection in (([3, 0, 3], slice(1, 9, 3), [2, 0]), (slice(None), [9, 1], 1), (0, 0, 0),
                      (np.arange(7) > 2, slice(None), np.array([True, False, True])), [5, 1]):  # fmt: skip
        entries = selection if isinstance(selection, tuple) else (selection,)
        full = entries + (slice(None),) * (3 - len(entries))
        chosen = [np.atleast_1d(np.arange(n)[e]) for n, e in zip(values.shape, full, strict=True)]
        shape = [len(c) for c, e in zip(chosen, full, strict=True) if not isinstance(e, int)]
        assert_same_array(array.oindex[selection], values[np.ix_(*chosen)].reshape(shape))
        assert_same_array(
            array.get_orthogonal_selection(selection), values[np.ix_(*chosen)].reshape(shape)
        )


def test_coordinates_and_masks(array, values):
    index = ([0, 6, 0], [9, 0, 9], [-1, 0, 2])
    assert_same_array(array.vindex[index], values[index])
    assert_same_array(array.get_coordinate_selection(index), values[index])
    mask = values % 7 == 3
    assert_same_array(array.vindex[mask], values[mask])
    assert_same_array(array.get_mask_selection(mask), values[mask])
    assert array.vindex[np.zeros_like(mask)].shape == (0,)


def test_blocks(array, values):
    assert_same_array(array.blocks[1, 0], values[2:4, 0:4])
    assert_same_array(array.blocks[-1, 1:], values[6:, 4:])
    assert_same_array(array.get_block_selection((slice(None), -1)), values[:, 8:])
    array.blocks[0, 0] = 5
    assert (array[:2, :4] == 5).all()
    array.set_block_selection((1, 1), np.full((2, 4, 3), 6))
    assert (array[2:4, 4:8] == 6).all()


def test_out_and_prototype(array, values):
    room = np.zeros((10, 3), "i4")
    assert array.get_basic_selection(2, out=room) is room
    np.testing.assert_array_equal(room, values[2])
    buffer = NDBuffer.create(shape=(2, 10, 3), dtype="i4")
    array.get_basic_selection(slice(0, 2), out=buffer)
    np.testing.assert_array_equal(buffer.as_numpy_array(), values[:2])
    large = np.zeros((20, 20, 6), "i4")
    view = large[2:16:2, 3:13, ::2]
    array.get_basic_selection(out=view)
    np.testing.assert_array_equal(view, values)
    assert int(np.abs(large).sum()) == values.sum()
    np.testing.assert_array_equal(
        array.get_orthogonal_selection([1, 3], prototype=default_buffer_prototype()), values[[1, 3]]
    )
    room = np.zeros(3, "i4")
    array.get_coordinate_selection(([0, 1, 2], [0, 1, 2], [0, 1, 2]), out=room)
    assert room.tolist() == values[[0, 1, 2], [0, 1, 2], [0, 1, 2]].tolist()


def test_as_numpy(array, values):
    np.testing.assert_array_equal(np.asarray(array), values)
    assert np.asarray(array, "f8").dtype == np.float64
    assert np.mean(array) == values.mean()
    with pytest.raises(ValueError, match="copy"):
        np.array(array, copy=False)


def test_iteration_reads_each_chunk_once():
    class Counting(MemoryStore):
        reads = 0

        def carry_out(self, request):
            if isinstance(request, Get | GetRanges):
                Counting.reads += len(request.keys)
            return super().carry_out(request)

    array = frozarr.create_array(Counting(), shape=(20, 4), chunks=(5, 2), dtype="i4")
    array[...] = np.arange(80).reshape(20, 4)
    Counting.reads = 0
    assert np.array_equal(np.stack(list(array)), np.arange(80).reshape(20, 4))
    assert Counting.reads == 8


def test_an_empty_selection_asks_for_nothing(store):
    array = frozarr.create_array(store, shape=(4, 4), chunks=(2, 2), dtype="i4")
    assert len(array.plan[0:0]) == 0
    assert array[0:0].shape == (0, 4)
    array[2:2] = np.zeros((0, 4))
    assert array.nchunks_initialized == 0


# ------------------------------------------------------------------ writing


def test_writes(array, values):
    for selection, value in (
        (np.s_[1:3], 9), ((0, 0, 0), 5), (np.s_[:, 1], np.arange(3)), (np.s_[::3, ::3], np.ones((1, 3))),
        (([0, 1], slice(None), slice(None)), -1), (np.arange(210).reshape(7, 10, 3) % 2 == 0, 4),
        (([0, 3], [1, 1], [2, 0]), [7, 8]), ((slice(None), [1, 5]), np.arange(6).reshape(2, 3)),
        (([0, 1], slice(None), [1, 2]), 3), (np.s_[0:2], np.float64(2.7)), (np.s_[...], True),
    ):  # fmt: skip
        array[selection] = value
        values[selection] = value
        np.testing.assert_array_equal(array[...], values)


def test_setters(array, values):
    array.set_basic_selection(np.s_[0], 1)
    values[0] = 1
    array.set_orthogonal_selection(([2, 4], slice(None), [0]), 2)
    values[np.ix_([2, 4], range(10), [0])] = 2
    array.set_coordinate_selection(([0, 6], [0, 9], [0, 2]), [3, 4])
    values[[0, 6], [0, 9], [0, 2]] = [3, 4]
    mask = values > 200
    older = compat.Array.of(array)
    older.set_mask_selection(mask, np.arange(mask.sum()), prototype=default_buffer_prototype())
    values[mask] = np.arange(mask.sum())
    array.oindex[[1], 0, :] = [[7, 8, 9]]
    values[1, 0] = [7, 8, 9]
    array.vindex[[0], [0], [0]] = 11
    values[0, 0, 0] = 11
    np.testing.assert_array_equal(array[...], values)


def test_the_last_of_repeated_indices_wins():
    array = frozarr.zeros((6, 4), chunks=(2, 3), dtype="i4")
    array.vindex[[1, 5, 1, 1], [2, 0, 2, 2]] = [10, 20, 30, 40]
    assert array[1, 2] == 40
    array.oindex[[3, 0, 3], :2] = np.arange(6).reshape(3, 2)
    assert array[3, :2].tolist() == [4, 5]


def test_values_of_arrays(array):
    source = frozarr.array(np.full((10, 3), 8, "i4"))
    array[0] = source
    assert (array[0] == 8).all()


def test_chunks_of_the_fill_value_are_not_stored(store):
    array = frozarr.create_array(store, shape=8, chunks=2, dtype="f4", fill_value=np.nan)
    array[...] = [1, 2, np.nan, np.nan, np.nan, 3, 4, np.nan]
    assert sorted(k for k in store.blocking.list_prefix("c")) == ["c/0", "c/2", "c/3"]
    array[:2] = np.nan
    assert sorted(k for k in store.blocking.list_prefix("c")) == ["c/2", "c/3"]
    zero = frozarr.create_array({}, shape=2, chunks=2, dtype="f4")
    zero[...] = -0.0
    assert zero.nchunks_initialized == 1
    assert np.signbit(zero[...]).all()
    kept = frozarr.create_array({}, shape=2, dtype="f4", config={"write_empty_chunks": True})
    kept[...] = 0
    assert kept.nchunks_initialized == 1


def test_whole_chunks_are_not_read():
    class Counting(MemoryStore):
        reads = 0

        def carry_out(self, request):
            if isinstance(request, Get | GetRanges):
                Counting.reads += len(request.keys)
            return super().carry_out(request)

    array = frozarr.create_array(Counting(), shape=(7, 7), chunks=(3, 3), dtype="i4")
    Counting.reads = 0
    array[...] = 1
    array[6:, 3:] = 2
    assert Counting.reads == 0
    array[2:4, 0:3] = 3
    assert Counting.reads == 2


# ------------------------------------------------------------------ changes


def test_resize(array, values):
    smaller = array.resize((3, 10, 3))
    assert array.shape == (7, 10, 3)
    np.testing.assert_array_equal(smaller[...], values[:3])
    assert smaller.nchunks_initialized == 6
    larger = smaller.resize(7, 10, 3)
    np.testing.assert_array_equal(larger[:4], values[:4])  # row 3 lies in a kept border chunk
    assert (larger[4:] == 0).all()
    assert frozarr.open_array(array.store, path="g/a") == larger
    assert larger.resize((7, 10, 3)) == larger


def test_resize_can_keep_chunks(array, values):
    kept = array.resize((1, 1, 1), delete_outside_chunks=False).resize(7, 10, 3)
    np.testing.assert_array_equal(kept[...], values)


def test_resize_with_many_chunks_outside():
    array = frozarr.create_array({}, shape=(200, 200), chunks=(1, 1), dtype="i4")
    array[::50, ::50] = 5
    smaller = array.resize(60, 60)
    assert smaller.nchunks_initialized == 4
    assert len(array.store.store_dict) == 5


def test_append(array, values):
    more = array.append(values[:2])
    assert more.shape == (9, 10, 3)
    assert array.shape == (7, 10, 3)
    np.testing.assert_array_equal(more[...], np.concatenate([values, values[:2]]))
    wide = more.append(np.zeros((9, 10, 1)), axis=-1)
    assert wide.shape == (9, 10, 4)
    assert (wide[..., 3] == 0).all()
    assert wide.append(np.zeros((0, 10, 4))).shape == wide.shape


def test_attributes(array):
    second = array.update_attributes({"a": 1, "b": {"c": [1, 2]}})
    assert dict(array.attrs) == {}
    assert second.attrs == {"a": 1, "b": {"c": (1, 2)}}
    assert second.attrs["b"]["c"] == (1, 2)
    third = second.update_attributes({"a": None})
    assert third.attrs["a"] is None
    assert frozarr.open_array(array.store, path="g/a").attrs == third.attrs
    with pytest.raises(TypeError):
        third.attrs["a"] = 2
    assert isinstance(third.attrs, FrozenMap)


def test_attributes_of_format_2(store):
    array = frozarr.create_array(store, shape=2, dtype="i4", zarr_format=2)
    assert store.blocking.list_prefix("") == [".zarray"]
    array.update_attributes({"a": 1})
    assert store.blocking.list_prefix("") == [".zarray", ".zattrs"]
    assert frozarr.open_array(store).update_attributes({"b": 2}).attrs == {"a": 1, "b": 2}


# ------------------------------------------------------------------ the grid


def test_grid_iteration(array):
    coords = [(i, j, 0) for i in range(4) for j in range(3)]
    assert list(array.iter_chunk_coords()) == list(array.iter_shard_coords()) == coords
    assert (
        list(array.iter_chunk_keys())[:2]
        == list(array.iter_shard_keys())[:2]
        == ["c/0/0/0", "c/0/1/0"]
    )
    regions = list(array.iter_chunk_regions())
    assert regions == list(array.iter_shard_regions())
    assert regions[-1] == np.s_[6:7, 8:10, 0:3]
    assert list(array.iter_chunk_coords(origin=(3, 1, 0), selection_shape=(1, 2, 1))) == [
        (3, 1, 0),
        (3, 2, 0),
    ]
    assert list(array.iter_chunk_regions(origin=(3, 2, 0))) == [np.s_[6:7, 8:10, 0:3]]
    for bad in (
        {"origin": (4, 0, 0), "selection_shape": (1, 1, 1)},
        {"origin": (0,)},
        {"selection_shape": (9, 1, 1)},
    ):
        with pytest.raises(IndexError):
            list(array.iter_chunk_coords(**bad))


def test_plan(array):
    plan = array.plan[1:5, 3]
    assert len(plan) == plan.requests == 3
    assert plan.keys() == ["g/a/c/0/0/0", "g/a/c/1/0/0", "g/a/c/2/0/0"]
    assert plan.chunk_coords().tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0]]
    assert plan.shape == (4, 3)
    assert plan.nbytes == 48
    assert plan.nbytes_decoded == 3 * 24 * 4
    assert plan.coverage().tolist() == [False] * 3
    assert array.plan[...].coverage().all()
    assert array.plan.oindex[[0, 6], :].requests == 6
    assert array.plan.vindex[[0, 0], [0, 1], [0, 0]].requests == 1
    assert array.plan.blocks[0].requests == 3
    assert "3 chunks" in plan.describe()
    copy = pickle.loads(pickle.dumps(plan))
    if isinstance(array.store, LocalStore):
        assert copy.keys() == plan.keys()
    with pytest.raises(ValueError, match="parts"):
        plan.split(0)


def test_inside_a_running_loop(array, values):
    async def use():
        return array[...]

    np.testing.assert_array_equal(asyncio.run(use()), values)


def test_append_takes_what_assignment_takes():
    text = frozarr.create_array({}, shape=0, chunks=2, dtype=str).append(["a\0", "b\0\0"])
    assert text[...].tolist() == ["a\0", "b\0\0"]
    octets = frozarr.create_array({}, shape=0, chunks=2, dtype="variable_length_bytes")
    assert octets.append([b"a\0", b"\0"])[...].tolist() == [b"a\0", b"\0"]
    records = frozarr.create_array({}, shape=0, chunks=2, dtype=[("a", "i2"), ("b", "f8")])
    assert records.append([(1, 2.0)])[...].tolist() == [(1, 2.0)]


def test_vindex_takes_masks_of_one_axis():
    array = frozarr.create_array({}, data=np.arange(4))
    mask = np.array([True, False, False, True])
    assert array.vindex[mask].tolist() == [0, 3]
    array.vindex[mask] = [7, 8]
    assert array[...].tolist() == [7, 1, 2, 8]


def test_times_without_a_unit_can_be_shown():
    array = frozarr.create_array({}, shape=8, dtype="M8")
    assert "numpy.datetime64" in repr(array.info)

"""Spellings of the older interface, as `frozarr.compat` has them."""

import asyncio
import inspect

import numpy as np
import pytest

import frozarr
from frozarr import compat
from frozarr.errors import ContainsArrayError
from frozarr.io.buffers import default_buffer_prototype
from frozarr.storage import MemoryStore


def test_array_create_is_deprecated():
    with pytest.warns(DeprecationWarning):
        array = compat.Array.create({}, shape=4, dtype="i4", chunk_shape=(2,), dimension_names=["x"],
                             codecs=[{"name": "bytes", "configuration": {"endian": "big"}}])  # fmt: skip
    assert array.chunks == (2,)
    assert array.compressors == ()
    for wrong, says in (
        ({"dimension_separator": "/"}, "chunk_key_encoding"), ({"filters": []}, "codecs"),
        ({"compressor": {"id": "zlib"}}, "codecs"), ({"chunk_shape": (2,), "chunks": (2,)}, "not both"),
        ({"zarr_format": 2, "chunk_shape": (2,)}, "chunks"), ({"zarr_format": 2, "codecs": []}, "compressor"),
        ({"zarr_format": 2, "dimension_names": ["x"]}, "_ARRAY_DIMENSIONS"),
    ):  # fmt: skip
        with pytest.warns(DeprecationWarning), pytest.raises(ValueError, match=says):
            compat.Array.create({}, shape=4, dtype="i4", **wrong)
    with pytest.warns(DeprecationWarning):
        two = compat.Array.create({}, shape=4, dtype="i4", zarr_format=2, chunks=(2,), order="F",
                           dimension_separator="/", compressor={"id": "zlib", "level": 1})  # fmt: skip
    assert two.metadata.dimension_separator == "/"
    assert two.order == "F"
    with pytest.warns(DeprecationWarning), pytest.raises(ContainsArrayError):
        compat.Array.create(two.store, shape=4, dtype="i4", zarr_format=2)
    with pytest.warns(RuntimeWarning, match="order"):
        frozarr.create_array({}, shape=4, dtype="i4", order="F")


def created(**arguments):
    with pytest.warns(DeprecationWarning):
        return compat.Array.create({}, **arguments)


def test_array_create_keeps_what_is_asked_for():
    assert created(shape=2, dtype="i4", compressor=None).compressors == ()
    two = {"shape": (2, 2), "dtype": "i4", "zarr_format": 2}
    assert created(**two).fill_value == 0
    assert created(**two, fill_value=None).fill_value is None
    assert created(**two, config={"order": "F"}).metadata.order == "F"
    assert created(**two, config={"order": "F"}, order="C").metadata.order == "C"
    assert created(**two, order="F").metadata.order == "F"
    for encoding in (("v2", "/"), ["v2", "/"], {"name": "v2", "separator": "/"}):
        made = created(shape=2, dtype="i4", chunk_key_encoding=encoding)
        assert made.metadata.chunk_key_encoding.separator == "/"
    with pytest.warns(DeprecationWarning), pytest.raises(ValueError, match="2 or 3"):
        compat.Array.create({}, shape=2, dtype="i4", zarr_format=4)


MAKERS = {
    "create": (4,), "zeros": (4,), "ones": (4,), "empty": (4,), "full": (4, 7),
    "zeros_like": (np.zeros(4, "f8"),), "full_like": (np.zeros(4, "f8"), 7),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_older_arguments_of_what_makes_arrays(name):
    def make(**arguments):
        return getattr(compat, name)(*MAKERS[name], **arguments)

    assert make(chunk_shape=(2,)).chunks == (2,)
    assert make(codecs=[{"name": "bytes", "configuration": {"endian": "big"}}]).compressors == ()
    separated = make(dimension_separator="/", zarr_format=2)
    assert separated.metadata.dimension_separator == "/"
    assert make(write_empty_chunks=True).config.write_empty_chunks
    assert make(write_empty_chunks=True, config={"workers": 1}).config.workers == 1
    assert make(config={"order": "F"}, zarr_format=2).metadata.order == "F"
    assert make(chunks=None).chunks == (4,)
    if not name.endswith("_like"):
        assert make(dtype=None).dtype == "f8"
    store = MemoryStore()
    make(store=store)
    for mode in ("w-", "a", "r+"):
        with pytest.raises(ContainsArrayError):
            make(store=store, mode=mode)
    assert make(store=store, mode="w", chunks=1).chunks == (1,)
    for wrong, says in (
        ({"mode": "r"}, "makes no array"), ({"mode": "x"}, "makes no array"),
        ({"chunk_shape": 2, "chunks": 2}, "not both"),
        ({"dimension_separator": "/"}, "chunk_key_encoding"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=says):
            make(**wrong)
    with pytest.raises(TypeError, match="chunkz"):
        make(chunkz=2)
    for parameter in ("chunk_shape", "codecs", "dimension_separator", "write_empty_chunks", "mode"):
        assert parameter in inspect.signature(getattr(compat, name)).parameters
    assert inspect.signature(getattr(compat, name)).return_annotation is compat.Array


def test_data_beside_a_shape():
    assert compat.create((2,), data=[1, 2], dtype="i4")[...].tolist() == [1, 2]
    with pytest.raises(ValueError, match="can't fill an array of shape"):
        compat.create((3,), data=[1, 2], dtype="i4")


def test_opening_makes_arrays_in_the_older_words():
    store = MemoryStore()
    made = compat.open_array(store, mode="w", shape=4, chunk_shape=2, dtype="i4")
    assert made.chunks == (2,)
    assert compat.open(store, mode="r", write_empty_chunks=True).config.write_empty_chunks
    assert compat.open_array(store, mode="r").read_only


def test_handles_from_metadata():
    array = frozarr.create_array({}, data=[1, 2, 3])
    document = array.metadata.documents()["zarr.json"]
    two = frozarr.create_array({}, data=[1, 2, 3], zarr_format=2, attributes={"a": 1})
    for handle in (
        compat.Array(array.metadata, array.store_path),
        compat.Array(array.async_array),
        compat.Array(document, array.store_path, {"workers": 1}),
        compat.Array(
            {**two.metadata.documents()[".zarray"], "attributes": {"a": 1}}, two.store_path
        ),
    ):
        assert handle[...].tolist() == [1, 2, 3]
        assert type(handle.with_config({})) is compat.Array
    given = compat.AsyncArray(metadata=document, store_path=array.store_path, config={"workers": 1})
    assert given.config.workers == 1
    assert asyncio.run(given.getitem(0)) == 1
    assert compat.AsyncArray(array) == compat.AsyncArray(array.metadata, array.store_path)
    with pytest.raises(ValueError, match="shape"):
        compat.AsyncArray({"zarr_format": 3, "node_type": "array"}, {})


def test_positions_of_parameters():
    array = frozarr.zeros((4, 4), chunks=2)
    assert list(array.iter_chunk_coords((1, 0), (1, 2))) == [(1, 0), (1, 1)]
    assert len(list(array.iter_shard_regions((0, 0), (1, 1)))) == 1
    array[...] = 1
    kept = asyncio.run(array.async_array.resize((2, 4), False))
    again = frozarr.Array.of(asyncio.run(kept.resize(new_shape=(4, 4))))
    assert again[...].sum() == 16
    smaller = again.resize(2, 4, delete_outside_chunks=True)
    assert smaller.resize(4, 4)[...].sum() == 8
    line = frozarr.zeros(4, chunks=2)
    line[...] = 1
    assert line.resize(2, False).resize(4)[...].sum() == 4
    assert frozarr.load(line.store, "", 3).tolist() == [1, 1, 1, 1]
    handle = compat.AsyncArray(frozarr.zeros(2))
    asyncio.run(handle.setitem(slice(None), 3, default_buffer_prototype()))
    assert asyncio.run(handle.getitem(slice(None), prototype=default_buffer_prototype())).sum() == 6
    assert frozarr.zeros(2).update_attributes(new_attributes={"a": 1}).attrs == {"a": 1}


def test_documents_at_places():
    async def main():
        place = compat.StorePath(MemoryStore(), "a")
        assert await place.get_json() is None
        await place.set_if_not_exists(default=b'{"b": [1]}')
        await place.set_if_not_exists(b"{}")
        return await place.get_json()

    assert asyncio.run(main()) == {"b": [1]}


def test_prototypes_leave_values_as_they_are():
    prototype = default_buffer_prototype()
    for dtype, value in (
        ([("a", "i4"), ("b", "f8")], (7, 8.0)), ([("a", "i4"), ("b", "f8")], [(1, 2.0), (3, 4.0)]),
        ("i8", [1, 2]), (str, ["x", "y"]), ("i4", np.array([1, 2])),
    ):  # fmt: skip
        with_it, without = (compat.create_array({}, shape=2, dtype=dtype) for _ in range(2))
        with_it.set_basic_selection(slice(0, 2), value, prototype=prototype)
        without.set_basic_selection(slice(0, 2), value)
        assert with_it[:].tolist() == without[:].tolist()
    masked = compat.zeros(3)
    masked.set_mask_selection(mask=np.array([True, False, True]), value=2, prototype=prototype)
    assert masked[:].tolist() == [2, 0, 2]


def test_arrays_are_opened_with_the_separator_that_they_have():
    store = MemoryStore()
    compat.zeros(4, store=store, chunks=2, zarr_format=2, dimension_separator="/")
    for mode in ("r", "r+", "a"):
        assert compat.open_array(store, mode=mode, dimension_separator="/").chunks == (2,)


def test_metadata_of_another_library():
    import zarr

    theirs = zarr.create_array(MemoryStore({}).store_dict, data=np.arange(3))
    document = theirs.metadata.to_dict()
    store = MemoryStore()
    frozarr.create_array(store, data=np.arange(3))
    handle = compat.Array({**document, "storage_transformers": ()}, store)
    assert handle[:].tolist() == [0, 1, 2]
    with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="did you mean 'shape'"):
        compat.Array.create({}, shpe=3)

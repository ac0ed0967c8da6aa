"""Documents of one format as those of the other: what they say stays, and chunks are read the same."""

import numpy as np
import pytest

import frozarr
from frozarr import dtypes as fd
from frozarr.errors import MetadataError


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


def converted(array, values, to, **kwargs):
    """Values that the same chunks have under the converted document."""
    metadata = to(array.metadata, **kwargs)
    document = metadata.to_json()
    again = frozarr.Array.from_dict(array.store, document)
    np.testing.assert_array_equal(again[...], values)


def test_what_format_2_can_not_say():
    array = frozarr.create_array(
        {}, shape=(4, 4), dtype="bfloat16", chunks=(2, 2), shards=(4, 4),
        dimension_names=["x", None], filters=named("transpose", order=[1, 0]),
    )  # fmt: skip
    with pytest.raises(MetadataError) as caught:
        frozarr.to_v2(array.metadata)
    for loss in ("chunk_key_encoding", "dimension_names", "bfloat16", "sharding_indexed"):
        assert loss in str(caught.value)
    odd = frozarr.create_array({}, shape=(4, 4), dtype="i2", chunks=[[1, 3], 4], chunk_key_encoding="v2",
                               filters=[named("cast_value", data_type="int8")])  # fmt: skip
    with pytest.raises(MetadataError, match=r"rectilinear.*cast_value"):
        frozarr.to_v2(odd.metadata)
    nan = np.array([0x7FC00001], "u4").view("f4")[0]
    payload = frozarr.create_array({}, shape=4, dtype="f4", fill_value=nan, chunk_key_encoding="v2")
    with pytest.raises(MetadataError, match="can't tell"):
        frozarr.to_v2(payload.metadata)


def test_what_format_3_can_not_say():
    undefined = frozarr.create_array({}, shape=4, dtype="i2", fill_value=None, zarr_format=2)
    with pytest.raises(MetadataError, match="fill_value="):
        frozarr.to_v3(undefined.metadata)
    assert frozarr.to_v3(undefined.metadata, fill_value=7).fill_value == 7
    objects = frozarr.create_array(
        {}, shape=4, dtype=object, zarr_format=2, filters={"id": "json2"}
    )
    with pytest.raises(MetadataError, match="no data type for objects"):
        frozarr.to_v3(objects.metadata)
    categories = frozarr.create_array(
        {}, shape=4, dtype="u1", zarr_format=2, filters={"id": "mystery"}
    )
    with pytest.raises(MetadataError, match="'mystery' has no counterpart"):
        frozarr.to_v3(categories.metadata)


def test_a_converted_document_reads_the_same_chunks():
    for dtype, order, filters in (
        (">f8", "F", None), ("i4", "C", [{"id": "delta", "dtype": "<i4"}]), ("string", "F", None),
        ([("a", ">i2"), ("b", ">f4")], "C", None),
    ):  # fmt: skip
        store = {}
        array = frozarr.create_array(
            store, shape=(4, 6), dtype=dtype, chunks=(2, 4), order=order, zarr_format=2,
            filters=filters, compressors={"id": "zlib", "level": 1},
            attributes={"_ARRAY_DIMENSIONS": ["y", "x"]},
        )  # fmt: skip
        values = np.arange(24).reshape(4, 6)
        array[...] = (
            values.astype(str).astype(object) if dtype == "string" else values.astype(array.dtype)
        )
        converted = frozarr.to_v3(array.metadata)
        assert converted.dimension_names == ("y", "x")
        again = frozarr.Array.from_dict(store, converted.to_json())
        np.testing.assert_array_equal(again[...], array[...])
        assert frozarr.to_v2(converted) == array.metadata


def test_renaming_chunks_is_asked_for():
    plain = frozarr.create_array({}, shape=4, dtype="i2", dimension_names=["x"])
    with pytest.raises(MetadataError, match="dimension_separator="):
        frozarr.to_v2(plain.metadata)
    older = frozarr.to_v2(plain.metadata, dimension_separator="/")
    assert older.dimension_separator == "/"
    assert older.attributes["_ARRAY_DIMENSIONS"] == ("x",)
    assert older.data_type == fd.Integer("int16")


def test_converted_shuffles_keep_their_element_size():
    array = frozarr.create_array(
        {}, data=np.arange(4.0), zarr_format=2, compressors={"id": "shuffle"}
    )
    converted(array, np.arange(4.0), frozarr.to_v3)


@pytest.mark.parametrize("more", [
    {"filters": [named("numcodecs.delta")]}, {"compressors": [named("numcodecs.shuffle")]},
], ids=str)  # fmt: skip
def test_converted_filters_have_the_type_of_their_place(more):
    filters = [named("numcodecs.astype", encode_dtype="<i8", decode_dtype="<i4")]
    array = frozarr.create_array(
        {}, shape=4, dtype="i4", chunk_key_encoding="v2",
        **{"compressors": None, **more, "filters": [*filters, *more.get("filters", [])]},
    )  # fmt: skip
    array[...] = [5, 3, 9, -2]
    converted(array, [5, 3, 9, -2], frozarr.to_v2)


def test_what_conversion_must_not_drop():
    categories = {"id": "categorize", "labels": ["a", "b"], "dtype": "<U1", "astype": "u1"}
    array = frozarr.create_array({}, data=np.array(["a", "b"]), zarr_format=2, filters=[categories])
    with pytest.raises(MetadataError, match="'categorize' has no counterpart"):
        frozarr.to_v3(array.metadata)
    for function in (frozarr.to_v2, frozarr.to_v3):
        with pytest.raises(TypeError, match="`metadata` of an array"):
            function(array)

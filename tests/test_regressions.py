"""Examples that once failed, each pinned by what is right."""

import base64

import ml_dtypes
import numpy as np
import pytest

import frozarr
from frozarr.errors import ChunkDecodeError, MetadataError
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3

SMALL = {"workers": 1, "batch_nbytes": 1}
TEXT = np.dtypes.StringDType()


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


def converted(array, values, to, **kwargs):
    """Values that the same chunks have under the converted document."""
    metadata = to(array.metadata, **kwargs)
    document = metadata.to_json()
    again = frozarr.Array.from_dict(array.store, document)
    np.testing.assert_array_equal(again[...], values)


def test_fills_of_records_in_format_2_have_the_byte_order_of_each_field():
    dtype = [("y", ">i4"), ("z", "<i2")]
    array = frozarr.create_array({}, shape=2, dtype=dtype, fill_value=(1, 2), zarr_format=2)
    document = array.metadata.to_json()
    assert base64.b64decode(document["fill_value"]) == b"\0\0\0\1\2\0"
    assert parse_array_v2(document).fill.item() == (1, 2)
    assert array[0].item() == (1, 2)


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e5m2", "int4", [("a", "bfloat16")], "M8", [("t", "m8")]],
                         ids=str)  # fmt: skip
def test_format_2_refuses_types_that_it_lacks(dtype):
    store = {}
    given = np.dtype([("a", ml_dtypes.bfloat16)]) if dtype == [("a", "bfloat16")] else dtype
    with pytest.raises(MetadataError, match="format 2 has no"):
        frozarr.create_array(store, shape=3, dtype=given, zarr_format=2)
    assert store == {}


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


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [np.str_("c"), Word("c")], ids=["numpy", "subclass"])
def test_kinds_of_text_are_text(value):
    array = frozarr.create_array({}, shape=3, chunks=1, dtype=str, config=SMALL)
    array[:] = np.array(["a", "b", value], object)
    array[0] = value
    assert array[...].tolist() == ["c", "b", "c"]


def test_kinds_of_bytes_are_bytes():
    array = frozarr.create_array({}, shape=3, chunks=1, dtype="variable_length_bytes", config=SMALL)
    values = np.empty(3, object)
    values[:] = [bytearray(b"a\0"), memoryview(b"b"), np.bytes_(b"c")]
    array[:] = values
    assert array[...].tolist() == [b"a\0", b"b", b"c"]
    array[0] = bytearray(b"q")
    assert array[0] == b"q"


@pytest.mark.parametrize(("dtype", "given", "values"), [
    (str, {}, np.array(["a", "b", "\ud800"])),
    (str, {}, np.array(["a", None, "c"], np.dtypes.StringDType(na_object=None))),
    ("i4", {"filters": [named("reshape", shape=[-1]), named("cast_value", data_type="uint8")]}, [1, 2, 300]),
    ("i4", {"filters": [named("numcodecs.astype", encode_dtype="<i8", decode_dtype="<i4"),
                        named("cast_value", data_type="uint8")]}, [1, 2, 300]),
    ("u8", {"filters": [named("cast_value", data_type="float32")]}, [1, 2, 2**64 - 1]),
    ("u1", {}, [1, 300, -1]), ("V3", {}, np.array([b"a", b"", b"abcd"], object)),
    ([("n", [("p", "U2")]), ("v", "V2")], {}, np.array([(("abcd",), b"wx")] * 3, [("n", [("p", "U4")]), ("v", "V2")])),
    ([("n", [("p", "U2")]), ("v", "V2")], {}, [(("ab",), b"wxyz")] * 3),
    ([("k", ml_dtypes.int4)], {}, np.array([(1,), (2,), (9,)], [("k", "i2")])),
], ids=range(10))  # fmt: skip
def test_refused_before_any_effect(dtype, given, values):
    store = {}
    array = frozarr.create_array(store, shape=3, chunks=1, dtype=dtype, config=SMALL, **given)
    before = set(store)
    with pytest.raises((ValueError, TypeError, OverflowError)) as caught:
        array[:] = values
    assert set(store) == before
    assert any("nothing was written" in note for note in caught.value.__notes__)


def test_append_takes_what_assignment_takes():
    text = frozarr.create_array({}, shape=0, chunks=2, dtype=str).append(["a\0", "b\0\0"])
    assert text[...].tolist() == ["a\0", "b\0\0"]
    octets = frozarr.create_array({}, shape=0, chunks=2, dtype="variable_length_bytes")
    assert octets.append([b"a\0", b"\0"])[...].tolist() == [b"a\0", b"\0"]
    records = frozarr.create_array({}, shape=0, chunks=2, dtype=[("a", "i2"), ("b", "f8")])
    assert records.append([(1, 2.0)])[...].tolist() == [(1, 2.0)]


@pytest.mark.parametrize("scale", [0, "NaN", "Infinity"])
def test_scales_that_can_not_be_undone(scale):
    with pytest.raises(MetadataError, match="can't be undone"):
        frozarr.create_array({}, shape=3, dtype="f4", filters=[named("scale_offset", scale=scale)])


def test_wrapping_is_exact():
    filters = [named("cast_value", data_type="uint64", out_of_range="wrap")]
    store = {}
    array = frozarr.create_array(store, shape=2, dtype="f8", compressors=None, filters=filters)
    array[:] = [-1.0, 2.0**64 + 4096]
    assert np.frombuffer(bytes(store["c/0"]), "<u8").tolist() == [2**64 - 1, 4096]


def test_sizes_that_overflow_are_refused():
    document = frozarr.create_array({}, shape=4, dtype="i4").metadata.to_json()
    for sizes in ([2**62, 2**62, 2**62, 1], [[2**40, 2**40]]):
        grid = named("rectilinear", kind="inline", chunk_shapes=[sizes])
        with pytest.raises(MetadataError, match="cover more than"):
            parse_array_v3({**document, "chunk_grid": grid})


def test_vindex_takes_masks_of_one_axis():
    array = frozarr.create_array({}, data=np.arange(4))
    mask = np.array([True, False, False, True])
    assert array.vindex[mask].tolist() == [0, 3]
    array.vindex[mask] = [7, 8]
    assert array[...].tolist() == [7, 1, 2, 8]


def test_durations_as_fill_values():
    array = frozarr.create_array({}, data=np.arange(3).astype("m8[s]"))
    assert frozarr.from_array({}, data=array)[...].tolist() == array[...].tolist()
    assert frozarr.empty_like(array).fill_value == np.timedelta64(0, "s")
    short = frozarr.create_array({}, shape=1, dtype="m8[s]", fill_value=np.timedelta64(5, "m"))
    assert short[0] == np.timedelta64(300, "s")


def test_values_are_checked_as_the_filter_sees_them():
    for first in (named("cast_value", data_type="int16"),
                  named("numcodecs.astype", encode_dtype="<i2", decode_dtype="|u1")):  # fmt: skip
        array = frozarr.create_array(
            {}, shape=2, dtype="u1", filters=[first, named("scale_offset", offset=100)]
        )
        array[:1] = 1
        assert array[...].tolist() == [1, 0]


@pytest.mark.parametrize(("dtype", "fill", "filters"), [
    ("f8", 300, [named("cast_value", data_type="uint8")]), ("f8", np.nan, [named("cast_value", data_type="uint8")]),
    ("f8", 1.5, [named("cast_value", data_type="uint8")]), ("u8", 0, [named("scale_offset", offset=5)]),
], ids=str)  # fmt: skip
def test_fills_that_the_codecs_can_not_store(dtype, fill, filters):
    with pytest.raises(MetadataError, match="fill_value.*can't be stored"):
        frozarr.create_array({}, shape=1, dtype=dtype, fill_value=fill, filters=filters)


def test_records_with_records_in_them_as_tuples():
    array = frozarr.create_array({}, shape=2, dtype=[("n", [("p", "U2")]), ("v", "V2")])
    array[0] = (("ab",), b"wx")
    array[1:] = [(("c",), b"yz")]
    assert array[...].tolist() == [(("ab",), b"wx"), (("c",), b"yz")]


def test_serializers_know_what_filters_leave():
    for filters in ([named("cast_value", data_type="int16")],
                    [named("numcodecs.astype", encode_dtype="<i2", decode_dtype="|u1")]):  # fmt: skip
        array = frozarr.create_array({}, data=np.arange(4, dtype="u1"), filters=filters)
        assert array[...].tolist() == [0, 1, 2, 3]
        assert frozarr.empty_like(array).metadata == array.metadata


def test_likes_keep_type_shards_and_grid():
    for given in (
        {"dtype": "variable_length_bytes"}, {"dtype": str, "config": {"strings": "object"}},
        {"dtype": "r16"}, {"dtype": "i4", "chunks": 2, "shards": 4},
        {"dtype": "i4", "chunks": 2, "shards": [[2, 6]]}, {"dtype": "i4", "chunks": [[3, 5]]},
        {"dtype": object, "zarr_format": 2, "filters": {"id": "json2"}},
        {"dtype": "string", "zarr_format": 2}, {"dtype": ">i4", "zarr_format": 2, "order": "F"},
    ):  # fmt: skip
        array = frozarr.create_array({}, shape=8, **given)
        like = frozarr.empty_like(array)
        assert like.metadata.data_type == array.metadata.data_type
        assert like.metadata.chunk_grid == array.metadata.chunk_grid
        assert (like.metadata.sharding is None) == (array.metadata.sharding is None)
        assert frozarr.from_array({}, data=array).metadata == array.metadata


def test_arrays_in_arrays():
    filters = [{"id": "vlen-array", "dtype": "<i4"}]
    array = frozarr.create_array(
        {}, shape=4, chunks=2, dtype=object, zarr_format=2, filters=filters
    )
    values = np.empty(4, object)
    values[:] = [np.arange(i + 1, dtype="i4") for i in range(4)]
    array[:] = values
    assert [v.tolist() for v in array[...]] == [v.tolist() for v in values]


def test_shards_of_several_sizes_grow_by_whole_inner_chunks():
    array = frozarr.create_array({}, shape=4, dtype="i4", chunks=2, shards=[[2, 2]])
    longer = array.append([1])
    assert longer[...].tolist() == [0, 0, 0, 0, 1]
    assert longer.write_chunk_sizes == ((2, 2, 1),)


def test_a_codec_that_finds_nothing():
    store = {}
    array = frozarr.create_array(
        store, data=np.arange(8, dtype="i4"), serializer=named("numcodecs.pcodec", level=8),
        compressors=None,
    )  # fmt: skip
    damaged = bytearray(bytes(store["c/0"]))
    damaged[4] = 0
    store["c/0"] = bytes(damaged)
    with pytest.raises(ChunkDecodeError, match="c/0"):
        array[...]


@pytest.mark.parametrize("codec", [
    named("cast_value", data_type="uint8", scalar_map={"encode": 5}),
    named("cast_value", data_type="uint8", scalar_map={"encode": None}),
    named("numcodecs.astype", encode_dtype=["a"], decode_dtype="<f4"),
], ids=str)  # fmt: skip
def test_strange_configurations(codec):
    document = frozarr.create_array({}, shape=4, dtype="f4").metadata.to_json()
    with pytest.raises(MetadataError, match=r"codecs\[0\]\.configuration"):
        parse_array_v3({**document, "codecs": [codec, *document["codecs"]]})


def test_other_names_of_bytes_in_format_2():
    for name in ("bytes", "binary"):
        array = frozarr.create_array({}, shape=3, dtype=name, zarr_format=2)
        array[0] = b"a\0"
        assert frozarr.open_array(array.store)[0] == b"a\0"


def test_fills_that_can_not_be_text():
    with pytest.raises(ValueError, match="can't be UTF-8"):
        frozarr.create_array({}, shape=1, dtype=str, fill_value="\ud800")
    document = frozarr.create_array({}, shape=1, dtype=str).metadata.to_json()
    with pytest.raises(MetadataError, match="fill_value: can't be UTF-8"):
        parse_array_v3({**document, "fill_value": "\ud800"})


def test_object_codecs_are_for_objects():
    with pytest.raises(MetadataError, match="'vlen-utf8' codes objects"):
        frozarr.create_array({}, data=np.array(["a"]), zarr_format=2, filters=[{"id": "vlen-utf8"}])


def test_times_without_a_unit_can_be_shown():
    array = frozarr.create_array({}, shape=8, dtype="M8")
    assert "numpy.datetime64" in repr(array.info)


def test_filters_of_inner_chunks_behind_others_are_checked_too():
    sharding = named(
        "sharding_indexed", chunk_shape=[1],
        codecs=[named("cast_value", data_type="uint8"), named("bytes")],
        index_codecs=[named("bytes", endian="little"), {"name": "crc32c"}],
    )  # fmt: skip
    store = {}
    array = frozarr.create_array(
        store, shape=4, chunks=2, dtype="i4", filters=[named("scale_offset", scale=1)],
        serializer=sharding, compressors=None, config=SMALL,
    )  # fmt: skip
    with pytest.raises(ValueError, match="300 is out of the range"):
        array[:] = [1, 2, 3, 300]
    assert set(store) == {"zarr.json"}


@pytest.mark.parametrize("codecs", [
    [named("bytes", endian="little"), named("numcodecs.zlib", level=99)],
    [named("cast_value", data_type="uint8"), named(
        "sharding_indexed", chunk_shape=[1], codecs=[named("bytes")],
        index_codecs=[named("bytes", endian="little")])],
], ids=["level", "fill"])  # fmt: skip
def test_errors_of_codecs_name_the_array(codecs):
    document = frozarr.create_array({}, shape=4, dtype="f8", fill_value=300).metadata.to_json()
    array = frozarr.Array.from_dict({}, {**document, "codecs": codecs})
    with pytest.raises(Exception, match=r".") as caught:
        array[:] = 1
    assert any(f"array: {array.store_path}" in note for note in caught.value.__notes__)

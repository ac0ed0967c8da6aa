"""Data types: what they hold, what is refused, how they stand in documents."""

import base64

import ml_dtypes
import numpy as np
import pytest

import frozarr
from frozarr import dtypes as fd
from frozarr.errors import ChunkDecodeError, MetadataError, SelectionError, UnknownExtensionError
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.metadata.dtypes.lookup import parse_data_type
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.problems import Problems

TEXT = np.dtypes.StringDType()


RECORD = np.dtype([("a", "<i2"), ("b", "<f8"), ("c", "S2"), ("n", [("x", "u1"), ("y", "U2")])])


RECORDS = np.array([(1, 2.5, b"xy", (3, "é")), (4, 5.5, b"", (6, ""))], RECORD)


TYPES = [
    ("bool", fd.Boolean()), ("i2", fd.Integer("int16")), ("f2", fd.Float("float16")),
    ("c16", fd.Complex("complex128")), (str, fd.String()), ("string", fd.String()),
    (TEXT, fd.String()), ("variable_length_bytes", fd.VariableLengthBytes()),
    ("U3", fd.FixedLengthUtf32(3)), ("S3", fd.NullTerminatedBytes(3)), ("V3", fd.RawBytes(3)),
    ("r24", fd.RawBytes(3, core=True)), ("M8[10us]", fd.TimeType("numpy.datetime64", "us", 10)),
    ("m8[ns]", fd.TimeType("numpy.timedelta64", "ns")), ("bfloat16", fd.SmallFloat("bfloat16")),
    (ml_dtypes.float8_e5m2, fd.SmallFloat("float8_e5m2")), ("uint4", fd.SmallInteger("uint4")),
    ([("a", "i2"), ("b", "U2")], fd.Struct((("a", fd.Integer("int16")), ("b", fd.FixedLengthUtf32(2))))),
    ({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 2}},
     fd.TimeType("numpy.datetime64", "s", 2)),
    (np.dtype({"names": ["a", "b"], "formats": ["i1", "i4"], "offsets": [0, 4], "itemsize": 8}),
     fd.Struct((("a", fd.Integer("int8")), ("b", fd.Integer("int32"))))),
]  # fmt: skip


SMALL = {"workers": 1, "batch_nbytes": 1}


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(("given", "expected"), TYPES, ids=lambda v: str(v)[:40])
def test_what_users_may_give(given, expected):
    array = frozarr.create_array({}, shape=3, dtype=given, chunks=2)
    assert array.metadata.data_type == expected
    assert parse_data_type(At(expected.to_json(), Problems())) == expected
    again = parse_array_v3(array.metadata.to_json())
    assert again == array.metadata
    assert array[...].shape == (3,)


@pytest.mark.parametrize("given", [object, "f16", "g", "not a type", "V0", "U0", np.dtype((int, 2)),
                                   [("a", object)], "r7", "M8[fortnight]"], ids=str)  # fmt: skip
def test_types_that_no_format_has(given):
    with pytest.raises((ValueError, TypeError)):
        frozarr.create_array({}, shape=3, dtype=given, chunks=2)


# ------------------------------------------------------------------ text and bytes of any length


def test_text():
    words = ["", "a", "bc", "é", "日本\0", "z" * 1000]
    array = frozarr.create_array({}, data=np.array(words, TEXT), chunks=4, fill_value="-")
    assert array.dtype == TEXT
    assert array[...].tolist() == words
    assert array[1] == "a"
    array[1:3] = ["x", "y"]
    array[3] = "only"
    array.vindex[[5, 0]] = np.array(["five", "zero"])
    assert array[...].tolist() == ["zero", "x", "y", "only", "日本\0", "five"]
    array = array.resize(8)
    assert array[6:].tolist() == ["-", "-"]
    array[...] = "-"
    assert array.nchunks_initialized == 0


@pytest.mark.parametrize("data", [["a", "bc"], np.array(["a", "bc"], object), np.array(["a", "bc"], TEXT)],
                         ids=["list", "object", "numpy"])  # fmt: skip
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_text_in_and_out(data, zarr_format):
    given = {"shape": 2, "dtype": str} if isinstance(data, list) else {"data": data}
    array = frozarr.create_array({}, zarr_format=zarr_format, **given)
    array[...] = data
    assert array.metadata.data_type == fd.String()
    assert array[...].dtype == TEXT
    objects = array.with_config({"strings": "object"})
    assert objects.dtype == np.dtype(object)
    assert objects[...].tolist() == ["a", "bc"]
    assert type(objects[...][0]) is str
    room = np.empty(2, object)
    objects.get_basic_selection(slice(None), out=room)
    assert room.tolist() == ["a", "bc"]
    objects[0] = "again"
    assert objects[0] == "again"


@pytest.mark.parametrize(("value", "message"), [
    (5, "strings are needed"), ([b"a", b"b"], "strings are needed"), (["a", None], "got None"),
    (["a", 1.5], "got 1.5"), (np.array(["a", "\ud800"], object), "surrogates"),
    (["a", "b", "c"], "shape"),
], ids=str)  # fmt: skip
def test_what_is_no_text_is_refused_before_any_effect(value, message):
    store = {}
    array = frozarr.create_array(store, shape=2, dtype=str, chunks=1)
    before = set(store)
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        array[...] = value
    assert set(store) == before
    assert any("nothing was written" in n for n in [*getattr(caught.value, "__notes__", ()), str(caught.value)])  # fmt: skip


def test_bytes_of_any_length():
    values = np.empty(4, object)
    values[:] = [b"", b"\0", b"ab\0", bytes(range(256))]
    for zarr_format in (2, 3):
        array = frozarr.create_array({}, data=values, chunks=3, zarr_format=zarr_format)
        assert array[...].tolist() == values.tolist()
        assert array[1] == b"\0"
        array[0] = b"\0\0"
        assert array[0] == b"\0\0"
        with pytest.raises(TypeError, match="bytes are needed, got 'text'"):
            array[0] = "text"
    document = array.metadata.to_json()
    assert (
        parse_array_v3({**document, "data_type": "bytes", "fill_value": [1, 2]}).fill == b"\x01\x02"
    )
    assert (
        parse_array_v3({**document, "data_type": "binary", "fill_value": "AQI="}).fill
        == b"\x01\x02"
    )


@pytest.mark.parametrize("damage", [
    lambda b: b[:-1], lambda b: b"\x03\0\0\0" + b[4:], lambda b: b"\xff\xff\xff\xff" + b[4:],
    lambda b: b[:4] + b"\xff\xff\xff\x7f" + b[8:], lambda _: b"", lambda b: b[:-2] + b"\xff\xff",
], ids=["short", "count", "huge count", "huge length", "empty", "not utf-8"])  # fmt: skip
def test_corrupt_text(damage):
    store = {}
    array = frozarr.create_array(store, data=np.array(["ab", "cd"], TEXT), compressors=None)
    key = next(k for k in store if k.startswith("c"))
    store[key] = damage(bytes(store[key]))
    with pytest.raises(ChunkDecodeError, match=key):
        array[...]


# ------------------------------------------------------------------ fixed lengths, times


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize(("dtype", "value", "message"), [
    ("U2", "abc", "holds 2"), ("S2", b"abc", "holds 2"), ("S2", "é", "ascii"),
    ("V2", b"abc", "holds 2"), ("U2", ["a", "abcd"], "4 characters"),
    (RECORD, (1, 1, b"abc", (1, "a")), "3 bytes"),
    ("u1", 300, "out of bounds"), ("i2", "x", "invalid"),
])  # fmt: skip
def test_values_that_do_not_fit_are_refused(zarr_format, dtype, value, message):
    store = {}
    array = frozarr.create_array(store, shape=2, dtype=dtype, chunks=1, zarr_format=zarr_format)
    before = set(store)
    with pytest.raises((ValueError, OverflowError), match=message):
        array[...] = value
    assert set(store) == before


def test_narrow_numbers():
    array = frozarr.create_array({}, shape=3, dtype="int4", chunks=2, fill_value=-8)
    assert array[...].astype(int).tolist() == [-8, -8, -8]
    array[:2] = [7, -1]
    assert array[...].astype(int).tolist() == [7, -1, -8]
    with pytest.raises(OverflowError, match=r"\[-8, 7\]"):
        array[0] = 8
    halves = frozarr.create_array({}, data=np.array([1.5, -2], ml_dtypes.bfloat16),
                                  serializer={"name": "bytes", "configuration": {"endian": "big"}})  # fmt: skip
    assert halves[...].astype(float).tolist() == [1.5, -2]


@pytest.mark.parametrize(("name", "fill", "document"), [
    ("bfloat16", "NaN", "NaN"), ("bfloat16", float("inf"), "Infinity"), ("bfloat16", 0.5, 0.5),
    ("float8_e4m3fnuz", "NaN", "NaN"), ("uint2", 3, 3),
])  # fmt: skip
def test_fills_of_narrow_numbers(name, fill, document):
    fill = float(fill) if isinstance(fill, str) else fill
    array = frozarr.create_array({}, shape=1, dtype=name, fill_value=fill)
    assert array.metadata.to_json()["fill_value"] == document
    assert parse_array_v3(array.metadata.to_json()) == array.metadata


def test_without_ml_dtypes_the_package_is_named(monkeypatch):
    from frozarr.metadata.dtypes import small

    def missing(name):
        raise ImportError("data type 'bfloat16' needs the package ml_dtypes")

    document = frozarr.create_array({}, shape=1, dtype="bfloat16").metadata.to_json()
    monkeypatch.setattr(small, "_numpy", missing)
    with pytest.raises(UnknownExtensionError, match="ml_dtypes"):
        parse_array_v3(document)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_times(zarr_format):
    array = frozarr.create_array(
        {}, shape=4, dtype="M8[10s]", chunks=2, fill_value="NaT", zarr_format=zarr_format
    )
    assert np.isnat(array[...]).all()
    array[1:3] = np.array(["2020-01-01", "1960-05-05T01:00"], "M8[s]")
    assert array[1] == np.datetime64("2020-01-01", "s")
    assert array[...].dtype == np.dtype("M8[10s]")
    array[...] = np.datetime64("NaT", "s")
    assert array.nchunks_initialized == 0
    again = frozarr.open_array(array.store)
    assert again.metadata == array.metadata
    assert np.isnat(again.fill_value)


@pytest.mark.parametrize(("dtype", "fill", "v2", "v3"), [
    ("S4", b"ab", "YWIAAA==", "YWI="), ("V2", b"ab", "YWI=", "YWI="), ("U4", "ab", "ab", "ab"),
    ("r16", b"ab", None, [97, 98]), ("string", "ab", "ab", "ab"),
    ("variable_length_bytes", b"ab", "YWI=", "YWI="), ("M8[s]", 5, 5, 5),
    ("m8[s]", "NaT", -(2**63), "NaT"),
    ([("a", "i2"), ("b", "f4")], (1, 0.5), "AQAAAAA/", {"a": 1, "b": 0.5}),
], ids=str)  # fmt: skip
def test_fills_in_documents(dtype, fill, v2, v3):
    array = frozarr.create_array({}, shape=2, dtype=dtype, fill_value=fill)
    assert array.metadata.to_json()["fill_value"] == v3
    assert parse_array_v3(array.metadata.to_json()) == array.metadata
    if v2 is not None:
        older = frozarr.create_array({}, shape=2, dtype=dtype, fill_value=fill, zarr_format=2)
        assert older.metadata.to_json()["fill_value"] == v2
        assert parse_array_v2(older.metadata.to_json()) == older.metadata


@pytest.mark.parametrize(("dtype", "fill"), [
    ("S2", b"abc"), ("U2", "abc"), ("V2", b"abc"), ("string", 5), ("variable_length_bytes", "x"),
    ("M8[s]", "soon"), ("int4", 9), (RECORD, (1, 2)), (RECORD, {"a": 1}), ("S2", "é"),
], ids=str)  # fmt: skip
def test_bad_fills(dtype, fill):
    with pytest.raises(ValueError, match=r"."):
        frozarr.create_array({}, shape=2, dtype=dtype, fill_value=fill)


@pytest.mark.parametrize(("dtype", "fill", "expected"), [
    ("|S3", 0, b""), ("|S3", "", b""), ("|S3", "YQ==", b"a"), ("|V2", "", b"\0\0"), ("<U2", 0, ""),
    ("|O", 0, ""), ("<M8[s]", 0.0, np.datetime64(0, "s")), ([["a", "<i2"]], 0, (0,)),
], ids=str)  # fmt: skip
def test_fills_that_old_writers_left(dtype, fill, expected):
    found = parse_array_v2({
        "zarr_format": 2, "shape": [2], "chunks": [2], "dtype": dtype, "fill_value": fill,
        "order": "C", "compressor": None, "filters": [{"id": "vlen-utf8"}] if dtype == "|O" else None,
    })  # fmt: skip
    value = found.fill
    if isinstance(value, np.void):
        value = value.item()
    assert value == expected


# ------------------------------------------------------------------ records


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("shards", [None, 4])
def test_fields(zarr_format, shards):
    if shards and zarr_format == 2:
        shards = None
    values = np.tile(RECORDS, 4)
    array = frozarr.create_array({}, data=values, chunks=2, shards=shards, zarr_format=zarr_format)
    np.testing.assert_array_equal(array["b"], values["b"])
    np.testing.assert_array_equal(array["b", 1:5], values["b"][1:5])
    np.testing.assert_array_equal(array["n"], values["n"])
    picked = array[["c", "a"]]
    assert picked.dtype == np.dtype([("c", "S2"), ("a", "<i2")])
    assert picked.tolist() == [(c, a) for a, _, c, _ in values.tolist()]
    np.testing.assert_array_equal(array.oindex["a", [3, 0]], values["a"][[3, 0]])
    np.testing.assert_array_equal(array.vindex["a", [3, 0]], values["a"][[3, 0]])
    array["a", 1:3] = [70, 80]
    values["a"][1:3] = [70, 80]
    array["c"] = b"q"
    values["c"] = b"q"
    np.testing.assert_array_equal(array[...], values)
    room = np.empty(8, "i2")
    array.get_basic_selection(..., fields="a", out=room)
    np.testing.assert_array_equal(room, values["a"])
    for name in ("zz", ["a", "zz"], ["a", "a"]):
        with pytest.raises(SelectionError, match=r"it has \['a', 'b', 'c', 'n'\]"):
            array[name]
    with pytest.raises(ValueError, match="3 bytes"):
        array["c", 0] = b"abc"


def test_a_field_is_written_into_what_is_there():
    """Only chunks that the selection touches are read and put."""
    store = {}
    array = frozarr.create_array(store, data=np.tile(RECORDS, 4), chunks=2)
    before = dict(store)
    array["a", 2] = 9
    changed = [key for key in store if store[key] != before[key]]
    assert changed == ["c/1"]


def test_a_number_fills_every_field():
    ones = frozarr.ones(2, dtype=[("a", "i2"), ("n", [("b", "f4")])])
    assert ones[...].tolist() == [(1, (1.0,))] * 2
    ones[0] = 7
    assert ones[...].tolist() == [(7, (7.0,)), (1, (1.0,))]


def test_fields_of_other_types():
    with pytest.raises(SelectionError, match="no fields"):
        frozarr.create_array({}, data=[1, 2])["a"]


def test_records_of_format_2_keep_the_byte_order_of_each_field():
    mixed = np.dtype([("a", ">i2"), ("b", "<f8"), ("c", [("d", ">u4")])])
    values = np.array([(1, 2.5, (3,)), (4, 5.5, (6,))], mixed)
    array = frozarr.create_array({}, data=values, zarr_format=2)
    assert array.metadata.to_json()["dtype"] == [["a", ">i2"], ["b", "<f8"], ["c", [["d", ">u4"]]]]
    assert array.dtype == mixed
    np.testing.assert_array_equal(array[...], values)
    assert frozarr.open_array(array.store).dtype == mixed
    with pytest.raises(MetadataError, match="several byte orders"):
        frozarr.to_v3(array.metadata)


def test_the_older_form_of_records():
    document = frozarr.create_array(
        {}, shape=2, dtype=[("a", "i2"), ("b", "f4")]
    ).metadata.to_json()
    fields = [["a", "int16"], ["b", "float32"]]
    older = {"name": "structured", "configuration": {"fields": fields}}
    found = parse_array_v3({**document, "data_type": older, "fill_value": "AQAAAAA/",
                            "codecs": [{"name": "bytes"}]})  # fmt: skip
    assert found.fill.item() == (1, 0.5)
    assert found.dtype == np.dtype([("a", "<i2"), ("b", "<f4")])


# ------------------------------------------------------------------ objects of format 2


def test_objects_by_other_codecs():
    values = np.empty(3, object)
    values[:] = [{"a": [1, None]}, "text", 5]
    array = frozarr.create_array(
        {}, shape=3, dtype=object, zarr_format=2, chunks=2, filters={"id": "json2"}
    )
    array[...] = values
    assert array[...].tolist() == values.tolist()
    assert frozarr.open_array(array.store)[...].tolist() == values.tolist()


def test_pickle_is_never_used():
    with pytest.raises(ValueError, match="never used"):
        frozarr.create_array({}, shape=3, dtype=object, zarr_format=2, filters={"id": "pickle"})
    with pytest.raises(ValueError, match="never used"):
        frozarr.create_array({}, shape=3, dtype="i2", zarr_format=2, compressors={"id": "pickle"})
    with pytest.raises(ValueError, match="'string'"):
        frozarr.create_array({}, shape=3, dtype=object, zarr_format=2)


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


def test_durations_as_fill_values():
    array = frozarr.create_array({}, data=np.arange(3).astype("m8[s]"))
    assert frozarr.from_array({}, data=array)[...].tolist() == array[...].tolist()
    assert np.isnat(frozarr.empty_like(array).fill_value)
    short = frozarr.create_array({}, shape=1, dtype="m8[s]", fill_value=np.timedelta64(5, "m"))
    assert short[0] == np.timedelta64(300, "s")


def test_records_with_records_in_them_as_tuples():
    array = frozarr.create_array({}, shape=2, dtype=[("n", [("p", "U2")]), ("v", "V2")])
    array[0] = (("ab",), b"wx")
    array[1:] = [(("c",), b"yz")]
    assert array[...].tolist() == [(("ab",), b"wx"), (("c",), b"yz")]


def test_arrays_in_arrays():
    filters = [{"id": "vlen-array", "dtype": "<i4"}]
    array = frozarr.create_array(
        {}, shape=4, chunks=2, dtype=object, zarr_format=2, filters=filters
    )
    values = np.empty(4, object)
    values[:] = [np.arange(i + 1, dtype="i4") for i in range(4)]
    array[:] = values
    assert [v.tolist() for v in array[...]] == [v.tolist() for v in values]


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

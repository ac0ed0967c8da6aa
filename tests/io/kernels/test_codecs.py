"""Codecs of format 3 beyond the core: what they store, what they refuse, what stays as written."""

import numpy as np
import pytest

import frozarr
from frozarr import codecs as fc
from frozarr.errors import ChunkDecodeError, MetadataError, UnknownExtensionError
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.problems import Problems


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


def stored(values, **kwargs):
    """Array of one chunk, and the bytes that are stored."""
    store = {}
    array = frozarr.create_array(store, data=values, compressors=None, **kwargs)
    return array, bytes(store[next(k for k in store if k.startswith("c"))])


SMALL = {"workers": 1, "batch_nbytes": 1}


# ------------------------------------------------------------------ scale_offset, cast_value


def test_scale_offset_stores_integers_scaled():
    values = np.array([5, 7, 9], "i2")
    array, data = stored(values, filters=named("scale_offset", offset=5, scale=3))
    assert np.frombuffer(data, "<i2").tolist() == [0, 6, 12]
    np.testing.assert_array_equal(array[...], values)
    with pytest.raises(ValueError, match="leaves the range of int16") as caught:
        array[0] = 32000
    assert "nothing was written" in caught.value.__notes__[0]
    np.testing.assert_array_equal(array[...], values)


def test_scale_offset_of_a_value_that_was_not_scaled():
    store = {}
    array = frozarr.create_array(store, data=np.array([5, 7], "i2"), compressors=None,
                                 filters=named("scale_offset", scale=3))  # fmt: skip
    store["c/0"] = np.array([3, 4], "<i2").tobytes()
    with pytest.raises(ChunkDecodeError, match="no multiple of 3"):
        array[...]


@pytest.mark.parametrize(("rounding", "expected"), [
    ("nearest-even", [-2, -2, -1, 0, 0, 1, 2, 2]),
    ("nearest-away", [-3, -2, -1, -1, 1, 1, 2, 3]),
    ("towards-zero", [-2, -1, 0, 0, 0, 0, 1, 2]),
    ("towards-positive", [-2, -1, 0, 0, 1, 1, 2, 3]),
    ("towards-negative", [-3, -2, -1, -1, 0, 0, 1, 2]),
])  # fmt: skip
def test_cast_value_rounds_as_told(rounding, expected):
    values = np.array([-2.5, -1.75, -0.75, -0.5, 0.5, 0.75, 1.75, 2.5])
    filters = named("cast_value", data_type="int8", rounding=rounding)
    array, data = stored(values, filters=filters)
    assert np.frombuffer(data, "i1").tolist() == expected
    assert array[...].tolist() == [float(v) for v in expected]


@pytest.mark.parametrize(
    ("out_of_range", "expected"), [("clamp", [255, 0, 7]), ("wrap", [44, 255, 7])]
)
def test_cast_value_out_of_range(out_of_range, expected):
    for values in (np.array([300, -1, 7], "i4"), np.array([300.0, -1.0, 7.0])):
        _, data = stored(
            values, filters=named("cast_value", data_type="uint8", out_of_range=out_of_range)
        )
        assert np.frombuffer(data, "u1").tolist() == expected


@pytest.mark.parametrize(("dtype", "value"), [
    ("i4", 256), ("i4", -1), ("f8", 255.6), ("f8", float("nan")), ("f8", float("inf")),
])  # fmt: skip
def test_cast_value_refuses_what_the_stored_type_can_not_hold(dtype, value):
    store = {}
    array = frozarr.create_array(store, shape=4, dtype=dtype, chunks=1,
                                 filters=named("cast_value", data_type="uint8"))  # fmt: skip
    before = set(store)
    with pytest.raises(ValueError, match="cast_value"):
        array[...] = [1, 2, 3, value]
    assert set(store) == before


def test_cast_value_maps_scalars_first():
    scalar_map = {
        "encode": [["NaN", 255], ["Infinity", 254]],
        "decode": [[255, "NaN"], [254, "Infinity"]],
    }
    values = np.array([1, np.nan, np.inf, 3])
    array, data = stored(
        values, filters=named("cast_value", data_type="uint8", scalar_map=scalar_map)
    )
    assert np.frombuffer(data, "u1").tolist() == [1, 255, 254, 3]
    np.testing.assert_array_equal(array[...], values)


@pytest.mark.parametrize(
    "rounding", ["towards-zero", "towards-positive", "towards-negative", "nearest-away"]
)
def test_cast_value_to_narrower_floats(rounding):
    values = np.array([0.1, -0.1, 1 + 2**-24, -1 - 2**-24, 3.0])
    _, data = stored(values, filters=named("cast_value", data_type="float32", rounding=rounding))
    found = np.frombuffer(data, "<f4").astype(np.longdouble)
    exact = values.astype(np.longdouble)
    if rounding == "towards-zero":
        assert (np.abs(found) <= np.abs(exact)).all()
    elif rounding == "towards-positive":
        assert (found >= exact).all()
    elif rounding == "towards-negative":
        assert (found <= exact).all()
    else:
        assert found[2] > 1 > -1 > found[3]
    with pytest.raises(ValueError, match="out of the range of float32"):
        stored(np.array([1e300]), filters=named("cast_value", data_type="float32"))
    _, data = stored(np.array([1e300, -1e300]), filters=named(
        "cast_value", data_type="float32", out_of_range="clamp"))  # fmt: skip
    assert np.frombuffer(data, "<f4").tolist() == [np.finfo("f4").max, -np.finfo("f4").max]


def test_the_fill_value_is_cast_with_the_data():
    """A shard knows its missing inner chunks by the fill value as it is stored."""
    filters = [named("scale_offset", offset=10, scale=2), named("cast_value", data_type="uint8")]
    array = frozarr.create_array(
        {}, shape=8, dtype="i4", chunks=2, fill_value=12, filters=filters, shards=4
    )
    array[:2] = [12, 13]
    array[4:] = 12
    assert array.nshards_initialized == 1
    assert array[...].tolist() == [12, 13, 12, 12, 12, 12, 12, 12]


# ------------------------------------------------------------------ packbits, reshape, others


def test_packbits():
    bits = np.array([1, 0, 1, 1, 0, 0, 0, 0, 1, 1], bool)
    for padding, expected in (
        (None, b"\x0d\x03"), ("first_byte", b"\x06\x0d\x03"), ("last_byte", b"\x0d\x03\x06"),
    ):  # fmt: skip
        configuration = {} if padding is None else {"padding_encoding": padding}
        array, data = stored(bits, serializer=named("packbits", **configuration))
        assert data == expected
        np.testing.assert_array_equal(array[...], bits)


def test_packbits_of_some_bits():
    values = np.array([-3, 2, 7, -8], "i2")
    array, data = stored(values, serializer=named("packbits", first_bit=0, last_bit=3))
    assert len(data) == 2
    np.testing.assert_array_equal(array[...], values)
    with pytest.raises(MetadataError, match="can't pack bits"):
        stored(values, serializer=named("packbits", first_bit=0, last_bit=16))
    with pytest.raises(MetadataError, match="can't pack bits"):
        frozarr.create_array({}, shape=2, dtype="S2", serializer=named("packbits"))


@pytest.mark.parametrize(("shape", "expected"), [
    ([-1], (24,)), ([6, 4], (6, 4)), ([[0, 1], 4], (6, 4)), ([-1, [2]], (6, 4)), ([2, 1, 3, 4], (2, 1, 3, 4)),
])  # fmt: skip
def test_reshape(shape, expected):
    values = np.arange(24, dtype="u1").reshape(2, 3, 4)
    array, data = stored(values, filters=named("reshape", shape=shape), chunks=(2, 3, 4))
    assert fc.ReshapeCodec(shape=shape).stored_shape((2, 3, 4), At(None, Problems())) == expected
    assert data == values.tobytes()
    np.testing.assert_array_equal(array[1:, ::2], values[1:, ::2])


@pytest.mark.parametrize("shape", [[5], [-1, -1], [[1, 0], 4], [[0], [7]], [], "x", [0]])
def test_bad_reshapes(shape):
    with pytest.raises(MetadataError, match="shape"):
        frozarr.create_array({}, shape=(2, 3), dtype="u1", filters=named("reshape", shape=shape))


def test_filters_before_and_after_a_transpose():
    values = np.arange(24, dtype="<i4").reshape(4, 6)
    filters = [
        named("scale_offset", scale=2), named("transpose", order=[1, 0]),
        named("numcodecs.delta", dtype="<i4"), named("cast_value", data_type="int64"),
    ]  # fmt: skip
    for shards in (None, (4, 6)):
        array = frozarr.create_array(
            {}, data=values, chunks=(2, 3), shards=shards, filters=filters,
            serializer=named("bytes", endian="big"),
        )  # fmt: skip
        np.testing.assert_array_equal(array[...], values)
        np.testing.assert_array_equal(array[1:3, ::2], values[1:3, ::2])
        array[0] = 7
        assert (array[0] == 7).all()


# ------------------------------------------------------------------ documents


CHAINS = [
    [named("numcodecs.zlib", level=3)], [named("numcodecs.lz4")],
    [named("numcodecs.blosc", cname="zstd", clevel=1, shuffle=2, blocksize=0)],
    [named("zlib", level=2)], [named("numcodecs.crc32", location="end")],
]  # fmt: skip


@pytest.mark.parametrize("compressors", CHAINS, ids=str)
def test_parameters_are_kept_as_written(compressors):
    """Nothing is added to a configuration, not even what is worked out from the data type."""
    array = frozarr.create_array({}, data=np.arange(9, dtype="i4"), compressors=compressors)
    again = frozarr.open_array(array.store)
    assert again.metadata.to_json()["codecs"][1:] == compressors
    np.testing.assert_array_equal(again[...], np.arange(9))
    resized = again.resize(5)
    assert frozarr.open_array(resized.store).metadata.to_json()["codecs"][1:] == compressors


def test_shuffle_learns_the_size_of_elements_when_it_works():
    compressors = [named("numcodecs.shuffle"), named("numcodecs.zlib", level=1)]
    array = frozarr.create_array({}, data=np.arange(9, dtype="i4"), compressors=compressors)
    assert array.metadata.to_json()["codecs"][1] == named("numcodecs.shuffle")
    np.testing.assert_array_equal(array[...], np.arange(9))


@pytest.mark.parametrize(("codecs", "message"), [
    ([named("numcodecs.bitround")], r"codecs\[0\].configuration.keepbits: missing"),
    ([named("numcodecs.fixedscaleoffset", scale=1)], "offset: missing"),
    ([named("numcodecs.astype", encode_dtype="i3")], "encode_dtype"),
    ([named("cast_value", data_type="uint8", rounding="up")], "rounding: expected one of"),
    ([named("cast_value", data_type="complex64")], "between real numbers"),
    ([named("cast_value", data_type="float32", out_of_range="wrap")], "can't wrap"),
    ([named("cast_value", data_type="uint8", scalar_map={"encode": [[1]]})], "lists of pairs"),
    ([named("cast_value")], "data_type: missing"),
    ([named("scale_offset", offset="x")], "offset: expected"),
    ([named("scale_offset", more=1)], "more: unknown member"),
    ([named("numcodecs.packbits")], "takes booleans"),
], ids=str)  # fmt: skip
def test_wrong_configurations_are_named_with_their_paths(codecs, message):
    document = frozarr.create_array({}, shape=4, dtype="f4").metadata.to_json()
    with pytest.raises(MetadataError, match=message):
        parse_array_v3({**document, "codecs": [*codecs, named("bytes", endian="little")]})


def test_serializers_hold_only_their_types():
    text = frozarr.create_array({}, shape=4, dtype=str).metadata.to_json()
    number = frozarr.create_array({}, shape=4, dtype="i2").metadata.to_json()
    with pytest.raises(MetadataError, match="variable-length elements"):
        parse_array_v3({**text, "codecs": [named("bytes", endian="little")]})
    with pytest.raises(MetadataError, match="holds the data type string only"):
        parse_array_v3({**number, "codecs": [named("vlen-utf8")]})
    with pytest.raises(MetadataError, match="holds the data type variable_length_bytes only"):
        parse_array_v3({**number, "codecs": [named("vlen-bytes")]})


def test_a_codec_whose_package_is_missing(monkeypatch):
    import numcodecs.registry

    array = frozarr.create_array({}, shape=4, dtype="f4", serializer=named("numcodecs.pcodec"))

    def missing(config):
        raise ValueError(f"codec not available: {config['id']!r}")

    monkeypatch.setattr(numcodecs.registry, "get_codec", missing)
    with pytest.raises(ValueError, match="needs pcodec installed"):
        array[...]


def test_an_unknown_codec():
    document = frozarr.create_array({}, shape=4, dtype="f4").metadata.to_json()
    with pytest.raises(UnknownExtensionError, match=r"codecs\[1\].name.*'mystery'.*frozarr.codecs"):
        parse_array_v3({**document, "codecs": [*document["codecs"][:1], named("mystery")]})
    skipped = parse_array_v3({**document, "codecs": [
        *document["codecs"], {"name": "mystery", "must_understand": False}]})  # fmt: skip
    assert skipped.to_json()["codecs"][-1] == {"name": "mystery", "must_understand": False}


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


def test_serializers_know_what_filters_leave():
    for filters in ([named("cast_value", data_type="int16")],
                    [named("numcodecs.astype", encode_dtype="<i2", decode_dtype="|u1")]):  # fmt: skip
        array = frozarr.create_array({}, data=np.arange(4, dtype="u1"), filters=filters)
        assert array[...].tolist() == [0, 1, 2, 3]
        assert frozarr.empty_like(array).metadata == array.metadata


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

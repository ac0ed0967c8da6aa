"""Both ways with zarr-python and tensorstore: every data type × codec × format × key encoding."""

import itertools

import numpy as np
import pytest
import tensorstore
import zarr
import zarr.storage

import frozarr
from frozarr import codecs as fc

DTYPES = ["bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
SHAPE, CHUNKS = (7, 10, 3), (4, 3, 2)

V3_CODECS = {
    "none": [],
    "zstd": [{"name": "zstd", "configuration": {"level": 1, "checksum": True}}],
    "gzip": [{"name": "gzip", "configuration": {"level": 1}}],
    "blosc": [{"name": "blosc", "configuration": {
        "cname": "lz4", "clevel": 5, "shuffle": "bitshuffle", "typesize": 2, "blocksize": 0}}],
    "crc32c": [{"name": "crc32c"}],
    "gzip+crc32c": [{"name": "gzip", "configuration": {"level": 1}}, {"name": "crc32c"}],
}  # fmt: skip
V2_COMPRESSORS = {
    "none": None,
    "zlib": {"id": "zlib", "level": 1},
    "gzip": {"id": "gzip", "level": 1},
    "bz2": {"id": "bz2", "level": 1},
    "zstd": {"id": "zstd", "level": 1},
    "blosc": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
}
KEYS = [("default", "/"), ("default", "."), ("v2", "."), ("v2", "/")]


def values(dtype):
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 256, (*SHAPE, np.dtype(dtype).itemsize), dtype=np.uint8)
    if dtype == "bool":
        return bits[..., 0] > 100
    array = bits.view(dtype).reshape(SHAPE)
    return (
        np.where(np.isfinite(array), array, 1).astype(dtype) if array.dtype.kind in "fc" else array
    )


def document(dtype, codec, keys, endian, order):
    serializer = {"name": "bytes"}
    if np.dtype(dtype).itemsize > 1:
        serializer["configuration"] = {"endian": endian}
    filters = [{"name": "transpose", "configuration": {"order": order}}] if order else []
    return [*filters, serializer, *V3_CODECS[codec]], {
        "name": keys[0], "configuration": {"separator": keys[1]}
    }  # fmt: skip


def cases_v3():
    """Every type with every codec once; endianness, transposes and keys take turns."""
    turns = itertools.cycle(itertools.product(KEYS, ["little", "big"], [None, [2, 0, 1]]))
    for (dtype, codec), (keys, endian, order) in zip(
        itertools.product(DTYPES, V3_CODECS), turns, strict=False
    ):
        yield pytest.param(dtype, codec, keys, endian, order,
                           id=f"{dtype}-{codec}-{keys[0]}{keys[1]}-{endian}-{order}")  # fmt: skip


def open_tensorstore(path, driver):
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path)}}
    return tensorstore.open(spec, open=True).result()


@pytest.mark.parametrize(("dtype", "codec", "keys", "endian", "order"), list(cases_v3()))
def test_format_3(tmp_path, dtype, codec, keys, endian, order):
    expected = values(dtype)
    chain, encoding = document(dtype, codec, keys, endian, order)
    ours = frozarr.create_array(
        tmp_path / "ours", shape=SHAPE, dtype=dtype, chunks=CHUNKS, chunk_key_encoding=encoding,
        filters=chain[: bool(order)], serializer=chain[bool(order)],
        compressors=chain[bool(order) + 1 :], attributes={"a": [1, {"b": None}]},
        dimension_names=["x", "y", None],
    )  # fmt: skip
    ours[...] = expected
    theirs = zarr.open_array(str(tmp_path / "ours"), mode="r")
    np.testing.assert_array_equal(theirs[...], expected)
    assert dict(theirs.attrs) == {"a": [1, {"b": None}]}
    assert theirs.metadata.dimension_names == ("x", "y", None)
    np.testing.assert_array_equal(
        open_tensorstore(tmp_path / "ours", "zarr3").read().result(), expected
    )

    written = zarr.create_array(
        str(tmp_path / "zarr"), shape=SHAPE, dtype=dtype, chunks=CHUNKS, fill_value=1,
        chunk_key_encoding={"name": keys[0], "separator": keys[1]}, filters=chain[: bool(order)],
        serializer=chain[bool(order)], compressors=chain[bool(order) + 1 :],
    )  # fmt: skip
    written[:5] = expected[:5]
    found = frozarr.open_array(tmp_path / "zarr")
    np.testing.assert_array_equal(found[...], written[...])
    assert found.fill_value == np.ones((), dtype)

    spec = {
        "driver": "zarr3", "kvstore": {"driver": "file", "path": str(tmp_path / "ts")},
        "metadata": {
            "shape": SHAPE, "data_type": np.dtype(dtype).name, "codecs": chain,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": CHUNKS}},
            "chunk_key_encoding": encoding,
        },
    }  # fmt: skip
    peer = tensorstore.open(spec, create=True).result()
    peer[:5].write(expected[:5]).result()
    np.testing.assert_array_equal(frozarr.open_array(tmp_path / "ts")[...], peer.read().result())


def cases_v2():
    turns = itertools.cycle(itertools.product("./", "CF", "<>"))
    for (dtype, codec), (separator, order, endian) in zip(
        itertools.product(DTYPES, V2_COMPRESSORS), turns, strict=False
    ):
        yield pytest.param(dtype, codec, separator, order, endian,
                           id=f"{dtype}-{codec}-{separator}-{order}-{endian}")  # fmt: skip


@pytest.mark.parametrize(("dtype", "codec", "separator", "order", "endian"), list(cases_v2()))
def test_format_2(tmp_path, dtype, codec, separator, order, endian):
    stored = np.dtype(dtype).newbyteorder(endian)
    expected = values(dtype).astype(stored)
    compressor = V2_COMPRESSORS[codec]
    ours = frozarr.create_array(
        tmp_path / "ours", shape=SHAPE, dtype=stored, chunks=CHUNKS, zarr_format=2, order=order,
        compressors=compressor, chunk_key_encoding=separator, attributes={"a": 1},
    )  # fmt: skip
    ours[...] = expected
    theirs = zarr.open_array(str(tmp_path / "ours"), mode="r", zarr_format=2)
    np.testing.assert_array_equal(theirs[...], expected)
    assert dict(theirs.attrs) == {"a": 1}
    np.testing.assert_array_equal(
        open_tensorstore(tmp_path / "ours", "zarr").read().result(), expected
    )
    import numcodecs

    written = zarr.create_array(
        str(tmp_path / "zarr"), shape=SHAPE, dtype=stored, chunks=CHUNKS, zarr_format=2,
        order=order, compressors=compressor and numcodecs.get_codec(compressor), fill_value=1,
        chunk_key_encoding={"name": "v2", "separator": separator},
    )  # fmt: skip
    written[:5] = expected[:5]
    found = frozarr.open_array(tmp_path / "zarr")
    np.testing.assert_array_equal(found[...], written[...])
    assert found.dtype == stored
    assert found.metadata.order == order


FILTERS = [
    [{"id": "delta", "dtype": "<i4"}],
    [{"id": "shuffle", "elementsize": 4}],
    [{"id": "fixedscaleoffset", "offset": 10, "scale": 2, "dtype": "<i4", "astype": "<i8"}],
    [{"id": "delta", "dtype": "<i4"}, {"id": "shuffle", "elementsize": 4}],
    [{"id": "astype", "encode_dtype": "<i8", "decode_dtype": "<i4"}],
    [{"id": "crc32"}], [{"id": "adler32"}], [{"id": "fletcher32"}],
]  # fmt: skip


@pytest.mark.parametrize("filters", FILTERS, ids=lambda f: "+".join(x["id"] for x in f))
@pytest.mark.parametrize("order", ["C", "F"])
def test_filters_of_format_2(tmp_path, filters, order):
    import numcodecs

    expected = np.arange(210, dtype="<i4").reshape(SHAPE)
    ours = frozarr.create_array(
        tmp_path / "ours", shape=SHAPE, dtype="<i4", chunks=CHUNKS, zarr_format=2, order=order,
        filters=filters, compressors={"id": "zlib", "level": 1},
    )  # fmt: skip
    ours[...] = expected
    np.testing.assert_array_equal(ours[...], expected)
    theirs = zarr.open_array(str(tmp_path / "ours"), mode="r", zarr_format=2)
    np.testing.assert_array_equal(theirs[...], expected)
    written = zarr.create_array(
        str(tmp_path / "zarr"), shape=SHAPE, dtype="<i4", chunks=CHUNKS, zarr_format=2, order=order,
        filters=[numcodecs.get_codec(dict(f)) for f in filters], fill_value=0,
        compressors=numcodecs.Zlib(1),
    )  # fmt: skip
    written[...] = expected
    np.testing.assert_array_equal(frozarr.open_array(tmp_path / "zarr")[...], expected)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize(
    "fill", [np.nan, np.inf, -np.inf, -0.0, 1.5], ids=["nan", "inf", "-inf", "-0", "1.5"]
)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
def test_fill_values(tmp_path, zarr_format, fill, dtype):
    for maker, opener in ((frozarr, zarr), (zarr, frozarr)):
        path = str(tmp_path / maker.__name__)
        maker.create_array(path, shape=3, chunks=2, dtype=dtype, fill_value=fill,
                           zarr_format=zarr_format)  # fmt: skip
        found = opener.open_array(path, mode="r")[...]
        expected = np.full(3, fill, dtype)
        np.testing.assert_array_equal(found, expected)
        if not np.isnan(fill):
            np.testing.assert_array_equal(np.signbit(found.real), np.signbit(expected.real))


def test_no_dimensions_and_no_elements(tmp_path):
    for zarr_format in (2, 3):
        for maker, opener in ((frozarr, zarr), (zarr, frozarr)):
            path = str(tmp_path / f"{maker.__name__}{zarr_format}")
            made = maker.create_array(
                path + "0", shape=(), chunks=(), dtype="i4", zarr_format=zarr_format
            )
            made[...] = 7
            assert opener.open_array(path + "0", mode="r")[()] == 7
            made = maker.create_array(
                path + "e", shape=(0, 3), chunks=(2, 2), dtype="i4", zarr_format=zarr_format
            )
            made[...] = np.zeros((0, 3), "i4")
            assert opener.open_array(path + "e", mode="r")[...].shape == (0, 3)


def test_format_3_wins_where_both_stand(tmp_path):
    frozarr.create_array(tmp_path, shape=2, dtype="i4", zarr_format=2)
    frozarr.create_array(tmp_path / "x", shape=3, dtype="i4")
    (tmp_path / "x" / "zarr.json").rename(tmp_path / "zarr.json")
    assert frozarr.open_array(tmp_path).shape == (3,)
    assert frozarr.open_array(tmp_path, zarr_format=2).shape == (2,)


def test_codec_objects_of_peers(tmp_path):
    import numcodecs

    array = frozarr.create_array(
        {}, shape=4, dtype="u2", filters=[zarr.codecs.TransposeCodec(order=(0,))],
        serializer=zarr.codecs.BytesCodec(endian="big"),
        compressors=[zarr.codecs.ZstdCodec(level=3), zarr.codecs.GzipCodec(level=2)],
    )  # fmt: skip
    assert array.serializer == fc.BytesCodec(endian="big")
    assert array.compressors == (fc.ZstdCodec(level=3), fc.GzipCodec(level=2))
    array = frozarr.create_array({}, shape=4, dtype="u2", compressors=numcodecs.Blosc("zstd", 3))
    assert array.compressors[0].for_dtype(array.dtype).typesize == 2
    array = frozarr.create_array(
        {}, shape=4, dtype="u2", zarr_format=2, compressors=numcodecs.Zlib(3),
        filters=[numcodecs.Delta("<u2")],
    )  # fmt: skip
    assert array.compressors[0].name == "zlib"
    array[...] = [1, 2, 3, 4]
    assert array[...].tolist() == [1, 2, 3, 4]

"""Making arrays: what they are made with, what is kept from others, and what is refused."""

import numpy as np
import pytest

import frozarr
from frozarr import Array
from frozarr import codecs as fc
from frozarr.errors import (
    ContainsArrayError,
    InvalidKeyError,
    MetadataError,
    UnknownExtensionError,
)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"shape": (-1,), "dtype": "i4"}, ValueError, r"shape\[0\] must be in"),
        ({"shape": (2**63,), "dtype": "i4"}, ValueError, r"shape\[0\]"),
        ({"shape": (1,) * 65, "dtype": "i4"}, ValueError, "65 axes"),
        ({"shape": 1.5, "dtype": "i4"}, TypeError, "float"),
        ({"shape": (4,), "dtype": "i4", "chunks": (0,)}, ValueError, r"chunks\[0\] must be >= 1"),
        ({"shape": (4,), "dtype": "i4", "chunks": (-2,)}, ValueError, r"chunks\[0\]"),
        ({"shape": (4,), "dtype": "i4", "chunks": (2, 2)}, ValueError, "2 axes"),
        ({"shape": (4,), "dtype": "i4", "chunks": True}, TypeError, "chunks must be"),
        ({"shape": (4,), "dtype": "i4", "chunks": "big"}, TypeError, "chunks must be"),
        ({"shape": (4,), "dtype": object}, ValueError, "no data type"),
        ({"shape": (4,), "dtype": "nonsense"}, TypeError, "nonsense"),
        ({"shape": (4,), "dtype": "i4", "zarr_format": 4}, ValueError, "zarr_format must be 2 or 3"),
        ({"shape": (4,), "dtype": "u1", "fill_value": 300}, ValueError, "fill_value 300"),
        ({"shape": (4,), "dtype": "u1", "fill_value": "x"}, ValueError, "fill_value 'x'"),
        ({"shape": (4,), "dtype": "u1", "fill_value": [1, 2]}, ValueError, "scalar"),
        ({"shape": (4,), "dtype": "i4", "attributes": [1]}, MetadataError, "mapping"),
        ({"shape": (4,), "dtype": "i4", "attributes": {"a": {"b": object()}}}, MetadataError, "attributes.a.b"),
        ({"shape": (4,), "dtype": "i4", "attributes": {1: 2}}, MetadataError, "strings"),
        ({"shape": (4,), "dtype": "i4", "filters": [fc.ZstdCodec()]}, MetadataError, "bytes_bytes"),
        ({"shape": (4,), "dtype": "i4", "compressors": [{"name": "what"}]}, UnknownExtensionError, "what"),
        ({"shape": (4,), "dtype": "i4", "compressors": [{"name": "gzip", "configuration": {"level": 10}}]},
         MetadataError, r"compressors\[0\].configuration.level: must be in \[0, 9\], got 10"),
        ({"shape": (4, 4), "dtype": "i4", "filters": [fc.TransposeCodec((0, 0))]}, MetadataError, "permutation"),
        ({"shape": (4,), "dtype": "i4", "serializer": fc.BytesCodec(endian=None)}, MetadataError, "endian"),
        ({"shape": (4,), "dtype": "i4", "serializer": [fc.BytesCodec(), fc.BytesCodec()]}, MetadataError, "exactly one"),
        ({"shape": (4,), "dtype": "i4", "dimension_names": ["x", "y"]}, MetadataError, "2 names for 1 axes"),
        ({"shape": (4,), "dtype": "i4", "chunk_key_encoding": "odd"}, ValueError, "default"),
        ({"shape": (4,), "dtype": "i4", "chunk_key_encoding": {"name": "v2", "separator": ":"}}, ValueError, "separator"),
        ({"shape": (4,), "dtype": "i4", "data": [1]}, ValueError, "not both"),
        ({"shape": (4,)}, ValueError, "shape and dtype"),
        ({"shape": (4,), "dtype": "i4", "zarr_format": 2, "dimension_names": ["x"]}, ValueError, "format 2"),
        ({"shape": (4,), "dtype": "i4", "zarr_format": 2, "serializer": fc.BytesCodec()}, ValueError, "format 2"),
        ({"shape": (4,), "dtype": "i4", "zarr_format": 2, "compressors": [{"id": "zlib"}, {"id": "bz2"}]}, ValueError, "one compressor"),
        ({"shape": (4,), "dtype": "i4", "zarr_format": 2, "compressors": fc.ZstdCodec()}, MetadataError, "numcodecs"),
        ({"shape": (4,), "dtype": "i4", "zarr_format": 2, "filters": [{"id": "pickle"}]}, ValueError, "runs code"),
        ({"shape": (4,), "dtype": "i4", "config": {"speed": 11}}, TypeError, "speed"),
        ({"shape": (4,), "dtype": "i4", "config": {"workers": 0}}, ValueError, "workers must be >= 1"),
        ({"shape": (4,), "dtype": "i4", "name": "../x"}, InvalidKeyError, "'..'"),
    ],
    ids=lambda v: str(v)[:40] if isinstance(v, dict) else None,
)  # fmt: skip
def test_creation(arguments, error, says):
    values = {}
    with pytest.raises(error, match=says):
        frozarr.create_array(values, **arguments)
    assert [k for k in values if not k.startswith("zarr.json")] == []
    good = frozarr.create_array(values, name="keep", shape=(3,), dtype="i4")
    good[...] = 7
    before = dict(values)
    if "name" not in arguments:
        with pytest.raises(error):
            frozarr.create_array(values, name="keep", overwrite=True, **arguments)
    assert values == before


def test_making_arrays():
    assert frozarr.empty(3).dtype == np.float64
    assert frozarr.zeros((2, 2), dtype="i4")[...].tolist() == [[0, 0], [0, 0]]
    assert frozarr.ones(2, dtype="i4")[...].tolist() == [1, 1]
    assert frozarr.full(2, 7, dtype="i4")[...].tolist() == [7, 7]
    assert frozarr.create((4,), dtype="u1", compressor=None, path="x").compressors == ()
    with pytest.raises(ValueError, match="not both"):
        frozarr.create((4,), compressor=None, compressors=None)
    model = frozarr.create_array({}, shape=(4, 6), chunks=(2, 3), dtype="i2", fill_value=5,
                                 compressors=fc.GzipCodec(level=1))  # fmt: skip
    for made, value in ((frozarr.empty_like(model), 5), (frozarr.zeros_like(model), 0),
                        (frozarr.ones_like(model), 1), (frozarr.full_like(model, 3), 3),
                        (frozarr.full_like(model), 5)):  # fmt: skip
        assert (made.shape, made.chunks, made.dtype) == ((4, 6), (2, 3), np.dtype("i2"))
        assert made.compressors == model.compressors
        assert (made[...] == value).all()
    assert frozarr.zeros_like(np.ones((2, 3), "f4")).dtype == np.float32
    assert frozarr.open_like(model, "new", store={}, mode="w").chunks == (2, 3)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_copy_with_codecs_keeps_none_of_its_source(zarr_format):
    source = frozarr.create_array({}, data=np.arange(8), chunks=4, zarr_format=zarr_format)
    plain = {"name": "bytes", "configuration": {"endian": "little"}}
    for copy in (frozarr.from_array, frozarr.save_array):
        given = {"data": source} if copy is frozarr.from_array else {"arr": source}
        made = copy({}, **given, codecs=[plain, "gzip"], zarr_format=3)
        assert [codec.name for codec in made.metadata.codecs] == ["bytes", "gzip"]
        np.testing.assert_array_equal(made[...], np.arange(8))
        for part in ("filters", "serializer", "compressors"):
            with pytest.raises(ValueError, match=f"the whole chain, or {part}, not both"):
                copy({}, **given, codecs=[plain], zarr_format=3, **{part: [plain]})


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_from_array_keeps(tmp_path, zarr_format):
    source = frozarr.create_array(
        {}, shape=(5, 6), chunks=(2, 4), dtype=">f4" if zarr_format == 2 else "f4", fill_value=2,
        zarr_format=zarr_format, attributes={"a": 1},
        compressors={"id": "zlib", "level": 2} if zarr_format == 2 else fc.GzipCodec(level=2),
    )  # fmt: skip
    source[1:] = np.random.default_rng(0).random((4, 6))
    copy = frozarr.from_array(tmp_path / "a", data=source)
    assert copy.metadata == source.metadata
    np.testing.assert_array_equal(copy[...], source[...])
    other = frozarr.from_array(
        tmp_path / "b", data=source, chunks=(5, 6), compressors=None, fill_value=9,
        zarr_format=5 - zarr_format, attributes={}, write_data=False,
    )  # fmt: skip
    assert (other[...] == 9).all()
    assert other.chunks == (5, 6)
    with pytest.raises(ContainsArrayError):
        frozarr.from_array(tmp_path / "a", data=source)
    with pytest.raises(ContainsArrayError, match="copy of what it holds"):
        frozarr.from_array(tmp_path / "a", data=copy, overwrite=True)
    np.testing.assert_array_equal(copy[...], source[...])


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_from_dict(zarr_format):
    array = frozarr.create_array({}, shape=4, dtype="i4", zarr_format=zarr_format)
    values = {}
    again = Array.from_dict(values, array.metadata.to_json())
    assert again.metadata == array.metadata
    assert values == {}
    with pytest.raises(ValueError, match="shape: missing"):
        Array.from_dict({}, {"zarr_format": zarr_format})


def test_parents_are_groups(store):
    frozarr.create_array(store, name="a/b/c", shape=2, dtype="i4")
    assert store.blocking.list_prefix("") == [
        "a/b/c/zarr.json",
        "a/b/zarr.json",
        "a/zarr.json",
        "zarr.json",
    ]
    frozarr.create_array(store, name="v2/x", shape=2, dtype="i4", zarr_format=2)
    assert store.blocking.exists("v2/.zgroup")


def test_overwrite_replaces_everything(store):
    old = frozarr.create_array(store, name="x", shape=(4,), chunks=(1,), dtype="i4", zarr_format=2)
    old[...] = 1
    new = frozarr.create_array(store, name="x", shape=(2,), dtype="f4", overwrite=True)
    assert store.blocking.list_prefix("x") == ["x/zarr.json"]
    assert new[...].tolist() == [0, 0]
    frozarr.create_array(store, shape=(2,), dtype="f4", overwrite=True)
    assert store.blocking.list_prefix("") == ["zarr.json"]


def test_auto_chunks():
    for shape, dtype in (
        ((10**6, 10**5), "f8"),
        ((3,), "u1"),
        ((0, 5), "i4"),
        ((), "i4"),
        ((10**9,), "i2"),
    ):
        chunks = frozarr.create_array({}, shape=shape, dtype=dtype).chunks
        assert len(chunks) == len(shape)
        assert all(1 <= c <= max(1, n) for c, n in zip(chunks, shape, strict=True))
        nbytes = int(np.prod(chunks)) * np.dtype(dtype).itemsize
        assert nbytes <= 64 * 2**20
        assert nbytes >= min(int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize, 2**16)
    assert frozarr.create_array({}, shape=(5, 6), chunks=4, dtype="i4").chunks == (4, 4)
    assert frozarr.create_array({}, shape=(5, 6), chunks=(-1, 2), dtype="i4").chunks == (5, 2)
    assert frozarr.create_array({}, shape=(5, 6), chunks=False, dtype="i4").chunks == (5, 6)


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

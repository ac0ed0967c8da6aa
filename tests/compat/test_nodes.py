"""Cells of the older API: changed in place, shared by both faces, refused where data would be lost."""

import asyncio
import json
import pickle

import numpy as np
import pytest

import frozarr
from frozarr import compat
from frozarr.compat.attributes import Attributes
from frozarr.errors import ConflictError, ContainsArrayError, ContainsGroupError, ReadOnlyError
from frozarr.storage import LocalStore, MemoryStore


@pytest.fixture(params=[2, 3])
def zarr_format(request):
    return request.param


@pytest.fixture
def root(zarr_format, tmp_path):
    return compat.create_group(LocalStore(tmp_path / "s"), zarr_format=zarr_format)


def test_arrays_are_changed_in_place(root):
    array = root.create_array("a", data=np.arange(6), chunks=2)
    same = array.async_array
    assert array.resize((8,)) is None
    assert array.append([1, 2]) == (10,)
    array.shape = 9
    assert array.shape == same.shape == (9,)
    assert array[...].tolist() == [0, 1, 2, 3, 4, 5, 0, 0, 1]
    assert asyncio.run(same.append([5])) == (10,)
    assert array[-1] == 5
    assert asyncio.run(same.resize((3,))) is None
    assert root["a"].shape == array.shape == (3,)
    array[0] = 9  # a resized cell is not a stale handle
    assert array.update_attributes({"x": 1}) is array
    assert same.attrs == {"x": 1}


def test_attributes_write_through(root):
    array = root.create_array("a", shape=2, dtype="i1")
    for node in (root, array):
        attributes = node.attrs
        assert isinstance(attributes, Attributes)
        attributes["a"] = {"b": [1, 2]}
        attributes["n"] = np.float32(2)
        assert type(attributes["a"]) is dict
        assert type(attributes["a"]["b"]) is list
        attributes["a"]["b"].append(3)  # of a copy
        assert node.attrs["a"] == {"b": [1, 2]}
        attributes.update({"c": 1}, d=2)
        del attributes["n"]
        assert attributes.asdict() == {"a": {"b": [1, 2]}, "c": 1, "d": 2}
        assert attributes.pop("c") == 1
        assert attributes.setdefault("d", 7) == 2
        attributes.put({"z": None, "d": 3})
        assert list(attributes) == ["d", "z"] or list(attributes) == ["z", "d"]
        with pytest.raises(KeyError):
            del attributes["nothing"]
        with pytest.raises(TypeError, match="JSON"):
            attributes["bad"] = object()
        assert json.dumps(attributes.asdict())
        other = (compat.open_group if node is root else compat.open_array)(node.store_path)
        assert dict(other.attrs) == {"z": None, "d": 3}
        other.attrs["late"] = 1
        assert "late" not in attributes
        attributes.refresh()
        assert attributes["late"] == 1
    array.attrs["missing_value"] = float("nan")  # as older programs store it
    assert np.isnan(compat.open_array(array.store_path).attrs["missing_value"])


def test_two_handles_of_one_array(root):
    first = root.create_array("a", data=np.arange(4), chunks=2)
    second = root["a"]
    first.attrs["x"] = 1
    with pytest.raises(ConflictError):
        second.attrs["y"] = 2  # would undo x
    second.attrs.refresh()
    second.attrs["y"] = 2
    assert dict(root["a"].attrs) == {"x": 1, "y": 2}
    first.attrs.refresh()
    first.append([7, 8])
    with pytest.raises(ConflictError):
        second.resize(2)  # would undo the attribute's or the append's document
    assert root["a"][...].tolist() == [0, 1, 2, 3, 7, 8]
    second[0] = 5  # chunks are shared
    assert first[0] == 5


def test_groups_as_mappings(root):
    root["a/b"] = [1, 2, 3]
    root["a/b"] = np.ones((2, 2))
    assert root["a"]["b"].shape == (2, 2)
    assert root["/"] == root
    assert root.require_group("/") == root
    assert root.get("zzz") is None
    assert root.get("zzz", 5) == 5
    assert isinstance(root.get_array("a/b"), compat.Array)
    assert isinstance(root.get_group("a"), compat.Group)
    with pytest.raises(ContainsGroupError):
        root.get_array("a")
    with pytest.raises(ContainsArrayError):
        root.get_group("a/b")
    assert [name for name, _ in root.groups()] == list(root.group_keys()) == ["a"]
    assert [array.shape for array in root["a"].array_values()] == [(2, 2)]
    assert [type(node) for node in root.values()] == [compat.Group]
    assert root.nmembers(None) == 2
    assert "└── a" in repr(root.tree())
    assert len(repr(root.tree(max_nodes=1)).splitlines()) == 2
    assert repr(root.tree(level=1)).count("──") == 1
    root.move("a/b", "c")
    assert sorted(path for path, _ in root.members(None)) == ["a", "c"]
    del root["c"]
    assert list(root) == ["a"]
    assert root.info._zarr_format == root.metadata.zarr_format
    assert root.info_complete().groups == 1
    assert pickle.loads(pickle.dumps(root)) == root
    assert hash(root["a"]) == hash(root["a"])


def test_hierarchies_below_a_group(root, zarr_format):
    array = root.create_array("a", shape=4, dtype="i2").metadata
    made = dict(root.create_hierarchy({"g/b": array, "h": compat.core.group.GroupMetadata(
        zarr_format=zarr_format, attributes={"t": 1})}))  # fmt: skip
    assert sorted(made) == ["g/b", "h"]
    assert root["h"].attrs.asdict() == {"t": 1}
    with pytest.raises(ContainsArrayError):
        root.create_hierarchy({"new": array, "g/b": array})
    assert "new" not in root
    root["g/b"][0] = 3
    root.create_hierarchy({"g/b": array}, overwrite=True)
    assert root["g/b"][0] == 0

    async def awaited():
        group = root.async_group
        return [path async for path, _ in group.create_hierarchy({"k": array})]

    assert asyncio.run(awaited()) == ["k"]


def test_consolidated_metadata_are_shown(root, zarr_format):
    root.create_array("a/b", shape=4, dtype="i2")
    assert root.metadata.consolidated_metadata is None
    compat.consolidate_metadata(root.store, zarr_format=zarr_format)
    opened = compat.open_consolidated(root.store)
    told = opened.metadata.consolidated_metadata
    assert sorted(told.flattened_metadata) == ["a", "a/b"]
    assert told.metadata["a"].consolidated_metadata.metadata["b"].shape == (4,)
    assert opened.metadata.to_dict()["zarr_format"] == zarr_format
    opened.create_array("c", shape=2, dtype="i2")
    assert sorted(compat.open_consolidated(root.store)) == ["a", "c"]
    assert opened.members(use_consolidated_for_children=False) == opened.members()


def test_read_only_nodes(root):
    root.create_array("a", data=[1])
    reader = compat.open_group(root.store_path, mode="r")
    for change in (
        lambda: reader.attrs.update(a=1), lambda: reader["a"].attrs.update(a=1),
        lambda: reader.create_group("g"), lambda: reader["a"].resize(3),
        lambda: reader["a"].append([1]), lambda: reader.__delitem__("a"),
        lambda: reader.move("a", "b"), lambda: reader["a"].__setitem__(0, 1),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            change()
    assert root["a"][...].tolist() == [1]


@pytest.mark.parametrize("path", ["../a", "a/../b", "a//b", "zarr.json", "a/.zarray"])
def test_bad_paths(root, path):
    before = sorted(root.store.blocking.list())
    for make in (root.create_group, lambda p: root.create_array(p, shape=2, dtype="i1")):
        if path == "a//b":
            continue
        with pytest.raises((ValueError, KeyError)):
            make(path)
    assert sorted(root.store.blocking.list()) == before


def test_settings():
    with compat.config.set({"default_zarr_format": 2}):
        assert compat.zeros(2).metadata.zarr_format == 2
        assert compat.group().metadata.zarr_format == 2
        assert compat.create_array({}, shape=2, dtype="i1").metadata.zarr_format == 3
        store = MemoryStore()
        compat.save(store, np.ones(2))
        assert compat.open(store).metadata.zarr_format == 2
    assert compat.zeros(2).metadata.zarr_format == 3
    with compat.config.set(array__write_empty_chunks=True):
        array = compat.zeros(4, chunks=2)
        array[...] = 0
        assert array.nchunks_initialized == 2
    with compat.config.set({"async": {"concurrency": 3}}):
        assert compat.zeros(2).config.concurrency == 3
        assert compat.config.get("async.concurrency") == 3
        assert compat.config.get("async")["concurrency"] == 3
    with pytest.raises(KeyError):
        compat.config.get("nothing.here")
    with pytest.raises(ValueError, match="2 or 3"):
        compat.config.set({"default_zarr_format": 4})
    assert compat.config.config["array"]["order"] == "C"
    older = compat.core.array_spec.ArrayConfig(order="F", write_empty_chunks=True)
    assert compat.zeros(2, config=older).config.write_empty_chunks


def test_nodes_are_taken_where_arrays_are(root):
    array = root.create_array("a", data=np.arange(4), chunks=2)
    assert compat.zeros_like(array).chunks == (2,)
    assert frozarr.array(array)[...].tolist() == [0, 1, 2, 3]
    copied = compat.from_array({}, data=array)
    assert copied[...].tolist() == [0, 1, 2, 3]
    root["b"] = array
    assert root["b"][...].tolist() == [0, 1, 2, 3]
    compat.save(MemoryStore(), array, x=array)
    array[...] = copied
    with pytest.warns(RuntimeWarning, match="synchronizer"):
        compat.open_group(root.store, synchronizer=object())
    assert np.asarray(array).sum() == 6
    assert array.frozen == frozarr.open_array(root.store, path="a")


def test_codecs_by_their_dictionaries():
    for codec in (
        compat.codecs.BloscCodec(cname="lz4", shuffle="noshuffle", typesize=4), compat.codecs.GzipCodec(level=3),
        compat.codecs.ZstdCodec(level=1, checksum=True), compat.codecs.BytesCodec(endian="big"),
        compat.codecs.TransposeCodec(order=(1, 0)), compat.codecs.VLenUTF8Codec(),
        compat.codecs.ShardingCodec(chunk_shape=(2, 2)),
    ):  # fmt: skip
        assert type(codec).from_dict(codec.to_dict()) == codec
    with pytest.raises(ValueError, match="expected 'gzip'"):
        compat.codecs.GzipCodec.from_dict({"name": "zstd"})
    array = compat.create_array(
        {}, shape=4, dtype="i4", compressors=compat.codecs.numcodecs.BZ2(level=3)
    )
    assert array.compressors[0].to_dict() == {
        "name": "numcodecs.bz2",
        "configuration": {"level": 3},
    }
    named = compat.codecs.BloscCodec(
        cname=compat.codecs.enums.BloscCname.lz4, shuffle=compat.codecs.BloscShuffle.shuffle
    )
    assert json.dumps(named.to_dict()).count("lz4") == 1
    assert compat.registry.get_codec_class("zstd") is compat.codecs.ZstdCodec
    with pytest.raises(compat.errors.UnknownCodecError):
        compat.registry.get_codec_class("nothing")


def test_types_of_elements():
    types = compat.dtype
    assert isinstance(types.parse_data_type("int32"), types.Int32)
    assert not isinstance(types.parse_data_type("int32"), types.Int64)
    assert types.Float64() == types.parse_dtype("f8")
    assert isinstance(types.parse_dtype(str), types.VariableLengthUTF8)
    assert compat.zeros(2, dtype=types.UInt8()).dtype == "u1"
    assert compat.zeros(2, dtype=types.DateTime64(unit="s")).dtype == "M8[s]"


def test_selections_chunk_by_chunk():
    from frozarr.compat.core.chunk_grids import ChunkGrid
    from frozarr.compat.core.indexing import OrthogonalIndexer

    values = np.arange(70).reshape(10, 7)
    for selection in (
        (slice(1, 9, 2), slice(None)), (3, slice(2, 5)), ([7, 1, 1], slice(0, 7)),
        ([0, 9, 4], [6, 0, 3]), (np.array([True, False] * 5), slice(None)),
    ):  # fmt: skip
        indexer = OrthogonalIndexer(selection, (10, 7), ChunkGrid.from_sizes((10, 7), (4, 3)))
        result = np.full(indexer.shape, -1)
        for coords, inside, outside, whole in indexer:
            chunk = values[
                tuple(slice(c * s, c * s + s) for c, s in zip(coords, (4, 3), strict=True))
            ]
            result[outside] = chunk[inside]
            assert not whole or chunk.size == result[outside].size
        assert (result == frozarr.array(values).oindex[selection]).all()


def test_what_exists_is_not_saved_over(tmp_path):
    place = tmp_path / "a"
    compat.save(place, np.arange(3))
    for again in (
        lambda: compat.save(place, np.zeros(2)), lambda: compat.save_array(place, np.zeros(2)),
        lambda: asyncio.run(compat.api.asynchronous.save(place, np.zeros(2))),
    ):  # fmt: skip
        with pytest.raises(ContainsArrayError):
            again()
    assert compat.load(place).tolist() == [0, 1, 2]
    compat.save(tmp_path / "g", np.arange(2), x=np.ones(3))
    with pytest.raises(ContainsArrayError):
        compat.save_group(tmp_path / "g", x=np.zeros(3))
    assert compat.open_group(tmp_path / "g")["x"][:].tolist() == [1, 1, 1]
    compat.save_array(place, np.zeros(1), overwrite=True)
    assert compat.load(place).tolist() == [0]
    with pytest.raises(ValueError, match="at least one"):
        compat.save(tmp_path / "h")


def test_nodes_that_are_opened_by_default(tmp_path):
    assert isinstance(compat.open(tmp_path / "new"), compat.Group)
    assert isinstance(compat.open(), compat.Group)
    assert compat.open(tmp_path / "two", path="a/b", zarr_format=2).path == "a/b"
    with pytest.raises(FileNotFoundError):
        compat.open(tmp_path / "none", mode="r")
    assert compat.open(tmp_path / "array", shape=3, dtype="i4").shape == (3,)
    made = compat.open({}, mode="w", shape=3, dtype="f4", compressor=None, zarr_format=2)
    assert made.compressors == ()
    assert compat.array([[1, 2]], dtype="f4").dtype == "f4"
    assert compat.array(["a", "b"], dtype=str)[:].tolist() == ["a", "b"]
    assert compat.array(np.arange(3), compressor=None, zarr_format=2).compressors == ()


def test_the_wrong_kind_is_not_a_missing_one(tmp_path):
    compat.create_array(tmp_path / "a", shape=4, dtype="i4")
    compat.create_group(tmp_path / "g")
    for mode in ("r", "r+", "a"):
        with pytest.raises(compat.errors.ContainsArrayError):
            compat.open_group(tmp_path / "a", mode=mode)
        with pytest.raises(compat.errors.NodeTypeValidationError):
            compat.open_array(tmp_path / "g", mode=mode)
    group = compat.open_group(tmp_path / "g")
    group.create_group("a")
    group.create_array("x", shape=2, dtype="i1")
    with pytest.raises(TypeError):
        group.require_array("a", shape=2)
    with pytest.raises(TypeError):
        group.require_group("x")
    with pytest.raises(TypeError, match="can't be set"):
        group["b"] = group
    assert sorted(group) == ["a", "x"]
    with pytest.raises(compat.errors.ArrayNotFoundError):
        group.get_array("zzz")


def test_times_are_not_a_time_where_nothing_is_stored(zarr_format):
    for dtype in ("M8[ns]", "m8[s]"):
        array = compat.create_array({}, shape=3, chunks=1, dtype=dtype, zarr_format=zarr_format)
        array[0] = 5
        assert np.isnat(array[1:]).all()
        assert np.isnat(frozarr.zeros(2, dtype=dtype, zarr_format=zarr_format)[...]).sum() == 0


def test_codecs_whose_members_are_left_out():
    for codecs in ({"name": "blosc", "configuration": {"cname": "lz4"}}, {"name": "blosc"}):
        made = compat.create_array({}, shape=4, dtype="i4", compressors=codecs).compressors[0]
        assert (made.clevel, made.shuffle, made.typesize) == (5, "shuffle", 4)
    given = {"name": "blosc", "configuration": {"cname": "lz4", "shuffle": "noshuffle"}}
    assert compat.zeros(4, compressors=given).compressors[0].shuffle == "noshuffle"
    assert compat.zeros(4, compressors={"name": "gzip"}).compressors[0].level == 5
    with pytest.raises(ValueError, match="level"):
        compat.zeros(4, compressors={"name": "gzip", "configuration": {"level": 99}})


def test_stores_written_as_older_ones_are():
    class Mine(compat.abc.store.Store):
        def __init__(self, values):
            super().__init__()
            self.values = values
            self.opened = 0

        async def _open(self):
            self.opened += 1
            await super()._open()

        async def get(self, key, prototype, byte_range=None):
            await self._ensure_open()
            return self.values.get(key)

        async def set(self, key, value):
            self._check_writable()
            self.values[key] = value

        async def delete(self, key):
            self.values.pop(key, None)

        async def list(self):
            for key in list(self.values):
                yield key

    store = asyncio.run(Mine.open({}))
    assert store._is_open
    assert store.opened == 1
    group = compat.open_group(store, mode="w")
    group.create_array("a", data=[1, 2])
    assert group["a"][:].tolist() == [1, 2]
    assert isinstance(group["a"].store_path, compat.StorePath)
    assert isinstance(asyncio.run((group.store_path / "a/zarr.json").get()).to_bytes(), bytes)
    assert isinstance(store, compat.abc.store.Store)
    assert not isinstance(store, type("Other", (compat.abc.store.Store,), {}))


def test_errors_of_the_older_api():
    assert "x y" in str(compat.errors.GroupNotFoundError("x", "y"))
    array = compat.create_array({}, shape=4, dtype="i4", config={"read_missing_chunks": False})
    with pytest.raises(ValueError, match="missing"):
        array[:]
    assert array.metadata.encode_chunk_key((0,)) == "c/0"
    assert array.metadata.node_type == "array"

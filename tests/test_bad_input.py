"""Bad input: a clear error of its own class, and nothing changed."""

import json

import numpy as np
import pytest

import frozarr
from frozarr import codecs as fc
from frozarr.errors import (
    ArrayNotFoundError,
    BoundsCheckError,
    ContainsArrayError,
    ContainsGroupError,
    InvalidKeyError,
    MetadataError,
    NegativeStepError,
    ReadOnlyError,
    SelectionError,
    ShapeMismatchError,
    UnknownExtensionError,
    VindexInvalidSelectionError,
)
from frozarr.testing.oracle import check_same


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


def document():
    array = frozarr.create_array({}, shape=(4, 4), dtype="f4", chunks=(2, 2))
    return json.loads(json.dumps(array.metadata.to_json()))


def with_change(*path, value=None, remove=False):
    changed = document()
    target = changed
    for part in path[:-1]:
        target = target[part]
    if remove:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return changed


BAD_V3 = {
    "format": with_change("zarr_format", value=4),
    "format as text": with_change("zarr_format", value="3"),
    "node type": with_change("node_type", value="tree"),
    "no node type": with_change("node_type", remove=True),
    **{f"no {m}": with_change(m, remove=True) for m in
       ("shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs")},
    "negative shape": with_change("shape", 0, value=-1),
    "fractional shape": with_change("shape", 0, value=4.0),
    "text shape": with_change("shape", value="44"),
    "bool shape": with_change("shape", 0, value=True),
    "chunk zero": with_change("chunk_grid", "configuration", "chunk_shape", 0, value=0),
    "chunk rank": with_change("chunk_grid", "configuration", "chunk_shape", value=[2]),
    "grid unknown": with_change("chunk_grid", "name", value="round"),
    "grid no configuration": with_change("chunk_grid", "configuration", remove=True),
    "keys unknown": with_change("chunk_key_encoding", "name", value="round"),
    "separator": with_change("chunk_key_encoding", "configuration", "separator", value="_"),
    "codecs empty": with_change("codecs", value=[]),
    "codecs object": with_change("codecs", value={}),
    "codec no name": with_change("codecs", 0, value={"configuration": {}}),
    "codec unknown": with_change("codecs", 1, value={"name": "what"}),
    "codec order": with_change("codecs", value=[{"name": "gzip", "configuration": {"level": 1}}, {"name": "bytes", "configuration": {"endian": "little"}}]),
    "two serializers": with_change("codecs", value=[{"name": "bytes", "configuration": {"endian": "little"}}] * 2),
    "native endian": with_change("codecs", 0, "configuration", "endian", value="native"),
    "no endian": with_change("codecs", 0, value={"name": "bytes"}),
    "extra configuration": with_change("codecs", 1, "configuration", "speed", value=1),
    "blosc shuffle number": with_change("codecs", 1, value={"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": 1, "typesize": 4, "blocksize": 0}}),
    "blosc cname": with_change("codecs", 1, value={"name": "blosc", "configuration": {"cname": "lz5", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}}),
    "blosc no typesize": with_change("codecs", 1, value={"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "blocksize": 0}}),
    "transpose text": with_change("codecs", 1, value={"name": "transpose", "configuration": {"order": "F"}}),
    "v2 dtype": with_change("data_type", value="<f4"),
    "fill null": with_change("fill_value", value=None),
    "fill text": with_change("fill_value", value="1.5"),
    "fill +Infinity": with_change("fill_value", value="+Infinity"),
    "fill true": with_change("fill_value", value=True),
    "fill hex width": with_change("fill_value", value="0x7fc0"),
    "names count": {**document(), "dimension_names": ["x"]},
    "names kind": {**document(), "dimension_names": ["x", 1]},
    "unknown member": {**document(), "surprise": {"must_understand": True}},
    "attributes list": {**document(), "attributes": []},
    "transformers": {**document(), "storage_transformers": [{"name": "x", "must_understand": False}]},
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_V3.values(), ids=BAD_V3)
def test_documents_of_format_3(bad):
    values = {"a/zarr.json": json.dumps(bad).encode()}
    with pytest.raises(MetadataError, match=r"memory://\d+/a/zarr.json"):
        frozarr.open_array(values, path="a")
    assert list(values) == ["a/zarr.json"]


GOOD_V3 = {
    "short codecs": with_change("codecs", value=[{"name": "bytes", "configuration": {"endian": "little"}}, "crc32c"]),
    "short keys": with_change("chunk_key_encoding", value="v2"),
    "must_understand": with_change("codecs", 0, "must_understand", value=True),
    "ignored codec": with_change("codecs", 1, value={"name": "what", "must_understand": False}),
    "object dtype": with_change("data_type", value={"name": "float32"}),
    "names null": {**document(), "dimension_names": None},
    "names": {**document(), "dimension_names": ["", None]},
    "extra": {**document(), "more": {"must_understand": False, "x": 1}},
    "transformers": {**document(), "storage_transformers": []},
    "no attributes": with_change("attributes", remove=True),
    "hex": with_change("fill_value", value="0x7fc00001"),
}  # fmt: skip


@pytest.mark.parametrize("good", GOOD_V3.values(), ids=GOOD_V3)
def test_unusual_but_right_documents(good):
    values = {"zarr.json": json.dumps(good).encode()}
    array = frozarr.open_array(values)
    array[...] = 3
    assert array[1, 1] == 3
    changed = array.update_attributes({"k": 1})
    assert frozarr.open_array(values) == changed
    if "more" in good:
        assert json.loads(values["zarr.json"])["more"] == good["more"]
    if good["codecs"][-1] == {"name": "what", "must_understand": False}:
        assert json.loads(values["zarr.json"])["codecs"][-1] == good["codecs"][-1]


V2 = {
    "zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4", "compressor": None,
    "fill_value": 0, "order": "C", "filters": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zarr_format": 3}, "zarr_format"), ({"shape": [-1]}, "shape"), ({"chunks": [2, 2]}, "chunks"),
        ({"dtype": "i4"}, "dtype"), ({"dtype": "=i4"}, "dtype"), ({"dtype": "|i4"}, "dtype"),
        ({"dtype": "|O"}, "objects need an object codec"), ({"order": "A"}, "order"), ({"dimension_separator": "_"}, "separator"),
        ({"dimension_separator": None}, "separator"), ({"compressor": {"level": 1}}, "compressor.id"),
        ({"compressor": "zlib"}, "compressor"), ({"filters": [{"id": "pickle"}]}, "filters"),
        ({"filters": {}}, "filters"), ({"fill_value": 1.5}, "fill_value"), ({"fill_value": 2**40}, "fill_value"),
    ],
)  # fmt: skip
def test_documents_of_format_2(change, says):
    values = {".zarray": json.dumps({**V2, **change}).encode()}
    with pytest.raises(MetadataError, match=says):
        frozarr.open_array(values)


@pytest.mark.parametrize(
    "missing", ["shape", "chunks", "dtype", "fill_value", "order", "zarr_format"]
)
def test_missing_members_of_format_2(missing):
    values = {".zarray": json.dumps({k: v for k, v in V2.items() if k != missing}).encode()}
    with pytest.raises(MetadataError, match=f"{missing}: missing"):
        frozarr.open_array(values)


@pytest.mark.parametrize(
    "change",
    [{"filters": []}, {"extra": 1}, {"fill_value": None}, {"fill_value": 0.0}, {"chunks": [0]},
     {"dtype": "<u1"}],
)  # fmt: skip
def test_old_habits_of_format_2(change):
    values = {".zarray": json.dumps({**V2, **change}).encode(), ".zattrs": b'{"a": NaN}'}
    array = frozarr.open_array(values)
    array[1] = 3
    assert array[...].tolist() == [0, 3, 0, 0]
    assert np.isnan(array.attrs["a"])


def test_absent_codecs_of_format_2():
    document = {k: v for k, v in V2.items() if k not in {"compressor", "filters"}}
    assert frozarr.open_array({".zarray": json.dumps(document).encode()}).compressors == ()


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (b"", "not JSON"), (b"{", "not JSON"), (b"\xff\xfe", "not"), (b"[]", "expected a JSON object"),
        (b"null", "expected a JSON object"), (b"[" * 100_000, "nested"), (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["zarr.json", ".zarray"])
def test_documents_that_are_none(name, stored, says):
    with pytest.raises(MetadataError, match=says):
        frozarr.open_array({name: stored})


def test_huge_claims_cost_nothing():
    array = frozarr.create_array({}, shape=(2**62, 2**62), chunks=(2**40, 2**61), dtype="u1")
    assert array.nbytes == 2**124
    array = frozarr.create_array({}, shape=(2**62,), chunks=(1000,), dtype="i2")
    array[5] = 3
    array[2**61] = 4
    assert array[:: 2**60].tolist() == [0, 0, 4, 0]
    assert array[5] == 3
    assert array.nchunks_initialized == 2
    smaller = array.resize(10)
    assert smaller[...].tolist() == [0, 0, 0, 0, 0, 3, 0, 0, 0, 0]
    assert sorted(array.store.store_dict) == ["c/0", "zarr.json"]


@pytest.fixture
def array():
    made = frozarr.create_array({}, shape=(6, 5), chunks=(2, 2), dtype="i4")
    made[...] = np.arange(30).reshape(6, 5)
    return made


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        (6, BoundsCheckError), (-7, BoundsCheckError), ((0, 5), BoundsCheckError),
        (np.s_[::-1], NegativeStepError), ((1, 2, 3), SelectionError), (np.s_[..., ...], SelectionError),
        (None, SelectionError), (1.5, SelectionError), (b"a", SelectionError), (True, SelectionError),
        ("a", SelectionError), (np.zeros((2, 5), bool), SelectionError), (np.zeros(7, bool), SelectionError),
        (([0, 9], [0, 0]), BoundsCheckError), (([0, 1], [0, 1, 2]), SelectionError),
        (np.array([0.5]), SelectionError), (np.s_["a":2], SelectionError),
    ],
)  # fmt: skip
def test_selections(array, selection, error):
    before = dict(array.store.store_dict)
    with pytest.raises(error) as caught:
        array[selection]
    assert isinstance(caught.value, IndexError)
    with pytest.raises(error):
        array[selection] = 0
    assert array.store.store_dict == before


def test_zero_step_is_as_numpy(array):
    check_same(array, array[...], np.s_[::0])


def test_kinds_of_selection_are_checked(array):
    for call, error in (
        (lambda: array.vindex[:, 0], VindexInvalidSelectionError),
        (lambda: array.vindex[0], VindexInvalidSelectionError),
        (lambda: array.get_mask_selection(np.zeros((5, 6), bool)), VindexInvalidSelectionError),
        (lambda: array.oindex[[[0]], 0], SelectionError),
        (lambda: array.blocks[0, ::2], SelectionError),
        (lambda: array.blocks[3], BoundsCheckError),
        (lambda: array.blocks[[0]], SelectionError),
        (lambda: array.get_basic_selection(([0], 0)), SelectionError),
        (lambda: array.get_basic_selection(fields="x"), SelectionError),
        (lambda: array["x", 0], SelectionError),
    ):
        with pytest.raises(error):
            call()


@pytest.mark.parametrize(
    ("selection", "value"),
    [
        (np.s_[0:3], np.arange(5 * 4).reshape(4, 5)), (np.s_[0], np.arange(4)), (np.s_[...], np.zeros((6, 4))),
        (np.s_[0, 0], [1, 2]), (np.s_[:, :2], np.zeros((2, 6, 2))),
    ],
)  # fmt: skip
def test_values_that_do_not_broadcast(array, selection, value):
    before = dict(array.store.store_dict)
    with pytest.raises(ShapeMismatchError, match="nothing was written") as caught:
        array[selection] = value
    assert str(np.shape(value)) in str(caught.value)
    assert array.store.store_dict == before


def test_values_that_are_none(array):
    before = dict(array.store.store_dict)
    for value, error in (("text", ValueError), (2**40, OverflowError), (object(), TypeError)):
        with pytest.raises(error):
            array[0, 0] = value
    with pytest.raises(ValueError, match="3 values for 2 points"):
        array.vindex[[0, 1], [0, 1]] = [1, 2, 3]
    assert array.store.store_dict == before


def test_out_must_fit(array):
    for bad in (np.zeros((6, 4), "i4"), np.zeros((6, 5), "i8")):
        with pytest.raises(ShapeMismatchError):
            array.get_basic_selection(out=bad)
    with pytest.raises(TypeError):
        array.get_basic_selection(out=[1])
    closed = np.zeros((6, 5), "i4")
    closed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        array.get_basic_selection(out=closed)


def test_changes_that_do_not_fit(array):
    before = dict(array.store.store_dict)
    for call, error in (
        (lambda: array.resize(3), ShapeMismatchError), (lambda: array.resize((1, 2, 3)), ShapeMismatchError),
        (lambda: array.resize(-1, 2), ShapeMismatchError), (lambda: array.append([1, 2]), ShapeMismatchError),
        (lambda: array.append(np.zeros((2, 4))), ShapeMismatchError),
        (lambda: array.append(np.zeros((2, 5)), axis=2), ShapeMismatchError),
        (lambda: array.update_attributes({"a": object()}), MetadataError),
        (lambda: array.update_attributes([1]), MetadataError),
    ):  # fmt: skip
        with pytest.raises(error):
            call()
        assert array.store.store_dict == before


def test_read_only_is_refused_before_any_effect(array):
    closed = frozarr.open_array(array.store.store_dict, mode="r")
    before = dict(array.store.store_dict)
    for call in (
        lambda: closed.__setitem__(0, 1), lambda: closed.resize(1, 1), lambda: closed.append(np.zeros((1, 5))),
        lambda: closed.update_attributes({"a": 1}),
        lambda: frozarr.create_array(closed.store, name="b", shape=1, dtype="i4"),
        lambda: frozarr.create_array(closed.store, shape=1, dtype="i4", overwrite=True),
        lambda: frozarr.save_array(closed.store, [1]),
        lambda: frozarr.open_array(closed.store, mode="w", shape=1),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            call()
        assert array.store.store_dict == before
    assert closed.read_only


def test_nodes_in_the_way(tmp_path):
    frozarr.create_array(tmp_path, name="a", shape=3, dtype="i4")
    with pytest.raises(ContainsArrayError, match="already an array"):
        frozarr.create_array(tmp_path, name="a", shape=3, dtype="i4")
    with pytest.raises(ContainsGroupError, match="already a group"):
        frozarr.create_array(tmp_path, shape=3, dtype="i4")
    with pytest.raises(ContainsArrayError, match="nothing can be created below"):
        frozarr.create_array(tmp_path, name="a/b", shape=3, dtype="i4")
    with pytest.raises(ArrayNotFoundError, match="a group, not an array"):
        frozarr.open_array(tmp_path)
    with pytest.raises(ArrayNotFoundError, match="no array at path 'zzz'"):
        frozarr.open_array(tmp_path, path="zzz", mode="r")
    with pytest.raises(FileNotFoundError):
        frozarr.load(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_stores_that_are_none():
    with pytest.raises(TypeError, match="can't make a store"):
        frozarr.open_array(3)
    with pytest.raises(ValueError, match="scheme 'nope'"):
        frozarr.open_array("nope://x")
    with pytest.raises(ValueError, match="mode"):
        frozarr.open_array({}, mode="x")
    with pytest.raises(TypeError, match="storage_options"):
        frozarr.open_array("/tmp", storage_options={"a": 1})

"""Documents: what is refused, with the path of each problem, and what old writers left."""

import json

import numpy as np
import pytest

import frozarr
from frozarr.errors import (
    MetadataError,
)


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


V2 = {
    "zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4", "compressor": None,
    "fill_value": 0, "order": "C", "filters": None,
}  # fmt: skip


@pytest.fixture
def array():
    made = frozarr.create_array({}, shape=(6, 5), chunks=(2, 2), dtype="i4")
    made[...] = np.arange(30).reshape(6, 5)
    return made


@pytest.mark.parametrize("bad", BAD_V3.values(), ids=BAD_V3)
def test_documents_of_format_3(bad):
    values = {"a/zarr.json": json.dumps(bad).encode()}
    with pytest.raises(MetadataError, match=r"memory://\d+/a/zarr.json"):
        frozarr.open_array(values, path="a")
    assert list(values) == ["a/zarr.json"]


@pytest.mark.parametrize("good", GOOD_V3.values(), ids=GOOD_V3)
def test_unusual_but_right_documents(good):
    values = {"zarr.json": json.dumps(good).encode()}
    array = frozarr.open_array(values)
    array[...] = 3
    assert array[1, 1] == 3
    changed = array.update_attributes({"k": 1})
    assert frozarr.open_array(values) == changed
    if "more" in good:
        assert json.loads(bytes(values["zarr.json"]))["more"] == good["more"]
    if good["codecs"][-1] == {"name": "what", "must_understand": False}:
        assert json.loads(bytes(values["zarr.json"]))["codecs"][-1] == good["codecs"][-1]


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

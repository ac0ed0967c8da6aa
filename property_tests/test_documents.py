"""Laws of documents: parse∘serialise is the identity, and every problem is reported at once."""

import copy
import json
import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from frozarr.errors import MetadataError
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import ArrayV3Metadata, parse_array_v3
from frozarr.metadata.dtypes.base import fill_identity
from frozarr.metadata.dtypes.lookup import data_type_of
from frozarr.metadata.json import FrozenMap, dumps, freeze, loads, thaw
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.problems import Problems
from frozarr.testing.strategies import dtypes, metadata

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def reparse(value):
    """Stored and read again."""
    documents = {name: loads(dumps(doc)) for name, doc in value.documents().items()}
    if isinstance(value, ArrayV3Metadata):
        return parse_array_v3(documents["zarr.json"])
    return parse_array_v2(documents[".zarray"], documents.get(".zattrs"))


@given(metadata())
def test_parse_serialise_is_identity(value):
    again = reparse(value)
    assert again == value
    assert hash(again) == hash(value)
    assert again.documents() == value.documents()
    assert pickle.loads(pickle.dumps(value)) == value


@given(metadata())
def test_documents_are_strict_json(value):
    for name, document in value.documents().items():
        if name != ".zattrs":
            json.dumps(document, allow_nan=False)


@given(st.data(), dtypes())
def test_fill_values_keep_their_bits(data, dtype):
    bits = data.draw(st.binary(min_size=dtype.itemsize, max_size=dtype.itemsize))
    if dtype.kind == "b":
        bits = bytes([bits[0] & 1])
    fill = np.frombuffer(bits, dtype)[0]
    data_type = data_type_of(dtype)
    problems = Problems()
    encoded = json.loads(json.dumps(data_type.fill_to_json(fill), allow_nan=False))
    again = data_type.parse_fill(At(encoded, problems))
    assert not problems
    assert fill_identity(again) == fill_identity(fill)


@given(st.data(), dtypes())
def test_fill_values_of_format_2(data, dtype):
    fill = data.draw(npst.from_dtype(dtype))
    data_type = data_type_of(dtype)
    encoded = json.loads(json.dumps(data_type.fill_to_json_v2(fill), allow_nan=False))
    again = data_type.parse_fill_v2(At(encoded, Problems()))
    np.testing.assert_array_equal(again, fill)


@given(JSONS)
def test_freeze_thaw_is_identity(value):
    frozen = freeze(value)
    assert thaw(frozen) == value
    assert freeze(thaw(frozen)) == frozen
    hash(frozen)
    assert loads(dumps(value)) == value


@given(metadata(), st.data())
def test_any_mutilated_document_is_a_metadata_error(value, data):
    """Any member replaced by junk: the value is still right, or a MetadataError with paths."""
    junk = data.draw(JSONS | st.sampled_from([-1, 2**70, [[]], [None], {"name": 3}, "<i4", 1.5]))
    name, document = next(iter(value.documents().items()))
    document = copy.deepcopy(document)
    target = document
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(target[key], dict | list) and target[key] and data.draw(st.booleans()):
            target = target[key]
            continue
        break
    if data.draw(st.booleans()) and isinstance(target, dict):
        del target[key]
    else:
        target[key] = junk
    try:
        parsed = (parse_array_v3 if name == "zarr.json" else parse_array_v2)(document)
    except MetadataError as error:
        assert str(error)
        return
    assert reparse(parsed) == parsed


def test_all_problems_are_reported_with_their_paths():
    document = {
        "zarr_format": 3, "node_type": "array", "shape": [4, -1], "data_type": "int33",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [0, 2]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": ":"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes"}, {"name": "zstd", "configuration": {"level": "high"}}],
        "attributes": [], "surprise": 1,
    }  # fmt: skip
    with pytest.raises(MetadataError) as caught:
        parse_array_v3(document, where="file:///a/zarr.json")
    text = str(caught.value)
    for part in (
        "file:///a/zarr.json: 7 problems", "shape[1]: must be in [0, ", "data_type: unknown name 'int33'",
        "chunk_grid.configuration.chunk_shape[0]: must be in [1, ",
        "chunk_key_encoding.configuration.separator: expected one of ['/', '.'], got ':'",
        "codecs[1].configuration.level: expected an integer, got 'high'",
        "attributes: expected an object, got []", "surprise: unknown member",
    ):  # fmt: skip
        assert part in text, part
    assert len(caught.value.problems) == 7


def test_frozen_map_is_a_value():
    attributes = FrozenMap({"a": {"b": [1, {"c": 2}]}})
    with pytest.raises(TypeError):
        attributes["a"]["b"] = 1
    assert attributes["a"]["b"][1]["c"] == 2
    assert attributes.merged({"x": 1}) != attributes
    assert FrozenMap({"x": 1, "y": 2}) == FrozenMap({"y": 2, "x": 1})

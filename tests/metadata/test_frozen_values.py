"""Values that stay values, in the ways that users meet: fills, attributes, codecs given by lists."""

import copy
import json
import pickle

import numpy as np
import pytest

import frozarr
from frozarr.codecs import CastValueCodec, ReshapeCodec, TransposeCodec

RECORD = np.dtype([("a", "i2"), ("b", "f8")])
NESTED = {"units": "K", "valid": [0, {"flag": None}], "axes": {"x": [1.5]}}


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_fill_value_of_a_record_can_not_change_its_document(zarr_format):
    array = frozarr.create_array(
        {}, shape=2, dtype=RECORD, fill_value=(1, 2.5), zarr_format=zarr_format
    )
    before, documents = hash(array.metadata), array.metadata.documents()
    with pytest.raises(ValueError, match="read-only"):
        array.fill_value["a"] = 9
    assert hash(array.metadata) == before
    assert array.metadata.documents() == documents
    assert array[0].item() == (1, 2.5)


def test_attributes_are_what_plain_ones_are_but_for_changes():
    attrs = frozarr.create_array({}, shape=1, dtype="u1", attributes=NESTED).attrs
    assert attrs == NESTED
    assert NESTED == attrs
    assert attrs["valid"] == [0, {"flag": None}]
    assert repr(dict(attrs)) == repr(NESTED)
    assert json.loads(json.dumps(dict(attrs))) == NESTED
    for plain in (copy.deepcopy(attrs), attrs.asdict(), pickle.loads(pickle.dumps(attrs))):
        assert plain == NESTED
    plain = attrs.asdict()
    plain["axes"]["x"].append(2)
    assert attrs == NESTED
    with pytest.raises(TypeError, match="frozen"):
        attrs["axes"]["x"] = 1
    with pytest.raises(TypeError, match="frozen"):
        attrs.update(a=1)
    with pytest.raises(TypeError, match="item assignment"):
        attrs["valid"][0] = 1


def test_codecs_freeze_what_they_are_given():
    order, shape = [1, 0], [[0, 1]]
    mapping = {"encode": [["NaN", 0]], "decode": [[0, "NaN"]]}
    codecs = (
        TransposeCodec(order=order), ReshapeCodec(shape=shape),
        CastValueCodec(data_type="uint8", scalar_map=mapping),
    )  # fmt: skip
    documents = [json.dumps(codec.to_json()) for codec in codecs]
    hashes = list(map(hash, codecs))
    order[0], shape[0][0] = 5, 5
    mapping["encode"].append(["x", 1])
    assert [json.dumps(codec.to_json()) for codec in codecs] == documents
    assert list(map(hash, codecs)) == hashes


def test_arrays_in_plans_are_read_only():
    array = frozarr.create_array({}, shape=(9, 9), chunks=(2, 2), dtype="u1")
    plan = array.plan[[1, 5], :].plan
    rows = plan.axes[0].columns()
    for column in (rows.chunk, rows.start, rows.count, rows.out, rows.whole):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0
    assert array.plan[[1, 5]] == array.plan[[1, 5]]
    assert hash(array.plan[1:3]) == hash(array.plan[1:3])

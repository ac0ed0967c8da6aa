"""A second reader of documents, zarr-metadata, finds nothing wrong with ours, and refuses alike."""

import pytest
from hypothesis import given
from zarr_metadata import MetadataValidationError
from zarr_metadata.model import ZarrV2ArrayMetadata, ZarrV3ArrayMetadata

from frozarr.errors import MetadataError
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.testing.strategies import metadata, sharded_metadata
from frozarr.testing.types import any_metadata


def theirs(value):
    model = ZarrV2ArrayMetadata if value.zarr_format == 2 else ZarrV3ArrayMetadata
    return model.from_json(value.to_json())


@given(any_metadata())
def test_any_document_is_valid(value):
    theirs(value)


@given(metadata())
def test_documents_of_both_formats_are_valid(value):
    theirs(value)


@given(sharded_metadata())
def test_shards_are_valid(value):
    theirs(value)


V3 = {
    "zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "int16",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": 0, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
}  # fmt: skip


def rectilinear(*specs):
    grid = {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": list(specs)}}
    return {"chunk_grid": grid}


def codec(name, **configuration):
    return {"codecs": [{"name": name, "configuration": configuration}, *V3["codecs"]]}


@pytest.mark.parametrize("change", [
    {"fill_value": 1.5}, {"fill_value": 40000}, {"fill_value": "0"}, {"fill_value": None},
    {"data_type": "r7"}, {"shape": [4, -6]}, {"shape": [4.5, 6]},
    {"codecs": []}, {"codecs": [{"name": "gzip", "configuration": {"level": 1}}]},
    {"codecs": [{"name": "bytes"}]}, {"dimension_names": ["x"]}, {"storage_transformers": [{}]},
    {"node_type": "group"}, {"zarr_format": 2},
    {"data_type": {"name": "numpy.datetime64", "configuration": {"unit": "s"}}},
    {"data_type": {"name": "numpy.datetime64", "configuration": {"unit": "x", "scale_factor": 1}}},
    {"data_type": {"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 0}}},
    {"data_type": {"name": "struct", "configuration": {"fields": []}}},
    {"data_type": {"name": "struct", "configuration": {"fields": [
        {"name": "a", "data_type": "int8"}, {"name": "a", "data_type": "int8"}]}},
     "fill_value": {"a": 0}},
    rectilinear([2, 2], [3]), rectilinear([2, 2], [0, 6]), rectilinear([2, 2]),
    rectilinear([2, [1]], 6), rectilinear([], 6),
    codec("transpose", order=[0, 0]), codec("transpose", order=[0]),
    codec("cast_value", data_type="uint8", rounding="up"),
    codec("cast_value", data_type="uint8", more=1), codec("scale_offset", offset="x"),
], ids=str)  # fmt: skip
def test_bad_documents_are_refused_by_both(change):
    with pytest.raises(MetadataError):
        parse_array_v3({**V3, **change})
    with pytest.raises(MetadataValidationError):
        ZarrV3ArrayMetadata.from_json({**V3, **change})


V2 = {
    "zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i2", "compressor": None,
    "fill_value": 0, "order": "C", "filters": None,
}  # fmt: skip


@pytest.mark.parametrize("change", [
    {"dtype": "i2"}, {"dtype": "|i2"}, {"dtype": "<M8"}, {"dtype": []},
    {"dtype": [["a"]]}, {"order": "A"}, {"fill_value": 1.5}, {"shape": "4"},
    {"dimension_separator": "_"}, {"dtype": "|S2", "fill_value": "?"},
    {"dtype": [["a", "<i2"], ["a", "<i2"]], "fill_value": None},
], ids=str)  # fmt: skip
def test_bad_documents_of_format_2_are_refused_by_both(change):
    with pytest.raises(MetadataError):
        parse_array_v2({**V2, **change})
    with pytest.raises(MetadataValidationError):
        ZarrV2ArrayMetadata.from_json({**V2, **change})

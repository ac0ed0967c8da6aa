"""Arrays written by a dozen other implementations, where the collection is at hand."""

import json
import pathlib
import zipfile

import numpy as np
import pytest

import frozarr
from frozarr.errors import MetadataError
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3

HERE = pathlib.Path(__file__).parents[2]
PLACES = [HERE / "shared" / "third_party", HERE.parent / "shared" / "third_party"]
FOLDER = next((p for p in PLACES if (p / "manifest.json").exists()), None)
CASES = json.loads((FOLDER / "manifest.json").read_text())["cases"] if FOLDER else []
ARRAYS = [c for c in CASES if c["kind"] == "array"]

pytestmark = pytest.mark.skipif(FOLDER is None, reason="the third-party collection is not here")


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    root = tmp_path_factory.mktemp("third_party")
    for archive in FOLDER.glob("*.zip"):
        with zipfile.ZipFile(archive) as files:
            files.extractall(root)
    return root


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else None


def in_range(path):
    """Whether the array uses only what this version knows; the rest must be refused by name."""
    v3, v2 = read_json(path / "zarr.json"), read_json(path / ".zarray")
    try:
        if v3 is not None:
            parse_array_v3(v3)
        else:
            parse_array_v2(v2, read_json(path / ".zattrs"))
    except MetadataError as error:
        return str(error)
    return None


def expected_values(path, dtype):
    """The values that an array holds; objects are text, or bytes as hex digits."""
    if path.suffix == ".npy":
        return np.load(path)
    document = json.loads(path.read_text())
    flat = np.empty(len(document["flat"]), object)
    flat[:] = [bytes.fromhex(v) if dtype == "bytes" else v for v in document["flat"]]
    return flat.reshape(document["shape"])


@pytest.mark.parametrize("case", ARRAYS, ids=lambda c: c["id"].removeprefix("tp/"))
def test_array(collection, case):
    path = collection / case["path"] / case["node"]
    refused = in_range(path)
    if refused:
        with pytest.raises(MetadataError) as caught:
            frozarr.open_array(path, zarr_format=case["format"])
        assert str(path) in str(caught.value)
        known = ("unknown name", "expected a byte order", "attributes", "must_understand")
        assert any(k in refused for k in known) or case["tier"] == "strict", refused
        return
    array = frozarr.open_array(path, zarr_format=case["format"])
    expected = expected_values(collection / case["expected"], case["dtype"])
    assert array.shape == tuple(case["shape"])
    found = np.asarray(array[...])
    assert found.shape == expected.shape
    if "fixedscaleoffset" in case["id"] and case["tier"] == "ext":
        # expected are halves rounded to even, stored are halves rounded up
        np.testing.assert_allclose(found, expected, rtol=0, atol=1)
    else:
        np.testing.assert_array_equal(found.astype(expected.dtype), expected)


def test_most_of_the_core_is_in_range(collection):
    core = [c for c in ARRAYS if c["tier"] == "core"]
    read = sum(in_range(collection / c["path"] / c["node"]) is None for c in core)
    assert read >= 0.99 * len(core)

"""What peers wrote is read right, and they read what we write, wherever zarr-python can."""

import importlib.util
import json
import pathlib
import tarfile

import numpy as np
import pytest

import frozarr

HERE = pathlib.Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("interop_matrix", HERE / "interop_matrix.py")
matrix = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(matrix)
ARCHIVE = HERE / "fixtures" / "peers.tar.xz"
CASES = {case.name: case for case in matrix.cases(full=True)}


@pytest.mark.parametrize("libraries", [["zarr-python"], ["zarrs"], ["tensorstore"]], ids=str)
def test_nothing_is_red(libraries):
    outcome = matrix.run(libraries=["frozarr", "zarr-python", *libraries[libraries == ["zarr-python"]:]])  # fmt: skip
    assert not matrix.red(outcome), matrix.table(outcome)
    assert sum(v == "ok" for v in outcome.values()) > 0.5 * len(outcome)


def fixtures():
    with tarfile.open(ARCHIVE) as archive:
        names = (pathlib.PurePosixPath(name).parts for name in archive.getnames())
        return sorted({"/".join(parts[:2]) for parts in names if len(parts) > 1})


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


def expected_values(entry, dtype):
    kind = matrix.VALUES[dtype].dtype
    if kind.kind == "T":
        return np.array(entry, kind)
    if kind.kind == "O":
        found = np.empty(matrix.SHAPE, object)
        found[...] = [[bytes.fromhex(value) for value in row] for row in entry]
        return found
    return np.frombuffer(bytes.fromhex(entry), kind).reshape(matrix.SHAPE)


@pytest.mark.parametrize("name", fixtures())
def test_fixture(unpacked, name):
    """Arrays kept from when they were written, whatever versions are installed now."""
    case = CASES[name.split("/")[1]]
    if "zfpy" in case.codec:
        pytest.importorskip("zfpy", reason="the codec needs it")
    array = frozarr.open_array(unpacked / name, zarr_format=case.zarr_format)
    entry = json.loads((unpacked / "expected.json").read_text())[case.dtype]
    assert (expected_values(entry, case.dtype) == matrix.VALUES[case.dtype]).all() or (
        matrix.VALUES[case.dtype].dtype.kind in "mM"
    )
    assert matrix.same(array[...], case)
    assert array.shape == matrix.SHAPE
    assert array.metadata.zarr_format == case.zarr_format
    assert (array.metadata.sharding is not None) == case.sharded
    if case.zarr_format == 3:  # and the document is kept as it was written
        document = json.loads((unpacked / name / "zarr.json").read_text())
        again = array.metadata.to_json()
        assert again["data_type"] == document["data_type"]
        assert [c["name"] for c in again["codecs"]] == [c["name"] for c in document["codecs"]]

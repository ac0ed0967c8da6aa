"""Codecs, data types and grids from outside: found by entry points, or registered by a call."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import frozarr
from frozarr.errors import ChunkDecodeError, MetadataError, UnknownExtensionError
from frozarr.metadata import registry

PACKAGE = pathlib.Path(__file__).parents[2] / "examples" / "extension"
USE = """
import sys, frozarr, numpy as np
array = frozarr.create_array(
    sys.argv[1], shape=(10, 20), dtype="example.rgb", fill_value="#ff8000",
    chunks=(5, 5), compressors={"name": "example.invert", "configuration": {"marker": 7}},
)
array[:5] = np.arange(15).astype("u1").view(array.dtype)[0]
again = frozarr.open_array(sys.argv[1])
print(*again[0, 0], *again[9, 9])
document = again.metadata.to_json()
document["chunk_grid"] = {"name": "example.doubling", "configuration": {"first": [2, 3]}}
doubling = frozarr.Array.from_dict(frozarr.storage.MemoryStore(), document)
values = np.arange(600).astype("u1").view(array.dtype).reshape(10, 20)
doubling[...] = values
assert (doubling[3:, ::3] == values[3:, ::3]).all()
print(*doubling.cdata_shape)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The example package as pip installs it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--target", str(folder), str(PACKAGE)], check=True
    )
    return folder


def test_entry_points(installed, tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path / "a")],
        check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(installed)},
    ).stdout.splitlines()  # fmt: skip
    assert found == ["0 1 2 255 128 0", "3 3"]
    with pytest.raises(
        UnknownExtensionError, match=r"data_type.*example\.rgb.*frozarr\.data_types"
    ):
        frozarr.open_array(tmp_path / "a")


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGE))
    monkeypatch.setattr(registry, "_DEFAULT", list(registry._DEFAULT))
    import frozarr_example  # noqa: PLC0415 - only now on the path

    frozarr.register("codecs", "example.invert", frozarr_example.InvertCodec)
    frozarr.register("data_types", "example.rgb", frozarr_example.Rgb)
    frozarr.register("chunk_grids", "example.doubling", frozarr_example.DoublingGrid)
    return frozarr_example


def test_a_call(registered):
    values = np.arange(24, dtype="u2").reshape(4, 6)
    store = {}
    array = frozarr.create_array(
        store, data=values, chunks=(2, 2), shards=(4, 4), compressors=registered.InvertCodec(3)
    )
    assert (array[1:, ::2] == values[1:, ::2]).all()
    again = frozarr.open_array(store)
    assert again.compressors == (registered.InvertCodec(3),)
    assert (again[...] == values).all()


def test_its_errors_are_named(registered):
    store = {}
    array = frozarr.create_array(
        store, data=np.arange(4, dtype="u1"), compressors=registered.InvertCodec(3)
    )
    key = next(k for k in store if k.startswith("c"))
    store[key] = b"\0" + bytes(store[key])[1:]
    with pytest.raises(ChunkDecodeError, match=r"marker 3"):
        array[...]
    document = array.metadata.to_json()
    document["codecs"][-1]["configuration"] = {"marker": 300, "x": 1}
    with pytest.raises(MetadataError, match=r"marker: must be in \[0, 255\].*x: unknown member"):
        frozarr.Array.from_dict(frozarr.storage.MemoryStore(), document)

"""Codecs, data types and grids from outside: found by entry points, or registered by a call."""

import os
import pathlib
import subprocess
import sys
from typing import ClassVar

import attrs
import numpy as np
import pytest

import frozarr
from frozarr.errors import ChunkDecodeError, MetadataError, UnknownExtensionError
from frozarr.extensions import ArrayFilter, BytesKernel, Configured, as_bytes_view
from frozarr.metadata import registry
from frozarr.metadata.codecs.compressors import GzipCodec, ZstdCodec
from frozarr.metadata.dtypes.numeric import Integer
from frozarr.metadata.registry import BUILT_IN

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
def registered(monkeypatch, unchanged):
    monkeypatch.syspath_prepend(str(PACKAGE))
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


@pytest.fixture
def unchanged(monkeypatch):
    """What is registered here is forgotten afterwards."""
    monkeypatch.setattr(registry, "_DEFAULT", list(registry._DEFAULT))


@attrs.frozen
class LoudInteger(Integer):
    """Another class for a built-in name."""


@attrs.frozen
class OtherZstd(ZstdCodec):
    """Another class for a built-in codec."""


def test_built_in_names_can_be_registered_anew(unchanged):
    store = {}
    frozarr.create_array(store, data=np.arange(4, dtype="i4"))
    before = frozarr.open_array(store)  # documents are cached from here on
    assert type(before.metadata.data_type) is Integer
    frozarr.register("data_types", "int32", LoudInteger)
    frozarr.register("codecs", "zstd", OtherZstd)
    after = frozarr.open_array(store)
    assert type(after.metadata.data_type) is LoudInteger
    assert type(after.compressors[0]) is OtherZstd
    assert after[...].tolist() == [0, 1, 2, 3]
    assert type(before.metadata.data_type) is Integer


def test_a_registry_is_a_value_that_is_passed():
    documents = frozarr.create_array({}, data=np.arange(4, dtype="i4")).metadata.documents()
    ours = BUILT_IN.extended("data_types", "int32", LoudInteger)
    parsed = frozarr.metadata.parse(documents, registry=ours)
    assert type(parsed.data_type) is LoudInteger
    assert type(frozarr.metadata.parse(documents).data_type) is Integer
    assert BUILT_IN.find("data_types", "int32").value_class is Integer
    with pytest.raises(ValueError, match="family must be one of"):
        BUILT_IN.extended("kinds", "x", LoudInteger)


def test_threads_that_look_up_an_entry_point_at_once_all_get_it(installed):
    code = """
import threading
from frozarr.metadata.registry import BUILT_IN
start, answers = threading.Barrier(8), []
def look():
    start.wait()
    answers.append(BUILT_IN.find("codecs", "example.invert"))
threads = [threading.Thread(target=look) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sum(a is not None for a in answers), len({a.value_class for a in answers}))
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(installed)},
    ).stdout  # fmt: skip
    assert printed.split() == ["8", "1"]


@attrs.frozen
class Picky(Configured):
    """A filter from outside that refuses negative numbers."""

    name: ClassVar[str] = "example.picky"
    kind: ClassVar[str] = "array_array"

    def encoded_spec(self, spec, at):
        return spec

    def kernel(self, binding):
        return PickyFilter()


class PickyFilter(ArrayFilter):
    elementwise = True
    total = False

    def encode(self, chunk):
        if (chunk < 0).any():
            raise ValueError(f"negative numbers are not for me, got {chunk.min()}")
        return chunk

    def decode(self, chunk):
        return chunk


@pytest.mark.parametrize("shards", [None, 8], ids=["chunks", "shards"])
def test_an_outside_filter_that_refuses_a_value_leaves_nothing_written(unchanged, shards):
    frozarr.register("codecs", "example.picky", Picky)
    store = {}
    array = frozarr.create_array(
        store, shape=8, chunks=1, shards=shards, dtype="i4", filters=Picky(),
        config={"workers": 1, "batch_nbytes": 1},
    )  # fmt: skip
    with pytest.raises(ValueError, match="not for me") as caught:
        array[:] = [1, 2, 3, 4, 5, 6, 7, -8]
    assert set(store) == {"zarr.json"}
    assert any("nothing was written" in note for note in caught.value.__notes__)
    array[:] = 3
    assert array[...].tolist() == [3] * 8


@attrs.frozen
class Reversed(GzipCodec):
    """A built-in codec with a kernel of its own."""

    def kernel(self, binding):
        return ReversedBytes()


class ReversedBytes(BytesKernel):
    def encode(self, decoded):
        return bytes(as_bytes_view(decoded))[::-1]

    def decode(self, encoded, limit):
        return bytes(as_bytes_view(encoded))[::-1]


@pytest.mark.parametrize("known", [False, True], ids=["given", "registered"])
def test_a_subclass_of_a_built_in_codec_may_have_a_kernel_of_its_own(unchanged, known):
    if known:
        frozarr.register("codecs", "gzip", Reversed)
    store = {}
    array = frozarr.create_array(
        store, data=np.array([1, 2, 3], "u1"), compressors=Reversed(level=1)
    )
    assert bytes(store["c/0"]) == bytes([3, 2, 1])
    assert array[...].tolist() == [1, 2, 3]

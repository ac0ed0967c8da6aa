"""The recording runner: whole reads, writes, opens and creates, on a plain dictionary."""

import numpy as np
import pytest

import frozarr
from frozarr.commands.create import create_array
from frozarr.commands.open import open_array
from frozarr.handles import methods
from frozarr.io.programs.requests import Get, GetInto, ListPrefix, Lock, Put
from frozarr.io.runners.record import record
from frozarr.storage import MemoryStore

VALUES = np.arange(16, dtype="i4").reshape(4, 4)


def test_creating():
    values = {}
    handle, requests = record(
        create_array({}, data=VALUES, chunks=(2, 2), compressors=None), values
    )
    assert handle.metadata.shape == (4, 4)
    assert sorted(values) == ["c/0/0", "c/0/1", "c/1/0", "c/1/1", "zarr.json"]
    assert (frozarr.open_array(values)[...] == VALUES).all()
    written = [key for request in requests if isinstance(request, Put) for key in request.keys]
    assert sum("c/" in key for key in written) == 4


def test_opening():
    values = {}
    frozarr.create_array(values, data=VALUES)
    handle, requests = record(open_array({}, mode="r"), values)
    assert handle.metadata == frozarr.open_array(values).metadata
    assert all(isinstance(request, Get) for request in requests)
    assert "zarr.json" in requests[0].keys


@pytest.mark.parametrize("shards", [None, (4, 4)], ids=["chunks", "shards"])
def test_reading_and_writing(shards):
    values = {}
    array = frozarr.create_array(values, data=VALUES, chunks=(2, 2), shards=shards)
    value, requests = record(methods.getitem(array, (slice(None), 1)), values)
    assert value.tolist() == VALUES[:, 1].tolist()
    expected = {"c/0/0"} if shards else {"c/0/0", "c/1/0"}
    assert {key for request in requests for key in getattr(request, "keys", ())} == expected
    _, requests = record(methods.setitem(array, (0, 0), 9), values)
    assert [type(request) for request in requests if isinstance(request, Lock | Put)] == [Lock, Put]
    assert frozarr.open_array(values)[0, 0] == 9


def test_what_is_recorded_is_what_a_store_is_asked():
    values = {}
    array = frozarr.create_array(values, data=VALUES, chunks=(2, 2))
    asked = []

    class Noting(MemoryStore):
        def perform(self, request):
            asked.append(request)
            return super().perform(request)

    frozarr.open_array(Noting(values)).with_config({"workers": 1})[1:]
    _, requests = record(methods.getitem(array.with_config({"workers": 1}), slice(1, None)), values)
    chunks = [r.keys for r in asked if isinstance(r, Get | GetInto) and "c/0/0" in r.keys]
    assert chunks == [r.keys for r in requests]
    assert not any(isinstance(r, ListPrefix) for r in asked)

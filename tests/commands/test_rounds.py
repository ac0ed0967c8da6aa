"""Round trips of what reads many arrays or chunks and writes them elsewhere: not one after another."""

import math

import numpy as np
import pytest

import frozarr
from frozarr.testing.latency import LatencyStore

VALUES = np.arange(64, dtype="i4")


def distant(concurrency=8):
    """A store whose requests take a while, and the config that says how many are under way."""
    return LatencyStore(delay=0.1), {"concurrency": concurrency}


@pytest.mark.parametrize("concurrency", [4, 16, 64])
def test_copying_from_afar(concurrency):
    store, config = distant(concurrency)
    source = frozarr.create_array(store, data=VALUES, chunks=1, config={"concurrency": 64})
    source = source.with_config(config)
    store.reset()
    copied = frozarr.from_array({}, data=source, config=config)
    assert (copied[...] == VALUES).all()
    assert store.by_kind["get"] == 64
    assert 0 <= store.rounds - math.ceil(64 / concurrency) <= 2  # a busy machine starts some late


@pytest.mark.parametrize("concurrency", [4, 16])
def test_copying_to_afar(concurrency):
    source = frozarr.create_array({}, data=VALUES, chunks=1)
    store, config = distant(concurrency)
    copied = frozarr.from_array(store, data=source, config=config)
    written = store.rounds
    assert (copied.with_config({"concurrency": 64})[...] == VALUES).all()
    document = 4  # looking for nodes in the way, and publishing the document
    assert written <= math.ceil(64 / concurrency) + document


def test_loading_many_arrays():
    store = LatencyStore(delay=0.05)
    arrays = {f"a{i:02}": np.arange(i + 1) for i in range(20)}
    frozarr.save(store, **arrays)
    store.reset()
    loaded = frozarr.load(store)
    assert {name: value.tolist() for name, value in loaded.items()} == {
        name: value.tolist() for name, value in arrays.items()
    }
    assert store.rounds <= 6  # what is at the root, its names, documents, chunks


def test_saving_many_arrays():
    store = LatencyStore(delay=0.05)
    frozarr.save(store, **{f"a{i:02}": np.arange(i + 1) for i in range(20)})
    alone = LatencyStore(delay=0.05)
    frozarr.save(alone, a00=np.arange(1))
    assert store.rounds <= alone.rounds + 2

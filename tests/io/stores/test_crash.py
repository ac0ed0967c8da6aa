"""A process dies before its n-th file-system step, for every n: reopening finds old or new."""

import os

import numpy as np
import pytest

import frozarr
from frozarr.storage import LocalStore
from frozarr.testing.faults import dies_before

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def state(root):
    """What a reader sees: metadata and values."""
    array = frozarr.open_array(root, path="x", mode="r")
    return array.metadata, array[...].tobytes()


def make(root, zarr_format, shards=None):
    array = frozarr.create_array(
        root, name="x", shape=(6, 4), chunks=(2, 2), dtype="i4", zarr_format=zarr_format,
        shards=shards,
        attributes={"a": 1}, config={"workers": 1},
    )  # fmt: skip
    array[...] = np.arange(24).reshape(6, 4)
    return array


def append(array):
    array.append(np.full((3, 4), 7, "i4"))


def shrink(array):
    array.resize(3, 2)


def grow(array):
    array.resize(8, 8)


def overwrite(array):
    frozarr.create_array(
        array.store, name="x", shape=(3,), chunks=(2,), dtype="f8", overwrite=True,
        zarr_format=array.metadata.zarr_format,
    )  # fmt: skip


def overwrite_with_data(array):
    frozarr.save_array(
        array.store, np.arange(5.0), path="x", zarr_format=array.metadata.zarr_format
    )


def update_attributes(array):
    array.update_attributes({"b": 2})


CHANGES = [append, shrink, grow, overwrite, overwrite_with_data, update_attributes]


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_old_or_new(tmp_path, change, zarr_format):
    finished = tmp_path / "finished"
    change(make(finished, zarr_format))
    new = state(finished)
    for step in range(200):
        root = tmp_path / str(step)
        array = make(root, zarr_format)
        old = state(root)
        died = dies_before(step, lambda: change(array))
        found = state(root)
        assert found in {old, new}, f"step {step} left something else"
        for key in LocalStore(root).blocking.list_prefix(""):
            assert "frozarr-tmp" not in key
        if not died:
            assert found == new
            assert step >= 3  # the hook saw a temporary file made, opened and renamed at least
            return
    raise AssertionError("never finished")


@pytest.mark.parametrize(("zarr_format", "shards"), [(2, None), (3, None), (3, (4, 2))])
def test_write_leaves_each_chunk_old_or_new(tmp_path, zarr_format, shards):
    for step in range(200):
        array = make(tmp_path / str(step), zarr_format, shards)
        old = array[...]
        new = old + 100
        died = dies_before(step, lambda: array.__setitem__(..., new))
        found = array[...]
        for region in array.iter_shard_regions():
            part = found[region].tolist()
            assert part in (old[region].tolist(), new[region].tolist())
        if not died:
            np.testing.assert_array_equal(found, new)
            return
    raise AssertionError("never finished")


def test_create_leaves_nothing_or_an_array(tmp_path):
    for step in range(100):
        root = tmp_path / str(step)
        died = dies_before(
            step, lambda: frozarr.create_array(root, name="a/b", shape=3, dtype="i4")
        )
        try:
            assert frozarr.open_array(root, path="a/b")[...].tolist() == [0, 0, 0]
        except FileNotFoundError:
            assert died
        if not died:
            return
    raise AssertionError("never finished")

"""Opening, saving and loading: modes, formats, and what may stand for a store."""

import warnings

import numpy as np
import pytest

import frozarr
from frozarr import Array
from frozarr.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
)
from frozarr.storage import LocalStore, StorePath


def test_modes(tmp_path):
    place = tmp_path / "a"
    for mode in ("r", "r+", "a"):
        with pytest.raises(ArrayNotFoundError):
            frozarr.open_array(place, mode=mode)
    with pytest.raises(ValueError, match="needs a shape"):
        frozarr.open_array(place, mode="w")
    assert not place.exists()
    made = frozarr.open_array(place, mode="a", shape=3, dtype="i4")
    made[...] = 1
    assert frozarr.open_array(place, mode="a", shape=3, dtype="i4")[...].tolist() == [1, 1, 1]
    assert frozarr.open(place, mode="r").read_only
    assert not frozarr.open(place, mode="r+").read_only
    with pytest.raises(ContainsArrayError):
        frozarr.open_array(place, mode="w-", shape=3, dtype="i4")
    assert frozarr.open_array(place, mode="w", shape=3, dtype="i4")[...].tolist() == [0, 0, 0]
    assert frozarr.open_array(tmp_path / "b", mode="w-", shape=2, dtype="i4").shape == (2,)
    assert frozarr.open_array(LocalStore(place, read_only=True)).read_only


def test_open_formats(store):
    frozarr.create_array(store, name="two", shape=2, dtype="i4", zarr_format=2)
    assert Array.open(StorePath(store, "two")).metadata.zarr_format == 2
    assert frozarr.open_array(store, path="two", zarr_format=2).shape == (2,)
    with pytest.raises(ArrayNotFoundError, match="format 3"):
        frozarr.open_array(store, path="two", zarr_format=3)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_save_and_load(store, zarr_format):
    values = np.arange(12.0).reshape(3, 4)
    frozarr.save(store, values, zarr_format=zarr_format)
    np.testing.assert_array_equal(frozarr.load(store), values)
    frozarr.save(store, values + 1, zarr_format=zarr_format)
    np.testing.assert_array_equal(frozarr.load(store), values + 1)
    frozarr.save(store, values, named=values[0], zarr_format=zarr_format)
    loaded = frozarr.load(store)
    assert sorted(loaded) == ["arr_0", "named"]
    np.testing.assert_array_equal(loaded["named"], values[0])
    with pytest.raises(ValueError, match="at least one"):
        frozarr.save(store)


def test_store_likes(tmp_path):
    values = {}
    for store in (str(tmp_path / "a"), tmp_path / "a", f"file://{tmp_path}/a", LocalStore(tmp_path / "a"),
                  StorePath(LocalStore(tmp_path), "a")):  # fmt: skip
        frozarr.create_array(store, data=[1, 2, 3], overwrite=True)
        assert frozarr.load(tmp_path / "a").tolist() == [1, 2, 3]
    frozarr.create_array(values, data=[1])
    assert "zarr.json" in values
    assert frozarr.create_array(None, data=[1]).store.url.startswith("memory://")


def test_no_warnings(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        array = frozarr.create_array(tmp_path, shape=4, dtype="f4", fill_value="NaN")
        array[...] = np.arange(4)
        array.append([1, 2])


def test_nodes_in_the_way(tmp_path):
    frozarr.create_array(tmp_path, name="a", shape=3, dtype="i4")
    with pytest.raises(ContainsArrayError, match="already an array"):
        frozarr.create_array(tmp_path, name="a", shape=3, dtype="i4")
    with pytest.raises(ContainsGroupError, match="already a group"):
        frozarr.create_array(tmp_path, shape=3, dtype="i4")
    with pytest.raises(ContainsArrayError, match="nothing can be created below"):
        frozarr.create_array(tmp_path, name="a/b", shape=3, dtype="i4")
    with pytest.raises(ContainsGroupError, match="a group, not an array"):
        frozarr.open_array(tmp_path)
    with pytest.raises(ArrayNotFoundError, match="no array at path 'zzz'"):
        frozarr.open_array(tmp_path, path="zzz", mode="r")
    with pytest.raises(FileNotFoundError):
        frozarr.load(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_stores_that_are_none():
    with pytest.raises(TypeError, match="can't make a store"):
        frozarr.open_array(3)
    with pytest.raises(ValueError, match="scheme 'nope'"):
        frozarr.open_array("nope://x")
    with pytest.raises(ValueError, match="mode"):
        frozarr.open_array({}, mode="x")
    with pytest.raises(TypeError, match="storage_options"):
        frozarr.open_array("/tmp", storage_options={"a": 1})

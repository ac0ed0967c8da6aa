"""Documents rewritten in the other format, over the chunks that are there."""

import asyncio

import numpy as np
import pytest
import zarr

import frozarr
from frozarr import aio
from frozarr.errors import ConflictError, MetadataError, NodeNotFoundError, ReadOnlyError
from frozarr.storage import LocalStore, MemoryStore, Put, Swap, WrapperStore, ZipStore

VALUES = np.arange(24, dtype="i4").reshape(4, 6)


def contents(store):
    return {key: store.blocking.get(key).to_bytes() for key in store.blocking.list()}


def old_array(store, path="", **more):
    array = frozarr.create_array(
        store, name=path, shape=(4, 6), chunks=(2, 3), dtype="i4", zarr_format=2,
        attributes={"units": "K"}, **more,
    )  # fmt: skip
    array[...] = VALUES
    return array


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("separator", [".", "/"])
def test_an_array_there_and_back(tmp_path, replace, separator):
    store = LocalStore(tmp_path)
    old_array(store, chunk_key_encoding=separator)
    before = contents(store)
    done = frozarr.migrate(store, zarr_format=3, replace=replace)
    assert list(done.documents) == ["zarr.json"]
    assert done.removed == ((".zattrs", ".zarray") if replace else ())
    after = contents(store)
    chunks = {key: value for key, value in before.items() if not key.startswith(".")}
    assert {key: value for key, value in after.items() if key[0] not in ".z"} == chunks
    assert (".zarray" in after) is not replace
    array = frozarr.open_array(store)
    assert array.metadata.zarr_format == 3
    assert array.attrs == {"units": "K"}
    assert (array[...] == VALUES).all()
    assert (zarr.open_array(tmp_path, mode="r", zarr_format=3)[:] == VALUES).all()
    frozarr.migrate(store, zarr_format=2, replace=True)
    assert contents(store) == before
    assert (zarr.open_array(tmp_path, mode="r", zarr_format=2)[:] == VALUES).all()


def test_a_hierarchy(tmp_path):
    root = zarr.open_group(tmp_path, mode="w", zarr_format=2)
    root.attrs["a"] = 1
    for path in ("x", "g/y", "g/h/z"):
        root.create_array(path, data=VALUES, chunks=(2, 3))
    done = frozarr.migrate(tmp_path, zarr_format=3)
    keys = list(done.documents)
    assert set(keys) == {f"{p}zarr.json" for p in ("", "x/", "g/", "g/y/", "g/h/", "g/h/z/")}
    assert keys[-1] == "zarr.json"
    assert keys.index("g/h/z/zarr.json") < keys.index("g/h/zarr.json") < keys.index("g/zarr.json")
    theirs = zarr.open_group(tmp_path, mode="r", zarr_format=3)
    assert theirs.attrs["a"] == 1
    assert (theirs["g/h/z"][:] == VALUES).all()
    again = frozarr.migrate(tmp_path, zarr_format=3, replace=True)
    assert again.documents == done.documents
    assert not [path for path in tmp_path.rglob(".z*")]
    assert frozarr.migrate(tmp_path, zarr_format=3).documents == {}
    assert (zarr.open_group(tmp_path, mode="r")["g/y"][:] == VALUES).all()


def test_part_of_a_hierarchy(tmp_path):
    zarr.open_group(tmp_path, mode="w", zarr_format=2).create_array("g/y", data=VALUES)
    done = frozarr.migrate(tmp_path, "g", zarr_format=3)
    assert list(done.documents) == ["g/y/zarr.json", "g/zarr.json"]
    assert not (tmp_path / "zarr.json").exists()


def test_a_dry_run_changes_nothing():
    store = MemoryStore()
    old_array(store)
    before = contents(store)
    done = frozarr.migrate(store.with_read_only(True), zarr_format=3, replace=True, dry_run=True)
    assert done.dry_run
    assert done.documents["zarr.json"]["attributes"] == {"units": "K"}
    assert done.removed == (".zattrs", ".zarray")
    assert contents(store) == before
    with pytest.raises(ReadOnlyError):
        frozarr.migrate(store.with_read_only(True), zarr_format=3)


def test_what_needs_new_chunks_is_told_all_at_once():
    store = MemoryStore()
    for name in ("a", "b"):
        frozarr.create_array(store, name=name, data=[1, 2, 3])
    old_array(store, "c")
    frozarr.create_array(store, name="d", data=np.arange(4), chunks=2, shards=4)
    before = contents(store)
    with pytest.raises(MetadataError, match=r"from_array\(\.\.\., zarr_format=2\)") as refused:
        frozarr.migrate(store, zarr_format=2)
    assert all(f"/{name}: " in str(refused.value) for name in "abd")
    undefined = MemoryStore()
    frozarr.create_array(undefined, shape=2, dtype="i4", zarr_format=2, fill_value=None)
    with pytest.raises(MetadataError, match="fill_value="):
        frozarr.migrate(undefined, zarr_format=3)
    assert frozarr.migrate(undefined, zarr_format=3, fill_value=7).documents
    assert frozarr.open_array(undefined).fill_value == 7
    assert contents(store) == before


def test_a_document_that_says_something_else():
    store = MemoryStore()
    old_array(store)
    frozarr.migrate(store, zarr_format=3)
    frozarr.open_array(store).update_attributes({"more": 1})
    before = contents(store)
    with pytest.raises(ConflictError, match="says something else"):
        frozarr.migrate(store, zarr_format=3, replace=True)
    assert contents(store) == before


def test_all_or_nothing():
    inner = MemoryStore()
    for name in "abc":
        old_array(inner, name)
    before = contents(inner)

    class Fails(WrapperStore):
        def handle(self, request):
            if isinstance(request, Swap) and request.key == "b/zarr.json":
                raise OSError("no")
            return (yield from request)

    with pytest.raises(OSError, match="no"):
        frozarr.migrate(Fails(inner), zarr_format=3, replace=True)
    assert contents(inner) == before

    class Loses(WrapperStore):
        def handle(self, request):
            if isinstance(request, Swap) and request.key == "b/zarr.json":
                yield from Put(["b/zarr.json"], [b"{}"])
            return (yield from request)

    with pytest.raises(ConflictError, match="meanwhile"):
        frozarr.migrate(Loses(inner), zarr_format=3)
    assert contents(inner) == {**before, "b/zarr.json": b"{}"}


def test_what_is_not_there(tmp_path):
    with pytest.raises(NodeNotFoundError, match="no array or group to migrate"):
        frozarr.migrate({}, "a", zarr_format=3)
    with pytest.raises(ValueError, match="2 or 3"):
        frozarr.migrate({}, zarr_format=4)
    with ZipStore(tmp_path / "a.zip", mode="w") as store:
        old_array(store)
        with pytest.raises(NotImplementedError, match="replace=False"):
            frozarr.migrate(store, zarr_format=3, replace=True)
        frozarr.migrate(store, zarr_format=3)
    assert frozarr.open_array(ZipStore(tmp_path / "a.zip")).metadata.zarr_format == 3


def test_it_can_be_awaited():
    store = MemoryStore()
    old_array(store, "a")
    done = asyncio.run(aio.migrate(store, "a", zarr_format=3))
    assert list(done.documents) == ["a/zarr.json"]

"""Several changes at once: all of them, or none, and nobody sees them before."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest

import frozarr
from frozarr.errors import ConflictError, ReadOnlyError
from frozarr.storage import FsspecStore, LocalStore, MemoryStore, ZipStore
from frozarr.testing import LatencyStore


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    return LocalStore(tmp_path / "s") if request.param == "local" else MemoryStore()


@pytest.fixture(params=["", "group", "group/inner"])
def node(request, store):
    """A place with two arrays below it, and one beside it."""
    path = request.param
    frozarr.save(store, path=path or None, x=np.arange(100), y=np.arange(10.0))
    if path:
        frozarr.create_array(store, name="beside", data=[1, 2])
    return store, path


def contents(store):
    return {key: store.blocking.get(key).to_bytes() for key in store.blocking.list()}


def at(path, name):
    return f"{path}/{name}" if path else name


def test_all_is_published_at_once(node):
    store, path = node
    before = contents(store)
    with frozarr.transaction(store, path) as staged:
        x = frozarr.open_array(staged, path="x")
        x[5:9] = -1
        x = x.append([7, 8])
        frozarr.open_array(staged, path="y").update_attributes({"a": 1})
        z = frozarr.create_array(staged, name="z", data=np.ones(3))
        frozarr.create_array(staged, name="y2", data=[1], overwrite=True)
        frozarr.create_array(staged, name="y2", data=[2, 3], overwrite=True)
        assert x[3:11].tolist() == [3, 4, -1, -1, -1, -1, 9, 10]
        assert z[...].tolist() == [1, 1, 1]
        listed = staged.store.blocking.list()
        assert at(path, "z/zarr.json") in listed
        assert ("beside/zarr.json" in listed) is bool(path)
        assert contents(store) == before
        assert not any("frozarr" in key for key in store.blocking.list())
    new = frozarr.load(store, path)
    assert new["x"].shape == (102,)
    assert new["x"][5] == -1
    assert new["y2"].tolist() == [2, 3]
    assert dict(frozarr.open_array(store, path=at(path, "y")).attrs) == {"a": 1}
    assert frozarr.open_array(store, path=at(path, "z"))[...].tolist() == [1, 1, 1]
    if path:
        assert frozarr.open_array(store, path="beside")[...].tolist() == [1, 2]
    z[0] = 5  # a handle of the transaction is one of the array, once it is published
    assert frozarr.open_array(store, path=at(path, "z"))[0] == 5
    x.append([9])


def test_an_error_leaves_nothing(node, tmp_path):
    store, path = node
    before = contents(store)
    with pytest.raises(KeyError), frozarr.transaction(store, path) as staged:
        array = frozarr.open_array(staged, path="x")
        array[...] = 0
        frozarr.create_array(staged, name="z", data=np.ones(3))
        raise KeyError("on purpose")
    assert contents(store) == before
    with pytest.raises(ValueError, match="was given up"):
        array[0]
    assert not [p for p in tmp_path.rglob("*") if "frozarr" in p.name]


def test_a_change_by_others_is_a_conflict(node):
    store, path = node
    for change in (
        lambda: frozarr.open_array(store, path=at(path, "x")).__setitem__(0, 99),
        lambda: frozarr.create_array(store, name=at(path, "new"), data=[1]),
        lambda: store.blocking.delete_dir(at(path, "new")),
    ):
        with pytest.raises(ConflictError, match="changed by somebody else"):  # noqa: PT012
            with frozarr.transaction(store, path) as staged:
                frozarr.open_array(staged, path="y")[...] = -5
                change()
                theirs = contents(store)
        assert contents(store) == theirs


def test_stores_that_can_not_say_so_first(tmp_path):
    stores = [
        LatencyStore(delay=0), FsspecStore.from_url(f"memory://{tmp_path.name}"),
        ZipStore(tmp_path / "a.zip", mode="w"),
    ]  # fmt: skip
    for store in stores:
        with pytest.raises(NotImplementedError, match="can't become visible at once"):
            frozarr.transaction(store).__enter__()
        store.close()
    with pytest.raises(ReadOnlyError):
        frozarr.transaction(MemoryStore(read_only=True))


def test_where_there_was_nothing(store):
    with frozarr.transaction(store, "new/group") as staged:
        frozarr.create_array(staged, name="x", data=[1])
        assert store.blocking.list_prefix("new/group") == []
    assert frozarr.open_array(store, path="new/group/x")[...].tolist() == [1]


def test_use_that_is_wrong(store):
    frozarr.save(store, x=[1], y=[2])
    transaction = frozarr.transaction(store)
    with pytest.raises(RuntimeError, match="was not begun"):
        transaction.__exit__(None, None, None)
    with transaction, pytest.raises(RuntimeError, match="begun already"):
        transaction.__enter__()


def test_awaited(store):
    frozarr.save(store, x=[1], y=[2])

    async def main():
        async with frozarr.aio.transaction(store) as staged:
            array = await frozarr.aio.open_array(staged, path="x")
            await array.setitem(0, 5)
            assert frozarr.load(store)["x"][0] == 1
        with pytest.raises(KeyError):
            async with frozarr.aio.transaction(store) as staged:
                await array.setitem(0, 6)
                raise KeyError

    asyncio.run(main())
    assert frozarr.load(store)["x"][0] == 6  # that was written to the published array itself


def test_who_dies_leaves_the_node(tmp_path):
    frozarr.save(tmp_path / "s", x=[1, 2], y=[3])
    before = contents(LocalStore(tmp_path / "s"))
    code = (
        "import os, frozarr\n"
        f"with frozarr.transaction({str(tmp_path / 's')!r}) as staged:\n"
        "    frozarr.open_array(staged, path='x')[...] = 9\n"
        "    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert contents(LocalStore(tmp_path / "s")) == before

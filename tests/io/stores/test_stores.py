"""Both stores under the shared test class, and what is particular to each."""

import os
import socket

import numpy as np
import pytest

from frozarr.compat import StorePath
from frozarr.errors import InvalidKeyError
from frozarr.io.buffers import Buffer, NDBuffer, default_buffer_prototype
from frozarr.io.programs.requests import Delete, Get, GetInto, GetRanges, Put, Replace, Stage
from frozarr.storage import LocalStore, MemoryStore
from frozarr.testing.stores import StoreTests


class TestMemoryStore(StoreTests):
    @pytest.fixture
    def store(self):
        return MemoryStore()

    def test_given_dict_is_used(self):
        values = {}
        store = MemoryStore(values)
        store.blocking.set("a", b"x")
        assert values == {"a": Buffer.from_bytes(b"x")}
        values["b"] = b"y"
        assert store.blocking.get("b").to_bytes() == b"y"

    def test_partial_reads_are_views(self):
        store = MemoryStore({"a": b"abcdef"})
        (part,) = store.perform(GetRanges(["a"], [None]))
        assert part is store.store_dict["a"]

    def test_dict_of_buffers(self):
        store = MemoryStore({"a": Buffer.from_bytes(b"abc")})
        assert store.blocking.get("a").to_bytes() == b"abc"
        assert store.blocking.getsize("a") == 3


class TestLocalStore(StoreTests):
    @pytest.fixture
    def store(self, tmp_path):
        return LocalStore(tmp_path / "root")

    def open_arguments(self, store):
        return (store.root,)

    def test_nothing_but_keys_is_left(self, store, tmp_path):
        store.perform(Put(["a/b/c", "a/b/d"], [b"1", b"2"]))
        assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "c", "d", "root"]
        store.perform(Delete(["a/b/c", "a/b/d"]))
        assert list((tmp_path / "root").iterdir()) == []

    def test_failed_write_leaves_nothing(self, store, tmp_path):
        store.blocking.set("a", b"x")
        with pytest.raises(OSError):
            store.blocking.set("a/b", b"y")
        assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "root"]

    def test_two_stores_on_one_path_are_one_place(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path)
        assert LocalStore(tmp_path) == LocalStore(tmp_path / "link")

    def test_fifo_is_refused(self, store):
        store.blocking.set("a", b"x")
        os.mkfifo(store.root / "pipe")
        with pytest.raises(OSError, match="regular"):
            store.blocking.get("pipe")
        with pytest.raises(OSError, match="regular"):
            store.perform(GetInto(["pipe", "a"], np.zeros((2, 4), np.uint8)))
        with pytest.raises(OSError, match="regular"):
            store.perform(Get(["pipe", "a"]))

    def test_endless_device_is_refused(self, store):
        store.blocking.set("a", b"x")
        (store.root / "zero").symlink_to("/dev/zero")
        with pytest.raises(OSError, match="regular"):
            store.blocking.get("zero")
        with pytest.raises(OSError, match="regular"):
            store.perform(GetInto(["zero"], np.zeros((1, 4), np.uint8)))

    def test_socket_is_refused(self, store, monkeypatch):
        store.blocking.set("a", b"x")
        with socket.socket(socket.AF_UNIX) as listener:
            monkeypatch.chdir(store.root)  # socket paths are short
            listener.bind("socket")
            with pytest.raises(OSError):
                store.blocking.get("socket")

    def test_permission_error_is_not_missing(self, store, monkeypatch):
        store.blocking.set("a", b"x")
        real = os.open

        def refuse(path, *args, **kwargs):
            if str(path).endswith("/a"):
                raise PermissionError(13, "denied", path)
            return real(path, *args, **kwargs)

        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(PermissionError):
            store.blocking.get("a")

    def test_stale_temporary_files_are_swept(self, store):
        store.blocking.set("a", b"x")
        hidden = store.root / ".frozarr-tmp"
        hidden.mkdir()
        (hidden / "dead").write_bytes(b"half")
        os.utime(hidden / "dead", (0, 0))
        (hidden / "alive").write_bytes(b"half")
        assert store.blocking.list() == ["a"]
        assert store.blocking.list_dir("") == ["a"]
        store.blocking.set("b", b"y")
        assert [p.name for p in hidden.iterdir()] == ["alive"]

    def test_durability(self, tmp_path, monkeypatch):
        synced = []
        real = os.fsync
        monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real(fd)))
        LocalStore(tmp_path / "fast").blocking.set("a", b"x")
        assert not synced
        LocalStore(tmp_path / "safe", durability="fsync").blocking.set("a", b"x")
        assert len(synced) == 2  # the file, and the folder that names it
        with pytest.raises(ValueError, match="durability"):
            LocalStore(tmp_path, durability="maybe")

    def test_root_can_be_replaced(self, store):
        store.perform(Put(["zarr.json", "c/0"], [b"1", b"2"]))
        staged = store.perform(Stage(""))
        store.perform(Put([f"{staged}/zarr.json"], [b"3"]))
        assert store.blocking.list_prefix("") == ["c/0", "zarr.json"]
        store.perform(Replace("", staged))
        assert store.blocking.list_prefix("") == ["zarr.json"]
        assert sorted(p.name for p in store.root.parent.iterdir()) == ["root"]

    def test_exchange_without_renameat2(self, store, monkeypatch):
        monkeypatch.setattr("sys.platform", "other")
        store.perform(Put(["a/zarr.json", "a/c/0"], [b"1", b"2"]))
        staged = store.perform(Stage("a"))
        store.perform(Put([f"{staged}/zarr.json"], [b"3"]))
        store.perform(Replace("a", staged))
        assert store.blocking.list_prefix("") == ["a/zarr.json"]


class TestStorePath:
    def test_joins(self):
        place = StorePath(MemoryStore(), "a")
        assert (place / "b" / "c").path == "a/b/c"
        assert StorePath(MemoryStore(), "/a//b/").path == "a/b"
        assert str(place).endswith("/a")
        assert repr(place).startswith("StorePath(")

    @pytest.mark.parametrize("path", ["..", "a/../b", "a/./b", "a\0"])
    def test_bad_paths(self, path):
        with pytest.raises(InvalidKeyError):
            StorePath(MemoryStore(), path)

    def test_asynchronous_methods(self):
        import asyncio

        async def use():
            place = StorePath(MemoryStore(), "a")
            assert await place.is_empty()
            await place.set(b"x")
            assert (await place.get()).to_bytes() == b"x"
            await place.set_if_not_exists(b"y")
            assert await place.exists()
            with pytest.raises(NotImplementedError):
                await place.set(b"y", byte_range=object())
            await place.delete()
            assert not await place.exists()
            await (place / "b").set(b"z")
            await place.delete_dir()
            assert await place.is_empty()

        asyncio.run(use())

    def test_open_modes(self):
        import asyncio

        store = MemoryStore({"a/b": b"x"})

        async def use(mode, target=store):
            return await StorePath.open(target, "a", mode)

        assert asyncio.run(use("r")).read_only
        assert not asyncio.run(use("a")).read_only
        with pytest.raises(FileExistsError):
            asyncio.run(use("w-"))
        with pytest.raises(ValueError, match="mode"):
            asyncio.run(use("x"))
        for mode in ("r+", "a", "w", "w-"):
            with pytest.raises(PermissionError):
                asyncio.run(use(mode, store.with_read_only(True)))
        asyncio.run(use("w"))
        assert store.blocking.list_prefix("") == []


class TestBuffers:
    def test_buffer(self):
        buffer = Buffer.from_array_like(np.frombuffer(b"abcd", "u1"))
        assert len(buffer) == 4
        assert buffer[1:3].to_bytes() == b"bc"
        assert (buffer + Buffer.create_zero_length()).to_bytes() == b"abcd"
        assert buffer == Buffer.from_buffer(buffer)
        assert buffer != Buffer.from_bytes(b"abc")
        assert bytes(buffer.as_buffer_like()) == b"abcd"
        with pytest.raises(ValueError, match="1-d"):
            Buffer(np.zeros((2, 2), "u1"))

    def test_nd_buffer(self):
        prototype = default_buffer_prototype()
        buffer = prototype.nd_buffer.create(shape=(2, 3), dtype="f4", fill_value=np.nan)
        assert buffer.all_equal(np.nan)
        assert not buffer.all_equal(0)
        buffer[0, 0] = 1
        assert buffer[0:1, 0:1].as_scalar() == 1
        assert buffer.reshape(6).shape == (6,)
        assert buffer.transpose().shape == (3, 2)
        assert buffer.astype("f8").dtype == np.float64
        assert NDBuffer.from_numpy_array([0.0]).all_equal(0.0)
        assert not NDBuffer.from_numpy_array([0.0]).all_equal(-0.0)
        with pytest.raises(ValueError, match="scalar"):
            buffer.as_scalar()

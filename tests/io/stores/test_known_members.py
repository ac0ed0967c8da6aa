"""Members of stores and buffers that users of the Zarr ecosystem know, value by value."""

import asyncio
import io
import json
import logging
import pathlib
import zipfile

import fsspec
import numpy as np
import pytest
import zarr
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

import frozarr
from frozarr import compat
from frozarr.buffer import cpu
from frozarr.compat.storage import ManagedMemoryStore, ObjectStore
from frozarr.errors import ReadOnlyError
from frozarr.storage import (
    FsspecStore,
    LocalStore,
    LoggingStore,
    MemoryStore,
    RangeByteRequest,
    SuffixByteRequest,
    WrapperStore,
    ZipStore,
)
from frozarr.testing.latency import LatencyStore


@pytest.fixture(params=["memory", "local", "latency", "wrapper"])
def store(request, tmp_path):
    return {
        "memory": MemoryStore,
        "local": lambda: LocalStore(tmp_path / "root"),
        "latency": lambda: LatencyStore(delay=0.0),
        "wrapper": lambda: WrapperStore(MemoryStore()),
    }[request.param]()


# ------------------------------------------------------------------ every store


def test_context_managers_and_text(store):
    with store as same:
        assert same is store
    assert str(store) == store.url
    assert store.url in repr(store)

    async def main():
        async with store as same:
            return same

    assert asyncio.run(main()) is store


def test_synchronous_verbs(store):
    store.set_sync("a", cpu.Buffer.from_bytes(b"abcdef"))
    assert store.get_sync("a").to_bytes() == b"abcdef"
    part = store.get_sync("a", prototype=cpu.buffer_prototype, byte_range=RangeByteRequest(1, 3))
    assert part.to_bytes() == b"bc"
    ranges = store.get_ranges_sync(
        "a", [None, SuffixByteRequest(1)], prototype=cpu.buffer_prototype
    )
    assert [(number, value.to_bytes()) for number, value in ranges] == [(0, b"abcdef"), (1, b"f")]
    store.delete_sync("a")
    assert store.get_sync("a") is None


def test_ranges_come_in_batches(store):
    store.set_sync("a", b"abcdef")

    async def main():
        wanted = [RangeByteRequest(0, 2), RangeByteRequest(3, 4)]
        return [
            pair
            async for batch in store.get_ranges("a", wanted, prototype=cpu.buffer_prototype)
            for pair in batch
        ]

    assert [(n, v.to_bytes()) for n, v in asyncio.run(main())] == [(0, b"ab"), (1, b"d")]


def test_parts_of_values_are_set_where_that_is_supported(store):
    if not store.supports_partial_writes:
        with pytest.raises(NotImplementedError, match="set whole"):
            asyncio.run(store.set_partial_values([("a", 0, b"x")]))
        return
    store.set_sync("a", b"abcdef")
    store.blocking.set_partial_values([("a", 1, b"XY"), ("b", 2, b"z"), ("a", 5, b"ZZ")])
    assert store.get_sync("a").to_bytes() == b"aXYdeZZ"
    assert store.get_sync("b").to_bytes() == b"\0\0z"


def test_folders_without_keys_are_empty(tmp_path):
    store = LocalStore(tmp_path)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    assert store.blocking.is_empty("a")
    assert store.blocking.is_empty("")
    asyncio.run(compat.StorePath.open(store, "a", "w-"))
    store.set_sync("a/b/c/d", b"")
    assert not store.blocking.is_empty("a")
    with pytest.raises(FileExistsError):
        asyncio.run(compat.StorePath.open(store, "a", "w-"))


def test_byte_requests_and_buffers_of_zarr_python(store):
    theirs = zarr.abc.store
    prototype = zarr.core.buffer.default_buffer_prototype()

    async def main():
        await store.set("a", prototype.buffer.from_bytes(b"abcdef"))
        return [
            await store.get("a", prototype, part)
            for part in (None, theirs.RangeByteRequest(1, 3), theirs.OffsetByteRequest(4),
                         theirs.SuffixByteRequest(1))
        ]  # fmt: skip

    parts = asyncio.run(main())
    assert all(isinstance(part, zarr.core.buffer.Buffer) for part in parts)
    assert [part.to_bytes() for part in parts] == [b"abcdef", b"bc", b"ef", b"f"]
    with pytest.raises(TypeError, match="RangeByteRequest"):
        store.get_sync("a", None, (1, 2))


@pytest.mark.parametrize("shards", [None, (4,)])
def test_stores_of_zarr_python_are_read_and_written(shards, tmp_path):
    for theirs in (zarr.storage.MemoryStore(), zarr.storage.LocalStore(tmp_path)):
        made = frozarr.create_array(
            theirs, name="a", shape=10, dtype="i4", chunks=2, shards=shards, attributes={"x": 1}
        )
        made[1:9] = np.arange(8)
        assert made[3] == 2
        assert zarr.open_array(theirs, path="a")[:].tolist() == made[...].tolist()
        grown = made.append([7, 8])
        assert zarr.open_array(theirs, path="a").shape == grown.shape == (12,)
        with pytest.raises(ReadOnlyError):
            frozarr.open_array(theirs.with_read_only(True), path="a")[0] = 1


def test_results_go_into_buffers_of_zarr_python():
    array = frozarr.create_array({}, data=np.arange(6))
    prototype = zarr.core.buffer.default_buffer_prototype()
    out = prototype.nd_buffer.create(shape=(3,), dtype="i8")
    array.get_basic_selection(slice(3), out=out)
    assert out.as_numpy_array().tolist() == [0, 1, 2]
    assert array.get_basic_selection(slice(3), prototype=prototype).tolist() == [0, 1, 2]


# ------------------------------------------------------------------ dictionaries


def test_dictionaries_are_shared_with_zarr_python():
    ours, theirs = {}, {}
    frozarr.create_array(ours, data=np.arange(5), chunks=2)
    assert all(isinstance(value, cpu.Buffer) for value in ours.values())
    assert zarr.open_array(zarr.storage.MemoryStore(ours))[:].tolist() == [0, 1, 2, 3, 4]
    zarr.create_array(zarr.storage.MemoryStore(theirs), data=np.arange(5), chunks=(2,))
    array = frozarr.open_array(theirs)
    array[1] = 7
    assert zarr.open_array(zarr.storage.MemoryStore(theirs))[:].tolist() == [0, 7, 2, 3, 4]
    held = {key: value.to_bytes() for key, value in ours.items()}
    assert frozarr.open_array(held)[...].tolist() == [0, 1, 2, 3, 4]


def test_managed_stores_are_found_by_name():
    store = ManagedMemoryStore("shared", path="a")
    array = frozarr.create_array(store, name="b", data=[1, 2])
    whole = ManagedMemoryStore.from_url("memory://shared")
    assert whole.name == "shared"
    assert (str(store), str(whole)) == ("memory://shared/a", "memory://shared")
    assert frozarr.open_array(whole, path="a/b")[...].tolist() == [1, 2]
    assert store == ManagedMemoryStore("shared", path="a")
    assert store != whole
    array[0] = 9
    assert whole.get_sync("a/b/c/0") is not None
    assert ManagedMemoryStore().name != ManagedMemoryStore().name
    for wrong in ("memory://gone", "file://shared"):
        with pytest.raises(ValueError, match="no store in use"):
            ManagedMemoryStore.from_url(wrong)
    with pytest.raises(ValueError, match="without '/'"):
        ManagedMemoryStore("a/b")


# ------------------------------------------------------------------ wrappers


def test_wrappers_are_opened_around_a_new_store(tmp_path):
    opened = asyncio.run(WrapperStore.open(LocalStore, tmp_path, read_only=True))
    assert opened.store == LocalStore(tmp_path, read_only=True)
    assert opened.read_only
    logged = asyncio.run(
        LoggingStore.open(MemoryStore, {"a": b"x"}, log_handler=logging.NullHandler())
    )
    assert logged.get_sync("a").to_bytes() == b"x"


def test_logging_counts_the_verbs_that_users_know():
    store = LoggingStore(MemoryStore(), log_handler=logging.NullHandler())

    async def main():
        await store.set("a/b", cpu.Buffer.from_bytes(b"1"))
        await store.get("a/b", cpu.buffer_prototype)
        await store.exists("a/b")
        await store.getsize("a/b")
        await store.set_if_not_exists("a/b", b"2")
        await store.get_partial_values(cpu.buffer_prototype, [("a/b", None), ("c", None)])
        [key async for key in store.list()]
        [key async for key in store.list_dir("")]
        await store.delete("a/b")

    asyncio.run(main())
    assert store.counter == dict.fromkeys(
        ("set", "get", "exists", "getsize", "set_if_not_exists", "get_partial_values", "list",
         "list_dir", "delete"), 1,
    )  # fmt: skip
    store.counter.clear()
    array = frozarr.create_array(store, shape=6, chunks=2, dtype="i4")
    made = dict(store.counter)
    assert made["set_if_not_exists"] == 1
    array[...] = 1
    assert store.counter["set"] == 3
    before = store.counter["get"]
    assert array[...].sum() == 6
    assert store.counter["get"] == before + 3


def test_logging_is_reached_by_logging(caplog):
    store = LoggingStore(MemoryStore(), log_level="INFO")
    assert logging.getLogger(store.logger.name) is store.logger
    with caplog.at_level(logging.INFO, "frozarr"):
        store.set_sync("a/b", b"1")
        with pytest.raises(ValueError), store.log("hint"):
            raise ValueError("no")
    records = [(r.levelname, r.getMessage()) for r in caplog.records]
    assert records[0][0] == "INFO"
    assert f"{store.url}: set('a/b') done [" in records[0][1]
    assert "hint failed: ValueError('no')" in records[1][1]
    store.logger.setLevel(logging.WARNING)
    caplog.clear()
    store.set_sync("a/b", b"1")
    assert not caplog.records
    other = LoggingStore(store.store, log_level="WARNING", log_handler=logging.NullHandler())
    assert other.logger is not store.logger


# ------------------------------------------------------------------ directories and archives


def test_directories_are_moved(tmp_path):
    store = LocalStore(tmp_path / "a")
    store.set_sync("x/y", b"1")
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError):
        asyncio.run(store.move(tmp_path / "there"))
    with pytest.raises(ReadOnlyError):
        asyncio.run(LocalStore(tmp_path / "a", read_only=True).move(tmp_path / "c"))
    asyncio.run(store.move(tmp_path / "deep" / "b"))
    assert not (tmp_path / "a").exists()
    assert store.root == tmp_path / "deep" / "b"
    assert store.get_sync("x/y").to_bytes() == b"1"
    assert store.url.endswith("deep/b")


def test_tilde_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    frozarr.create_array("~/a.zarr", data=[1, 2])
    assert (tmp_path / "a.zarr" / "zarr.json").exists()
    with ZipStore("~/a.zip", mode="w") as archive:
        archive.set_sync("a", b"")
    assert (tmp_path / "a.zip").exists()
    assert LocalStore(pathlib.Path("~/a.zarr")).root == tmp_path / "a.zarr"


def test_archives_are_cleared_and_moved(tmp_path):
    with ZipStore(tmp_path / "a.zip", mode="w") as store:
        store.set_sync("a", b"1")
        with pytest.raises(NotImplementedError):
            store.delete_sync("a")
        asyncio.run(store.clear())
        assert store.blocking.list() == []
        store.set_sync("b", b"2")
    assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == ["b"]
    store = ZipStore(tmp_path / "a.zip")
    with pytest.raises(ReadOnlyError):
        asyncio.run(store.clear())
    asyncio.run(store.move(tmp_path / "deep" / "b.zip"))
    assert store.get_sync("b").to_bytes() == b"2"
    assert not (tmp_path / "a.zip").exists()
    with (
        ZipStore(tmp_path / "c.zip", mode="w") as written,
        pytest.raises(ValueError, match="moved"),
    ):
        asyncio.run(written.move(tmp_path / "d.zip"))


def test_archives_on_file_objects(tmp_path):
    file = io.BytesIO()
    with ZipStore(file, mode="w") as store:
        array = frozarr.create_array(store, data=np.arange(6), chunks=2)
        array[0] = 5
    read = ZipStore(file)
    assert frozarr.open_array(read)[...].tolist() == [5, 1, 2, 3, 4, 5]
    assert read.file is file
    assert read.path is None
    with ZipStore(file, mode="a") as store:
        asyncio.run(store.clear())
        store.set_sync("a", b"1")
    assert ZipStore(file).blocking.list() == ["a"]
    with (tmp_path / "a.zip").open("wb") as opened, ZipStore(opened, mode="w") as store:
        store.set_sync("a", b"1")
        assert "a.zip" in store.url
    assert zipfile.ZipFile(tmp_path / "a.zip").read("a") == b"1"
    import pickle

    with pytest.raises(TypeError, match="file object"):
        pickle.dumps(read)


# ------------------------------------------------------------------ other people's file systems


def test_a_filesystem_and_its_path_are_as_they_were_given():
    fs = AsyncFileSystemWrapper(fsspec.filesystem("memory"), asynchronous=True)
    store = FsspecStore(fs, path="/given/here/")
    assert store.fs is fs
    assert store.path == "/given/here/"
    store.set_sync("a", b"1")
    assert fsspec.filesystem("memory").cat("/given/here/a") == b"1"
    import pickle

    again = pickle.loads(pickle.dumps(store))
    assert again.get_sync("a").to_bytes() == b"1"
    assert again.path == store.path
    assert again == store


def test_object_stores_by_their_older_name():
    from obstore.store import MemoryStore as Client

    client = Client()
    store = ObjectStore(client, read_only=False)
    assert store.store is client
    frozarr.create_array(store, data=[1, 2])
    assert frozarr.open_array(ObjectStore(client, read_only=True)).read_only


# ------------------------------------------------------------------ buffers


@pytest.mark.parametrize(("values", "other", "equal_nan", "same"), [
    ([1.0, np.nan], [1.0, np.nan], True, True), ([1.0, np.nan], [1.0, np.nan], False, False),
    ([0.0], [-0.0], True, False), ([1 + 2j], 1 + 2j, True, True), ([1, 1], 1, True, True),
    ([complex(np.nan, 1)], [complex(np.nan, 1)], True, True), ([1, 2], 1, True, False),
    (["a", "b"], ["a", "b"], True, True), ([True], [True], False, True),
    (np.array(["NaT"], "M8[s]"), np.array(["NaT"], "M8[s]"), True, True),
    (np.array(["NaT"], "M8[s]"), np.array(["NaT"], "M8[s]"), False, False),
    (np.array([(1, 2)], "i4,i4"), np.array([(1, 2)], "i4,i4"), True, True),
    ([1.0], None, True, False),
])  # fmt: skip
def test_all_equal(values, other, equal_nan, same):
    buffer = cpu.NDBuffer.from_numpy_array(values)
    assert buffer.all_equal(other, equal_nan) is same


def test_objects_are_equal_by_value():
    texts = cpu.NDBuffer.from_ndarray_like(np.array([str(123456), None, np.nan], object))
    other = np.array([str(123456), None, float("nan")], object)
    assert texts.all_equal(other)
    assert not texts.all_equal(other, equal_nan=False)
    assert not texts.all_equal("123456")


def test_members_of_array_buffers():
    made = cpu.NDBuffer.empty((2, 1, 3), ">i4", "F")
    made.fill(7)
    assert made.all_equal(7)
    assert made.byteorder == "big"
    assert cpu.NDBuffer.empty((1,), "<i4").byteorder == "little"
    assert made.squeeze((1,)).shape == (2, 3)
    assert made.reshape(-1).shape == (6,)
    assert made.reshape(newshape=(6,)).shape == (6,)
    assert made.astype("f4", order="C").as_numpy_array().flags.c_contiguous
    assert cpu.numpy_buffer_prototype() is cpu.buffer_prototype is cpu.default_buffer_prototype()
    assert json.dumps(cpu.Buffer.from_bytes(b"{}").to_bytes().decode()) == '"{}"'


# ------------------------------------------------------------------ what a hostile test found


def test_bytes_are_set_from_zero_on():
    store = MemoryStore()
    store.set_sync("k", b"0123456789")
    with pytest.raises(ValueError, match="from 0 on"):
        store.blocking.set_partial_values([("k", -2, b"XX")])
    assert store.get_sync("k").to_bytes() == b"0123456789"


def test_methods_pickle_by_the_names_that_users_know(tmp_path):
    import pickle

    store = LocalStore(tmp_path)
    store.set_sync("k", b"1")
    array = frozarr.create_array(store, name="a", data=[1, 2])
    for method in (store.get_sync, store.set_sync, store.blocking.list, array.get_basic_selection,
                   compat.AsyncArray(array).getitem, frozarr.Array.resize, store.get):  # fmt: skip
        again = pickle.loads(pickle.dumps(method))
        assert again.__name__ == method.__name__
        assert again.__qualname__ == method.__qualname__
    assert pickle.loads(pickle.dumps(store.get_sync))("k").to_bytes() == b"1"
    assert frozarr.storage.Store.set.__name__ == "set"
    assert frozarr.Array.__getitem__.__qualname__ == "Array.__getitem__"


def test_listings_of_zarr_pythons_stores(tmp_path):
    from frozarr.storage import VerbStore

    archive = asyncio.run(zarr.storage.ZipStore.open(tmp_path / "a.zip", mode="w"))
    array = frozarr.create_array(archive, shape=4, chunks=2, dtype="i4")
    array[0] = 1
    array[3] = 4
    with pytest.warns(UserWarning, match="Duplicate"):
        array[1] = 2
    assert array.nchunks_initialized == 2
    assert VerbStore(archive).blocking.list() == ["c/0", "c/1", "zarr.json"]
    folder = VerbStore(zarr.storage.LocalStore(tmp_path / "b"))
    folder.set_sync("a/b/c", b"1")
    folder.set_sync("file", b"1")
    assert folder.blocking.list_prefix("a") == ["a/b/c"]
    assert not folder.blocking.exists("a")
    assert not folder.blocking.exists("file/x")
    (tmp_path / "b" / "e" / "f").mkdir(parents=True)
    assert folder.blocking.is_empty("e")
    folder.blocking.clear()
    assert folder.blocking.list() == []


@pytest.mark.parametrize(("values", "other", "same"), [
    (np.array([1, 1]), 1.5, False), (np.array(["ab"], "U2"), "abc", False), (np.array([True]), 2, False),
    (np.array(["2000"], "M8[Y]"), np.datetime64("2000-06-01"), False), (np.array([1], "u1"), 257, False),
    (np.array([1], "u1"), -1, False), (np.array([1]), float("nan"), False),
    (np.array([(1, np.nan)], "i4,f8"), (1, np.nan), True), (np.array([(1, 0.0)], "i4,f8"), (1, -0.0), False),
    (np.array([0.0], object), -0.0, False), (np.array([complex(np.nan, 1)]), complex(np.nan, 2), False),
    (np.array([1], "u1"), 1, True), (np.array([1.0]), 1, True),
])  # fmt: skip
def test_all_equal_casts_nothing(values, other, same):
    assert cpu.NDBuffer(values).all_equal(other) is same


def test_archives_that_can_not_be_moved_stay_open(tmp_path):
    with ZipStore(tmp_path / "a.zip", mode="w") as store:
        store.set_sync("k", b"1")
    store = ZipStore(tmp_path / "a.zip")
    with pytest.raises(OSError):
        asyncio.run(store.move("/proc/none/m.zip"))
    assert store.get_sync("k").to_bytes() == b"1"


def test_twins_of_an_archive_see_the_same(tmp_path):
    import pickle

    store = ZipStore(tmp_path / "a.zip", mode="w")
    store.set_sync("k", b"1")
    twin = store.with_read_only(True)
    assert twin.get_sync("k").to_bytes() == b"1"
    with pytest.raises(TypeError, match="close it before"):
        pickle.dumps(twin)
    store.blocking.clear()
    assert twin.blocking.list() == []
    store.set_sync("new", b"2")
    assert twin.get_sync("new").to_bytes() == b"2"
    store.close()
    with pytest.raises(ValueError, match="mode 'a'"):
        ZipStore(tmp_path / "a.zip", mode="r", read_only=False)


def test_modes_of_directories(tmp_path):
    def open_(mode):
        return asyncio.run(LocalStore.open(tmp_path / "x", mode=mode))

    for mode in ("r", "r+"):
        with pytest.raises(FileNotFoundError):
            open_(mode)
    assert open_("a").root.is_dir()
    open_("a").set_sync("k", b"1")
    assert open_("r").read_only
    assert open_("r+").blocking.list() == ["k"]
    with pytest.raises(FileExistsError):
        open_("w-")
    assert open_("w").blocking.list() == []
    with pytest.raises(ValueError, match="mode must be"):
        open_("z")


def test_levels_are_names_or_numbers():
    store = LoggingStore(MemoryStore(), log_level=10, log_handler=logging.NullHandler())
    store.set_sync("a", b"1")
    assert store.counter["set"] == 1
    with pytest.raises(ValueError, match="log_level must be"):
        LoggingStore(MemoryStore(), log_level="LOUD")


def test_links_that_lead_nowhere_are_no_keys(tmp_path):
    store = LocalStore(tmp_path)
    (tmp_path / "broken").symlink_to("nowhere")
    assert (
        store.blocking.list()
        == store.blocking.list_prefix("b")
        == store.blocking.list_dir("")
        == []
    )
    assert store.blocking.is_empty()


def test_debris_is_not_listed_from_above(tmp_path):
    LocalStore(tmp_path / "a" / "b").set_sync("k", b"1")
    hidden = tmp_path / "a" / "b" / ".frozarr-tmp"
    hidden.mkdir()
    (hidden / "half").write_bytes(b"")
    for root in (tmp_path, tmp_path / "a"):
        keys = LocalStore(root).blocking.list()
        assert [key.rpartition("/")[2] for key in keys] == ["k"]
        assert not [k for k in LocalStore(root).blocking.list_prefix("") if "tmp" in k]


@pytest.mark.parametrize("url", ["file://relative/x", "file://~/h"])
def test_file_urls_without_a_host(url):
    with pytest.raises(ValueError, match="names a host"):
        frozarr.create_array(url, data=[1])


def test_file_urls_are_paths(tmp_path):
    frozarr.create_array(f"file://{tmp_path}/u%20v#x?y", data=[1, 2])
    assert (tmp_path / "u v#x?y" / "zarr.json").exists()
    assert frozarr.load(f"file://localhost{tmp_path}/u v#x?y").tolist() == [1, 2]

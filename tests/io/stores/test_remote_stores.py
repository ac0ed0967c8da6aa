"""Stores that wait, that wrap, and that live in an archive, under the shared test class."""

import asyncio
import logging
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import fsspec
import numpy as np
import pytest
import zarr

import frozarr
from frozarr import compat
from frozarr.errors import RangeNotSatisfiableError, ReadOnlyError
from frozarr.storage import (
    FsspecStore,
    GetRanges,
    LocalStore,
    LoggingStore,
    MemoryStore,
    ObspecStore,
    RangeByteRequest,
    SuffixByteRequest,
    Swap,
    WrapperStore,
    ZipStore,
)
from frozarr.testing.latency import LatencyStore
from frozarr.testing.stores import StoreTests


class TestMemoryFileSystem(StoreTests):
    @pytest.fixture
    def store(self):
        return FsspecStore.from_url(f"memory://{uuid.uuid4().hex}/a.zarr")

    def test_open(self, store):
        assert store.url.startswith("memory://")


class TestLocalFileSystem(StoreTests):
    @pytest.fixture
    def store(self, tmp_path):
        return FsspecStore.from_url(f"file://{tmp_path}/root")

    def test_open(self, store):
        assert store.url.startswith("file://")

    def test_swaps_of_many_threads(self, store):
        """fsspec writes local files in place, so only creation is safe; hence LocalStore."""
        assert [store.perform(Swap("n", None, b"1")), store.perform(Swap("n", None, b"2"))] == [
            True,
            False,
        ]


class TestS3(StoreTests):
    @pytest.fixture
    def store(self, s3):
        url, options = s3
        return FsspecStore.from_url(url, options)

    def test_open(self, store):
        assert store.url.startswith("s3://")

    def test_swaps_of_many_threads(self, store):
        """Creation is conditional on the server, too."""
        made = [store.perform(Swap("n", None, str(i).encode())) for i in range(3)]
        assert made == [True, False, False]


class TestObstore(StoreTests):
    @pytest.fixture
    def store(self):
        import obstore.store

        return ObspecStore(obstore.store.MemoryStore())

    def open_arguments(self, store):
        return (store.client,)

    def test_pickle(self, store):
        with pytest.raises(Exception, match="pickl"):  # a client in memory can't travel
            pickle.dumps(store)


class TestLatencyStore(StoreTests):
    @pytest.fixture
    def store(self):
        return LatencyStore(delay=0.0, jitter=0.0001)


class TestWrapperStore(StoreTests):
    @pytest.fixture
    def store(self, tmp_path):
        return WrapperStore(LocalStore(tmp_path / "root"))

    def open_arguments(self, store):
        return (type(store.store), store.store.root)


class TestLoggingStore(StoreTests):
    @pytest.fixture
    def store(self):
        return LoggingStore(LatencyStore(delay=0.0), log_handler=logging.NullHandler())

    def test_open(self, store):
        opened = asyncio.run(LoggingStore.open(MemoryStore, log_handler=logging.NullHandler()))
        assert isinstance(opened.store, MemoryStore)

    def test_notes_every_request(self):
        records = []

        class Keep(logging.Handler):
            def emit(self, record):
                records.append(record.getMessage())

        noted = LoggingStore(MemoryStore(), log_handler=Keep())
        array = frozarr.create_array(noted, shape=(4,), chunks=(2,), dtype="u1", compressors=None)
        array[...] = 1
        noted.counter.clear()
        assert array[...].tolist() == [1] * 4
        assert dict(noted.counter) == {"get": 2}
        assert all(" ms" in r for r in records)
        with noted.log("mine"):
            pass
        assert noted.counter["mine"] == 1
        assert "mine done" in records[-1]
        with pytest.raises(ValueError):
            noted.perform(GetRanges(["c/0"], [RangeByteRequest(30, 31)]))
        assert "failed" in records[-1]


class TestZipStore(StoreTests):
    @pytest.fixture(params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def store(self, request, tmp_path):
        with ZipStore(tmp_path / "a.zip", mode="w", compression=request.param) as store:
            yield store

    def open_arguments(self, store):
        store.close()
        return (store.path,)

    def test_pickle(self, store):
        store.blocking.set("a", b"x")
        with pytest.raises(TypeError, match="close"):
            pickle.dumps(store)
        store.close()
        again = pickle.loads(pickle.dumps(ZipStore(store.path)))
        assert again.blocking.get("a").to_bytes() == b"x"
        again.close()

    def test_rewriting_leaves_one_entry(self, store):
        for value in (b"1", b"22", b"333"):
            store.blocking.set("a/b", value)
        store.blocking.set("c", b"4")
        assert store.blocking.list() == ["a/b", "c"]
        store.close()
        with zipfile.ZipFile(store.path) as archive:
            assert archive.namelist() == ["a/b", "c"]
            assert archive.read("a/b") == b"333"
            assert archive.testzip() is None

    def test_closed(self, store):
        store.close()
        with pytest.raises(ValueError, match="closed"):
            store.blocking.get("a")


def test_zip_modes(tmp_path):
    path = tmp_path / "a.zip"
    with pytest.raises(FileNotFoundError):
        ZipStore(path)
    with ZipStore(path, mode="x") as store:
        frozarr.create_array(store, name="x", data=np.arange(10), chunks=3)
    with pytest.raises(FileExistsError):
        ZipStore(path, mode="x")
    with ZipStore(path, mode="a") as store:
        frozarr.open_array(store, path="x")[2:4] = -1
        frozarr.open_array(store, path="x")[0:3] = 0  # a chunk can't be deleted: it is stored
    with ZipStore(path) as store:
        assert store.read_only
        array = frozarr.open_array(store, path="x")
        assert array[...].tolist() == [0, 0, 0, -1, 4, 5, 6, 7, 8, 9]
        with pytest.raises(ReadOnlyError):
            array[0] = 1
        with pytest.raises(ValueError, match="mode 'a'"):
            store.with_read_only(False)
    with zarr.storage.ZipStore(str(path), mode="r") as theirs:
        np.testing.assert_array_equal(
            zarr.open_array(theirs, path="x", mode="r")[...], [0, 0, 0, -1, 4, 5, 6, 7, 8, 9]
        )
    with ZipStore(path, mode="w") as store:
        assert store.blocking.list() == []


@pytest.mark.parametrize("mode", ["w", "a"])
def test_zip_of_a_writer_that_died_is_the_one_before(tmp_path, mode):
    path = tmp_path / "a.zip"
    with ZipStore(path, mode="x") as store:
        frozarr.create_array(store, name="x", data=[1, 2, 3])
    code = (
        "import os, sys, frozarr\nfrom frozarr.storage import ZipStore\n"
        f"store = ZipStore({str(path)!r}, mode={mode!r})\n"
        "frozarr.create_array(store, name='b', data=list(range(100_000)), compressors=None)\n"
        "store.archive.fp.flush()\nos._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert frozarr.open_array(path, path="x")[...].tolist() == [1, 2, 3]
    with ZipStore(path, mode="a") as store:  # and what it left is no hindrance
        frozarr.create_array(store, name="c", data=[4], overwrite=False)
    assert frozarr.open_array(path, path="c")[...].tolist() == [4]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_zip_without_a_directory_is_an_error(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\3\4 and no more")
    for mode in ("r", "a"):
        with pytest.raises(zipfile.BadZipFile, match="writer ended before close"):
            ZipStore(path, mode=mode)


def test_two_writers_of_one_archive(tmp_path):
    path = tmp_path / "a.zip"
    with ZipStore(path, mode="w") as store:
        for mode in ("w", "a"):
            with pytest.raises(BlockingIOError, match="is being written by another"):
                ZipStore(path, mode=mode)
        store.blocking.set("a", b"1")
    with ZipStore(path, mode="a") as store:
        store.blocking.set("b", b"2")
        assert ZipStore(path).blocking.list() == ["a"]  # others see the old one until it is closed
    assert ZipStore(path).blocking.list() == ["a", "b"]
    store = ZipStore(path, mode="a")
    store.blocking.set("c", b"3")
    del store  # nobody closed it: it is, when it goes
    assert ZipStore(path).blocking.list() == ["a", "b", "c"]


# ---------------------------------------------------------------------- what fsspec stores refuse


def test_fsspec_arguments(tmp_path):
    with pytest.raises(TypeError, match="asynchronously"):
        FsspecStore(fsspec.filesystem("memory"))
    fs = fsspec.filesystem("http", asynchronous=True, skip_instance_cache=True)
    with pytest.raises(ValueError, match="scheme"):
        FsspecStore(fs, path="s3://bucket/a")
    with pytest.warns(UserWarning, match="asynchronous=True"):
        FsspecStore(fsspec.filesystem("http"), path="http://127.0.0.1/x")
    FsspecStore(fs, path="http://127.0.0.1/x")


def test_upath_and_mapper(tmp_path):
    from upath import UPath

    name = uuid.uuid4().hex
    array = frozarr.create_array(UPath(f"memory://{name}/a"), data=[1, 2, 3])
    assert type(array.store).__name__ == "FsspecStore"
    assert frozarr.open_array(fsspec.get_mapper(f"memory://{name}/a"))[...].tolist() == [1, 2, 3]
    assert frozarr.open_array(f"memory://{name}/a", mode="r").read_only
    with pytest.raises(ValueError, match="nonsense"):
        frozarr.open_array("nonsense://x")
    with pytest.raises(TypeError, match="storage_options"):
        frozarr.open_array(str(tmp_path), storage_options={"a": 1})


def test_only_allowed_exceptions_mean_missing():
    from fsspec.implementations.memory import MemoryFileSystem

    class Strange(MemoryFileSystem):
        def cat_file(self, path, start=None, end=None, **kwargs):
            raise self.error

    store = FsspecStore.from_url("memory://strange")
    wrapped = FsspecStore._of(Strange(), "/strange", False, (FileNotFoundError,))
    Strange.error = PermissionError("denied")
    with pytest.raises(PermissionError, match="denied") as caught:
        wrapped.blocking.get("a")
    assert "read of key 'a'" in str(caught.value.__notes__)
    Strange.error = FileNotFoundError("gone")
    assert wrapped.blocking.get("a") is None
    Strange.error = KeyError("odd")
    with pytest.raises(KeyError):
        frozarr.open_array(wrapped)
    assert store.blocking.get("a") is None


def test_chained_urls(tmp_path):
    frozarr.create_array(tmp_path / "x", data=np.arange(5))
    url = f"simplecache::file://{tmp_path}/x"
    array = frozarr.open_array(url, mode="r", storage_options={
        "simplecache": {"cache_storage": str(tmp_path / "cache")}})  # fmt: skip
    assert array[...].tolist() == list(range(5))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for key in LocalStore(tmp_path / "x").blocking.list_prefix(""):
            archive.write(tmp_path / "x" / key, key)
    zipped = frozarr.open_array(f"zip://::file://{tmp_path}/x.zip", mode="r")
    assert zipped[1:3].tolist() == [1, 2]


# ---------------------------------------------------------------------- HTTP


def test_http(web):
    root, url, asked = web
    array = frozarr.create_array(root / "a.zarr", data=np.arange(40, dtype="u1"), chunks=(4,),
                                 shards=(20,), compressors=None)  # fmt: skip
    found = frozarr.open_array(f"{url}/a.zarr")
    assert [a[:2] for a in asked] == [("GET", "/a.zarr/zarr.json")]
    assert found[...].tolist() == list(range(40))
    assert found[5:7].tolist() == [5, 6]
    assert array[5:7].tolist() == [5, 6]
    with pytest.raises(frozarr.errors.ArrayNotFoundError):
        frozarr.open_array(f"{url}/missing.zarr")


def test_http_ranges_are_right_whatever_the_server_does(web):
    root, url, _ = web
    (root / "a").write_bytes(bytes(range(90)))
    store = FsspecStore.from_url(url)
    for request, expected in (
        (RangeByteRequest(10, 100), bytes(range(10, 90))),
        (RangeByteRequest(0, 5), bytes(range(5))),
        (RangeByteRequest(85, 86), b"U"),
        (SuffixByteRequest(3), bytes(range(87, 90))),
        (SuffixByteRequest(0), b""),
    ):
        assert store.blocking.get("a", None, request).to_bytes() == expected
    with pytest.raises(RangeNotSatisfiableError):
        store.blocking.get("a", None, RangeByteRequest(90, 95))
    assert store.blocking.get("b", None, RangeByteRequest(0, 5)) is None
    assert store.blocking.getsize("a") == 90


# ---------------------------------------------------------------------- S3


def test_s3_both_ways_with_zarr_python(s3):
    url, options = s3
    expected = np.arange(60).reshape(6, 10)
    ours = frozarr.create_array(url, name="ours", data=expected, chunks=(4, 4),
                                storage_options=options)  # fmt: skip
    theirs = zarr.open_array(f"{url}/ours", mode="r", storage_options=options)
    np.testing.assert_array_equal(theirs[...], expected)
    written = zarr.create_array(f"{url}/theirs", data=expected, chunks=(2, 5), shards=(4, 10),
                                storage_options=options)  # fmt: skip
    found = frozarr.open_array(f"{url}/theirs", storage_options=options)
    np.testing.assert_array_equal(found[...], written[...])
    np.testing.assert_array_equal(found[1, 3:7], expected[1, 3:7])
    grown = ours.append(expected).resize(9, 10)
    np.testing.assert_array_equal(grown[6:], expected[:3])
    assert grown.nchunks_initialized == 9
    with pytest.raises(frozarr.errors.ConflictError):
        ours.update_attributes({"a": 1})


def test_s3_through_obstore(s3, s3_endpoint):
    import obstore.store

    url, options = s3
    bucket = url.split("/")[2]
    client = obstore.store.S3Store(
        bucket, endpoint=s3_endpoint, access_key_id="x", secret_access_key="y", region="us-east-1",
        client_options={"allow_http": True},
    )  # fmt: skip
    made = frozarr.create_array(client, name="a.zarr/x", data=np.arange(20), chunks=(5,),
                                shards=(10,))  # fmt: skip
    assert isinstance(made.store, ObspecStore)
    found = frozarr.open_array(f"{url}/x", storage_options=options)
    assert found[7:12].tolist() == [7, 8, 9, 10, 11]
    found[:] = 3
    assert made[...].tolist() == [3] * 20


def test_s3_requests(s3, s3_endpoint):
    """Opening is one request, a chunk is one, an inner chunk two; counted by the server."""
    url, options = s3
    frozarr.create_array(url, name="x", data=np.arange(40, dtype="u1"), chunks=(4,), shards=(40,),
                         compressors=None, storage_options=options)  # fmt: skip
    frozarr.create_array(url, name="y", data=np.arange(40, dtype="u1"), chunks=(10,),
                         storage_options=options)  # fmt: skip
    store = LoggingStore(FsspecStore.from_url(url, options), log_handler=logging.NullHandler())
    calls = []
    fs = store.store.fs
    fs.s3  # noqa: B018 - connected
    original = type(fs)._call_s3

    async def counted(self, method, *args, **kwargs):
        calls.append(method)
        return await original(self, method, *args, **kwargs)

    type(fs)._call_s3 = counted
    try:
        sharded = frozarr.open_array(store, path="x")
        assert calls == ["get_object"]
        calls.clear()
        assert sharded[5] == 5
        assert calls == ["get_object"] * 2
        calls.clear()
        whole = frozarr.open_array(store, path="y")
        assert whole[...].tolist() == list(range(40))
        assert calls == ["get_object"] * 5
    finally:
        type(fs)._call_s3 = original


# ---------------------------------------------------------------------- processes


def read_in_child(array, queue):
    queue.put(np.asarray(array[...]).tolist())


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("kind", ["local", "s3", "zip"])
def test_workers_read_after_their_parent_has(tmp_path, method, kind, request):
    if kind == "local":
        store = LocalStore(tmp_path)
    elif kind == "s3":
        url, options = request.getfixturevalue("s3")
        store = FsspecStore.from_url(url, options)
    else:
        with ZipStore(tmp_path / "a.zip", mode="w") as made:
            frozarr.create_array(made, data=list(range(30)), chunks=7)
        store = ZipStore(tmp_path / "a.zip")
    if kind != "zip":
        frozarr.create_array(store, data=list(range(30)), chunks=7)
    array = frozarr.open_array(store, mode="r")
    assert array[...].tolist() == list(range(30))
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    workers = [context.Process(target=read_in_child, args=(array, queue)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for _ in workers:
            assert queue.get(timeout=60) == list(range(30))
    finally:
        for worker in workers:
            worker.join(10)
            worker.kill()
    assert array[...].tolist() == list(range(30))
    store.close()


def test_places_have_modes():
    async def main():
        store = LatencyStore(delay=0.0)
        await store.set("a/b", b"x")
        with pytest.raises(FileExistsError):
            await compat.StorePath.open(store, "a", "w-")
        place = await compat.StorePath.open(store, "a", "r")
        assert place.read_only
        with pytest.raises(ReadOnlyError):
            await compat.StorePath.open(place.store, "a", "r+")
        await compat.StorePath.open(store, "a", "w")
        assert await store.is_empty("a")

    asyncio.run(main())


def test_a_place_is_the_same_for_every_thread_and_for_equal_options_only():
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(FsspecStore.from_url, "memory://same/place").result()
    ours = FsspecStore.from_url("memory://same/place")
    assert theirs.identity == ours.identity
    assert theirs == ours
    stores = [
        FsspecStore.from_url("s3://bucket/a", {"endpoint_url": url, "key": "x", "secret": "y"})
        for url in ("http://127.0.0.1:1", "http://127.0.0.1:2")
    ]
    assert stores[0] != stores[1]


def test_values_of_arrays_on_the_same_loop():
    here, there = f"memory://{uuid.uuid4().hex}/a", f"memory://{uuid.uuid4().hex}/b"
    source = frozarr.create_array(here, data=np.arange(4), chunks=2)
    array = frozarr.create_array(there, shape=4, dtype=source.dtype, chunks=2)
    array[:] = source
    assert array.append(source)[...].tolist() == [0, 1, 2, 3] * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forks_while_threads_read_an_archive(tmp_path):
    with ZipStore(tmp_path / "a.zip", mode="w") as made:
        frozarr.create_array(made, data=np.arange(4000), chunks=40)
    array = frozarr.open_array(ZipStore(tmp_path / "a.zip"), config={"workers": 1})
    over = threading.Event()

    def read():
        while not over.is_set():
            array[...]

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            child = os.fork()
            if not child:
                os._exit(0 if int(array[...].sum()) == 4000 * 3999 // 2 else 1)
            until = time.monotonic() + 20
            while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < until:
                time.sleep(0.005)
            if ended[0] == 0:
                os.kill(child, signal.SIGKILL)
                pytest.fail("the child waits for a lock that nobody will give back")
            assert os.waitstatus_to_exitcode(ended[1]) == 0
    finally:
        over.set()
        for thread in threads:
            thread.join()

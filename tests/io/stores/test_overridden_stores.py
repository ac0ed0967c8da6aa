"""Stores of users: whatever they override, or write in the ecosystem's style, is asked by arrays."""

import asyncio
import pickle
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import CancelledError, ThreadPoolExecutor

import numpy as np
import pytest

import frozarr
from frozarr.errors import ContainsArrayError
from frozarr.io.runners.locks import LOCKS
from frozarr.storage import (
    AsyncStore,
    Delete,
    Get,
    GetInto,
    GetRanges,
    ListNames,
    ListPrefix,
    LocalStore,
    LoggingStore,
    MemoryStore,
    Put,
    Sizes,
    Swap,
    Versions,
    WrapperStore,
)
from frozarr.testing.latency import LatencyStore

VALUES = np.arange(64, dtype="i4").reshape(8, 8)


class Wrapped(WrapperStore):
    """Notes which keys are asked for, and under which kind of request."""

    def __init__(self, store):
        super().__init__(store)
        self.asked = []

    def handle(self, request):
        self.asked.append(request)
        return (yield from request)


def everything(store, path=""):
    """What arrays do to a store: one of each."""
    array = frozarr.create_array(
        store, name=path or None, data=VALUES, chunks=(4, 4), compressors=None
    )
    assert (frozarr.open_array(store, path=path)[...] == VALUES).all()
    array[1:3, 1:3] = 7
    assert (array[1:3, 1:3] == 7).all()
    array = array.resize((4, 8)).update_attributes({"a": 1})
    assert array.nchunks_initialized == 2
    return frozarr.create_array(store, name=path or None, shape=2, dtype="u1", overwrite=True)


def test_a_wrapper_sees_every_request():
    store = Wrapped(MemoryStore())
    array = frozarr.create_array(store, data=VALUES, chunks=(4, 4), shards=(8, 8))
    store.asked.clear()
    array[...]
    assert [type(request) for request in store.asked] in ([Get], [GetInto])
    store.asked.clear()
    array[0, 0]
    assert {type(request) for request in store.asked} <= {Get, GetInto, GetRanges, Versions}
    assert all(request.keys == ["c/0/0"] for request in store.asked)
    everything(Wrapped(MemoryStore()), "b")


def test_a_wrapper_may_answer_by_itself():
    class Frozen(WrapperStore):
        def handle(self, request):
            if isinstance(request, Get | GetInto) and "c/0" in request.keys:
                raise PermissionError("c/0 is not for you")
            return (yield from request)

    inner = MemoryStore()
    frozarr.create_array(inner, data=np.arange(4), chunks=2)
    array = frozarr.open_array(Frozen(inner))
    assert array[2:].tolist() == [2, 3]
    with pytest.raises(PermissionError, match="not for you"):
        array[...]


class Masked:
    """Verbs over those of a store: each byte is another one at rest."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.verbs_called = Counter()

    async def get(self, key, prototype=None, byte_range=None):
        self.verbs_called["get"] += 1
        value = await super().get(key, prototype, byte_range)
        return None if value is None else bytes(b ^ 13 for b in value.to_bytes())

    async def set(self, key, value):
        self.verbs_called["set"] += 1
        content = value if isinstance(value, bytes) else value.to_bytes()
        await super().set(key, bytes(b ^ 13 for b in content))

    async def delete(self, key):
        self.verbs_called["delete"] += 1
        await super().delete(key)


class MaskedMemory(Masked, MemoryStore):
    pass


class MaskedLocal(Masked, LocalStore):
    pass


class MaskedLogging(Masked, LoggingStore):
    pass


class MaskedWrapper(Masked, Wrapped):
    pass


@pytest.fixture(params=["memory", "local", "logging", "wrapper"])
def masked(request, tmp_path):
    """A store whose verbs are overridden, and the plain one below it."""
    inner = MemoryStore()
    return {
        "memory": MaskedMemory,
        "local": lambda: MaskedLocal(tmp_path),
        "logging": lambda: MaskedLogging(inner, log_level="CRITICAL"),
        "wrapper": lambda: MaskedWrapper(inner),
    }[request.param]()


@pytest.mark.parametrize("shards", [None, (8, 8)], ids=["chunks", "shards"])
def test_overridden_verbs_are_asked_by_every_effect(masked, shards):
    array = frozarr.create_array(
        masked, name="a", data=VALUES, chunks=(2, 2), shards=shards, compressors=None
    )
    assert masked.verbs_called["set"] >= 2
    before = masked.verbs_called["get"]
    assert (array[...] == VALUES).all()
    assert masked.verbs_called["get"] > before
    array[3, 3] = -1
    assert frozarr.open_array(masked, path="a")[3, 3] == -1
    assert asyncio.run(asynchronous(masked)) == -1


async def asynchronous(store):
    array = await frozarr.aio.open_array(store, path="a")
    await array.setitem((0, 0), 5)
    assert await array.getitem((0, 0)) == 5
    return await array.getitem((3, 3))


def test_deletions_go_through_the_override(masked):
    everything(masked)
    assert masked.verbs_called["delete"] > 0


class Dictionary:
    """The ecosystem's style: asynchronous verbs, no base class."""

    supports_listing = supports_deletes = supports_writes = True
    read_only = False

    def __init__(self):
        self.values = {}
        self.calls = Counter()

    async def get(self, key, prototype=None, byte_range=None):
        self.calls["get"] += 1
        return self.values.get(key)

    async def set(self, key, value):
        self.calls["set"] += 1
        self.values[key] = value if isinstance(value, bytes) else value.to_bytes()

    async def exists(self, key):
        return key in self.values

    async def delete(self, key):
        self.calls["delete"] += 1
        self.values.pop(key, None)

    async def list(self):
        for key in list(self.values):
            yield key

    async def list_prefix(self, prefix):
        for key in list(self.values):
            if key.startswith(prefix):
                yield key


def test_a_class_with_verbs_is_a_store():
    verbs = Dictionary()
    everything(verbs, "a/b")
    assert {"get", "set", "delete"} <= set(verbs.calls)
    assert sorted(verbs.values) == ["a/b/zarr.json", "a/zarr.json", "zarr.json"]
    assert asyncio.run(aio_everything(Dictionary())) == 3


async def aio_everything(verbs):
    array = await frozarr.aio.create_array(verbs, data=np.arange(4), chunks=2)
    await array.setitem(slice(1, 3), 3)
    again = await frozarr.aio.open_array(verbs)
    return await again.getitem(2)


def test_what_lacks_verbs_is_no_store():
    class Half:
        async def get(self, key):
            return None

    with pytest.raises(TypeError, match="Half"):
        frozarr.create_array(Half(), shape=1, dtype="u1")


def test_listing_by_the_text_of_a_prefix_is_not_taken_for_a_folder():
    verbs = Dictionary()
    frozarr.create_array(verbs, name="ab", data=np.arange(4))
    size = frozarr.create_array(verbs, name="a", data=np.arange(4)).nbytes_stored()
    assert size == frozarr.open_array(verbs, path="ab").nbytes_stored()
    frozarr.create_array(verbs, name="a", data=np.arange(2), overwrite=True)
    assert frozarr.open_array(verbs, path="ab")[...].tolist() == [0, 1, 2, 3]


def test_groups_are_loaded_without_a_verb_that_lists_folders():
    verbs = Dictionary()
    frozarr.save(verbs, x=[1, 2], y=[3])
    assert {name: value.tolist() for name, value in frozarr.load(verbs).items()} == {
        "x": [1, 2], "y": [3],
    }  # fmt: skip


class Below(MemoryStore):
    """Keeps all keys below ``p/``; folders are listed by what `list_prefix` gives."""

    async def get(self, key, prototype=None, byte_range=None):
        return await super().get(f"p/{key}", prototype, byte_range)

    async def set(self, key, value):
        await super().set(f"p/{key}", value)

    async def delete(self, key):
        await super().delete(f"p/{key}")

    async def list_prefix(self, prefix):
        async for key in super().list_prefix(f"p/{prefix}"):
            yield key.removeprefix("p/")


def test_folders_are_listed_by_an_overridden_list_prefix():
    store = Below()
    frozarr.save(store, x=[1, 2], y=[3])
    assert sorted(frozarr.load(store)) == ["x", "y"]
    assert all(key.startswith("p/") for key in store.store_dict)


class SlowDictionary(Dictionary):
    async def get(self, key, prototype=None, byte_range=None):
        await asyncio.sleep(0.005)
        return await super().get(key)


class SlowGet(MemoryStore):
    async def get(self, key, prototype=None, byte_range=None):
        await asyncio.sleep(0.005)
        return await super().get(key, prototype, byte_range)


@pytest.mark.parametrize("make", [SlowDictionary, SlowGet])
def test_exactly_one_of_several_creators_succeeds(make):
    store = make()

    def create(number):
        try:
            frozarr.create_array(store, shape=3, dtype="i4")
        except ContainsArrayError:
            return 0
        return 1

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(create, range(6))) == 1


def test_a_store_that_ignores_ranges_is_told_so():
    array = frozarr.create_array(Dictionary(), data=np.arange(64), chunks=1, shards=64)
    with pytest.raises(ValueError, match="Dictionary.get.*must honour byte_range"):
        array[3]


def test_subclasses_keep_their_attributes_when_pickled():
    store = pickle.loads(pickle.dumps(frozarr.create_array(MaskedMemory(), data=[1]).store))
    assert store.verbs_called["set"] >= 1
    assert frozarr.open_array(store)[0] == 1


class Cache(AsyncStore):
    """An asynchronous store around another one."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    url = "cache://"
    identity = ("cache",)

    async def _get(self, key, byte_range):
        (value,) = await self.inner.perform_async(GetRanges([key], [byte_range]))
        return value

    async def _set(self, key, value):
        await self.inner.perform_async(Put([key], [value]))

    async def _create(self, key, value):
        return await self.inner.perform_async(Swap(key, None, value))

    async def _delete(self, key):
        await self.inner.perform_async(Delete([key]))

    async def _size(self, key):
        return (await self.inner.perform_async(Sizes([key])))[0]

    async def _keys(self, prefix):
        return await self.inner.perform_async(ListPrefix(prefix))

    async def _names(self, prefix):
        return await self.inner.perform_async(ListNames(prefix))


def test_waiting_stores_behind_each_other_do_not_wait_for_themselves():
    store = Cache(LatencyStore(delay=0.001))
    array = frozarr.create_array(
        store, data=np.arange(50), chunks=1, compressors=None, config={"concurrency": 10}
    )
    assert array[...].tolist() == list(range(50))


def test_dictionaries_are_locked_once_whatever_the_number_of_stores_on_them():
    class Slow(dict):
        def get(self, key, default=None):
            time.sleep(0.005)
            return super().get(key, default)

    values = Slow()
    with ThreadPoolExecutor(6) as threads:
        swapped = threads.map(
            lambda _: MemoryStore(values).perform(Swap("a", None, b"x")), range(6)
        )
    assert sum(swapped) == 1


def test_a_cancelled_write_has_ended_when_the_cancellation_is_seen():
    store = LatencyStore(delay=0.05)
    array = frozarr.create_array(store, shape=4, chunks=1, dtype="i4", config={"concurrency": 1})

    async def write():
        handle = array.async_array
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(handle.setitem(slice(None), 1), 0.12)
        return store.in_flight, handle

    in_flight, _ = asyncio.run(write())
    assert in_flight == 0
    assert not [held for held in LOCKS.held if held[0] == store.identity]


INTERRUPTED = """
import os, signal, threading, time, frozarr
from frozarr.io.runners.locks import LOCKS
from frozarr.testing.latency import LatencyStore
store = LatencyStore(delay=0.3)
array = frozarr.create_array(store, shape=4, chunks=1, dtype="i4", config={"concurrency": 1})
threading.Timer(0.45, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    array[:] = 1
except KeyboardInterrupt:
    begun = store.requests
    time.sleep(0.7)
    print(store.in_flight, store.requests - begun, len(LOCKS.held))
"""


def test_an_interrupted_write_leaves_nothing_under_way():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["0", "0", "0"]


def test_a_store_that_cancels_itself_ends_the_read():
    class GivesUp(LatencyStore):
        async def _get(self, key, byte_range):
            if key == "c/2":
                raise asyncio.CancelledError
            return await super()._get(key, byte_range)

    store = GivesUp(delay=0.001)
    array = frozarr.create_array(store, data=np.arange(4), chunks=1)
    with pytest.raises((asyncio.CancelledError, CancelledError)):
        array[...]


def test_a_wrapper_may_join_the_pieces_of_a_shard():
    class Counted(WrapperStore):
        written = 0

        def handle(self, request):
            if isinstance(request, Put):
                values = [bytes(value) for value in request.values]
                self.written += sum(map(len, values))
                request = Put(request.keys, values)
            return (yield from request)

    store = Counted(MemoryStore())
    array = frozarr.create_array(store, data=np.arange(64), chunks=8, shards=64)
    assert store.written >= len(store.store.store_dict["c/0"])
    assert array[...].tolist() == list(range(64))
    with pytest.raises(ValueError, match="read-only"):
        array.bound.shard.fill[...] = 7

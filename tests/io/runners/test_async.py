"""The asynchronous face, and what is asked of a store that takes its time."""

import asyncio
import threading
import time

import numpy as np
import pytest

import frozarr
from frozarr import Array, AsyncArray, aio, compat
from frozarr.errors import (
    ArrayNotFoundError,
    ConflictError,
    ContainsArrayError,
    ReadOnlyError,
    ShapeMismatchError,
)
from frozarr.io.runners.locks import LOCKS
from frozarr.storage import LocalStore, MemoryStore, StorePath
from frozarr.testing.latency import LatencyStore
from frozarr.testing.oracle import assert_same_array

EXPECTED = np.arange(60, dtype="i4").reshape(6, 10)


@pytest.fixture(params=["memory", "local", "latency"])
def store(request, tmp_path):
    return {
        "memory": MemoryStore, "local": lambda: LocalStore(tmp_path),
        "latency": lambda: LatencyStore(delay=0.001),
    }[request.param]()  # fmt: skip


def test_every_row(store):
    async def main():
        array = await aio.create_array(
            store, name="a/b", shape=(6, 10), chunks=(4, 4), dtype="i4", attributes={"x": 1}
        )
        assert isinstance(array, AsyncArray)
        await array.setitem(..., EXPECTED)
        assert_same_array(await array.getitem(...), EXPECTED)
        assert_same_array(await array.getitem((slice(1, 5), 3)), EXPECTED[1:5, 3])
        assert_same_array(await array.getitem((2, 3)), EXPECTED[2, 3])
        assert_same_array(await array.get_basic_selection(), EXPECTED)
        assert_same_array(
            await array.get_orthogonal_selection(([4, 0], slice(2))), EXPECTED[[4, 0], :2]
        )
        assert_same_array(
            await array.get_coordinate_selection(([4, 0], [1, 9])), EXPECTED[[4, 0], [1, 9]]
        )
        mask = EXPECTED % 7 == 0
        assert_same_array(await array.get_mask_selection(mask), EXPECTED[mask])
        assert_same_array(await array.get_block_selection((1, 0)), EXPECTED[4:, :4])
        assert_same_array(await array.oindex.getitem(([5], [2, 1])), EXPECTED[[5]][:, [2, 1]])
        assert_same_array(await array.vindex.getitem(([5], [2])), EXPECTED[[5], [2]])
        assert_same_array(await array.blocks.getitem(0), EXPECTED[:4])
        out = np.zeros((6, 10), "i4")
        assert await array.get_basic_selection(out=out) is out
        assert_same_array(out, EXPECTED)

        expected = EXPECTED.copy()
        await array.set_orthogonal_selection(([0, 2], slice(3)), -1)
        expected[[0, 2], :3] = -1
        await array.set_coordinate_selection(([5, 5], [0, 1]), [7, 8])
        expected[5, :2] = 7, 8
        await array.set_mask_selection(mask, 0)
        expected[mask] = 0
        await array.set_block_selection((0, 1), 3)
        expected[:4, 4:8] = 3
        await array.oindex.setitem(([1], slice(2)), 5)
        expected[1, :2] = 5
        await array.vindex.setitem(([0], [9]), 6)
        expected[0, 9] = 6
        await array.blocks.setitem((1, 2), 4)
        expected[4:, 8:] = 4
        await array.set_basic_selection((3, slice(8, None)), [1, 2])
        expected[3, 8:] = 1, 2
        assert_same_array(await array.getitem(...), expected)

        assert await array.nchunks_initialized() == array.nchunks == 6
        assert await array.nshards_initialized() == 6
        assert await array.nbytes_stored() > 0
        assert "AsyncArray" in repr(array)
        assert (await array.info_complete()).chunks_initialized == 6
        assert array.info.type == "AsyncArray"
        assert array.plan[0:5].requests == 6

        grown = await array.append(EXPECTED)
        assert grown.shape == (12, 10)
        assert array.shape == (6, 10)
        smaller = await grown.resize(2, 2)
        changed = await smaller.update_attributes({"y": 2})
        assert dict(changed.attrs) == {"x": 1, "y": 2}
        with pytest.raises(ConflictError):
            await array.update_attributes({"z": 1})
        opened = await AsyncArray.open(StorePath(store, "a/b"))
        assert opened.metadata == changed.metadata
        assert (await aio.open_array(store, path="a/b")) == opened
        with pytest.raises(ArrayNotFoundError):
            await aio.open_array(store, path="nothing", mode="r")
        with pytest.raises(ContainsArrayError):
            await aio.create_array(store, name="a/b", shape=1, dtype="i4")
        with pytest.raises(ShapeMismatchError):
            await changed.setitem(..., np.zeros((3, 3)))
        closed = await aio.open_array(store, path="a/b", mode="r")
        with pytest.raises(ReadOnlyError):
            await closed.setitem(0, 1)

    asyncio.run(main())


def test_every_door(store):
    async def main():
        await aio.save(store, x=[1, 2], y=[3.0])
        loaded = await aio.load(store)
        assert {k: v.tolist() for k, v in loaded.items()} == {"x": [1, 2], "y": [3.0]}
        zeros = await aio.zeros(3, dtype="u1")
        ones = await aio.ones_like(zeros)
        full = await aio.full_like(ones, 7)
        assert [(await a.getitem(...)).tolist() for a in (zeros, ones, full)] == [
            [0] * 3, [1] * 3, [7] * 3
        ]  # fmt: skip
        copied = await aio.from_array(store, data=full, name="z")
        assert (await copied.getitem(...)).tolist() == [7, 7, 7]
        again = await aio.save_array(store, copied, path="w")
        assert (await again.getitem(...)).tolist() == [7, 7, 7]
        both = await aio.array(frozarr.array([1, 2]))
        assert (await both.getitem(...)).tolist() == [1, 2]
        replaced = await aio.create_array(store, name="z", data=[5], overwrite=True)
        assert (await replaced.getitem(...)).tolist() == [5]
        with pytest.warns(DeprecationWarning):
            old = await compat.AsyncArray.create(
                store, shape=(2,), dtype="i4", data=[1, 2], overwrite=True
            )
        assert (await old.getitem(...)).tolist() == [1, 2]

    asyncio.run(main())


def test_any_loop_twice_in_a_row(store):
    frozarr.save_array(store, EXPECTED, path="a")
    array = frozarr.open_array(store, path="a")
    for _ in range(2):
        assert_same_array(asyncio.run(array.async_array.getitem(...)), EXPECTED)
    assert_same_array(array[...], EXPECTED)


def test_blocking_calls_inside_a_running_loop(store):
    async def main():
        array = frozarr.save_array(store, EXPECTED, path="a")
        array[0] = 5
        return array[:2]

    found = asyncio.run(main())
    assert found[0].tolist() == [5] * 10


def test_stores_that_never_wait_need_no_loop(monkeypatch, tmp_path):
    def refuse(*_):
        raise AssertionError("no loop is made")

    monkeypatch.setattr(asyncio, "new_event_loop", refuse)
    for store in ({}, tmp_path):
        array = frozarr.create_array(store, data=EXPECTED, chunks=(4, 4))
        assert_same_array(array[...], EXPECTED)


def test_faces_agree(store):
    """The same bytes, whoever wrote them."""
    places = {}
    for name, write in (
        ("sync", lambda a: a.__setitem__(np.s_[1:5], 3)),
        ("async", lambda a: asyncio.run(a.async_array.setitem(np.s_[1:5], 3))),
    ):
        array = frozarr.create_array(store, name=name, data=EXPECTED, chunks=(4, 4))
        write(array)
        places[name] = {
            key[len(name) :]: store.blocking.get(key).to_bytes()
            for key in store.blocking.list_prefix(name)
        }
    assert places["sync"] == places["async"]


# ---------------------------------------------------------------------- requests and round trips


def make(values, **kwargs):
    settings = {"shape": (100,), "chunks": (1,), "dtype": "u1", "compressors": None} | kwargs
    array = frozarr.create_array(values, **settings)
    array[...] = np.arange(1, 1 + array.size, dtype="u1").reshape(array.shape)
    store = LatencyStore(values, delay=0.01)
    return Array.open(store), store


@pytest.mark.parametrize("face", ["blocking", "asynchronous"])
@pytest.mark.parametrize(("concurrency", "rounds"), [(100, 1), (32, 4), (10, 10)])
def test_whole_chunks_take_as_few_round_trips_as_allowed(face, concurrency, rounds):
    array, store = make({})
    array = array.with_config({"concurrency": concurrency})
    assert (store.requests, store.rounds) == (1, 1)
    store.reset()
    found = array[...] if face == "blocking" else asyncio.run(array.async_array.getitem(...))
    assert found.tolist() == list(range(1, 101))
    assert store.requests == 100
    assert store.most_in_flight <= concurrency
    assert store.rounds == rounds


def test_batches_do_not_add_round_trips():
    """Chunks of a batch each: still as many requests at a time as allowed."""
    array, store = make({}, shape=(24, 64), chunks=(1, 64))
    array = array.with_config({"concurrency": 8, "batch_nbytes": 1})
    store.reset()
    assert array[...].shape == (24, 64)
    assert (store.requests, store.most_in_flight) == (24, 8)
    assert 3 <= store.rounds <= 4  # a busy machine starts some late


def test_an_inner_chunk_is_two_requests():
    array, store = make({}, shards=(50,))
    store.reset()
    assert array[7] == 8
    assert (store.requests, store.rounds) == (2, 2)
    store.reset()
    assert array[7:8].tolist() == [8]
    assert array[20:70:25].tolist() == [21, 46]
    assert store.rounds == 4
    store.reset()
    assert array[:60].tolist() == list(range(1, 61))
    assert store.requests == 3  # one whole shard; index and range of the other


def test_nothing_is_asked_for_nothing():
    array, store = make({})
    store.reset()
    assert array[5:5].shape == (0,)
    assert array.oindex[[]].shape == (0,)
    array[7:7] = []
    assert store.requests == 0


@pytest.mark.parametrize(("zarr_format", "requests"), [(3, 1), (2, 4)])
def test_opening(zarr_format, requests):
    """Format 3 is one request; format 2 at most two round trips: the miss, then its documents."""
    values = {}
    frozarr.create_array(values, shape=3, dtype="u1", zarr_format=zarr_format, attributes={"a": 1})
    store = LatencyStore(values, delay=0.01)
    Array.open(store)
    assert (store.requests, store.rounds) == (requests, 1 if zarr_format == 3 else 2)
    store.reset()
    frozarr.open_array(store, zarr_format=zarr_format)
    assert store.rounds == 1


def test_writes():
    array, store = make({})
    store.reset()
    array[...] = 9
    assert dict(store.by_kind) == {"put": 100}
    assert store.rounds == 2  # 64 at a time
    store.reset()
    array[...] = 0
    assert dict(store.by_kind) == {"delete": 100}


# ---------------------------------------------------------------------- errors and cancellation


@pytest.mark.parametrize("face", ["blocking", "asynchronous"])
def test_a_failed_request_fails_the_read_and_cancels_the_rest(face):
    array, store = make({})
    store.delay, store.jitter = 0.005, 0.2
    store.reset()
    store.fail_at = 3
    with pytest.raises(OSError, match="on purpose") as caught:
        array[...] if face == "blocking" else asyncio.run(array.async_array.getitem(...))
    assert "read of key 'c/" in " ".join(caught.value.__notes__)
    assert store.in_flight == 0
    assert store.cancelled >= 1
    begun = store.requests
    time.sleep(0.05)
    assert store.requests == begun


def test_cancellation_leaves_nothing_behind():
    array, store = make({})
    store.delay = 0.05
    store.reset()

    async def main():
        task = asyncio.create_task(array.async_array.setitem(..., 7))
        await asyncio.sleep(0.02)
        assert store.in_flight
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    for _ in range(100):
        if not store.in_flight:
            break
        time.sleep(0.01)
    begun = store.requests
    time.sleep(0.1)
    assert (store.requests, store.in_flight) == (begun, 0)
    assert not LOCKS.held
    store.delay = 0.0
    array[...] = 7
    assert array[...].tolist() == [7] * 100


def test_cancelled_local_writes_have_ended(tmp_path):
    array = frozarr.create_array(tmp_path, shape=(400, 1000), chunks=(10, 1000), dtype="u1",
                                 config={"batch_nbytes": 1})  # fmt: skip

    async def main():
        task = asyncio.create_task(array.async_array.setitem(..., 7))
        await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sorted(p.name for p in tmp_path.rglob("*"))

    seen = asyncio.run(main())
    time.sleep(0.02)
    assert sorted(p.name for p in tmp_path.rglob("*")) == seen
    assert not LOCKS.held
    assert set(np.unique(array[...])) <= {0, 7}


def test_the_loop_goes_on_while_chunks_are_decoded():
    rng = np.random.default_rng(0)
    array = frozarr.create_array({}, data=rng.integers(0, 9, (64, 512, 512), "u1"),
                                 chunks=(8, 512, 512))  # fmt: skip

    async def main():
        longest, last = 0.0, time.perf_counter()
        task = asyncio.create_task(array.async_array.getitem(...))
        ticks = 0
        while not task.done():
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
            ticks += 1
        await task
        return ticks

    assert asyncio.run(main()) > 10


def test_updates_from_loops_and_threads_are_not_lost():
    values = {}
    frozarr.create_array(values, shape=(60,), chunks=(60,), dtype="i4")
    store = LatencyStore(values, delay=0.0)
    array = frozarr.open_array(store)
    local = frozarr.open_array(MemoryStore(values))

    async def count(which):
        for i in range(which, 60, 3):
            await array.async_array.setitem(i, i + 1)

    def block():
        for i in range(2, 60, 3):
            local[i] = i + 1

    threads = [
        threading.Thread(target=lambda w=w: asyncio.run(count(w))) for w in (0, 1)
    ] + [threading.Thread(target=block)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert array[...].tolist() == list(range(1, 61))


def test_a_blocking_call_on_the_stores_own_loop_is_refused():
    store = LatencyStore({})

    async def main():
        store.blocking.get("a")

    with pytest.raises(RuntimeError, match="own loop"):
        asyncio.run_coroutine_threadsafe(main(), store.loop).result()

"""Attempts to lose data, each by a seed; a campaign returns how much it tried, or raises.

Every campaign checks what a reader may see: values that were confirmed, old or new ones, errors
that say what is wrong. Never other values, never hangs, never memory without bound.
"""

import asyncio
import contextlib
import errno
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import frozarr
from frozarr.errors import ConflictError, FrozarrError
from frozarr.io.runners.locks import LOCKS
from frozarr.storage import FsspecStore, LocalStore, MemoryStore
from frozarr.testing import FaultyStore, LatencyStore
from frozarr.testing.faults import (
    FINISHED,
    cancelled_at,
    dies_before,
    fails_at,
    in_child,
    limited,
    mutated_bytes,
    mutated_document,
    short_calls,
)
from frozarr.testing.lying_server import Lie, LyingServer

FORK = multiprocessing.get_context("fork")
ALONE = {"workers": 1}
SHAPE = (6, 4)


def values(number):
    return np.arange(24, dtype="i4").reshape(SHAPE) + number


def make(store, random):
    """A small array of any kind, with values."""
    return frozarr.create_array(
        store, name="x", data=values(0), chunks=(2, 2), zarr_format=random.choice([2, 3]),
        config=ALONE, attributes={"a": 1}, overwrite=True,
        compressors=random.choice([None, "zstd", "gzip"]) if random.random() < 0.5 else "auto",
    )  # fmt: skip


def changes(random):
    """A change of such an array, by its name."""
    return random.choice([
        ("write", lambda a: a.__setitem__(..., values(100))),
        ("part", lambda a: a.__setitem__((slice(1, 5), slice(1, 3)), 7)),
        ("append", lambda a: a.append(np.full((3, 4), 7, "i4"))),
        ("shrink", lambda a: a.resize(3, 2)),
        ("grow", lambda a: a.resize(8, 8)),
        ("attributes", lambda a: a.update_attributes({"b": 2})),
        ("overwrite", lambda a: frozarr.create_array(
            a.store, name="x", data=np.arange(5.0), chunks=2, overwrite=True, config=ALONE
        )),
        ("create", lambda a: frozarr.create_array(
            a.store, name="y", data=np.arange(9), chunks=4, config=ALONE, overwrite=True
        )),
        ("transaction", in_transaction),
    ])  # fmt: skip


def in_transaction(array):
    with frozarr.transaction(array.store) as staged:
        frozarr.open_array(staged, path="x")[...] = 5
        frozarr.create_array(staged, name="z", data=[1, 2], overwrite=True)


def seen(store):
    """Metadata and bytes of all arrays, as whoever opens them sees them."""
    found = {}
    for name in ("x", "y", "z"):
        try:
            array = frozarr.open_array(store, path=name, mode="r")
        except frozarr.errors.ArrayNotFoundError:
            continue
        found[name] = array.metadata, array[...].tobytes()
    return found


def chunkwise_ok(store, old, new, name):
    """After a fault in the middle of a write of several chunks each chunk is old or new."""
    now = seen(store)
    if name in {"write", "part"}:
        at = frozarr.open_array(store, path="x")[...]
        olds = np.frombuffer(old["x"][1], at.dtype).reshape(at.shape)
        news = np.frombuffer(new["x"][1], at.dtype).reshape(at.shape)
        assert ((at == olds) | (at == news)).all()
        return
    # a new array may be there and not be filled yet where it is not exchanged
    for key in now:
        assert now[key] in (old.get(key), new.get(key)), (name, key)
    assert ("x" in now) or name in {"overwrite"}, name


def death_at_every_step(random):
    """A process dies before its n-th file-system step."""
    name, change = changes(random)
    seed = random.randrange(1 << 30)
    tried = 0
    while True:
        with tempfile.TemporaryDirectory() as folder:
            again = type(random)(seed)
            array = make(LocalStore(folder), again)
            old = seen(folder)
            died = dies_before(tried, lambda array=array: change(array))
            now = seen(folder)
            twin = tempfile.mkdtemp(dir=folder)
            change(make(LocalStore(twin), type(random)(seed)))
            chunkwise_ok(folder, old, seen(twin), name)
            make(LocalStore(folder), again)  # what was left is no hindrance
            tried += 1
            if not died:
                assert name in {"write", "part"} or now == seen(twin), name
                return tried


def kill_writers(random):
    """Writers that are killed at any moment, while readers read."""
    with tempfile.TemporaryDirectory() as folder:
        kind = random.choice([{"shards": (24, 4)}, {}])
        array = frozarr.create_array(
            folder, shape=(48, 4), chunks=(6, 4), dtype="i8", compressors=None, **kind
        )
        array[...] = 0

        def write():
            mine = frozarr.open_array(folder)
            number = 0
            while True:
                number += 1
                mine[1:47] = number

        kills = 0
        for _ in range(6):
            writer = FORK.Process(target=write)
            writer.start()
            until = time.monotonic() + random.uniform(0.005, 0.08)
            while time.monotonic() < until:
                now = array[...]
                for chunk in range(8):
                    inner = now[max(1, chunk * 6) : min(47, chunk * 6 + 6)]
                    assert len(set(inner.reshape(-1).tolist())) == 1, inner
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
            kills += 1
            array[0] = array[0]  # nothing is locked for good
        assert array.store.blocking.list() == sorted(array.store.blocking.list())
        assert not any("frozarr" in key for key in array.store.blocking.list())
    return kills


CODECS = [
    {"compressors": "zstd"}, {"compressors": "gzip"}, {"compressors": "blosc"}, {"compressors": None},
    {"shards": (20,)}, {"dtype": "string"}, {"zarr_format": 2}, {"zarr_format": 2, "dtype": "U5"},
    {"compressors": [{"name": "numcodecs.lz4", "configuration": {}}]},
    {"compressors": [{"name": "numcodecs.bz2", "configuration": {}}]},
]  # fmt: skip


def changed_chunks(random):
    """Chunks and shards some bytes of which have changed."""
    kind = {"dtype": "i4", **random.choice(CODECS)}
    store = MemoryStore({})
    array = frozarr.create_array(store, shape=40, chunks=10, **kind)
    array[...] = np.arange(40).astype(str) if kind["dtype"] in {"string", "U5"} else np.arange(40)
    keys = [k for k in store.blocking.list() if not k.endswith((".json", ".zarray", ".zattrs"))]
    originals = {key: store.blocking.get(key).to_bytes() for key in keys}
    tried = 0
    for _ in range(150):
        key = random.choice(keys)
        store.blocking.set(key, mutated_bytes(originals[key], random))
        for use in (lambda: array[...], lambda: array[7], lambda: array.__setitem__(3, array[4])):
            try:
                use()
            except (FrozarrError, UnicodeDecodeError):
                pass
            tried += 1
        store.blocking.set(key, originals[key])
    return tried


def changed_documents(random):
    """Documents in which something is of another kind."""
    store = MemoryStore({})
    array = frozarr.create_array(
        store, shape=(40, 4), chunks=(10, 2), dtype=random.choice(["i4", "f8", "U3", "M8[s]"]),
        shards=random.choice([None, (20, 4)]), attributes={"a": [1, {"b": 2}]},
        dimension_names=["y", "x"],
    )  # fmt: skip
    if array.metadata.sharding is None and random.random() < 0.5:
        array = frozarr.create_array(
            store, shape=40, chunks=10, dtype="i4", zarr_format=2, overwrite=True,
            filters=[{"id": "delta", "dtype": "<i4"}],
        )  # fmt: skip
    name = array.metadata.document_key
    document = json.loads(store.blocking.get(name).to_bytes())
    for _ in range(300):
        changed = mutated_document(document, random)
        for _ in range(random.randrange(2)):
            changed = mutated_document(changed, random)
        try:
            opened = frozarr.open_array({name: json.dumps(changed).encode()}, mode="r")
        except FrozarrError:
            continue
        if opened.size < 10_000:
            with contextlib.suppress(ValueError, NotImplementedError, OverflowError, FrozarrError):
                opened[...]
    return 300


def failing_requests(random):
    """The n-th request fails, once or for ever."""
    name, change = changes(random)
    seed = random.randrange(1 << 30)
    for_ever = random.random() < 0.5
    tried = 0
    while True:
        store = FaultyStore()
        array = make(store, type(random)(seed))
        old = seen(store)
        store.fail_at, store.for_ever, store.calls = tried, for_ever, 0
        failed = False
        try:
            change(array)
        except OSError:
            failed = True
        store.fail_at = None
        twin = MemoryStore()
        change(make(twin, type(random)(seed)))
        if name not in {"create", "transaction"}:
            chunkwise_ok(store, old, seen(twin), name)
        assert not LOCKS.held
        tried += 1
        if not failed:
            return tried


def little_room(random):
    """A disk that is full, and few files that may be open."""
    name, change = changes(random)
    seed = random.randrange(1 << 30)
    with tempfile.TemporaryDirectory() as folder:
        array = make(LocalStore(folder), type(random)(seed))
        old = seen(folder)

        def work():
            room = random.choice([{"nbytes": random.randrange(1, 800)}, {"files": 12}])
            with limited(**room):
                try:
                    change(array)
                except (OSError, FrozarrError):
                    return

        assert in_child(work) == FINISHED
        twin = tempfile.mkdtemp(dir=folder)
        change(make(LocalStore(twin), type(random)(seed)))
        if name not in {"create", "transaction"}:
            chunkwise_ok(folder, old, seen(twin), name)
    return 1


def failing_steps(random):
    """The n-th file-system step fails by an error of the system."""
    name, change = changes(random)
    seed = random.randrange(1 << 30)
    number = random.choice([errno.EIO, errno.EACCES, errno.ESTALE, errno.EMFILE])
    step = random.randrange(40)
    with tempfile.TemporaryDirectory() as folder:
        array = make(LocalStore(folder), type(random)(seed))
        old = seen(folder)

        def work():
            error = OSError(number, os.strerror(number))
            with contextlib.suppress(OSError, FrozarrError):
                fails_at(step, error, lambda: change(array))

        assert in_child(work) == FINISHED
        twin = tempfile.mkdtemp(dir=folder)
        change(make(LocalStore(twin), type(random)(seed)))
        if name not in {"create", "transaction"}:
            chunkwise_ok(folder, old, seen(twin), name)
    return 1


def short_reads_and_writes(random):
    """Calls that read and write fewer bytes than they are asked to."""
    with tempfile.TemporaryDirectory() as folder, short_calls(random):
        data = np.arange(5000, dtype="i4").reshape(50, 100)
        array = frozarr.create_array(
            folder, data=data, chunks=(10, 25), shards=random.choice([None, (20, 50)]),
            compressors=random.choice([None, "auto"]),
        )  # fmt: skip
        for _ in range(10):
            rows = slice(random.randrange(50), random.randrange(50))
            columns = slice(random.randrange(100), random.randrange(100))
            assert array[rows, columns].tolist() == data[rows, columns].tolist()
            data[rows, columns] += 1
            array[rows, columns] = data[rows, columns]
        assert frozarr.open_array(folder)[...].tolist() == data.tolist()
    return 20


def cancellations(random):
    """A coroutine that is cancelled at any await; nothing lands afterwards."""
    name, change = random.choice([
        ("write", lambda a: a.setitem(..., values(100))),
        ("part", lambda a: a.setitem((slice(1, 5), slice(1, 3)), 7)),
        ("append", lambda a: a.append(np.full((3, 4), 7, "i4"))),
        ("attributes", lambda a: a.update_attributes({"b": 2})),
    ])  # fmt: skip

    async def main(step):
        store = LatencyStore(delay=0.0, jitter=0.0005)
        array = await frozarr.aio.create_array(store, name="x", data=values(0), chunks=(2, 2))
        old = await asyncio.to_thread(seen, store)
        cancelled = await cancelled_at(step, lambda: change(array))
        store_now = await asyncio.to_thread(lambda: dict(store._inner.store_dict))
        await asyncio.sleep(0.003)
        assert await asyncio.to_thread(lambda: dict(store._inner.store_dict)) == store_now
        return cancelled, old, await asyncio.to_thread(seen, store)

    _, old, new = asyncio.run(main(100_000))
    for _ in range(12):
        _, _, now = asyncio.run(main(random.randrange(60)))
        if name in {"append", "attributes"}:
            assert now in (old, new), name
        assert not LOCKS.held
    return 12


def interrupts(random):
    """Ctrl-C at any bytecode of reads and writes."""

    def interrupt(*_):
        raise KeyboardInterrupt

    def work():
        array = frozarr.create_array(
            random.choice([MemoryStore(), LocalStore(tempfile.mkdtemp())]),
            shape=64, chunks=8, dtype="i8", compressors=None,
        )  # fmt: skip
        array[...] = 0
        signal.signal(signal.SIGALRM, interrupt)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(2e-5, 1.5e-3))
                array[1:63] = random.randrange(1, 1000)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
            try:
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
            assert not LOCKS.held
            for chunk in range(8):
                part = array[max(1, chunk * 8) : min(63, chunk * 8 + 8)]
                assert len(set(part.tolist())) == 1

    sys.stderr.flush()
    assert in_child(work) == FINISHED
    return 1


def processes_at_once(random):
    """Several processes change one array; all that was confirmed is there."""
    with tempfile.TemporaryDirectory() as folder:
        shards = random.choice([None, 64])
        frozarr.create_array(
            folder, name="x", shape=64, dtype="i4", chunks=8 if shards else 64, shards=shards
        )
        frozarr.create_array(folder, name="log", shape=0, dtype="i4", chunks=5)
        confirmed = FORK.Queue()

        def work(number):
            array = frozarr.open_array(folder, path="x")
            for i in range(16):
                array[i * 4 + number] = 1 + i * 4 + number
                try:
                    frozarr.open_array(folder, path="log").append([100 * number + i] * 2)
                except ConflictError:
                    continue
                confirmed.put(100 * number + i)
            confirmed.put(None)

        workers = [FORK.Process(target=work, args=(number,)) for number in range(4)]
        for worker in workers:
            worker.start()
        told, ended = [], 0
        while ended < 4:
            entry = confirmed.get(timeout=60)
            ended += entry is None
            told += [] if entry is None else [entry]
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        assert frozarr.open_array(folder, path="x")[...].tolist() == list(range(1, 65))
        log = frozarr.open_array(folder, path="log")[...].reshape(-1, 2)
        assert sorted(log[:, 0].tolist()) == sorted(told)
        assert (log[:, 0] == log[:, 1]).all()
    return 128


def threads_at_once(random):
    """Several threads write, read, append and change attributes of one array."""
    store = random.choice([MemoryStore(), LocalStore(tempfile.mkdtemp())])
    array = frozarr.create_array(store, shape=(4, 60), chunks=(4, 60), dtype="i4")
    errors, seeds = [], [random.randrange(1 << 30) for _ in range(4)]

    def work(number):
        own = type(random)(seeds[number])
        try:
            for i in range(25):
                at = own.randrange(60)
                array[number, at] = i + 1
                assert array[number, at] == i + 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors, errors
    return 100


def coarse_clocks(random):
    """Shards that are replaced within one tick of the clock, and clocks that jump."""
    with tempfile.TemporaryDirectory() as folder:
        array = frozarr.create_array(
            folder, shape=400, chunks=10, shards=400, dtype="i4", compressors=None
        )
        array[...] = 1
        for number in range(2, 60):
            array[...] = number  # as many bytes as before
            when = random.choice([0, 10**9 * 1_700_000_000, time.time_ns() + 10**12])
            os.utime(Path(folder) / "c" / "0", ns=(when, when))
            other = frozarr.open_array(folder)
            start = random.randrange(390)
            assert set(array[start : start + 10].tolist()) == {number}
            other[start] = -number
            assert array[start] == -number
            array[start] = number
    return 58


def lying_servers(random):
    """A server that answers with other bytes, statuses or lengths, or not at all."""
    import functools
    import http.server

    with tempfile.TemporaryDirectory() as folder:
        data = np.arange(400, dtype="i4")
        frozarr.create_array(folder, data=data, chunks=40, shards=random.choice([None, 200]))
        handler = functools.partial(Quiet, directory=folder)
        upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        lies = [
            Lie(status=status, body=b"no") for status in (400, 403, 429, 500, 503)
        ] + [
            Lie(body=b""), Lie(body=os.urandom(50)), Lie(told_nbytes=10**6), Lie(told_nbytes=3),
            Lie(reset=True), Lie(endless=True), Lie(status=206, body=b"abc"),
        ]  # fmt: skip
        chance = random.uniform(0.1, 0.9)
        tried, errors = 0, []
        with LyingServer(f"http://127.0.0.1:{upstream.server_port}", lambda _: None) as server:
            store = FsspecStore.from_url(f"{server.url}/", read_only=True)
            store.timeout_seconds = 5
            array = frozarr.open_array(store)
            server.lie = lambda a: random.choice(lies) if random.random() < chance else None
            for _ in range(10):
                start = random.randrange(399)
                with contextlib.suppress(Exception):  # whatever the client says of it
                    part = array[start : start + 50].tolist()
                    wrong = part != data[start : start + 50].tolist()
                    if wrong:
                        errors.append(part)
                tried += 1
        upstream.shutdown()
        upstream.server_close()
        assert not errors, errors
    return tried


def _quiet():
    import http.server

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            return

    return Handler


Quiet = _quiet()

CAMPAIGNS = {
    "death before each file-system step": death_at_every_step,
    "kill -9 of writers, with readers": kill_writers,
    "changed chunks and shards": changed_chunks,
    "changed documents": changed_documents,
    "the n-th request fails": failing_requests,
    "full disks, few open files": little_room,
    "a file-system step fails": failing_steps,
    "short reads and writes": short_reads_and_writes,
    "cancellation at any await": cancellations,
    "Ctrl-C at any bytecode": interrupts,
    "processes at once": processes_at_once,
    "threads at once": threads_at_once,
    "coarse and jumping clocks": coarse_clocks,
    "servers that lie": lying_servers,
}

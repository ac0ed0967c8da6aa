"""How cost grows: ``python benchmarks/scaling.py``.

Microseconds per chunk from a thousand chunks to a million (planning, and reading what is missing,
stored, or stored in shards), one thread and two, and the memory that a read and a write need beyond
their data, in MiB and in batches.
"""

import multiprocessing
import resource
import statistics
import tempfile
import time

import numpy as np

import frozarr
from frozarr.config import Config
from frozarr.indexing import parse_selection, plan_read


def timed(call, repeat=3):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def planning():
    for count in (10**3, 10**4, 10**5, 10**6):
        array = frozarr.create_array({}, shape=(count // 10, 10), chunks=(1, 1), dtype="u1")
        grid, shape = array.metadata.chunk_grid, array.shape

        def plan(grid=grid, shape=shape, array=array):
            found = plan_read(grid, shape, parse_selection(..., shape, "basic"))
            found.keys(array.metadata.chunk_key_encoding)

        yield f"plan and keys, {count} chunks", timed(plan) / count * 1e6


def reading():
    for count in (10**3, 10**4, 10**5, 10**6):
        array = frozarr.create_array({}, shape=(count * 64,), chunks=(64,), dtype="u1")
        yield f"read missing, {count} chunks", timed(lambda a=array: a[...]) / count * 1e6
    for count in (10**3, 10**4, 10**5, 10**6):
        array = frozarr.create_array(
            {}, shape=(count * 64,), chunks=(64,), dtype="u1", compressors=None
        )
        array[...] = 1
        yield f"read from memory, raw, {count} chunks", timed(lambda a=array: a[...]) / count * 1e6
    for count in (10**3, 10**4, 10**5, 10**6):
        array = frozarr.create_array(
            {}, shape=(count * 64,), chunks=(64,), shards=(64 * 1000,), dtype="u1",
            compressors=None,
        )  # fmt: skip
        array[...] = 1
        yield (
            f"read from memory, sharded, {count} chunks",
            timed(lambda a=array: a[...]) / count * 1e6,
        )


def threads():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 999, (256, 256, 512)).astype("u2")
    with tempfile.TemporaryDirectory() as root:
        array = frozarr.create_array(root, shape=values.shape, chunks=(64, 64, 64), dtype="u2")
        for workers in (1, 2):
            one = array.with_config({"workers": workers})
            yield (
                f"write 64 MiB, {workers} threads",
                timed(lambda a=one: a.__setitem__(..., values)) * 1e3,
            )
            yield f"read 64 MiB, {workers} threads", timed(lambda a=one: a[...]) * 1e3


def _peak(kind, shards, queue):
    """In a process of its own: memory beyond the data, in bytes."""
    values = np.ones((256, 512, 1024), "u2")
    values[::2] = np.arange(1024)
    with tempfile.TemporaryDirectory() as root:
        array = frozarr.create_array(
            root, shape=values.shape, chunks=(64, 64, 64) if shards is None else (32, 32, 32),
            shards=shards, dtype="u2",
        )  # fmt: skip
        array[:1] = values[:1]  # what is imported and cached at first use is not counted
        np.asarray(array[:1])
        if kind == "read":
            array[...] = values
            del values
            room = np.empty(array.shape, "u2")
            room[...] = 0
            work = lambda: array.get_basic_selection(..., out=room)  # noqa: E731
        else:
            work = lambda: array.__setitem__(..., values)  # noqa: E731
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # forget the peak so far
        before = _status("VmRSS")
        work()
        queue.put(_status("VmHWM") - before)


def _status(field):
    with open("/proc/self/status") as lines:
        (line,) = [line for line in lines if line.startswith(field)]
    return int(line.split()[1]) * 1024


def memory():
    spawn = multiprocessing.get_context("spawn")
    batch = Config().batch_nbytes
    for kind in ("read", "write"):
        for shards in (None, (128, 128, 128)):
            queue = spawn.Queue()
            process = spawn.Process(target=_peak, args=(kind, shards, queue))
            process.start()
            extra = queue.get()
            process.join()
            name = f"{kind} 256 MiB{', sharded' if shards else ''}"
            yield f"memory beyond the data, {name}", extra / 2**20, extra / batch


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print("| what | figure |\n|---|---|")
    for name, microseconds in (*planning(), *reading()):
        print(f"| {name} | {microseconds:.2f} µs per chunk |", flush=True)
    for name, milliseconds in threads():
        print(f"| {name} | {milliseconds:.0f} ms |", flush=True)
    for name, mebibytes, batches in memory():
        print(f"| {name} | {mebibytes:.1f} MiB = {batches:.1f} batches |", flush=True)


if __name__ == "__main__":
    main()

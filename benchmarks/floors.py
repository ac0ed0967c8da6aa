"""What bounds the rows of `run.py`: ``python benchmarks/floors.py``.

The least that a row needs with the same libraries, on as many threads as there are processors and
with nothing around it: decoding or encoding every chunk, opening and reading or writing every file,
one copy of the data between chunks and array. No planning, no checks, no Python between the calls.
"""

import os
import pathlib
import shutil
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import zstandard
from numcodecs import blosc
from workloads import LAYOUTS, values

REPEAT = 7
WORKERS = os.cpu_count() or 1
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
blosc.use_threads = False


def chunks_of(layout, array):
    """The array's chunks, each contiguous."""
    grid = [range(0, n, c) for n, c in zip(layout.shape, layout.chunks, strict=True)]
    for start in np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, len(grid)):
        where = tuple(slice(s, s + c) for s, c in zip(start, layout.chunks, strict=True))
        yield np.ascontiguousarray(array[where])


def shared(work, items):
    """Milliseconds that all threads together need for all items, the median of a few runs."""
    parts = [items[i::WORKERS] for i in range(WORKERS)]
    times = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in range(REPEAT):
            begin = time.perf_counter()
            list(pool.map(lambda part: [work(item) for item in part], parts))
            times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def codec(name):
    if name == "zstd":
        return (
            lambda data: zstandard.ZstdCompressor(level=1).compress(data),
            lambda data: zstandard.ZstdDecompressor().decompress(data),
        )
    if name == "blosc":
        return lambda data: blosc.compress(data, b"lz4", 5, 1), blosc.decompress
    return bytes, None


def measure(name, root):
    layout = LAYOUTS[name]
    array = values(layout)
    encode, decode = codec(layout.codec)
    chunks = list(chunks_of(layout, array))
    coded = [encode(chunk) for chunk in chunks]
    paths = [f"{root}/{i % 64}/{i}" for i in range(len(coded))]

    def fresh():
        shutil.rmtree(root, ignore_errors=True)
        for i in range(64):
            os.makedirs(f"{root}/{i}")

    def write(i):
        made = f"{root}/new{i}"
        fd = os.open(made, CREATE)
        os.write(fd, coded[i])
        os.close(fd)
        os.rename(made, paths[i])

    def read(i):
        fd = os.open(paths[i], os.O_RDONLY)
        os.read(fd, len(coded[i]) + 1)
        os.close(fd)

    writes = []
    for _ in range(REPEAT):  # one thread: two are no faster with small files
        fresh()
        begin = time.perf_counter()
        for i in range(len(coded)):
            write(i)
        writes.append((time.perf_counter() - begin) * 1000)
    reads = shared(read, range(len(coded))) if len(coded) < 1000 else None
    begin = time.perf_counter()
    for i in range(len(coded)):
        read(i)
    single = (time.perf_counter() - begin) * 1000
    room = np.empty_like(array)
    copies = []
    for _ in range(REPEAT):
        begin = time.perf_counter()
        np.copyto(room, array)
        copies.append((time.perf_counter() - begin) * 1000)
    return {
        "encode": shared(encode, chunks) if decode else 0.0,
        "decode": shared(decode, coded) if decode else 0.0,
        "write files": statistics.median(writes),
        "read files": min(single, reads) if reads else single,
        "copy": statistics.median(copies) / WORKERS,
    }


def main():
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_ROOT", memory)) as root:
        print(
            "| array | read: decode + files + copy | write: encode + files + copy |\n|---|---|---|"
        )
        for name in ("raw", "zstd", "blosc", "small", "raw small"):
            found = measure(name, str(pathlib.Path(root) / "floor"))
            copy = found["copy"]
            read = [found["decode"], found["read files"], copy]
            write = [found["encode"], found["write files"], copy]
            cells = (" + ".join(f"{n:.1f}" for n in each) for each in (read, write))
            sums = (sum(read), sum(write))
            print("| " + name + " | " + " | ".join(f"{c} = {s:.1f}" for c, s in zip(cells, sums, strict=True)) + " |")  # fmt: skip


if __name__ == "__main__":
    main()

"""Workloads drawn at random: ``python benchmarks/drawn.py [--count 60] [--seed 0] [--only N …]``.

A table of chosen rows gets tuned to. Here shapes, chunks, shards, codecs, selections, directions and
callers are drawn from a seeded generator; all engines work on the same bytes, in turn. Prints for
each class of work the median and the worst ratio of frozarr to the fastest peer, and how much of the
processors each engine keeps busy (CPU time by wall time); then the worst ten.
"""

import argparse
import collections
import importlib.util
import math
import pathlib
import random
import shutil
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np

REPEAT = 5
KINDS = (
    "whole", "crop", "slab", "plane", "strided", "column", "point", "oindex", "vindex", "mask",
)  # fmt: skip
CODECS = (
    "none", "zstd", "blosc-lz4-shuffle", "blosc-lz4-bitshuffle", "blosc-zstd-shuffle",
    "blosc-zstd-noshuffle", "gzip", "zstd-crc32c",
)  # fmt: skip


@attrs.frozen
class Workload:
    number: int
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    dtype: str
    codec: str
    zarr_format: int
    kind: str
    writes: bool
    callers: int

    @property
    def label(self):
        where = "shards" if self.shards else "chunks"
        return f"{self.kind} {'written' if self.writes else 'read'}, {where}"

    @property
    def described(self):
        nbytes = math.prod(self.chunks) * np.dtype(self.dtype).itemsize
        return (
            f"#{self.number} {self.kind} {'w' if self.writes else 'r'} {self.shape} "
            f"chunks {self.chunks} ({nbytes >> 10} KiB) shards {self.shards} {self.dtype} "
            f"{self.codec} v{self.zarr_format} callers {self.callers}"
        )


def factors(draw, rank, total):
    """Extents whose product is about `total`, of random proportions."""
    weights = [draw.random() + 0.15 for _ in range(rank)]
    whole = sum(weights)
    return tuple(max(1, round(total ** (weight / whole))) for weight in weights)


def drawn(seed, number):
    draw = random.Random(seed * 1_000_003 + number)
    rank = draw.choice((1, 2, 2, 3, 3, 3, 4, 5))
    dtype = draw.choice(("uint8", "uint16", "uint16", "float32", "float64"))
    itemsize = np.dtype(dtype).itemsize
    chunk_nbytes = 2 ** draw.uniform(10, 24)
    array_nbytes = min(96 << 20, max(chunk_nbytes * draw.uniform(4, 400), 2 << 20))
    zarr_format = draw.choice((2, 3, 3, 3))
    chunks = factors(draw, rank, chunk_nbytes / itemsize)
    counts = factors(draw, rank, max(1, array_nbytes / chunk_nbytes))
    shards = None
    if zarr_format == 3 and draw.random() < 0.35 and math.prod(counts) > 4:
        per = factors(draw, rank, min(math.prod(counts), 2 ** draw.uniform(2, 9)))
        shards = tuple(c * p for c, p in zip(chunks, per, strict=True))
    shape = tuple(
        max(1, c * n - draw.randrange(max(1, c // 3))) for c, n in zip(chunks, counts, strict=True)
    )
    codec = draw.choice(CODECS if zarr_format == 3 else CODECS[:-1])
    return Workload(
        number, shape, chunks, shards, dtype, codec, zarr_format, draw.choice(KINDS),
        draw.random() < 0.4, draw.choice((1, 1, 1, 8)),
    )  # fmt: skip


def selections(work, seed):
    """What one run selects: (mode, selection) in the words of all engines; one for each call."""
    draw = np.random.default_rng([seed, work.number])
    shape = work.shape
    calls = work.callers * (2 if work.callers > 1 else 1)

    def box(part):
        cut = []
        for extent, chunk in zip(shape, work.chunks, strict=True):
            size = min(extent, max(1, int(min(extent * part, chunk * 1.6))))
            start = int(draw.integers(0, extent - size + 1))
            cut.append(slice(start, start + size))
        return tuple(cut)

    axis = int(np.argmax(shape))
    made = []
    for _ in range(calls):
        match work.kind:
            case "whole":
                return [("basic", (slice(None),) * len(shape))] * calls
            case "crop":
                made += [("basic", box(0.5)) for _ in range(max(1, 16 // calls))]
            case "slab":
                size = max(1, shape[axis] // 10)
                start = int(draw.integers(0, shape[axis] - size + 1))
                made.append(("basic", _at(shape, axis, slice(start, start + size))))
            case "plane":
                start = int(draw.integers(0, shape[axis]))
                made.append(("basic", _at(shape, axis, slice(start, start + 1))))
            case "strided":
                made.append(("basic", tuple(slice(None, None, 3 if n > 6 else 1) for n in shape)))
            case "column":
                cut = [slice(int(i), int(i) + 1) for i in (draw.integers(0, n) for n in shape)]
                cut[axis] = slice(None)
                made.append(("basic", tuple(cut)))
            case "point":
                made += [
                    ("basic", tuple(slice(int(i), int(i) + 1) for i in draw.integers(0, shape)))
                    for _ in range(max(1, 20 // calls))
                ]
            case "oindex":
                count = min(shape[axis], 500)
                rows = np.sort(draw.choice(shape[axis], count, replace=False))
                made.append(("oindex", _at(shape, axis, rows)))
            case "vindex":
                count = min(math.prod(shape), 50_000)
                flat = draw.choice(math.prod(shape), count, replace=False, shuffle=False)
                made.append(("vindex", np.unravel_index(flat, shape)))
            case "mask":
                made.append(("mask", draw.random(shape) < draw.choice((0.5, 0.01))))
    return made


def _at(shape, axis, what):
    return tuple(what if n == axis else slice(None) for n in range(len(shape)))


def values(work):
    draw = np.random.default_rng(work.number)
    smooth = np.add.outer(
        np.arange(math.prod(work.shape[:-1]) or 1) // 3 % 199, np.arange(work.shape[-1]) // 5 % 47
    ).reshape(work.shape)
    return (smooth + draw.integers(0, 4, work.shape)).astype(work.dtype)


# ---------------------------------------------------------------------- engines


def chain(work):
    size = np.dtype(work.dtype).itemsize
    name, *more = work.codec.split("-")
    if name == "blosc":
        shuffle = more[1] if size > 1 or more[1] == "bitshuffle" else "noshuffle"
        return [{"name": "blosc", "configuration": {
            "cname": more[0], "clevel": 5, "shuffle": shuffle, "typesize": size, "blocksize": 0}}]  # fmt: skip
    if name == "zstd":
        codecs = [{"name": "zstd", "configuration": {"level": 1, "checksum": False}}]
        return codecs + [{"name": "crc32c"}] * bool(more)
    return [] if name == "none" else [{"name": "gzip", "configuration": {"level": 1}}]


def compressor(work):
    name, *more = work.codec.split("-")
    if name == "blosc":
        return {"id": "blosc", "cname": more[0], "clevel": 5,
                "shuffle": {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}[more[1]], "blocksize": 0}  # fmt: skip
    return {"none": None, "zstd": {"id": "zstd", "level": 1}, "gzip": {"id": "gzip", "level": 1}}[
        name
    ]


def created(path, work):
    import frozarr

    more = (
        {"compressors": chain(work)}
        if work.zarr_format == 3
        else {"compressors": compressor(work), "filters": None}
    )
    array = frozarr.create_array(
        str(path), shape=work.shape, chunks=work.chunks, shards=work.shards, dtype=work.dtype,
        zarr_format=work.zarr_format, **more,
    )  # fmt: skip
    array[...] = values(work)


class Ours:
    name = "frozarr"

    def __init__(self):
        import frozarr

        self.lib = frozarr

    def activate(self):
        pass

    def open(self, path, work):  # noqa: ARG002 - others need it
        return self.lib.open_array(str(path), mode="r+")

    def read(self, array, mode, selection):
        if mode == "basic":
            return array[selection]
        if mode == "mask":
            return array.get_mask_selection(selection)
        return getattr(array, mode)[selection]

    def write(self, array, mode, selection, value):
        if mode == "basic":
            array[selection] = value
        elif mode == "mask":
            array.set_mask_selection(selection, value)
        else:
            getattr(array, mode)[selection] = value


class Fused(Ours):
    name, pipeline = "zarr fused", "zarr.core.codec_pipeline.FusedCodecPipeline"

    def __init__(self):
        import zarr

        self.lib = zarr

    def activate(self):
        self.lib.config.set({"codec_pipeline.path": self.pipeline})


class Zarrs(Fused):
    name, pipeline = "zarr+zarrs", "zarrs.ZarrsCodecPipeline"

    def __init__(self):
        import zarrs  # noqa: F401 - registers the pipeline

        super().__init__()


class TensorStore:
    name = "tensorstore"

    def __init__(self):
        import tensorstore

        self.lib = tensorstore

    def activate(self):
        pass

    def open(self, path, work):
        driver = "zarr3" if work.zarr_format == 3 else "zarr"
        spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path)}}
        context = self.lib.Context({"cache_pool": {"total_bytes_limit": 0}})
        return self.lib.open(spec, open=True, context=context).result()

    def _view(self, array, mode, selection):
        if mode == "basic":
            return array[selection]
        if mode == "mask":
            return array[selection]
        return getattr(array, mode)[selection]

    def read(self, array, mode, selection):
        return self._view(array, mode, selection).read().result()

    def write(self, array, mode, selection, value):
        self._view(array, mode, selection).write(value).result()


def engines():
    made = [Ours()]
    for cls, package in ((TensorStore, "tensorstore"), (Fused, "zarr"), (Zarrs, "zarrs")):
        if importlib.util.find_spec(package):
            made.append(cls())
    return made


# ---------------------------------------------------------------------- measuring


def runner(engine, work, path, chosen, whole):
    """One run of the workload, all callers."""
    array = engine.open(path, work)
    parts = [whole[selection] for _, selection in chosen] if work.writes else None

    def one(number):
        mode, selection = chosen[number]
        if work.writes:
            engine.write(array, mode, selection, parts[number])
            return None
        return engine.read(array, mode, selection)

    if work.callers == 1:
        return lambda: [one(number) for number in range(len(chosen))]
    pool = ThreadPoolExecutor(work.callers)
    return lambda: list(pool.map(one, range(len(chosen))))


def measure(work, seed, every, folder):
    base = folder / "base"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    created(base, work)
    whole = values(work)
    chosen = selections(work, seed)
    if work.writes and work.callers > 1:  # apart, so that callers don't write the same chunk
        work = attrs.evolve(work, callers=1)
        chosen = chosen[: max(1, len(chosen) // 8)]
    runs, spent = {}, {}
    for engine in every:
        path = base
        if work.writes:
            path = folder / engine.name.replace(" ", "-")
            shutil.copytree(base, path)
        engine.activate()
        try:
            run = runner(engine, work, path, chosen, whole)
            results = run()
            if not work.writes:
                for (_, selection), result in zip(chosen, results, strict=True):
                    np.testing.assert_array_equal(np.asarray(result), whole[selection])
        except Exception as error:
            print(f"  {engine.name} can't: {type(error).__name__}: {error}"[:140], flush=True)
            continue
        runs[engine.name] = (engine, run)
        spent[engine.name] = ([], [])
    for _ in range(REPEAT):
        for name, (engine, run) in runs.items():
            engine.activate()
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            spent[name][0].append((time.perf_counter() - wall) * 1000)
            spent[name][1].append((time.process_time() - cpu) * 1000)
    return {
        name: (statistics.median(walls), statistics.median(cpus))
        for name, (walls, cpus) in spent.items()
    }


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=60)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", type=int, nargs="*")
    given = options.parse_args()
    every = engines()
    memory = pathlib.Path("/dev/shm")
    rows = []
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as root:
        for number in given.only or range(given.count):
            work = drawn(given.seed, number)
            times = measure(work, given.seed, every, pathlib.Path(root) / "work")
            ours, cpu = times.pop("frozarr")
            if not times:
                continue
            best = min(times, key=lambda name: times[name][0])
            ratio = ours / times[best][0]
            rows.append((ratio, work, ours, cpu, best, times))
            others = "  ".join(f"{name} {wall:.1f}" for name, (wall, _) in times.items())
            print(
                f"{ratio:5.2f}  {ours:7.1f} ms (cpu {cpu / ours:.1f})  {others}  {work.described}",
                flush=True,
            )
    report(rows)


def report(rows):
    classes = collections.defaultdict(list)
    for row in rows:
        classes[row[1].label].append(row)
    print("\n| class | workloads | median ratio | worst | frozarr CPU / wall | fastest peer's |")
    print("|---|---|---|---|---|---|")
    for label, some in sorted(classes.items()):
        ratios = [row[0] for row in some]
        busy = statistics.median(row[3] / row[2] for row in some)
        theirs = statistics.median(row[5][row[4]][1] / row[5][row[4]][0] for row in some)
        print(
            f"| {label} | {len(some)} | {statistics.median(ratios):.2f} | {max(ratios):.2f} "
            f"| {busy:.1f} | {theirs:.1f} |"
        )
    mean = math.exp(statistics.mean(math.log(row[0]) for row in rows))
    print(f"\n{len(rows)} workloads, geometric mean {mean:.2f} of the fastest peer")
    print("\nThe worst ten:\n\n| ratio | frozarr ms | fastest | workload |\n|---|---|---|---|")
    for ratio, work, ours, _, best, times in sorted(rows, key=lambda row: -row[0])[:10]:
        print(f"| {ratio:.2f} | {ours:.1f} | {best} {times[best][0]:.1f} | {work.described} |")


if __name__ == "__main__":
    main()

"""Compare frozarr with its peers on the same bytes: ``python benchmarks/run.py [row…]``.

Prints medians in milliseconds and the ratio of frozarr to the fastest peer. Each engine is
prepared right before its measurement; repetitions of all engines alternate, so that drift of the
machine hits all alike.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from engines import Frozarr, engines, fresh
from workloads import LAYOUTS, values

REPEAT = 7


def timed(call):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


class Bench:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.engines = engines()
        self.values = {}
        for name, layout in LAYOUTS.items():
            array = Frozarr().create(self.root / name, layout)
            if name != "missing":
                self.values[name] = values(layout)
                array[...] = self.values[name]

    def compare(self, row, prepare, check=None):
        """`prepare(engine)` gives a call to time, or (call, reset)."""
        times = {}
        calls = {}
        for engine in self.engines:
            self.activate(engine)
            try:
                made = prepare(engine)
                call, reset = made if isinstance(made, tuple) else (made, None)
                result = call()
                if check is not None:
                    np.testing.assert_array_equal(np.asarray(result), check)
                calls[engine.name] = (engine, call, reset)
                times[engine.name] = []
            except Exception as error:
                why = f"{type(error).__name__}: {error}"[:100]
                print(f"  {engine.name} can't: {why}", file=sys.stderr)
        for _ in range(REPEAT):
            for name, (engine, call, reset) in calls.items():
                self.activate(engine)
                if reset:
                    reset()
                times[name].append(timed(call))
        self.report(row, {name: statistics.median(t) for name, t in times.items()})

    def activate(self, engine):
        if hasattr(engine, "settings"):
            engine.lib.config.set(
                engine.settings
                or {"codec_pipeline.path": "zarr.core.codec_pipeline.BatchedCodecPipeline"}
            )

    def report(self, row, medians):
        ours = medians.pop("frozarr")
        best = min(medians, key=medians.get) if medians else "-"
        ratio = ours / medians[best] if medians else float("nan")
        self.ratios = {**getattr(self, "ratios", {}), row: ratio}
        others = "  ".join(f"{name} {ms:.1f}" for name, ms in medians.items())
        print(
            f"| {row} | {ours:.1f} | {best} {medians.get(best, 0):.1f} | {ratio:.2f} | {others} |",
            flush=True,
        )


def read_all(bench, name):
    def prepare(engine):
        array = engine.open(bench.root / name)
        return lambda: engine.read(array)

    bench.compare(f"read all, {name}", prepare, bench.values[name])


def write_all(bench, name):
    layout = LAYOUTS[name]

    def prepare(engine):
        path = bench.root / "write" / engine.name
        state = {}

        def reset():
            fresh(path)
            state["array"] = engine.create(path, layout)

        reset()
        return lambda: engine.write(state["array"], ..., bench.values[name]), reset

    bench.compare(f"write all, {name}", prepare)


def points(bench):
    rng = np.random.default_rng(0)
    where = [tuple(int(rng.integers(n)) for n in LAYOUTS["small"].shape) for _ in range(200)]

    def prepare(engine):
        array = engine.open(bench.root / "small")
        return lambda: [engine.read(array, p) for p in where]

    bench.compare("200 points, small", prepare)


def inner_chunks(bench):
    layout = LAYOUTS["sharded"]
    rng = np.random.default_rng(0)
    grid = [n // c for n, c in zip(layout.shape, layout.chunks, strict=True)]
    where = [
        tuple(
            slice(int(i) * c, int(i) * c + c)
            for i, c in zip(rng.integers(grid), layout.chunks, strict=True)
        )
        for _ in range(200)
    ]

    def prepare(engine):
        array = engine.open(bench.root / "sharded")
        return lambda: [np.asarray(engine.read(array, w)) for w in where]

    expected = [bench.values["sharded"][w] for w in where]
    bench.compare("200 inner chunks, sharded", prepare, expected)


def oindex(bench):
    rows = np.sort(np.random.default_rng(0).choice(20000, 1000, replace=False))

    def prepare(engine):
        array = engine.open(bench.root / "rows")
        return lambda: engine.oindex(array, (rows, slice(None)))

    bench.compare("oindex, 1000 rows", prepare, bench.values["rows"][rows])


def vindex(bench):
    rng = np.random.default_rng(0)
    where = tuple(rng.integers(0, n, 100_000) for n in LAYOUTS["small"].shape)

    def prepare(engine):
        array = engine.open(bench.root / "small")
        return lambda: engine.vindex(array, where)

    bench.compare("vindex, 100 000 points, small", prepare, bench.values["small"][where])


def partial_write(bench):
    region = np.s_[:, :, 16:48]

    def prepare(engine):
        path = bench.root / "write" / engine.name
        array = engine.create(fresh(path), LAYOUTS["zstd"])
        engine.write(array, ..., bench.values["zstd"])
        part = bench.values["zstd"][region] + 1
        return lambda: engine.write(array, region, part)

    bench.compare("partial write, zstd", prepare)


def memory(bench):
    def prepare(engine):
        array = engine.memory(bench.root / "raw small", LAYOUTS["raw small"])
        return lambda: engine.read(array)

    bench.compare("read all, memory, raw small", prepare, bench.values["raw small"])


def open_many(bench):
    def prepare(engine):
        return lambda: [engine.open(bench.root / "small") for _ in range(50)]

    bench.compare("open 50 times", prepare)


def missing(bench):
    def prepare(engine):
        array = engine.open(bench.root / "missing")
        return lambda: engine.read(array)

    bench.compare("read 16384 missing chunks", prepare)


def imports(bench):
    def prepare_module(module):
        def call():
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True)

        return call

    modules = {"numpy": "numpy"} | {
        e.name: e.lib.__name__
        for e in bench.engines
        if e.name in {"frozarr", "zarr-python", "tensorstore"}
    }
    medians = {
        name: statistics.median(timed(prepare_module(module)) for _ in range(REPEAT))
        for name, module in modules.items()
    }
    bench.report("import", medians)


ROWS = {
    **{
        f"read all, {n}": (lambda b, n=n: read_all(b, n))
        for n in (
            "raw",
            "zstd",
            "blosc",
            "gzip",
            "small",
            "raw small",
            "sharded",
            "sharded small",
            "strings",
            "strings sharded",
            "fixed strings",
            "records",
            "records sharded",
        )
    },
    **{
        f"write all, {n}": (lambda b, n=n: write_all(b, n))
        for n in (
            "raw",
            "zstd",
            "blosc",
            "small",
            "raw small",
            "sharded",
            "sharded small",
            "strings",
            "strings sharded",
            "fixed strings",
            "records",
            "records sharded",
        )
    },
    "points": points,
    "inner chunks": inner_chunks,
    "oindex": oindex,
    "vindex": vindex,
    "partial write": partial_write,
    "memory": memory,
    "open": open_many,
    "missing": missing,
    "import": imports,
}


def main():
    wanted = sys.argv[1:]
    # files in memory where there is such a place: figures of programs, not of a disk's journal
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_ROOT", memory)) as root:
        bench = Bench(root)
        print(
            "| workload | frozarr ms | fastest peer ms | ratio | all peers ms |\n|---|---|---|---|---|"
        )
        for name, row in ROWS.items():
            if not wanted or any(w in name for w in wanted):
                row(bench)
        ratios = [r for n, r in bench.ratios.items() if n != "import"]
        if ratios:
            print(f"\ngeometric mean of ratios: {statistics.geometric_mean(ratios):.2f}")


if __name__ == "__main__":
    main()

"""Groups: ``python benchmarks/hierarchies.py``.

100 groups and 1000 arrays, five deep, in a directory and at 20 ms a request: making, opening,
listing, consolidating, beside zarr-python. The same nodes, engines in turn, medians of five.
"""

import pathlib
import shutil
import statistics
import tempfile
import time

import zarr
from zarr.core.group import GroupMetadata as TheirGroup
from zarr.testing.store import LatencyStore as TheirLatency

import frozarr
from frozarr.metadata import ArraySpec, GroupMetadata
from frozarr.storage import LocalStore
from frozarr.testing.latency import LatencyStore

DELAY, REPEAT = 0.02, 5
GROUPS = [
    f"a{number}" + "".join(f"/{'bcd'[depth]}{number}" for depth in range(number % 4))
    for number in range(100)
]
ARRAYS = [f"{GROUPS[number % 100]}/x{number}" for number in range(1000)]


def our_nodes():
    array = ArraySpec(shape=4, chunks=2, dtype="i4").metadata()
    return {**dict.fromkeys(GROUPS, GroupMetadata()), **dict.fromkeys(ARRAYS, array)}


def their_nodes():
    array = zarr.zeros(4, chunks=2, dtype="i4").metadata
    return {"": TheirGroup(), **dict.fromkeys(GROUPS, TheirGroup()), **dict.fromkeys(ARRAYS, array)}


def compare(row, ours, theirs, reset=lambda: None):
    times = ([], [])
    for _ in range(REPEAT):
        for call, spent in ((ours, times[0]), (theirs, times[1])):
            reset()
            start = time.perf_counter()
            call()
            spent.append((time.perf_counter() - start) * 1000)
    mine, other = map(statistics.median, times)
    print(f"| {row} | {mine:.1f} | {other:.1f} | {mine / other:.2f} |", flush=True)


def everything(group):
    return len(list(group.members(max_depth=None)))


def local(root):
    made = root / "made"
    mine, other = our_nodes(), their_nodes()
    compare(
        "create 1000 arrays, directory",
        lambda: frozarr.create_hierarchy(made, nodes=mine),
        lambda: dict(zarr.create_hierarchy(store=zarr.storage.LocalStore(made), nodes=other)),
        reset=lambda: shutil.rmtree(made, ignore_errors=True),
    )
    store = LocalStore(root / "tree")
    frozarr.create_hierarchy(store, nodes=mine)
    path = store.root
    frozarr.open_group(path)["a1/b1"].create_array("extra", data=[1, 2, 3])
    compare(
        "open a group", lambda: frozarr.open_group(path, mode="r"),
        lambda: zarr.open_group(path, mode="r"),
    )  # fmt: skip
    ours, theirs = frozarr.open_group(path, mode="r"), zarr.open_group(path, mode="r")
    compare("open a member", lambda: ours["a1/b1/extra"], lambda: theirs["a1/b1/extra"])
    compare("children of the root", lambda: len(list(ours)), lambda: len(list(theirs)))
    compare("all members", lambda: everything(ours), lambda: everything(theirs))
    compare(
        "consolidate", lambda: frozarr.consolidate_metadata(path),
        lambda: zarr.consolidate_metadata(path),
    )  # fmt: skip
    compare(
        "open consolidated, all members",
        lambda: everything(frozarr.open_consolidated(path)),
        lambda: everything(zarr.open_consolidated(path)),
    )


def distant():
    values = {}
    frozarr.create_hierarchy(values, nodes=our_nodes())
    near = LatencyStore(values, delay=DELAY)
    buffers = {k: zarr.core.buffer.cpu.Buffer.from_bytes(bytes(v)) for k, v in values.items()}

    class Slow(TheirLatency):
        async def list_dir(self, prefix):
            import asyncio

            await asyncio.sleep(DELAY)
            async for name in super().list_dir(prefix):
                yield name

    far = Slow(zarr.storage.MemoryStore(buffers), get_latency=DELAY)
    compare(
        "open a group, 20 ms", lambda: frozarr.open_group(near, use_consolidated=False),
        lambda: zarr.open_group(far, mode="r", zarr_format=3),
    )  # fmt: skip
    ours, theirs = frozarr.open_group(near), zarr.open_group(far, mode="r", zarr_format=3)
    compare("children of the root, 20 ms", lambda: len(list(ours)), lambda: len(list(theirs)))
    compare("all members, 20 ms", lambda: everything(ours), lambda: everything(theirs))


def main():
    print(f"| | frozarr ms | zarr-python {zarr.__version__} ms | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        local(pathlib.Path(folder))
    distant()


if __name__ == "__main__":
    main()

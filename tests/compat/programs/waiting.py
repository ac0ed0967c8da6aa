"""The asynchronous API, stores by their verbs, and stores of one's own."""

import asyncio
import sys

import numpy as np
import zarr
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.api import asynchronous as aio
from zarr.core.buffer import cpu, default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import LocalStore, LoggingStore, MemoryStore, StorePath, WrapperStore, ZipStore

root = sys.argv[1]


class Counting(WrapperStore):
    """Counts what is read."""

    def __init__(self, store):
        super().__init__(store)
        self.read = []

    async def get(self, key, prototype, byte_range=None):
        self.read.append(key)
        return await super().get(key, prototype, byte_range)


async def main():
    array = await aio.create_array(f"{root}/a", shape=(6, 4), chunks=(2, 2), dtype="i4")
    await array.setitem((slice(0, 2), slice(None)), np.arange(8).reshape(2, 4))
    print((await array.getitem((slice(1, 3), 1))).tolist(), array.shape)
    print((await array.oindex.getitem(([0, 1], slice(0, 2)))).tolist())
    print((await array.vindex.getitem(([0, 1], [1, 2]))).tolist())
    await array.resize((8, 4))
    print(array.shape, await array.append(np.ones((1, 4), "i4")), await array.nchunks_initialized())
    await array.update_attributes({"a": 1})
    print(array.attrs, (await aio.open_array(store=f"{root}/a")).attrs)
    group = await aio.open_group(MemoryStore(), mode="w")
    await group.create_array("x/y", shape=3, dtype="i1")
    await group.require_group("z")
    print(
        sorted([key async for key in group.keys()]),
        await group.contains("x/y"),
        await group.nmembers(),
    )
    print(sorted([name async for name, _ in group.members(max_depth=None)]))
    print((await group.getitem("x/y")).shape, await group.get("none", 5))
    await group.delitem("z")
    await group.update_attributes({"b": [1]})
    print(group.attrs, [k async for k in group.group_keys()], [k async for k in group.array_keys()])

    store = MemoryStore()
    await store.set("a/b", cpu.Buffer.from_bytes(b"0123456789"))
    proto = default_buffer_prototype()
    for part in (None, RangeByteRequest(2, 4), OffsetByteRequest(7), SuffixByteRequest(2)):
        print((await store.get("a/b", proto, part)).to_bytes())
    print(await store.exists("a/b"), await store.get("no", proto), [k async for k in store.list()])
    print(
        [k async for k in store.list_dir("")],
        [k async for k in store.list_prefix("a")],
        await store.getsize("a/b"),
    )
    place = StorePath(store, "a") / "b"
    print((await place.get()).to_bytes(), await place.exists(), place.path)
    await store.delete("a/b")
    print(await store.is_empty(""))


asyncio.run(main())
counting = Counting(MemoryStore())
z = zarr.create_array(counting, shape=4, chunks=2, dtype="i4")
z[:] = 5
counting.read.clear()
print(
    z[2:].tolist(), counting.read, isinstance(counting, Store), isinstance(counting, WrapperStore)
)
logging = LoggingStore(MemoryStore(), log_level="CRITICAL")
zarr.create_array(logging, shape=4, chunks=2, dtype="i4")
print(logging.counter["set"] + logging.counter["set_if_not_exists"] >= 1)
with ZipStore(f"{root}/a.zip", mode="w") as zipped:
    zarr.create_array(zipped, data=np.arange(10), chunks=(3,))
with ZipStore(f"{root}/a.zip", mode="r") as zipped:
    print(zarr.open_array(zipped, mode="r")[2:5].tolist())


async def seven():
    return 7


print(sync(seven()), LocalStore(f"{root}/l").root.name)

"""Who waits for whom: never a blocking call for a coroutine of the loop that it stops."""

import asyncio
import time

import pytest

import frozarr
from frozarr.storage import LocalStore, Put
from frozarr.testing import LatencyStore


class Slow(LocalStore):
    def carry_out(self, request):
        if isinstance(request, Put):
            time.sleep(0.2)
        return super().carry_out(request)


@pytest.mark.parametrize("kind", ["waiting", "blocking"])
def test_a_blocking_call_does_not_wait_for_its_own_loop(kind, tmp_path):
    store = LatencyStore(delay=0.2) if kind == "waiting" else Slow(tmp_path)
    array = frozarr.create_array(store, shape=4, chunks=4, dtype="i4")

    async def main():
        opened = await frozarr.aio.open_array(store)
        writing = asyncio.ensure_future(opened.setitem(0, 1))
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="await the asynchronous method"):
            array[1] = 2
        await writing

    asyncio.run(main())
    array[2] = 3
    assert array[...].tolist() == [1, 0, 3, 0]

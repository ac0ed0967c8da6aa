"""The lock table: which keys of which stores are being changed in this process.

One table for all handles and stores, so that two handles on one directory see each other. Keys are
taken all at once or not at all, so programs can't deadlock.

An owner is a list of the keys that it holds. Whoever makes one empties it at the end, in a
``finally`` of its own: ``owner.clear()`` is one call, which no signal divides, and a key whose
owner does not list it is free. So an interrupt, wherever it strikes, leaves no key locked.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import asyncio

__all__ = ["LOCKS", "LockTable", "Owner"]

Owner: TypeAlias = list[Hashable]
"""The keys that somebody holds."""
_LOOK_AGAIN_SECONDS: Final = 1.0
"""How long to wait at most for a message that a key is free: an interrupt may have swallowed it."""


class LockTable:
    """Held keys, and who holds them.

    Examples
    --------
    >>> table, first, second = LockTable(), [], []
    >>> table.try_acquire(first, [("store", "c/0")]), table.try_acquire(second, [("store", "c/0")])
    (True, False)
    >>> table.release(first)
    >>> table.try_acquire(second, [("store", "c/0")])
    True
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: a forked child has none of its parent's threads."""
        self._owners: dict[Hashable, Owner] = {}
        self.stopped: list[asyncio.AbstractEventLoop] = []
        """Loops whose threads wait for a blocking call that runs elsewhere."""
        self._loops: dict[int, asyncio.AbstractEventLoop] = {}
        self._waiting: list[Callable[[], None]] = []
        self._changing = threading.Lock()

    @property
    def held(self) -> frozenset[Hashable]:
        """All keys that are held."""
        return frozenset(key for key, owner in list(self._owners.items()) if key in owner)

    def try_acquire(self, owner: Owner, keys: Iterable[Hashable]) -> bool:
        """Take all keys if none is held by others; whether that was so."""
        with self._changing:
            return self._take(owner, set(keys))

    def _take(self, owner: Owner, wanted: set[Hashable]) -> bool:
        for key in wanted:
            other = self._owners.get(key)
            if other is not None and other is not owner and key in other:
                return False
        self._owners.update(dict.fromkeys(wanted, owner))
        owner.extend(wanted)
        return True

    def acquire(self, owner: Owner, keys: Iterable[Hashable]) -> None:
        """Take all keys, waiting until others hold none of them."""
        wanted = set(keys)
        while True:
            turn = threading.Lock()
            turn.acquire()
            with self._changing:
                if self._take(owner, wanted):
                    return
                self._check_loop(wanted, blocks=True)
                self._waiting.append(turn.release)
            turn.acquire(timeout=_LOOK_AGAIN_SECONDS)

    def _check_loop(self, wanted: set[Hashable], *, blocks: bool) -> None:
        """Refuse to wait for a coroutine on a loop that a blocking call has stopped."""
        stopped = list(self.stopped)
        if "asyncio" in sys.modules:  # takes long to import
            from asyncio import _get_running_loop  # noqa: PLC0415

            if (here := _get_running_loop()) is not None and blocks:
                stopped.append(here)
        holders = [self._owners.get(key) for key in wanted]
        if any(owner and self._loops.get(id(owner)) in stopped for owner in holders):
            raise RuntimeError(
                "a blocking call would wait for a coroutine of the event loop that it stops: await "
                "the asynchronous method (frozarr.aio, AsyncArray) instead"
            )

    async def acquire_async(self, owner: Owner, keys: Iterable[Hashable]) -> None:
        """Take all keys, letting the running loop go on until others hold none of them."""
        import asyncio  # noqa: PLC0415 - a fifth of our import time, and not needed by most

        wanted = set(keys)
        loop = asyncio.get_running_loop()
        while True:
            woken = loop.create_future()

            def wake(woken: "asyncio.Future[None]" = woken) -> None:
                with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits
                    loop.call_soon_threadsafe(_wake, woken)

            with self._changing:
                if self._take(owner, wanted):
                    self._loops[id(owner)] = loop
                    return
                self._check_loop(wanted, blocks=False)
                self._waiting.append(wake)
            await asyncio.wait([woken], timeout=_LOOK_AGAIN_SECONDS)

    def release(self, owner: Owner) -> None:
        """Give back all keys of an owner; none is fine."""
        if not owner:
            return
        keys = set(owner)
        owner.clear()
        with self._changing:
            self._loops.pop(id(owner), None)
            for key in keys:
                if self._owners.get(key) is owner:
                    del self._owners[key]
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()


def _wake(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)


LOCKS: Final = LockTable()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOCKS.reset)

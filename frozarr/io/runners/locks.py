"""The lock table: which keys of which stores are being changed in this process.

One table for all handles and stores, so that two handles on one directory see each other. Keys are
taken all at once or not at all, so programs can't deadlock. They are held in the name of an owner,
who gives all of them back at once, whatever interrupted it.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

__all__ = ["LOCKS", "LockTable"]


class LockTable:
    """Held keys, and who holds them.

    Examples
    --------
    >>> table, first, second = LockTable(), object(), object()
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
        self._held: dict[Hashable, object] = {}
        self._keys_of: dict[object, set[Hashable]] = {}
        self._waiting: list[Callable[[], None]] = []
        self._changed = threading.Condition(threading.Lock())

    @property
    def held(self) -> frozenset[Hashable]:
        """All keys that are held."""
        return frozenset(self._held)

    def try_acquire(self, owner: object, keys: Iterable[Hashable]) -> bool:
        """Take all keys if none is held by others; whether that was so."""
        with self._changed:
            return self._take(owner, set(keys))

    def _take(self, owner: object, wanted: set[Hashable]) -> bool:
        if any(self._held.get(key, owner) is not owner for key in wanted):
            return False
        self._keys_of.setdefault(owner, set()).update(wanted)
        self._held.update(dict.fromkeys(wanted, owner))
        return True

    def acquire(self, owner: object, keys: Iterable[Hashable]) -> None:
        """Take all keys, waiting until others hold none of them."""
        wanted = set(keys)
        with self._changed:
            while not self._take(owner, wanted):
                self._changed.wait()

    async def acquire_async(self, owner: object, keys: Iterable[Hashable]) -> None:
        """Take all keys, letting the running loop go on until others hold none of them."""
        import asyncio  # noqa: PLC0415 - a fifth of our import time, and not needed by most

        wanted = set(keys)
        loop = asyncio.get_running_loop()
        while True:
            woken = loop.create_future()

            def wake(woken: "asyncio.Future[None]" = woken) -> None:
                with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits
                    loop.call_soon_threadsafe(_wake, woken)

            with self._changed:
                if self._take(owner, wanted):
                    return
                self._waiting.append(wake)
            await woken

    def release(self, owner: object) -> None:
        """Give back all keys of an owner; none is fine."""
        if owner not in self._keys_of:
            return
        with self._changed:
            for key in self._keys_of.pop(owner, ()):
                if self._held.get(key) is owner:
                    del self._held[key]
            self._changed.notify_all()
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()


def _wake(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)


LOCKS: Final = LockTable()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOCKS.reset)

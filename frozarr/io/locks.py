"""The lock table: which keys of which stores are being changed in this process.

One table for all handles and stores, so that two handles on one directory see each other. Keys are
taken all at once or not at all, so programs can't deadlock.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any

__all__ = ["LOCKS", "LockTable"]


class LockTable:
    """Set of held keys.

    Examples
    --------
    >>> table = LockTable()
    >>> table.acquire([("store", "c/0")])
    >>> table.try_acquire([("store", "c/0")])
    False
    >>> table.release([("store", "c/0")])
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: a forked child has none of its parent's threads."""
        self._held: set[Hashable] = set()
        self._waiting: list[Callable[[], None]] = []
        self._changed = threading.Condition(threading.Lock())

    def try_acquire(self, keys: Iterable[Hashable]) -> bool:
        """Take all keys if all are free; whether they were."""
        with self._changed:
            return self._take(set(keys))

    def _take(self, wanted: set[Hashable]) -> bool:
        if not self._held.isdisjoint(wanted):
            return False
        self._held |= wanted
        return True

    def acquire(self, keys: Iterable[Hashable]) -> None:
        """Take all keys, waiting until all are free."""
        wanted = set(keys)
        with self._changed:
            while not self._take(wanted):
                self._changed.wait()

    async def acquire_async(self, keys: Iterable[Hashable]) -> None:
        """Take all keys, letting the running loop go on until all are free."""
        import asyncio  # noqa: PLC0415 - a fifth of our import time, and not needed by most

        wanted = set(keys)
        loop = asyncio.get_running_loop()
        while True:
            woken = loop.create_future()

            def wake(woken: Any = woken) -> None:
                with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits
                    loop.call_soon_threadsafe(lambda: woken.done() or woken.set_result(None))

            with self._changed:
                if self._take(wanted):
                    return
                self._waiting.append(wake)
            await woken

    def release(self, keys: Iterable[Hashable]) -> None:
        """Give keys back."""
        with self._changed:
            self._held.difference_update(keys)
            self._changed.notify_all()
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()


LOCKS = LockTable()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOCKS.reset)

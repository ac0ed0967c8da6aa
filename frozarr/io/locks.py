"""The lock table: which keys of which stores are being changed in this process.

One table for all handles and stores, so that two handles on one directory see each other. Keys are
taken all at once or not at all, so programs can't deadlock.
"""

import os
import threading
from collections.abc import Hashable, Iterable

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

    def release(self, keys: Iterable[Hashable]) -> None:
        """Give keys back."""
        with self._changed:
            self._held.difference_update(keys)
            self._changed.notify_all()


LOCKS = LockTable()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOCKS.reset)

"""Shard indexes that a handle has read, so that the next read of a shard starts with its data."""

import threading
from collections import OrderedDict
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["IndexCache"]

Index: TypeAlias = npt.NDArray[np.uint64]


class IndexCache:
    """Least recently used indexes, up to a number of bytes.

    An entry belongs to one version of a shard (file identity, times and size, or what else the
    store tells versions apart by); for another version it is as if it were not there.

    Examples
    --------
    >>> cache = IndexCache(1000)
    >>> cache.put("c/0", "version 1", np.zeros((4, 2), np.uint64))
    >>> cache.get("c/0", "version 1").shape, cache.get("c/0", "version 2")
    ((4, 2), None)
    """

    def __init__(self, limit_nbytes: int) -> None:
        self.limit_nbytes = limit_nbytes
        self.nbytes = 0
        self._entries: OrderedDict[str, tuple[Any, Index]] = OrderedDict()
        self._changing = threading.Lock()

    def __reduce__(self) -> tuple[object, ...]:
        return IndexCache, (self.limit_nbytes,)

    def get(self, key: str, version: object) -> Index | None:
        """Index of this version of a shard, if it is kept; never for the version None."""
        if version is None or not self.limit_nbytes:
            return None
        with self._changing:
            entry = self._entries.get(key)
            if entry is None or entry[0] != version:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: str, version: object, index: Index) -> None:
        """Keep an index, and forget others where there is no room for all."""
        if version is None or index.nbytes > self.limit_nbytes:
            return
        with self._changing:
            old = self._entries.pop(key, None)
            self.nbytes += index.nbytes - (old[1].nbytes if old else 0)
            self._entries[key] = (version, index)
            while self.nbytes > self.limit_nbytes:
                _, (_, dropped) = self._entries.popitem(last=False)
                self.nbytes -= dropped.nbytes

"""Stores around another store: one that only passes on, and one that notes what passes."""

import logging
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores.base import Store

__all__ = ["LoggingStore", "WrapperStore"]

T = TypeVar("T")
S = TypeVar("S", bound=Store)


class WrapperStore(Store, Generic[S]):
    """Passes everything on to another store.

    Made to be subclassed: all requests, of both faces, go through `call` and `call_async`.

    Examples
    --------
    >>> from frozarr.io.stores.memory import MemoryStore
    >>> inner = MemoryStore()
    >>> WrapperStore(inner).blocking.set("a", b"x")
    >>> inner.blocking.get("a").to_bytes()
    b'x'
    """

    def __init__(self, store: S) -> None:
        super().__init__(read_only=store.read_only)
        self._store = store
        for name in (
            "supports_writes", "supports_deletes", "supports_listing", "supports_partial_writes",
            "swaps_between_processes", "takes_parts", "coalesce_gap_nbytes",
        ):  # fmt: skip
            setattr(self, name, getattr(store, name))

    @property
    def store(self) -> S:
        """The store inside."""
        return self._store

    @property
    def url(self) -> str:
        """The store's inside."""
        return self._store.url

    @property
    def identity(self) -> tuple[Any, ...]:
        """The store's inside: a wrapper is the same place."""
        return self._store.identity

    def with_read_only(self, read_only: bool = False) -> Self:
        """A wrapper of the same kind around the same place."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._store = self._store.with_read_only(read_only)  # noqa: SLF001 - our own twin
        twin._read_only = read_only  # noqa: SLF001 - our own twin
        return twin

    @property
    def loop(self) -> Any:
        """The loop of the store inside."""
        return self._store.loop

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop of the store inside."""
        return self._store.wait(work)

    def call(self, verb: str, *arguments: Any) -> Any:
        """Pass a bulk verb on, for blocking callers."""
        return self._store.call(verb, *arguments)

    async def call_async(self, verb: str, *arguments: Any) -> Any:
        """Pass a bulk verb on, for asynchronous callers."""
        return await self._store.call_async(verb, *arguments)

    def close(self) -> None:
        """Close the store inside."""
        self._store.close()

    def read_many(
        self,
        keys: Sequence[str],
        ranges: Sequence[ByteRequest | None] | None = None,
        nbytes_hint: int = 0,
    ) -> list[BytesLike | None]:
        """Values (or the asked part of them), None where a key is missing."""
        found: list[BytesLike | None] = self.call("read_many", keys, ranges, nbytes_hint)
        return found

    def read_into(self, keys: Sequence[str], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Read values into the rows; the bytes each has, -1 where a key is missing."""
        sizes: npt.NDArray[np.int64] = self.call("read_into", keys, rows)
        return sizes

    def write_many(self, keys: Sequence[str], values: Sequence[Any]) -> None:
        """Set keys in order, each wholly or not at all."""
        self.call("write_many", keys, values)

    def erase_many(self, keys: Sequence[str]) -> None:
        """Remove keys; missing ones are no error."""
        self.call("erase_many", keys)

    def erase_prefix(self, prefix: str) -> None:
        """Remove all keys below a prefix (all keys, for the empty one)."""
        self.call("erase_prefix", prefix)

    def swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        """Set (or, for None, remove) a key if its value is still `old`; whether it was."""
        return bool(self.call("swap", key, old, new))

    def keys_below(self, prefix: str) -> list[str]:
        """All keys below a prefix, relative to the root, sorted."""
        return list(self.call("keys_below", prefix))

    def names_below(self, prefix: str) -> list[str]:
        """Names one level below a prefix, keys and prefixes alike, sorted."""
        return list(self.call("names_below", prefix))

    def size_of(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""
        size: int | None = self.call("size_of", key)
        return size

    def versions(self, keys: Sequence[str]) -> list[Any]:
        """For each key what tells its value from the next one; None where the store can't."""
        return list(self.call("versions", keys))

    def is_settled(self, version: Any) -> bool:
        """Whether any later change surely gives another version."""
        return self._store.is_settled(version)

    def stage(self, prefix: str) -> str | None:
        """Prefix no listing shows, for building what will replace `prefix`; None: not supported."""
        staged: str | None = self.call("stage", prefix)
        return staged

    def publish(self, staged: str, prefix: str) -> None:
        """Put a staged prefix in the place of `prefix`, at once."""
        self.call("publish", staged, prefix)

    def discard(self, staged: str) -> None:
        """Remove a staged prefix that will not be published."""
        self.call("discard", staged)


class LoggingStore(WrapperStore[S]):
    """Logs each request with its duration, and counts them.

    Parameters
    ----------
    log_level
        Level at which requests are logged, and from which on the handler shows them.
    log_handler
        Where to; standard error by default.

    Examples
    --------
    >>> from frozarr.io.stores.memory import MemoryStore
    >>> store = LoggingStore(MemoryStore(), log_handler=logging.NullHandler())
    >>> store.blocking.set("a", b"x")
    >>> dict(store.counter)
    {'write_many': 1}
    """

    def __init__(
        self, store: S, log_level: str = "DEBUG", log_handler: logging.Handler | None = None
    ) -> None:
        super().__init__(store)
        self.counter: Counter[str] = Counter()
        self.log_level = log_level
        self.log_handler = log_handler
        self.logger = logging.Logger(  # noqa: LOG001 - its own, in no tree: two stores log apart
            f"frozarr.LoggingStore({store.url})", log_level
        )
        self.logger.addHandler(log_handler or logging.StreamHandler())

    @classmethod
    async def open(
        cls, store_cls: type[Store], *args: Any, log_level: str = "DEBUG",
        log_handler: logging.Handler | None = None, **kwargs: Any,
    ) -> Self:  # fmt: skip
        """Logging store around a new store of another class."""
        store: Any = await store_cls.open(*args, **kwargs)
        return cls(store, log_level=log_level, log_handler=log_handler)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in {"logger", "log_handler"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        type(self).__init__(self, self._store, self.log_level)

    @contextmanager
    def log(self, hint: str = "") -> Iterator[None]:
        """Count and log what happens inside, under a name."""
        self.counter[hint] += 1
        start = time.perf_counter()
        try:
            yield
        except BaseException as error:
            self._say(f"{hint} failed after {{:.3f}} ms: {error}", start)
            raise
        self._say(f"{hint} took {{:.3f}} ms", start)

    def _say(self, text: str, start: float) -> None:
        level = logging.getLevelNamesMapping()[self.log_level]
        self.logger.log(level, "%s: %s", self.url, text.format((time.perf_counter() - start) * 1e3))

    def call(self, verb: str, *arguments: Any) -> Any:
        """Pass a bulk verb on, noted."""
        with self.log(verb):
            return self._store.call(verb, *arguments)

    async def call_async(self, verb: str, *arguments: Any) -> Any:
        """Pass a bulk verb on, noted."""
        with self.log(verb):
            return await self._store.call_async(verb, *arguments)

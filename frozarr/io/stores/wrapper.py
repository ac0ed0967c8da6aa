"""Stores around another store: one that only passes on, and one that notes what passes."""

import logging
import time
from collections import Counter
from collections.abc import Coroutine, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from frozarr.io.programs.requests import Program, StoreRequest
from frozarr.io.runners.drive import answered, answered_async
from frozarr.io.stores.base import Store

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["LoggingStore", "WrapperStore"]

T = TypeVar("T")
S = TypeVar("S", bound=Store)


class WrapperStore(Store, Generic[S]):
    """Passes everything on to another store.

    Made to be subclassed: all requests, of both faces, go through `handle`.

    Examples
    --------
    >>> from frozarr.io.programs.requests import Put
    >>> from frozarr.io.stores.memory import MemoryStore
    >>> class Shouting(WrapperStore):
    ...     def handle(self, request):
    ...         if isinstance(request, Put):
    ...             request = Put(request.keys, [bytes(v).upper() for v in request.values])
    ...         return (yield from request)
    >>> inner = MemoryStore()
    >>> Shouting(inner).blocking.set("a", b"x")
    >>> inner.blocking.get("a").to_bytes()
    b'X'
    """

    def __init__(self, store: S) -> None:
        super().__init__(read_only=store.read_only)
        self._store = store
        for name in (
            "supports_writes", "supports_deletes", "supports_listing", "supports_partial_writes",
            "swaps_between_processes", "coalesce_gap_nbytes",
        ):  # fmt: skip
            setattr(self, name, getattr(store, name))

    def handle(self, request: StoreRequest[T]) -> Program[T]:
        """Program that carries out a request; those that it makes go to the store inside.

        By default the request is passed on as it is.
        """
        return (yield from request)

    @property
    def store(self) -> S:
        """The store inside."""
        return self._store

    @property
    def url(self) -> str:
        """The store's inside."""
        return self._store.url

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The store's inside: a wrapper is the same place."""
        return self._store.identity

    def with_read_only(self, read_only: bool = False) -> Self:
        """A wrapper of the same kind around the same place."""
        twin = super().with_read_only(read_only)
        twin._store = self._store.with_read_only(read_only)
        return twin

    def is_settled(self, version: Any) -> bool:
        """Whether any later change surely gives another version."""
        return self._store.is_settled(version)

    def close(self) -> None:
        """Close the store inside."""
        self._store.close()

    @property
    def loop(self) -> "AbstractEventLoop | None":
        """The loop of the store inside; one in the background if a subclass has its own verbs."""
        if self._store.loop is not None or not self.own_verbs:
            return self._store.loop
        # brings asyncio, which most do without
        from frozarr.io.stores.waiting import background_loop  # noqa: PLC0415

        return background_loop()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, for a caller that blocks."""
        from frozarr.io.stores.waiting import wait_on  # noqa: PLC0415 - as above

        return wait_on(self.loop, work, self.url)

    def perform(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers that block; its answer."""
        if self.own_verbs and self._is_overridden(request):
            return self.wait(self._by_own_verbs(request))
        self.admit(request)
        return answered(self.handle(request), self._store.perform)

    async def perform_async(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers on any event loop; its answer."""
        if self.own_verbs and self._is_overridden(request):
            return await self._by_own_verbs(request)
        return await self.carry_out_async(request)

    async def carry_out_async(self, request: StoreRequest[T]) -> T:
        """As `perform_async`, leaving aside the verbs that a subclass overrides."""
        self.admit(request)
        return await answered_async(self.handle(request), self._store.perform_async)


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
    {'Put': 1}
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

    def handle(self, request: StoreRequest[T]) -> Program[T]:
        """Pass a request on, noted under the name of its kind."""
        with self.log(type(request).__name__):
            return (yield from request)

"""A store around another store, to be subclassed."""

from collections.abc import Coroutine, Hashable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from frozarr.io.programs.requests import Program, StoreRequest
from frozarr.io.runners.drive import answered, answered_async
from frozarr.io.stores.base import Store

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["WrapperStore"]

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

    @property
    def _store(self) -> S:
        return self._inside

    @_store.setter
    def _store(self, store: S) -> None:
        self._inside = store
        self._read_only = store.read_only
        for name in (
            "supports_writes", "supports_deletes", "supports_listing", "supports_partial_writes",
            "swaps_between_processes", "holds_nodes", "exchanges_nodes", "coalesce_gap_nbytes",
        ):  # fmt: skip
            setattr(self, name, getattr(store, name))

    def handle(self, request: StoreRequest[T]) -> Program[T]:
        """Program that carries out a request; those that it makes go to the store inside.

        By default the request is passed on as it is.
        """
        return (yield from request)

    @classmethod
    async def open(cls, store_cls: type[S], *args: object, **kwargs: Any) -> Self:
        """A wrapper around a new store of another class, which takes the arguments."""
        return cls(await store_cls.open(*args, **kwargs))

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

    def lock_names(self, keys: Iterable[str]) -> list[Hashable]:
        """Those of the store inside."""
        return self._store.lock_names(keys)

    def with_read_only(self, read_only: bool = False) -> Self:
        """A wrapper of the same kind around the same place."""
        twin = super().with_read_only(read_only)
        twin._store = self._store.with_read_only(read_only)
        return twin

    def is_settled(self, version: object) -> bool:
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

    def wait(self, work: Coroutine[object, None, T]) -> T:
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

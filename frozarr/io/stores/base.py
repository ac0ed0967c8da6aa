"""What a store is: it carries out requests. Both faces that users know are made of that.

Stores come in two natures. A `BlockingStore` answers requests by plain methods; an `AsyncStore`
(`frozarr.io.stores.waiting`) by coroutines, on a loop of its own. Either serves callers of both
kinds. Whatever passes, passes `perform` or `perform_async`.
"""

from abc import ABC, abstractmethod
from collections.abc import Coroutine, Hashable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from frozarr.caller import by_their_names
from frozarr.errors import ReadOnlyError
from frozarr.io.programs.requests import AnyStoreRequest, StoreRequest, Swap
from frozarr.io.runners.drive import answered, answered_async
from frozarr.io.runners.locks import LOCKS, Owner
from frozarr.io.stores import verbs
from frozarr.io.stores.by_verbs import OURS, VERBS_OF, Dialect, by_verbs
from frozarr.io.stores.dispatch import Answering
from frozarr.io.stores.simpler import by_simpler_requests
from frozarr.io.stores.verbs import VERBS, awaited, batched, blocking, listed, synchronous

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["BlockingStore", "BlockingVerbs", "Store"]

T = TypeVar("T")


@by_their_names
class Store(Answering, ABC):
    """Keys that hold bytes. Equal stores are the same place.

    Subclasses answer requests by methods marked with `answers`, of which `Get`, `Put`, `Delete`
    and `ListPrefix` are enough. A subclass that overrides some of the verbs that users know
    (``async def get``, ``set``, …) instead is asked by them.
    """

    supports_writes: bool = True
    supports_deletes: bool = True
    supports_listing: bool = True
    supports_partial_writes: bool = False
    supports_consolidated_metadata: bool = True
    swaps_between_processes: bool = False
    """Whether compare-and-swap holds against other processes, too: of documents, and of chunks that
    are written in part."""
    holds_nodes: bool = False
    """Whether a node can be held against other processes while it is changed; see `Hold`."""
    exchanges_nodes: bool = False
    """Whether one node can be exchanged for another at once; see `Stage`."""

    @property
    def promises(self) -> str:
        """What holds if other processes change the same arrays, in a few words."""
        if not self.swaps_between_processes:
            return "one writer at a time"
        kept = ["nothing confirmed is lost"]
        if self.holds_nodes:
            kept.append("appends are seen whole")
        if self.exchanges_nodes:
            kept.append("overwrites and transactions at once")
        return ", ".join(kept)

    coalesce_gap_nbytes: int = 1024 * 1024
    """Bytes that are cheaper read than skipped by another request."""
    own_verbs: ClassVar[frozenset[str]] = frozenset()
    """Verbs that a subclass overrides: requests that are about them go through them."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.own_verbs = frozenset(
            verb for verb in VERBS if getattr(cls, verb) is not getattr(Store, verb)
        )

    def __init__(self, *, read_only: bool = False) -> None:
        self._read_only = read_only

    # -------------------------------------------------------------- what a store is

    @property
    def read_only(self) -> bool:
        """Changes are refused."""
        return self._read_only

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the store is, for people."""

    @property
    @abstractmethod
    def identity(self) -> tuple[Hashable, ...]:
        """What makes two stores the same place; locks go by it."""

    def lock_names(self, keys: Iterable[str]) -> list[Hashable]:
        """What keys are locked by: the same for all stores by which a value is reached."""
        return [(self.identity, key) for key in keys]

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same place, with or without permission to change it."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._read_only = read_only
        return twin

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Store)
            and self.identity == other.identity
            and self.read_only == other.read_only
        )

    def __hash__(self) -> int:
        return hash(self.identity)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def check_writable(self, key: str = "") -> None:
        """Refuse a change to a read-only store: the one gate all changes go through.

        Raises
        ------
        ReadOnlyError
            The store is read-only.
        """
        if self._read_only:
            raise ReadOnlyError(
                f"{self.url}: store is read-only, can't change {repr(key) if key else 'its root'}; "
                "open it with mode 'r+' or use with_read_only(False)",
                url=self.url, key=key or None,
            )  # fmt: skip

    def is_settled(self, version: object) -> bool:
        """Whether any later change surely gives another version; asked right after `Versions`."""
        return version is not None

    def close(self) -> None:
        """Let go of what the store holds open; nothing by default."""
        return

    def __str__(self) -> str:
        return self.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    # -------------------------------------------------------------- where everything passes

    @property
    @abstractmethod
    def loop(self) -> "AbstractEventLoop | None":
        """The event loop to which requests of a store that waits go; None if it never waits."""

    @abstractmethod
    def perform(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers that block; its answer.

        Raises
        ------
        InvalidKeyError, ReadOnlyError
            The request is refused, before anything is done.
        """

    @abstractmethod
    async def perform_async(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers on any event loop; its answer."""

    @abstractmethod
    async def carry_out_async(self, request: StoreRequest[T]) -> T:
        """As `perform_async`, leaving aside the verbs that a subclass overrides.

        The verbs of this class are made of it, so that an overriding one can call them.
        """

    @abstractmethod
    def wait(self, work: Coroutine[object, None, T]) -> T:
        """Run a coroutine on the store's loop, for a caller that blocks."""

    def admit(self, request: AnyStoreRequest) -> None:
        """Refuse keys that no store can hold, and changes of a read-only store."""
        request.check()
        if request.changes:
            self.check_writable(request.subject)

    def _is_overridden(self, request: AnyStoreRequest) -> bool:
        own = self.own_verbs
        return bool(own) and not own.isdisjoint(VERBS_OF[type(request)])

    async def _by_own_verbs(self, request: StoreRequest[T]) -> T:
        """Carry out a request by the verbs that a subclass overrides."""
        self.admit(request)
        return await carry_out_by_verbs(self, self, self.own_verbs, request)

    # -------------------------------------------------------------- the verbs users know

    @property
    def blocking(self) -> "BlockingVerbs":
        """The verbs under the same names, blocking."""
        return BlockingVerbs(self)

    @classmethod
    async def open(cls, *args: Any, **kwargs: Any) -> Self:
        """New store, ready for use."""
        return cls(*args, **kwargs)

    get = awaited(verbs.get)
    get_partial_values = awaited(verbs.get_partial_values)
    get_ranges = batched(verbs.get_ranges)
    set = awaited(verbs.set_value)
    set_if_not_exists = awaited(verbs.set_if_not_exists)
    set_partial_values = awaited(verbs.set_partial_values)
    delete = awaited(verbs.delete)
    delete_dir = awaited(verbs.delete_dir)
    clear = awaited(verbs.clear)
    exists = awaited(verbs.exists)
    getsize = awaited(verbs.getsize)
    getsize_prefix = awaited(verbs.getsize_prefix)
    is_empty = awaited(verbs.is_empty)
    list = listed(verbs.list_keys)
    list_prefix = listed(verbs.list_prefix)
    list_dir = listed(verbs.list_dir)
    get_sync = synchronous(verbs.get)
    get_ranges_sync = synchronous(verbs.get_ranges)
    set_sync = synchronous(verbs.set_value)
    delete_sync = synchronous(verbs.delete)


@by_their_names
class BlockingVerbs:
    """The verbs of a store for callers that block, under the names of the asynchronous ones."""

    def __init__(self, store: Store) -> None:
        self.store = store

    get = blocking(verbs.get)
    get_partial_values = blocking(verbs.get_partial_values)
    get_ranges = blocking(verbs.get_ranges)
    set = blocking(verbs.set_value)
    set_if_not_exists = blocking(verbs.set_if_not_exists)
    set_partial_values = blocking(verbs.set_partial_values)
    delete = blocking(verbs.delete)
    delete_dir = blocking(verbs.delete_dir)
    clear = blocking(verbs.clear)
    exists = blocking(verbs.exists)
    getsize = blocking(verbs.getsize)
    getsize_prefix = blocking(verbs.getsize_prefix)
    is_empty = blocking(verbs.is_empty)
    list = blocking(verbs.list_keys)
    list_prefix = blocking(verbs.list_prefix)
    list_dir = blocking(verbs.list_dir)


async def carry_out_by_verbs(
    store: Store, whose: object, own: frozenset[str], request: StoreRequest[T],
    dialect: Dialect = OURS,
) -> T:  # fmt: skip
    """Carry out a request by verbs that somebody wrote, or by simpler requests.

    Parameters
    ----------
    store
        What is asked.
    whose
        The object whose verbs are called: the store itself, or one that it stands around.
    own
        The verbs that its author wrote.
    request
        What is wanted. A swap takes several verbs: no other swap of its key runs meanwhile.
    dialect
        The classes of buffers and byte requests that the verbs take.
    """
    owner: Owner = []
    try:
        if isinstance(request, Swap):
            await LOCKS.acquire_async(owner, [(*store.lock_names([request.key]), "verbs")])
        answer = await by_verbs(whose, own, request, dialect)
        if answer is NotImplemented:
            simpler = by_simpler_requests(request)
            if simpler is None:
                raise unsupported(store, request)
            answer = await answered_async(simpler, store.perform_async)
        result: T = answer
        return result
    finally:
        LOCKS.release(owner)


def unsupported(store: Store, request: AnyStoreRequest) -> NotImplementedError:
    """Error for a request that a store can't carry out."""
    return NotImplementedError(
        f"{store.url}: {type(store).__name__} can't carry out {type(request).__name__} of "
        f"{request.subject!r}"
    )


class BlockingStore(Store):
    """A store whose requests are answered by plain methods, marked with `answers`."""

    instant: ClassVar[bool] = False
    """Requests take no time worth a thread, so event loops carry them out right away."""

    @property
    def loop(self) -> "AbstractEventLoop | None":
        """None: the store never waits, unless a subclass has asynchronous verbs."""
        if not self.own_verbs:
            return None
        # brings asyncio, which most do without
        from frozarr.io.stores.waiting import background_loop  # noqa: PLC0415

        return background_loop()

    def perform(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers that block; its answer."""
        if self.own_verbs and self._is_overridden(request):
            return self.wait(self._by_own_verbs(request))
        return self.carry_out(request)

    def carry_out(self, request: StoreRequest[T]) -> T:
        """Carry out a request by the method that answers it, or by simpler requests."""
        self.admit(request)
        method = self.answering(type(request))
        if method is not None:
            answer: T = method(self, request)
            return answer
        simpler = by_simpler_requests(request)
        if simpler is None:
            raise unsupported(self, request)
        owner: Owner = []
        try:
            if request.changes:  # what it takes several steps to change is not changed by others
                LOCKS.acquire(owner, [(*self.lock_names([request.subject]), "change")])
            return answered(simpler, self.carry_out)
        finally:
            try:
                LOCKS.release(owner)
            finally:
                owner.clear()  # whatever interrupts

    async def perform_async(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers on any event loop; its answer."""
        if self.own_verbs and self._is_overridden(request):
            return await self._by_own_verbs(request)
        return await self.carry_out_async(request)

    async def carry_out_async(self, request: StoreRequest[T]) -> T:
        """As `perform_async`, leaving aside the verbs that a subclass overrides."""
        if self.instant:
            return self.carry_out(request)
        # asyncio takes long to import, and callers that block do without
        from frozarr.io.runners.coroutines import in_thread  # noqa: PLC0415

        return await in_thread(lambda: self.carry_out(request))

    def wait(self, work: Coroutine[object, None, T]) -> T:
        """Run a coroutine in the background, for a caller that blocks."""
        from frozarr.io.stores.waiting import wait_on  # noqa: PLC0415 - as above

        return wait_on(self.loop, work, self.url)

"""Stores whose requests take a while: coroutines, many at a time, on one loop in the background.

Blocking and asynchronous callers, from whatever loop, have their requests run on the same loop, so
that connections are shared and outlive the caller's loop.
"""

import asyncio
import itertools
import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Hashable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from importlib import import_module
from typing import Final, Generic, TypeVar

from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.programs.requests import (
    Delete,
    Get,
    GetRanges,
    ListNames,
    ListPrefix,
    Put,
    Sizes,
    StoreRequest,
    Swap,
)
from frozarr.io.runners.coroutines import GATE, Gate, all_done, finished
from frozarr.io.runners.drive import answered_async
from frozarr.io.runners.locks import LOCKS, Owner
from frozarr.io.stores.base import Store, unsupported
from frozarr.io.stores.credentials import hidden_in
from frozarr.io.stores.dispatch import answers
from frozarr.io.stores.simpler import by_simpler_requests
from frozarr.io.stores.verbs import as_value

__all__ = ["ABSENT", "MOST_NBYTES", "AsyncStore", "background_loop", "wait_on"]

T = TypeVar("T")
A = TypeVar("A")
_IN_FLIGHT = 64
MOST_NBYTES: Final[ContextVar[int]] = ContextVar("frozarr_most_nbytes", default=0)
"""Bytes beyond which the values that are read now are refused; see `Get.most_nbytes`."""
_SLOWEST: Final = 100_000
"""Bytes that are sent each second, at least."""
ABSENT: Final = "absent"
"""Version of a key that is missing."""


def _forget_loop() -> None:
    """In a forked process, forget the loop of the parent, whose thread was not forked.

    Some versions of fsspec do so themselves.
    """
    asyn = sys.modules.get("fsspec.asyn")
    if asyn is not None:
        asyn.reset_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_loop)


def background_loop() -> asyncio.AbstractEventLoop:
    """The loop that fsspec keeps in a thread of its own."""
    loop: asyncio.AbstractEventLoop = import_module("fsspec.asyn").get_loop()
    return loop


def wait_on(
    loop: asyncio.AbstractEventLoop | None, work: Coroutine[object, None, T], url: str
) -> T:
    """Run a coroutine on a loop in another thread, and wait for what it returns.

    Raises
    ------
    RuntimeError
        There is no loop: the store blocks; or this thread is the loop's own, which would wait for
        itself.
    """
    if loop is None:
        work.close()
        raise RuntimeError(f"{url}: a store that blocks has no loop to run a coroutine on")
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is loop:
        work.close()
        raise RuntimeError(f"{url}: a blocking call would stop the store's own loop")
    if running is not None:
        LOCKS.stopped.append(running)
    there = _Elsewhere(loop, work)
    try:
        there.ended.result()
    except BaseException:
        there.cancel()
        there.ended.result()  # whoever is interrupted leaves nothing under way
        raise
    finally:
        if running is not None:
            LOCKS.stopped.remove(running)
    return there.result()


class _Elsewhere(Generic[T]):
    """A coroutine that runs on a loop in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[object, None, T]) -> None:
        self.ended: Future[None] = Future()
        """Done once nothing of the coroutine is left running."""
        self._loop, self._work = loop, work
        loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(lambda _: self.ended.set_result(None))

    def cancel(self) -> None:
        """Ask it to stop; `ended` tells when it has."""
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._task.cancel()

    def result(self) -> T:
        """What it returned, or the error that it raised; once it has ended."""
        return self._task.result()


class AsyncStore(Store):
    """A store made of coroutines, one per request to what is behind it.

    Subclasses write those that start with ``_`` below; or answer requests themselves, by coroutines
    marked with `answers`. An error of a request ends the others of its call, and says in a note
    which key it concerns.
    """

    secret_url: str = ""
    """The URL with all that is secret in it; empty if nothing is."""
    timeout_seconds: float = 900.0
    """How long a request may take before it is given up; what is sent may take longer, by a second
    for each 100 000 bytes."""

    @abstractmethod
    async def _get(self, key: str, byte_range: ByteRequest | None) -> BytesLike | None:
        """One value or part of it; None if the key is missing."""

    @abstractmethod
    async def _set(self, key: str, value: bytes) -> None:
        """Set a key."""

    @abstractmethod
    async def _create(self, key: str, value: bytes) -> bool:
        """Set a key unless it exists; whether it was set."""

    @abstractmethod
    async def _delete(self, key: str) -> None:
        """Remove a key; a missing one is no error."""

    @abstractmethod
    async def _size(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""

    @abstractmethod
    async def _keys(self, prefix: str) -> list[str]:
        """All keys below a prefix."""

    @abstractmethod
    async def _names(self, prefix: str) -> list[str]:
        """Names one level below a prefix."""

    async def _read(
        self, key: str, byte_range: ByteRequest | None
    ) -> tuple[BytesLike | None, Hashable]:
        """One value or part of it, and its version: ABSENT if it is missing, None if unknown."""
        return await self._get(key, byte_range), None

    async def _set_if(self, key: str, value: bytes | None, version: Hashable) -> bool:
        """Set a key, or remove it (None), if it still has a version that `_read` gave."""
        raise NotImplementedError(f"{self.url}: values have no versions, {version!r} was expected")

    async def _delete_many(self, keys: Sequence[str]) -> None:
        """Remove keys; missing ones are no error."""
        await self.each(keys, "deletion", lambda i: self._delete(keys[i]), changes=True)

    async def _entries(self, prefix: str) -> list[tuple[str, int | None]]:
        """All keys below a prefix, and the bytes of their values if the listing tells them."""
        return [(key, None) for key in await self._keys(prefix)]

    # -------------------------------------------------------------- where everything passes

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, running in a thread of its own."""
        return background_loop()

    def wait(self, work: Coroutine[object, None, T]) -> T:
        """Run a coroutine on the store's loop, for a caller that blocks."""
        return wait_on(self.loop, work, self.url)

    def perform(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers that block; its answer."""
        return self.wait(self.perform_async(request))

    async def perform_async(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers on any event loop; its answer."""
        if self.own_verbs and self._is_overridden(request):
            return await self._by_own_verbs(request)
        return await self.carry_out_async(request)

    async def carry_out_async(self, request: StoreRequest[T]) -> T:
        """As `perform_async`, leaving aside the verbs that a subclass overrides."""
        self.admit(request)
        method = self.answering(type(request))
        if method is None:
            simpler = by_simpler_requests(request)
            if simpler is None:
                raise unsupported(self, request)
            return await answered_async(simpler, self.carry_out_async)
        work: Coroutine[object, None, T] = method(self, request)
        loop = self.loop
        if asyncio.get_running_loop() is loop:
            return await work
        there = _Elsewhere(loop, work)
        try:
            await asyncio.shield(asyncio.wrap_future(there.ended))
        except asyncio.CancelledError:
            there.cancel()
            ended = asyncio.wrap_future(there.ended)
            while not ended.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([ended])
            raise
        return there.result()

    async def each(
        self, keys: Sequence[str], what: str, work: Callable[[int], Coroutine[object, None, A]], *,
        changes: bool = False, sent_nbytes: Sequence[int] = (),
    ) -> list[A]:  # fmt: skip
        """Do something for each key, as many at a time as are allowed; the answers.

        Parameters
        ----------
        keys
            What the errors name.
        what
            What is done to a key, for errors: ``read``, ``write``, …
        work
            Does it for the key at a position.
        changes
            Values are changed: what was begun goes on to its end before an error is raised.
        sent_nbytes
            Bytes that are sent for each key; none if it is empty.
        """
        gate = GATE.get() or Gate(_IN_FLIGHT)
        done: dict[int, A] = {}
        pending = itertools.count()

        async def worker() -> None:
            while (i := next(pending)) < len(keys):
                await gate.enter()
                inside = GATE.set(None)  # a store behind this one has requests of its own
                try:
                    begun = self._in_time(
                        work(i), what, keys[i], sent_nbytes[i] if sent_nbytes else 0
                    )
                    done[i] = await (finished(asyncio.ensure_future(begun)) if changes else begun)
                except Exception as error:
                    error.add_note(f"{self.url}: {what} of key {keys[i]!r} failed")
                    if (harmless := self._without_secrets(error)) is error:
                        raise
                    raise harmless from None
                finally:
                    GATE.reset(inside)
                    gate.leave()

        if len(keys) == 1:
            await worker()
        elif keys:
            await all_done(worker() for _ in range(min(len(keys), gate.limit)))
        return [done[i] for i in range(len(keys))]

    def _without_secrets(self, error: Exception) -> Exception:
        """The error itself, or another if a password or a signature stands in it."""
        url = self.secret_url
        texts = [str(error), repr(error), str(error.__cause__), str(error.__context__)]
        if all(hidden_in(text, url) == text for text in texts):
            return error
        kind = FileNotFoundError if isinstance(error, FileNotFoundError) else OSError
        told = kind(f"{type(error).__name__}: {hidden_in(str(error), url)}")
        for note in getattr(error, "__notes__", ()):
            told.add_note(note)
        return told

    async def _in_time(
        self, work: Coroutine[object, None, A], what: str, key: str, sent_nbytes: int = 0
    ) -> A:
        """Await one request, for so long as the store allows."""
        seconds = self.timeout_seconds + sent_nbytes / _SLOWEST
        try:
            async with asyncio.timeout(seconds) as limit:
                return await work
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(
                f"{self.url}: no answer to the {what} of key {key!r} within {seconds:.4g} "
                "seconds; set timeout_seconds of the store for more"
            ) from error

    # -------------------------------------------------------------- requests

    @answers(Get)
    async def _answer_get(self, request: Get) -> list[BytesLike | None]:
        token = MOST_NBYTES.set(request.most_nbytes)
        try:
            return await self._values(request.keys, [None] * len(request.keys), request.versions)
        finally:
            MOST_NBYTES.reset(token)

    @answers(GetRanges)
    async def _answer_get_ranges(self, request: GetRanges) -> list[BytesLike | None]:
        token = MOST_NBYTES.set(request.most_nbytes)
        try:
            return await self._values(request.keys, request.ranges, request.versions)
        finally:
            MOST_NBYTES.reset(token)

    async def _values(
        self, keys: Sequence[str], ranges: Sequence[ByteRequest | None],
        versions: list[Hashable] | None,
    ) -> list[BytesLike | None]:  # fmt: skip
        """Values or parts of them; their versions are told if they are asked for, and known."""
        if versions is None:
            return await self.each(keys, "read", lambda i: self._get(keys[i], ranges[i]))
        pairs = await self.each(keys, "read", lambda i: self._read(keys[i], ranges[i]))
        if any(version is not None for _, version in pairs):
            versions += [version for _, version in pairs]
        return [value for value, _ in pairs]

    @answers(Put)
    async def _answer_put(self, request: Put) -> list[str]:
        keys = request.keys
        expected = request.expected or [None] * len(keys)

        async def write(i: int) -> bool:
            value = as_value(request.values[i])
            plain = value if isinstance(value, bytes) else bytes(value)
            if expected[i] is not None:
                return await self._set_if(keys[i], plain, expected[i])
            await self._set(keys[i], plain)
            return True

        sizes = [_nbytes(value) for value in request.values]
        done = await self.each(keys, "write", write, changes=True, sent_nbytes=sizes)
        return [key for key, written in zip(keys, done, strict=True) if not written]

    @answers(Delete)
    async def _answer_delete(self, request: Delete) -> list[str]:
        keys = request.keys
        expected = request.expected or [None] * len(keys)

        async def remove(i: int) -> bool:
            return await self._set_if(bound[i], None, versions[bound[i]])

        versions = dict(zip(keys, expected, strict=True))
        bound = [key for key in keys if versions[key] is not None]
        free = [key for key in keys if versions[key] is None]
        done = await self.each(bound, "deletion", remove, changes=True)
        if free:
            await self._delete_many(free)
        return [key for key, removed in zip(bound, done, strict=True) if not removed]

    @answers(Swap)
    async def _answer_swap(self, request: Swap) -> bool:
        key, old, new = request.key, request.old, request.new
        owner: Owner = []

        async def swap() -> bool:
            if old is None and new is not None:
                return await self._create(key, new)
            stored, version = await self._read(key, None)
            if (None if stored is None else bytes(as_bytes_view(stored))) != old:
                return False
            if version is not None and version != ABSENT:
                return await self._set_if(key, new, version)
            await (self._delete(key) if new is None else self._set(key, new))
            return True

        try:
            await LOCKS.acquire_async(owner, [(*self.lock_names([key]), "change")])
            (swapped,) = await self.each([key], "change", lambda _: swap(), changes=True)
            return swapped
        finally:
            LOCKS.release(owner)

    @answers(Sizes)
    async def _answer_sizes(self, request: Sizes) -> list[int | None]:
        return await self.each(request.keys, "size", lambda i: self._size(request.keys[i]))

    @answers(ListPrefix)
    async def _answer_list_prefix(self, request: ListPrefix) -> list[str]:
        entries = sorted(await self._entries(request.prefix))
        known = [nbytes for _, nbytes in entries if nbytes is not None]
        if request.sizes is not None and len(known) == len(entries):
            request.sizes.extend(known)
        return [key for key, _ in entries]

    @answers(ListNames)
    async def _answer_list_names(self, request: ListNames) -> list[str]:
        return sorted(await self._names(request.prefix))


def _nbytes(value: BytesLike | Parts) -> int:
    """Bytes of a value, in pieces or not."""
    pieces = value.pieces if isinstance(value, Parts) else [value]
    return sum(len(as_bytes_view(piece)) for piece in pieces)

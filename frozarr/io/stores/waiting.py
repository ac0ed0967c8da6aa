"""Stores whose requests take a while: coroutines, many at a time, on one loop in the background.

Blocking and asynchronous callers, from whatever loop, have their requests run on the same loop, so
that connections are shared and outlive the caller's loop.
"""

import asyncio
import itertools
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from frozarr.io.byte_requests import ByteRequest, check_range
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.locks import LOCKS
from frozarr.io.run_async import GATE, Gate
from frozarr.io.stores.base import Store
from frozarr.io.together import together
from frozarr.metadata.keys import check_key, check_keys

__all__ = ["WaitingStore"]

T = TypeVar("T")
_UNASKED = frozenset({"versions"})
"""Verbs that are answered without a request."""
_IN_FLIGHT = 64


class WaitingStore(Store):
    """A store made of coroutines, one per request. Subclasses write those that start with ``_``.

    An error of a request ends the others of its call, and says in a note which key it concerns.
    """

    @property
    @abstractmethod
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, running in a thread of its own."""

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

    # -------------------------------------------------------------- where the work is done

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the store's loop, for a blocking caller."""
        loop = self.loop
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is loop:
            work.close()
            raise RuntimeError(f"{self.url}: a blocking call would stop the store's own loop")
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, verb: str, *arguments: Any) -> Any:
        """Call a bulk verb by name, for blocking callers."""
        if verb in _UNASKED:
            return getattr(self, verb)(*arguments)
        return self.wait(getattr(self, f"_{verb}")(*arguments))

    async def call_async(self, verb: str, *arguments: Any) -> Any:
        """Call a bulk verb by name, for asynchronous callers on any loop."""
        if verb in _UNASKED:
            return getattr(self, verb)(*arguments)
        work = getattr(self, f"_{verb}")(*arguments)
        loop = self.loop
        if asyncio.get_running_loop() is loop:
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))

    async def _each(
        self, keys: Sequence[str], what: str, work: Callable[[int], Awaitable[Any]]
    ) -> list[Any]:
        """Do something for each key, as many at a time as are allowed; the answers."""
        gate = GATE.get() or Gate(_IN_FLIGHT)
        answers: list[Any] = [None] * len(keys)
        pending = itertools.count()

        async def worker() -> None:
            while (i := next(pending)) < len(keys):
                await gate.enter()
                try:
                    answers[i] = await work(i)
                except Exception as error:
                    error.add_note(f"{self.url}: {what} of key {keys[i]!r} failed")
                    raise
                finally:
                    gate.leave()

        if len(keys) == 1:
            await worker()
        elif keys:
            await together(worker() for _ in range(min(len(keys), gate.limit)))
        return answers

    # -------------------------------------------------------------- bulk verbs, as coroutines

    async def _read_many(
        self,
        keys: Sequence[str],
        ranges: Sequence[ByteRequest | None] | None = None,
        nbytes_hint: int = 0,  # noqa: ARG002 - a request brings the whole value
    ) -> list[BytesLike | None]:
        check_keys(keys)
        wanted = ranges if ranges is not None else [None] * len(keys)
        for key, byte_range in zip(keys, wanted, strict=True):
            if byte_range is not None:
                check_range(byte_range, key)
        return await self._each(keys, "read", lambda i: self._get(keys[i], wanted[i]))

    async def _read_into(
        self, keys: Sequence[str], rows: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.int64]:
        sizes = np.full(len(keys), -1, np.int64)
        for row, value in enumerate(await self._read_many(keys)):
            if value is not None:
                view = np.frombuffer(as_bytes_view(value), np.uint8)
                sizes[row] = len(view)
                rows[row, : len(view)] = view[: rows.shape[1]]
        return sizes

    async def _write_many(self, keys: Sequence[str], values: Sequence[BytesLike | Parts]) -> None:
        check_keys(keys)
        self.check_writable(keys[0] if keys else "")

        def write(i: int) -> Awaitable[None]:
            value = values[i]
            joined = value.join() if isinstance(value, Parts) else value
            whole = joined if isinstance(joined, bytes) else bytes(as_bytes_view(joined))
            return self._set(keys[i], whole)

        await self._each(keys, "write", write)

    async def _erase_many(self, keys: Sequence[str]) -> None:
        check_keys(keys)
        self.check_writable(keys[0] if keys else "")
        await self._each(keys, "deletion", lambda i: self._delete(keys[i]))

    async def _erase_prefix(self, prefix: str) -> None:
        self.check_writable(prefix)
        keys = await self._keys(prefix)
        await self._each(keys, "deletion", lambda i: self._delete(keys[i]))

    async def _swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        check_key(key)
        self.check_writable(key)
        if old is None and new is not None:
            return await self._create(key, new)
        lock = [(self.identity, key, "swap")]
        await LOCKS.acquire_async(lock)
        try:
            stored = await self._get(key, None)
            if (None if stored is None else bytes(stored)) != old:
                return False
            if new is None:
                await self._delete(key)
            else:
                await self._set(key, new)
            return True
        finally:
            LOCKS.release(lock)

    async def _sizes_of(self, keys: Sequence[str]) -> list[int | None]:
        check_keys(keys)
        return await self._each(keys, "size", lambda i: self._size(keys[i]))

    async def _size_of(self, key: str) -> int | None:
        (size,) = await self._sizes_of([key])
        return size

    async def _keys_below(self, prefix: str) -> list[str]:
        return sorted(await self._keys(prefix))

    async def _names_below(self, prefix: str) -> list[str]:
        return sorted(await self._names(prefix))

    async def _stage(self, prefix: str) -> None:
        self.check_writable(prefix)

    async def _publish(self, staged: str, prefix: str) -> None:
        raise NotImplementedError(f"{self.url}: can't publish {staged!r} as {prefix!r}")

    async def _discard(self, staged: str) -> None:
        await self._erase_prefix(staged)

    # -------------------------------------------------------------- the same, blocking

    def read_many(
        self,
        keys: Sequence[str],
        ranges: Sequence[ByteRequest | None] | None = None,
        nbytes_hint: int = 0,
    ) -> list[BytesLike | None]:
        """Values (or the asked part of them), None where a key is missing."""
        return self.wait(self._read_many(keys, ranges, nbytes_hint))

    def read_into(self, keys: Sequence[str], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Read values into the rows; the bytes each has, -1 where a key is missing."""
        return self.wait(self._read_into(keys, rows))

    def write_many(self, keys: Sequence[str], values: Sequence[BytesLike | Parts]) -> None:
        """Set keys, each wholly or not at all."""
        self.wait(self._write_many(keys, values))

    def erase_many(self, keys: Sequence[str]) -> None:
        """Remove keys; missing ones are no error."""
        self.wait(self._erase_many(keys))

    def erase_prefix(self, prefix: str) -> None:
        """Remove all keys below a prefix (all keys, for the empty one)."""
        self.wait(self._erase_prefix(prefix))

    def swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        """Set (or, for None, remove) a key if its value is still `old`; whether it was."""
        return self.wait(self._swap(key, old, new))

    def keys_below(self, prefix: str) -> list[str]:
        """All keys below a prefix, relative to the root, sorted."""
        return self.wait(self._keys_below(prefix))

    def names_below(self, prefix: str) -> list[str]:
        """Names one level below a prefix, keys and prefixes alike, sorted."""
        return self.wait(self._names_below(prefix))

    def size_of(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""
        return self.wait(self._size_of(key))

    def discard(self, staged: str) -> None:
        """Remove a staged prefix that will not be published."""
        self.wait(self._discard(staged))

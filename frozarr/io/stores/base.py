"""What a store is: bulk verbs that programs use, and the face that users know from zarr.

A *blocking* store writes plain methods (`_read_many`, `_write_many`, …) and gets everything else:
the gate that refuses changes to a read-only store, the checked keys, the asynchronous face.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from frozarr.errors import ReadOnlyError
from frozarr.io.buffers import Buffer, BufferPrototype
from frozarr.io.byte_requests import ByteRequest, check_range
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.requests import call_of
from frozarr.io.stores import verbs
from frozarr.io.stores.verbs import HIDDEN, Steps, as_value, is_hidden
from frozarr.metadata.keys import check_key, check_keys

__all__ = ["HIDDEN", "BlockingStore", "Store", "Verbs", "as_value", "is_hidden"]

T = TypeVar("T")
_Anys = list[Any]
_Keys = list[str]  # below, `list` is a method
_Sizes = list[int | None]


class Store(ABC):
    """Keys that hold bytes. Equal stores are the same place.

    Every store serves blocking callers (`blocking`, and the bulk verbs below) and asynchronous
    ones (the ``async`` methods, as in zarr-python).
    """

    supports_writes: bool = True
    supports_deletes: bool = True
    supports_listing: bool = True
    supports_partial_writes: bool = False
    swaps_between_processes: bool = False
    """Whether compare-and-swap holds against other processes, too."""
    takes_parts: bool = False
    """Whether `write_many` takes values in several pieces, too (`Parts`)."""
    coalesce_gap_nbytes: int = 1024 * 1024
    """Bytes that are cheaper read than skipped by another request."""

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
    def identity(self) -> tuple[Any, ...]:
        """What makes two stores the same place; locks go by it."""

    @abstractmethod
    def with_read_only(self, read_only: bool = False) -> Self:
        """The same place, with or without permission to change it."""

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
                f"{self.url}: store is read-only, can't change {key!r}; open it with mode 'r+' or "
                "use with_read_only(False)",
                url=self.url, key=key or None,
            )  # fmt: skip

    # -------------------------------------------------------------- bulk verbs, blocking

    @abstractmethod
    def read_many(
        self,
        keys: Sequence[str],
        ranges: Sequence[ByteRequest | None] | None = None,
        nbytes_hint: int = 0,
    ) -> list[BytesLike | None]:
        """Values (or the asked part of them), None where a key is missing."""

    @abstractmethod
    def read_into(self, keys: Sequence[str], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Read values into the rows; the bytes each has, -1 where a key is missing."""

    @abstractmethod
    def write_many(self, keys: Sequence[str], values: Sequence[BytesLike]) -> None:
        """Set keys in order, each wholly or not at all."""

    @abstractmethod
    def erase_many(self, keys: Sequence[str]) -> None:
        """Remove keys; missing ones are no error."""

    @abstractmethod
    def erase_prefix(self, prefix: str) -> None:
        """Remove all keys below a prefix (all keys, for the empty one)."""

    @abstractmethod
    def swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        """Set (or, for None, remove) a key if its value is still `old`; whether it was."""

    @abstractmethod
    def keys_below(self, prefix: str) -> _Keys:
        """All keys below a prefix, relative to the root, sorted."""

    @abstractmethod
    def names_below(self, prefix: str) -> _Keys:
        """Names one level below a prefix, keys and prefixes alike, sorted."""

    @abstractmethod
    def size_of(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""

    def sizes_of(self, keys: Sequence[str]) -> "_Sizes":
        """Bytes of each value; None where a key is missing."""
        return [self.size_of(key) for key in keys]

    def versions(self, keys: Sequence[str]) -> _Anys:
        """For each key what tells its value from the next one; None where the store can't."""
        return [None] * len(keys)

    def is_settled(self, version: Any) -> bool:
        """Whether any later change surely gives another version; asked right after `versions`."""
        return version is not None

    def stage(self, prefix: str) -> str | None:
        """Prefix no listing shows, for building what will replace `prefix`; None: not supported."""
        self.check_writable(prefix)
        return None

    def publish(self, staged: str, prefix: str) -> None:
        """Put a staged prefix in the place of `prefix`, at once."""
        raise NotImplementedError(f"{self.url}: can't publish {staged!r} as {prefix!r}")

    def discard(self, staged: str) -> None:
        """Remove a staged prefix that will not be published."""
        self.erase_prefix(staged)

    def close(self) -> None:
        """Let go of what the store holds open; nothing by default."""
        return

    # -------------------------------------------------------------- where everything passes

    @property
    def loop(self) -> Any:
        """The event loop to which requests of a store that waits go; None if it never waits."""
        return None

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the store's loop, for a blocking caller."""
        work.close()
        raise NotImplementedError(f"{self.url}: this store has no loop")

    def call(self, verb: str, *arguments: Any) -> Any:
        """Call a bulk verb by name, for blocking callers."""
        if verb == "write_many" and not self.takes_parts:
            arguments = (arguments[0], _joined(arguments[1]))
        return getattr(self, verb)(*arguments)

    async def call_async(self, verb: str, *arguments: Any) -> Any:
        """Call a bulk verb by name, for asynchronous callers."""
        # asyncio takes long to import, and blocking callers do without
        from frozarr.io.run_async import in_thread  # noqa: PLC0415

        return await in_thread(lambda: self.call(verb, *arguments))

    # -------------------------------------------------------------- the blocking face

    @property
    def blocking(self) -> "Verbs":
        """The asynchronous methods under the same names, blocking."""
        return Verbs(self)

    # -------------------------------------------------------------- the asynchronous face

    async def _run(self, steps: Steps) -> Any:
        """Carry out the requests of a verb."""
        answer: Any = None
        while True:
            try:
                request = steps.send(answer)
            except StopIteration as stop:
                return stop.value
            verb, arguments = call_of(request)
            answer = await self.call_async(verb, *arguments)

    @classmethod
    async def open(cls, *args: Any, **kwargs: Any) -> Self:
        """New store, ready for use."""
        return cls(*args, **kwargs)

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Value of a key, or part of it; None if the key is missing."""
        found: Buffer | None = await self._run(verbs.get(key, prototype, byte_range))
        return found

    async def get_partial_values(
        self,
        prototype: BufferPrototype | None,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Parts of values, in the order asked; None where a key is missing."""
        found: list[Buffer | None] = await self._run(
            verbs.get_partial_values(prototype, key_ranges)
        )
        return found

    async def set(self, key: str, value: Buffer | BytesLike) -> None:
        """Set a key."""
        await self._run(verbs.set_value(key, value))

    async def set_if_not_exists(self, key: str, value: Buffer | BytesLike) -> None:
        """Set a key unless it exists."""
        await self._run(verbs.set_if_not_exists(key, value))

    async def delete(self, key: str) -> None:
        """Remove a key; a missing one is no error."""
        await self._run(verbs.delete(key))

    async def delete_dir(self, prefix: str) -> None:
        """Remove all keys below a prefix."""
        await self._run(verbs.delete_dir(prefix))

    async def exists(self, key: str) -> bool:
        """Whether a key exists."""
        found: bool = await self._run(verbs.exists(key))
        return found

    async def getsize(self, key: str) -> int:
        """Bytes of a value; FileNotFoundError if the key is missing."""
        found: int = await self._run(verbs.getsize(key, self.url))
        return found

    async def getsize_prefix(self, prefix: str) -> int:
        """Bytes of all values below a prefix."""
        found: int = await self._run(verbs.getsize_prefix(prefix))
        return found

    async def is_empty(self, prefix: str = "") -> bool:
        """Whether there are no keys below a prefix."""
        found: bool = await self._run(verbs.is_empty(prefix))
        return found

    async def clear(self) -> None:
        """Remove all keys."""
        await self._run(verbs.delete_dir(""))

    async def list(self) -> AsyncIterator[str]:
        """All keys."""
        for key in await self._run(verbs.list_prefix("")):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """All keys below a prefix, relative to the root."""
        for key in await self._run(verbs.list_prefix(prefix)):
            yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Names one level below a prefix."""
        for name in await self._run(verbs.list_dir(prefix)):
            yield name


def _joined(values: Sequence[BytesLike | Parts]) -> Sequence[BytesLike]:
    """Values for a store that can't take pieces."""
    return [value.join() if isinstance(value, Parts) else value for value in values]


class Verbs:
    """The single-key face of a store for blocking callers: the asynchronous methods' names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _run(self, steps: Steps) -> Any:
        answer: Any = None
        while True:
            try:
                request = steps.send(answer)
            except StopIteration as stop:
                return stop.value
            verb, arguments = call_of(request)
            answer = self._store.call(verb, *arguments)

    def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Value of a key, or part of it; None if the key is missing."""
        found: Buffer | None = self._run(verbs.get(key, prototype, byte_range))
        return found

    def get_partial_values(
        self,
        prototype: BufferPrototype | None,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Parts of values, in the order asked; None where a key is missing."""
        found: _Anys = self._run(verbs.get_partial_values(prototype, key_ranges))
        return found

    def set(self, key: str, value: Buffer | BytesLike) -> None:
        """Set a key."""
        self._run(verbs.set_value(key, value))

    def set_if_not_exists(self, key: str, value: Buffer | BytesLike) -> None:
        """Set a key unless it exists."""
        self._run(verbs.set_if_not_exists(key, value))

    def delete(self, key: str) -> None:
        """Remove a key; a missing one is no error."""
        self._run(verbs.delete(key))

    def delete_dir(self, prefix: str) -> None:
        """Remove all keys below a prefix."""
        self._run(verbs.delete_dir(prefix))

    def exists(self, key: str) -> bool:
        """Whether a key exists."""
        found: bool = self._run(verbs.exists(key))
        return found

    def getsize(self, key: str) -> int:
        """Bytes of a value; FileNotFoundError if the key is missing."""
        found: int = self._run(verbs.getsize(key, self._store.url))
        return found

    def getsize_prefix(self, prefix: str) -> int:
        """Bytes of all values below a prefix."""
        found: int = self._run(verbs.getsize_prefix(prefix))
        return found

    def is_empty(self, prefix: str = "") -> bool:
        """Whether there are no keys below a prefix."""
        found: bool = self._run(verbs.is_empty(prefix))
        return found

    def clear(self) -> None:
        """Remove all keys."""
        self._run(verbs.delete_dir(""))

    def list(self) -> _Keys:
        """All keys."""
        return self.list_prefix("")

    def list_prefix(self, prefix: str) -> _Keys:
        """All keys below a prefix, relative to the root."""
        found: _Keys = self._run(verbs.list_prefix(prefix))
        return found

    def list_dir(self, prefix: str) -> _Keys:
        """Names one level below a prefix."""
        found: _Keys = self._run(verbs.list_dir(prefix))
        return found


class BlockingStore(Store):
    """A store made of plain methods. Subclasses write the methods that start with ``_``."""

    @abstractmethod
    def _read(self, key: str, byte_range: ByteRequest | None, nbytes_hint: int) -> BytesLike | None:
        """One value or part of it, None if missing."""

    @abstractmethod
    def _write(self, keys: Sequence[str], values: Sequence[BytesLike]) -> None:
        """Set keys."""

    @abstractmethod
    def _erase(self, keys: Sequence[str]) -> None:
        """Remove keys."""

    @abstractmethod
    def _erase_prefix(self, prefix: str) -> None:
        """Remove all keys below a prefix."""

    @abstractmethod
    def _swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        """Compare and swap."""

    def read_many(
        self,
        keys: Sequence[str],
        ranges: Sequence[ByteRequest | None] | None = None,
        nbytes_hint: int = 0,
    ) -> list[BytesLike | None]:
        """Values (or the asked part of them), None where a key is missing."""
        check_keys(keys)
        wanted = ranges if ranges is not None else [None] * len(keys)
        for key, byte_range in zip(keys, wanted, strict=True):
            if byte_range is not None:
                check_range(byte_range, key)
        return [self._read(k, r, nbytes_hint) for k, r in zip(keys, wanted, strict=True)]

    def read_into(self, keys: Sequence[str], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Read values into the rows; the bytes each has, -1 where a key is missing."""
        values = self.read_many(keys, nbytes_hint=rows.shape[1])
        views = [None if value is None else as_bytes_view(value) for value in values]
        sizes = np.array([-1 if view is None else len(view) for view in views], np.int64)
        fitting = np.flatnonzero(sizes == rows.shape[1])
        if len(fitting) and rows.shape[1]:
            joined = b"".join([view for view in views if view and len(view) == rows.shape[1]])
            rows[fitting] = np.frombuffer(joined, np.uint8).reshape(-1, rows.shape[1])
        return sizes

    def write_many(self, keys: Sequence[str], values: Sequence[BytesLike]) -> None:
        """Set keys in order, each wholly or not at all."""
        check_keys(keys)
        self.check_writable(keys[0] if keys else "")
        self._write(keys, values)

    def erase_many(self, keys: Sequence[str]) -> None:
        """Remove keys; missing ones are no error."""
        check_keys(keys)
        self.check_writable(keys[0] if keys else "")
        self._erase(keys)

    def erase_prefix(self, prefix: str) -> None:
        """Remove all keys below a prefix (all keys, for the empty one)."""
        self.check_writable(prefix)
        self._erase_prefix(prefix)

    def swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        """Set (or, for None, remove) a key if its value is still `old`; whether it was."""
        check_key(key)
        self.check_writable(key)
        return self._swap(key, old, new)

"""Stores to derive from, and what is asked of them."""

from abc import ABCMeta
from collections.abc import Hashable
from typing import Any, Protocol, Self, runtime_checkable

from frozarr.io.buffers import Buffer, BufferPrototype
from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
)
from frozarr.io.stores import base
from frozarr.io.stores.by_verbs import OURS
from frozarr.io.stores.verb_store import VerbStore

__all__ = [
    "ByteGetter", "ByteRequest", "ByteSetter", "OffsetByteRequest", "RangeByteRequest", "Store",
    "SuffixByteRequest", "SupportsDeleteSync", "SupportsGetSync", "SupportsSetSync",
    "SupportsSyncStore", "SyncByteGetter", "SyncByteSetter", "set_or_delete",
]  # fmt: skip


class _AnyStore(ABCMeta):
    """All stores are instances of the class to derive from, whatever they derive from."""

    def __instancecheck__(cls, instance: object) -> bool:
        if cls.__dict__.get("_of_all_stores", False):
            return base.Store in type(instance).__mro__
        return super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls.__dict__.get("_of_all_stores", False):
            return base.Store in subclass.__mro__
        return super().__subclasscheck__(subclass)


class Store(VerbStore, metaclass=_AnyStore):
    """Derive from it and write ``async def get``, ``set``, ``delete`` and ``list``.

    Parameters
    ----------
    read_only
        Refuse changes.

    Examples
    --------
    >>> from frozarr import compat as zarr
    >>> from frozarr.compat.abc.store import Store
    >>> class Mine(Store):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.values = {}
    ...     async def get(self, key, prototype=None, byte_range=None):
    ...         return self.values.get(key)
    ...     async def set(self, key, value):
    ...         self.values[key] = value.to_bytes()
    ...     async def delete(self, key):
    ...         self.values.pop(key, None)
    ...     async def list(self):
    ...         for key in list(self.values):
    ...             yield key
    >>> store = Mine()
    >>> zarr.create_array(store, data=[1, 2])[:], isinstance(store, Store)
    (array([1, 2]), True)
    """

    _of_all_stores = True

    def __init__(self, *, read_only: bool = False) -> None:
        base.Store.__init__(self, read_only=read_only)
        self.verbs = self
        self._own = type(self).own_verbs
        self._dialect = OURS

    def _check_writable(self) -> None:
        self.check_writable("")

    @property
    def _is_open(self) -> bool:
        return bool(self.__dict__.get("_opened", False))

    @_is_open.setter
    def _is_open(self, is_open: bool) -> None:
        self.__dict__["_opened"] = is_open

    async def _open(self) -> None:
        """What there is to do before the first request; nothing, unless a subclass has it."""
        self._is_open = True

    async def _ensure_open(self) -> None:
        if not self._is_open:
            await self._open()

    @classmethod
    async def open(cls, *args: Any, **kwargs: Any) -> Self:
        """A store that is open."""
        store = cls(*args, **kwargs)
        await store._open()
        return store

    @property
    def url(self) -> str:
        """The class, and which of its stores it is."""
        return f"{type(self).__name__}://{id(self)}"

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The object itself."""
        return ("verbs", id(self))


@runtime_checkable
class ByteGetter(Protocol):
    """Something that has a value."""

    async def get(
        self, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The value, or a part of it; None if there is none."""


@runtime_checkable
class ByteSetter(Protocol):
    """Something whose value can be changed."""

    async def get(
        self, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The value, or a part of it; None if there is none."""

    async def set(self, value: Buffer) -> None:
        """Set the value."""

    async def delete(self) -> None:
        """Remove the value."""

    async def set_if_not_exists(self, default: Buffer) -> None:
        """Set the value unless there is one."""


@runtime_checkable
class SupportsGetSync(Protocol):
    """Values can be had without an event loop."""

    def get_sync(self, key: str, **options: Any) -> Buffer | None:
        """A value; None if there is none."""


@runtime_checkable
class SupportsSetSync(Protocol):
    """Values can be set without an event loop."""

    def set_sync(self, key: str, value: Buffer) -> None:
        """Set a value."""


@runtime_checkable
class SupportsDeleteSync(Protocol):
    """Values can be removed without an event loop."""

    def delete_sync(self, key: str) -> None:
        """Remove a value."""


@runtime_checkable
class SupportsSyncStore(SupportsGetSync, SupportsSetSync, SupportsDeleteSync, Protocol):
    """Values can be had, set and removed without an event loop."""


SyncByteGetter = SupportsGetSync
SyncByteSetter = SupportsSetSync


async def set_or_delete(byte_setter: ByteSetter, value: Buffer | None) -> None:
    """Set a value; None removes it."""
    if value is None:
        await byte_setter.delete()
    else:
        await byte_setter.set(value)

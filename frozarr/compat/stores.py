"""Stores under names that only the older API has."""

import itertools
from collections.abc import Hashable, Iterator, MutableMapping
from typing import Any, Self
from weakref import WeakValueDictionary

from frozarr.io.stores.memory import MemoryStore, lock_of
from frozarr.io.stores.obspec import ObspecStore
from frozarr.metadata.paths import join, normalize_path

__all__ = ["ManagedMemoryStore", "ObjectStore"]


class ObjectStore(ObspecStore):
    """Keys in an object store of obstore; see `frozarr.storage.ObspecStore`."""

    def __init__(self, store: object, *, read_only: bool = False) -> None:
        super().__init__(store, read_only=read_only)

    @property
    def store(self) -> Any:
        """The client that was given."""
        return self.client


class _Values(dict[str, Any]):
    """A dictionary that goes when no store uses it any more."""


class _Below(MutableMapping[str, Any]):
    """The part of a dictionary below a path, by keys relative to it."""

    def __init__(self, values: MutableMapping[str, Any], path: str) -> None:
        self._all, self._head = values, f"{path}/"

    def __getitem__(self, key: str) -> Any:
        return self._all[self._head + key]

    def __setitem__(self, key: str, value: object) -> None:
        self._all[self._head + key] = value

    def __delitem__(self, key: str) -> None:
        del self._all[self._head + key]

    def __iter__(self) -> Iterator[str]:
        start = len(self._head)
        return iter([key[start:] for key in list(self._all) if key.startswith(self._head)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


_KNOWN: WeakValueDictionary[str, _Values] = WeakValueDictionary()
_NUMBERS = itertools.count()


class ManagedMemoryStore(MemoryStore):
    """A store in memory that can be found by its name, in this process, as long as one is in use.

    Parameters
    ----------
    name
        Two stores of one name hold the same values; None for a new name.
    path
        Keys are relative to it.

    Examples
    --------
    >>> store = ManagedMemoryStore("example")
    >>> store.blocking.set("a/b", b"spam")
    >>> ManagedMemoryStore.from_url("memory://example/a").blocking.get("b").to_bytes()
    b'spam'
    """

    def __init__(self, name: str | None = None, *, path: str = "", read_only: bool = False) -> None:
        self._name = f"frozarr-{next(_NUMBERS)}" if name is None else name
        if not self.name or "/" in self.name:
            raise ValueError(f"a store's name is a text without '/', got {self.name!r}")
        self.path = normalize_path(path)
        self._managed = _KNOWN.setdefault(self.name, _Values())
        below = _Below(self._managed, self.path) if self.path else self._managed
        super().__init__(below, read_only=read_only)
        self._changing = lock_of(self._managed)  # of all stores by this name

    @property
    def name(self) -> str:
        """By which the store is found."""
        return self._name

    @classmethod
    def from_url(cls, url: str, *, read_only: bool = False) -> Self:
        """Store at ``memory://name/path``.

        Raises
        ------
        ValueError
            Another scheme, or no store of that name is in use.
        """
        scheme, _, rest = url.partition("://")
        name, _, path = rest.partition("/")
        if scheme != "memory" or name not in _KNOWN:
            raise ValueError(f"{url!r} is no store in use; there are {sorted(_KNOWN)}")
        return cls(name, path=path, read_only=read_only)

    @property
    def url(self) -> str:
        """``memory://``, the name and the path."""
        return f"memory://{join(self.name, self.path) if self.path else self.name}"

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The dictionary and the path."""
        return ("memory", id(self._managed), self.path)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError(f"{self.url} is this process's own: pickle its values, or use a directory")

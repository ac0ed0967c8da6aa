"""A place in a store: store and path."""

from typing import Literal, TypeAlias

import attrs

from frozarr.io.stores.base import Store
from frozarr.metadata.paths import join, normalize_path

__all__ = ["AccessMode", "StorePath"]

AccessMode: TypeAlias = Literal["r", "r+", "a", "w", "w-"]
ACCESS_MODES = ("r", "r+", "a", "w", "w-")


@attrs.frozen(repr=False)
class StorePath:
    """A store and a path in it.

    Examples
    --------
    >>> from frozarr.io.stores.memory import MemoryStore
    >>> (StorePath(MemoryStore(), "a") / "b").path
    'a/b'
    """

    store: Store
    path: str = attrs.field(default="", converter=normalize_path)

    @property
    def read_only(self) -> bool:
        """Changes are refused."""
        return self.store.read_only

    def key(self, name: str = "") -> str:
        """Key of a name below this place; of the place itself without one."""
        return join(self.path, name) if name else self.path

    def __truediv__(self, other: str) -> "StorePath":
        return StorePath(self.store, join(self.path, other))

    def __str__(self) -> str:
        return join(self.store.url, self.path) if self.path else self.store.url

    def __repr__(self) -> str:
        return f"StorePath({str(self)!r})"

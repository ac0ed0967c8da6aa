"""How an array is reached: its place, the settings, and what is kept between calls."""

import attrs

from frozarr.config import Config
from frozarr.errors import StaleHandleError
from frozarr.io.index_cache import IndexCache
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import StorePath

__all__ = ["Access", "ShapeChange"]


@attrs.define(eq=False)
class ShapeChange:
    """Whether a handle's array was given another shape through that handle, and by which call."""

    call: str | None = None
    """Name of the method; None as long as the handle's shape is the newest that it knows of."""


@attrs.frozen
class Access:
    """A place in a store, and how to work there."""

    place: StorePath
    config: Config
    shape_change: ShapeChange = attrs.field(factory=ShapeChange, eq=False, repr=False)
    """Shared by all that stand for the same handle."""
    indexes: IndexCache = attrs.field(init=False, eq=False, repr=False)
    """Shard indexes that were read."""

    @indexes.default
    def _no_indexes(self) -> IndexCache:
        return IndexCache(self.config.index_cache_nbytes)

    @property
    def store(self) -> Store:
        """The store."""
        return self.place.store

    def check_current(self) -> None:
        """Refuse changes through a handle whose array was given another shape through it.

        Raises
        ------
        StaleHandleError
            `resize` or `append` was called; names the handle to use instead.
        """
        call = self.shape_change.call
        if call is not None:
            raise StaleHandleError(
                f"{self.place}: {call} was called on this handle, which has the shape from before "
                f"it; nothing was written. Use the handle that {call} returned: a = a.{call}(...)",
                url=str(self.place),
            )

    def keys(self, names: list[str]) -> list[str]:
        """Keys in the store of names below the place."""
        if not self.place.path:
            return names
        head = f"{self.place.path}/"
        return [head + name for name in names]

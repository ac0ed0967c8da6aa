"""How an array is reached: its place, the settings, and what is kept between calls."""

import attrs

from frozarr.config import Config
from frozarr.io.index_cache import IndexCache
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import StorePath

__all__ = ["Access"]


@attrs.frozen
class Access:
    """A place in a store, and how to work there."""

    place: StorePath
    config: Config
    indexes: IndexCache = attrs.field(init=False, eq=False, repr=False)
    """Shard indexes that were read."""

    @indexes.default
    def _no_indexes(self) -> IndexCache:
        return IndexCache(self.config.index_cache_nbytes)

    @property
    def store(self) -> Store:
        """The store."""
        return self.place.store

    def keys(self, names: list[str]) -> list[str]:
        """Keys in the store of names below the place."""
        if not self.place.path:
            return names
        head = f"{self.place.path}/"
        return [head + name for name in names]

"""All of `frozarr.storage`, places with asynchronous verbs, and stores by their older names."""

from frozarr import storage as frozen
from frozarr.lazy import lazy_names

__all__ = list(frozen.__all__)
__all__ += ["ManagedMemoryStore", "ObjectStore"]

_WHERE = {
    **dict.fromkeys(frozen.__all__, "storage"),
    "StorePath": "compat.places",
    "ManagedMemoryStore": "compat.stores",
    "ObjectStore": "compat.stores",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE, "frozarr")

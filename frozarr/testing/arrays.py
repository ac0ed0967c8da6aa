"""Arrays for tests: made of metadata that a strategy drew."""

from frozarr.config import Config
from frozarr.handles.blocking import Array
from frozarr.io.programs.nodes import create_node
from frozarr.io.runners.threads import run
from frozarr.io.stores.base import Store
from frozarr.io.stores.memory import MemoryStore
from frozarr.io.stores.path import StorePath
from frozarr.metadata.spec import ArrayMetadata

__all__ = ["stored_array"]


def stored_array(
    metadata: ArrayMetadata, config: Config | None = None, store: Store | None = None,
    path: str = "a/b",
) -> Array:  # fmt: skip
    """Handle of a new array with these metadata, in a store (a new one in memory by default).

    Examples
    --------
    >>> from frozarr.metadata import ArraySpec
    >>> stored_array(ArraySpec(shape=4, dtype="u1").metadata())[1:3].tolist()
    [0, 0]
    """
    place = StorePath(MemoryStore() if store is None else store, path)
    run(create_node(place, metadata), place.store)
    return Array(metadata, place, config)

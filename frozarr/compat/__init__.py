"""The older spellings of zarr-python's API: ``from frozarr import compat as zarr``.

Everything that `frozarr` has, with handles that also take the parameters which only the older API
knows (``Array.create``, ``prototype=`` when writing), and places in stores that have the
asynchronous verbs (`StorePath`). There is no logic of its own here: what it does, the core does.

Examples
--------
>>> from frozarr import compat as zarr
>>> z = zarr.zeros((4, 4), chunks=(2, 2), dtype="i4")
>>> z.set_basic_selection(slice(2), 1, prototype=None)
>>> z[:, 0]
array([1, 1, 0, 0], dtype=int32)
"""

from typing import TYPE_CHECKING

from frozarr.lazy import lazy_names

if TYPE_CHECKING:
    from frozarr.compat import storage
    from frozarr.compat.api import (
        array,
        create,
        create_array,
        empty,
        empty_like,
        from_array,
        full,
        full_like,
        load,
        migrate,
        ones,
        ones_like,
        open,  # noqa: A004 - the name users know
        open_array,
        open_like,
        save,
        save_array,
        zeros,
        zeros_like,
    )
    from frozarr.compat.arrays import Array, AsyncArray
    from frozarr.compat.places import StorePath

__all__ = [
    "Array",
    "AsyncArray",
    "StorePath",
    "array",
    "create",
    "create_array",
    "empty",
    "empty_like",
    "from_array",
    "full",
    "full_like",
    "load",
    "migrate",
    "ones",
    "ones_like",
    "open",
    "open_array",
    "open_like",
    "save",
    "save_array",
    "storage",
    "zeros",
    "zeros_like",
]

_WHERE = {
    **dict.fromkeys((
        "array", "create", "create_array", "empty", "empty_like", "from_array", "full", "full_like",
        "load", "migrate", "ones", "ones_like", "open", "open_array", "open_like", "save",
        "save_array", "zeros", "zeros_like",
    ), "api"),
    "Array": "arrays",
    "AsyncArray": "arrays",
    "StorePath": "places",
    "storage": "",
}  # fmt: skip

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

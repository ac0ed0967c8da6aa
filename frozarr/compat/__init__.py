"""The API of zarr-python 3.4: ``from frozarr import compat as zarr`` runs programs written for it.

Arrays and groups are changed in place: each is a cell around a frozen handle of this library, which
does all the work. `install` has ``import zarr`` give this package; ``python -m frozarr.compat
program.py`` runs a program that way.

Examples
--------
>>> from frozarr import compat as zarr
>>> z = zarr.zeros((4, 4), chunks=(2, 2), dtype="i4")
>>> z.resize((6, 4))
>>> z.attrs["units"] = "m"
>>> z.shape, dict(z.attrs), z[:, 0]
((6, 4), {'units': 'm'}, array([0, 0, 0, 0, 0, 0], dtype=int32))
"""

from typing import TYPE_CHECKING

from frozarr.lazy import lazy_names

if TYPE_CHECKING:
    from frozarr.compat import (
        abc,
        api,
        buffer,
        codecs,
        core,
        dtype,
        errors,
        metadata,
        registry,
        storage,
        types,
    )
    from frozarr.compat.api.synchronous import (
        array,
        consolidate_metadata,
        create,
        create_array,
        create_group,
        create_hierarchy,
        empty,
        empty_like,
        from_array,
        full,
        full_like,
        group,
        load,
        migrate,
        ones,
        ones_like,
        open,  # noqa: A004 - the name users know
        open_array,
        open_consolidated,
        open_group,
        open_like,
        save,
        save_array,
        save_group,
        tree,
        zeros,
        zeros_like,
    )
    from frozarr.compat.arrays import Array, AsyncArray
    from frozarr.compat.groups import AsyncGroup, Group
    from frozarr.compat.install import install, uninstall
    from frozarr.compat.places import StorePath
    from frozarr.compat.settings import config

__version__ = "3.4.2"
"""The version of zarr-python whose API this is."""

__all__ = [
    "Array",
    "AsyncArray",
    "AsyncGroup",
    "Group",
    "StorePath",
    "abc",
    "api",
    "array",
    "buffer",
    "codecs",
    "config",
    "consolidate_metadata",
    "core",
    "create",
    "create_array",
    "create_group",
    "create_hierarchy",
    "dtype",
    "empty",
    "empty_like",
    "errors",
    "from_array",
    "full",
    "full_like",
    "group",
    "install",
    "load",
    "metadata",
    "migrate",
    "ones",
    "ones_like",
    "open",
    "open_array",
    "open_consolidated",
    "open_group",
    "open_like",
    "registry",
    "save",
    "save_array",
    "save_group",
    "storage",
    "tree",
    "types",
    "uninstall",
    "zeros",
    "zeros_like",
]

_WHERE = {
    **dict.fromkeys((
        "array", "consolidate_metadata", "create", "create_array", "create_group",
        "create_hierarchy", "empty", "empty_like", "from_array", "full", "full_like", "group",
        "load", "migrate", "ones", "ones_like", "open", "open_array", "open_consolidated",
        "open_group", "open_like", "save", "save_array", "save_group", "tree", "zeros",
        "zeros_like",
    ), "api.synchronous"),
    **dict.fromkeys((
        "abc", "api", "buffer", "codecs", "core", "dtype", "errors", "metadata", "registry",
        "storage", "types",
    ), ""),
    "Array": "arrays",
    "AsyncArray": "arrays",
    "AsyncGroup": "groups",
    "Group": "groups",
    "StorePath": "places",
    "config": "settings",
    "install": "install",
    "uninstall": "install",
}  # fmt: skip

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

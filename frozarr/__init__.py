"""Chunked, compressed N-dimensional arrays in the Zarr formats 2 and 3.

Metadata are frozen values, planning is pure, effects live in one place.

Names are loaded on first use (PEP 562), so that ``import frozarr`` costs next to nothing.
"""

from typing import TYPE_CHECKING

from frozarr.config import Config, config
from frozarr.lazy import lazy_names

if TYPE_CHECKING:
    from frozarr import (
        aio,
        buffer,
        codecs,
        compat,
        dtypes,
        errors,
        extensions,
        indexing,
        metadata,
        storage,
        testing,
    )
    from frozarr.api import (
        array,
        consolidate_metadata,
        copy,
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
        transaction,
        tree,
        zeros,
        zeros_like,
    )
    from frozarr.commands.async_group import AsyncGroup
    from frozarr.commands.group import Group
    from frozarr.handles.asynchronous import AsyncArray
    from frozarr.handles.blocking import Array
    from frozarr.metadata.convert import to_v2, to_v3
    from frozarr.metadata.registry import register

__version__ = "0.1.0"

__all__ = [
    "Array",
    "AsyncArray",
    "AsyncGroup",
    "Config",
    "Group",
    "aio",
    "array",
    "buffer",
    "codecs",
    "compat",
    "config",
    "consolidate_metadata",
    "copy",
    "create",
    "create_array",
    "create_group",
    "create_hierarchy",
    "dtypes",
    "empty",
    "empty_like",
    "errors",
    "extensions",
    "from_array",
    "full",
    "full_like",
    "group",
    "indexing",
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
    "register",
    "save",
    "save_array",
    "save_group",
    "storage",
    "testing",
    "to_v2",
    "to_v3",
    "transaction",
    "tree",
    "zeros",
    "zeros_like",
]

_WHERE = {
    **dict.fromkeys((
        "array", "consolidate_metadata", "copy", "create", "create_array", "create_group",
        "create_hierarchy", "group", "open_consolidated", "open_group", "save_group", "tree",
        "empty", "empty_like", "from_array", "full", "full_like",
        "load", "migrate", "ones", "ones_like", "open", "open_array", "open_like", "save",
        "save_array", "transaction", "zeros", "zeros_like",
    ), "api"),
    **dict.fromkeys((
        "aio", "buffer", "codecs", "compat", "dtypes", "errors", "extensions", "indexing",
        "metadata", "storage", "testing",
    ), ""),
    **dict.fromkeys(("Config", "config"), "config"),
    "Array": "handles.blocking",
    "AsyncArray": "handles.asynchronous",
    "AsyncGroup": "commands.async_group",
    "Group": "commands.group",
    "register": "metadata.registry",
    "to_v2": "metadata.convert",
    "to_v3": "metadata.convert",
}  # fmt: skip

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

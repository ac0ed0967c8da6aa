"""Chunked, compressed N-dimensional arrays in the Zarr formats 2 and 3.

Metadata are frozen values, planning is pure, effects live in one place.

Names are loaded on first use (PEP 562), so that ``import frozarr`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from frozarr.config import Config, config

if TYPE_CHECKING:
    from frozarr import aio, buffer, codecs, dtypes, errors, storage
    from frozarr.api import (
        array,
        create,
        create_array,
        empty,
        empty_like,
        from_array,
        full,
        full_like,
        load,
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
    from frozarr.arrays import Array
    from frozarr.async_arrays import AsyncArray
    from frozarr.metadata.convert import to_v2, to_v3
    from frozarr.metadata.registry import register

__version__ = "0.1.0"

__all__ = [
    "Array",
    "AsyncArray",
    "aio",
    "Config",
    "array",
    "buffer",
    "codecs",
    "config",
    "create",
    "create_array",
    "dtypes",
    "empty",
    "empty_like",
    "errors",
    "from_array",
    "full",
    "full_like",
    "load",
    "ones",
    "ones_like",
    "open",
    "open_array",
    "open_like",
    "register",
    "save",
    "save_array",
    "storage",
    "to_v2",
    "to_v3",
    "zeros",
    "zeros_like",
]

_MODULES = frozenset({"aio", "buffer", "codecs", "dtypes", "errors", "storage"})


_ELSEWHERE = {
    "Array": "frozarr.arrays",
    "AsyncArray": "frozarr.async_arrays",
    "register": "frozarr.metadata.registry",
    "to_v2": "frozarr.metadata.convert",
    "to_v3": "frozarr.metadata.convert",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'frozarr' has no attribute {name!r}")
    if name in _MODULES:
        return import_module(f"frozarr.{name}")
    value = getattr(import_module(_ELSEWHERE.get(name, "frozarr.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

"""Chunked, compressed N-dimensional arrays in the Zarr formats 2 and 3.

Metadata are frozen values, planning is pure, effects live in one place.
"""

from frozarr import buffer, codecs, dtypes, errors, storage
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
from frozarr.array import Array
from frozarr.config import Config, config

__version__ = "0.1.0"

__all__ = [
    "Array",
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
    "save",
    "save_array",
    "storage",
    "zeros",
    "zeros_like",
]

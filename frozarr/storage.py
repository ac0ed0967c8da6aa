"""Stores and what goes with them, as users know them from ``zarr.storage``."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
)
from frozarr.io.stores.base import BlockingStore, Store
from frozarr.io.stores.local import LocalStore
from frozarr.io.stores.memory import MemoryStore
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike

if TYPE_CHECKING:
    from frozarr.io.stores.fsspec import FsspecStore
    from frozarr.io.stores.gpu import GpuMemoryStore
    from frozarr.io.stores.obspec import ObspecStore
    from frozarr.io.stores.waiting import WaitingStore
    from frozarr.io.stores.wrapper import LoggingStore, WrapperStore
    from frozarr.io.stores.zip import ZipStore

__all__ = [
    "BlockingStore",
    "ByteRequest",
    "FsspecStore",
    "GpuMemoryStore",
    "LocalStore",
    "LoggingStore",
    "MemoryStore",
    "ObspecStore",
    "OffsetByteRequest",
    "RangeByteRequest",
    "Store",
    "StoreLike",
    "StorePath",
    "SuffixByteRequest",
    "WaitingStore",
    "WrapperStore",
    "ZipStore",
]

_LATER = {
    "FsspecStore": "fsspec",
    "GpuMemoryStore": "gpu",
    "LoggingStore": "wrapper",
    "ObspecStore": "obspec",
    "WaitingStore": "waiting",
    "WrapperStore": "wrapper",
    "ZipStore": "zip",
}


def __getattr__(name: str) -> Any:
    """Stores that bring other packages with them are imported when they are first named."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"frozarr.io.stores.{_LATER[name]}"), name)

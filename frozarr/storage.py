"""Stores and what goes with them, as users know them from ``zarr.storage``."""

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

__all__ = [
    "BlockingStore",
    "ByteRequest",
    "LocalStore",
    "MemoryStore",
    "OffsetByteRequest",
    "RangeByteRequest",
    "Store",
    "StoreLike",
    "StorePath",
    "SuffixByteRequest",
]

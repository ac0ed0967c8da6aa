"""Stores and what goes with them, as users know them from ``zarr.storage``.

For those who write a store there are its base classes, the requests that it carries out, and
`answers`, which marks the methods that do.
"""

from typing import TYPE_CHECKING

from frozarr.lazy import lazy_names

if TYPE_CHECKING:
    from frozarr.io.byte_requests import (
        ByteRequest,
        OffsetByteRequest,
        RangeByteRequest,
        SuffixByteRequest,
        resolve_range,
    )
    from frozarr.io.kernels.base import Parts
    from frozarr.io.programs.requests import (
        Delete,
        DeletePrefix,
        Discard,
        Get,
        GetInto,
        GetRanges,
        ListNames,
        ListPrefix,
        Put,
        Replace,
        Sizes,
        Stage,
        StoreRequest,
        Swap,
        Versions,
    )
    from frozarr.io.stores.base import BlockingStore, Store
    from frozarr.io.stores.dispatch import answers
    from frozarr.io.stores.fsspec import FsspecStore
    from frozarr.io.stores.gpu import GpuMemoryStore
    from frozarr.io.stores.local import LocalStore
    from frozarr.io.stores.logging import LoggingStore
    from frozarr.io.stores.memory import MemoryStore
    from frozarr.io.stores.obspec import ObspecStore
    from frozarr.io.stores.path import StorePath
    from frozarr.io.stores.resolve import StoreLike
    from frozarr.io.stores.verb_store import VerbStore
    from frozarr.io.stores.verbs import as_value
    from frozarr.io.stores.waiting import AsyncStore
    from frozarr.io.stores.wrapper import WrapperStore
    from frozarr.io.stores.zip import ZipStore

__all__ = [
    "AsyncStore",
    "BlockingStore",
    "ByteRequest",
    "Delete",
    "DeletePrefix",
    "Discard",
    "FsspecStore",
    "Get",
    "GetInto",
    "GetRanges",
    "GpuMemoryStore",
    "ListNames",
    "ListPrefix",
    "LocalStore",
    "LoggingStore",
    "MemoryStore",
    "ObspecStore",
    "OffsetByteRequest",
    "Parts",
    "Put",
    "RangeByteRequest",
    "Replace",
    "Sizes",
    "Stage",
    "Store",
    "StoreLike",
    "StorePath",
    "StoreRequest",
    "SuffixByteRequest",
    "Swap",
    "VerbStore",
    "Versions",
    "WrapperStore",
    "ZipStore",
    "answers",
    "as_value",
    "resolve_range",
]

_WHERE = {
    **dict.fromkeys(
        (
            "ByteRequest", "OffsetByteRequest", "RangeByteRequest", "SuffixByteRequest",
            "resolve_range",
        ),
        "io.byte_requests",
    ),
    **dict.fromkeys((
        "Delete", "DeletePrefix", "Discard", "Get", "GetInto", "GetRanges", "ListNames",
        "ListPrefix", "Put", "Replace", "Sizes", "Stage", "StoreRequest", "Swap", "Versions",
    ), "io.programs.requests"),
    "AsyncStore": "io.stores.waiting",
    "BlockingStore": "io.stores.base",
    "FsspecStore": "io.stores.fsspec",
    "GpuMemoryStore": "io.stores.gpu",
    "LocalStore": "io.stores.local",
    "LoggingStore": "io.stores.logging",
    "MemoryStore": "io.stores.memory",
    "ObspecStore": "io.stores.obspec",
    "Parts": "io.kernels.base",
    "Store": "io.stores.base",
    "StoreLike": "io.stores.resolve",
    "StorePath": "io.stores.path",
    "VerbStore": "io.stores.verb_store",
    "WrapperStore": "io.stores.wrapper",
    "ZipStore": "io.stores.zip",
    "answers": "io.stores.dispatch",
    "as_value": "io.stores.verbs",
}  # fmt: skip

__getattr__, __dir__ = lazy_names(__name__, _WHERE, "frozarr")

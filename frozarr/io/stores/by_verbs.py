"""Requests carried out by verbs that somebody wrote: in a class of their own, or a subclass."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import attrs

from frozarr.io.buffers import default_buffer_prototype
from frozarr.io.byte_requests import ByteRequest, RangeByteRequest, SuffixByteRequest
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.programs.requests import (
    AnyStoreRequest,
    Delete,
    DeletePrefix,
    Discard,
    Get,
    GetInto,
    GetRanges,
    Hold,
    LetGo,
    ListNames,
    ListPrefix,
    Put,
    Rename,
    Replace,
    Sizes,
    Stage,
    Swap,
    Versions,
)
from frozarr.io.stores.verbs import as_value

__all__ = ["OURS", "VERBS_OF", "Dialect", "by_verbs", "dialect_of", "has_verbs"]

_NEEDED = ("get", "set", "delete")


def has_verbs(candidate: object) -> bool:
    """Whether an object has the asynchronous verbs of a store, as far as they are needed."""
    listing = ("list_prefix", "list")
    return all(callable(getattr(candidate, name, None)) for name in _NEEDED) and any(
        callable(getattr(candidate, name, None)) for name in listing
    )


_READS = frozenset({"get", "get_partial_values"})
_WRITES = frozenset({"set", "set_if_not_exists", "delete", "delete_dir", "clear"})
VERBS_OF: Final[Mapping[type[AnyStoreRequest], frozenset[str]]] = {
    Get: _READS,
    GetInto: _READS,
    GetRanges: _READS,
    Versions: _READS | _WRITES,
    Sizes: _READS | {"getsize"},
    Put: frozenset({"set"}),
    Delete: frozenset({"delete"}),
    DeletePrefix: frozenset({"delete_dir", "delete", "clear"}),
    ListPrefix: frozenset({"list", "list_prefix"}),
    ListNames: frozenset({"list", "list_dir", "list_prefix"}),
    Swap: _READS | _WRITES,
    Stage: _READS | _WRITES,
    Replace: _READS | _WRITES,
    Discard: _READS | _WRITES,
    Hold: _READS | _WRITES,
    Rename: _READS | _WRITES,
    LetGo: _READS | _WRITES,
}
"""For each request the verbs that say what it does: if one of them is overridden, it is asked."""


class Dialect:
    """The classes of buffers and byte requests that a store's verbs take: ours."""

    prototype: Any = default_buffer_prototype()

    def buffer(self, value: object) -> Any:
        """A value, as the verb ``set`` takes it."""
        return self.prototype.buffer.from_bytes(as_value(value))

    def byte_request(self, request: ByteRequest | None) -> Any:
        """Part of a value, as the verb ``get`` takes it."""
        return request


class ZarrDialect(Dialect):
    """Those of zarr-python, whose stores take no others."""

    def __init__(self) -> None:
        self.prototype = import_module("zarr.core.buffer").default_buffer_prototype()
        self._requests = import_module("zarr.abc.store")

    def byte_request(self, request: ByteRequest | None) -> Any:
        """The class of the same name and fields, in zarr-python."""
        if request is None:
            return None
        return getattr(self._requests, type(request).__name__)(**attrs.asdict(request))


OURS: Final = Dialect()


def dialect_of(store: object) -> Dialect:
    """The classes that a store's verbs take."""
    packages = {cls.__module__.partition(".")[0] for cls in type(store).__mro__}
    return ZarrDialect() if "zarr" in packages else OURS


async def by_verbs(
    store: Any, own: frozenset[str], request: AnyStoreRequest, dialect: Dialect = OURS
) -> Any:
    """Carry out a request by the verbs that a store's author wrote; NotImplemented if by none.

    Parameters
    ----------
    store
        Whose verbs are called.
    own
        The verbs that its author wrote.
    request
        What is wanted.
    dialect
        The classes that the verbs take.
    """
    match request:
        case Get() | GetRanges():
            ranges = (
                request.ranges if isinstance(request, GetRanges) else [None] * len(request.keys)
            )
            wanted = zip(request.keys, ranges, strict=True)
            return [await _get(store, own, key, part, dialect) for key, part in wanted]
        case Put():
            for key, value in zip(request.keys, request.values, strict=True):
                await store.set(key, dialect.buffer(value))
        case Delete():
            for key in request.keys:
                await store.delete(key)
        case DeletePrefix(prefix="") if "clear" in own:
            await store.clear()
        case DeletePrefix() if "delete_dir" in own:
            await store.delete_dir(request.prefix)
        case Sizes() if "getsize" in own:
            return [await _size(store, own, key) for key in request.keys]
        case ListPrefix():
            listing = store.list_prefix(request.prefix) if "list_prefix" in own else store.list()
            # some stores list by the text of a prefix: "a" is not to mean "ab/c", too
            head = f"{request.prefix}/" if request.prefix else ""
            return sorted({key async for key in listing if key.startswith(head)})
        case ListNames() if "list_dir" in own:
            names = [name.rstrip("/") async for name in store.list_dir(request.prefix)]
            return sorted(set(names))
        case Swap(key=key, old=None, new=bytes() as new) if "set_if_not_exists" in own:
            if await _get(store, own, key, None, dialect) is not None:
                return False
            await store.set_if_not_exists(key, dialect.buffer(new))
            stored = await _get(store, own, key, None, dialect)
            return stored is not None and bytes(stored) == new
        case _:
            return NotImplemented
    return None


async def _get(
    store: Any, own: frozenset[str], key: str, byte_range: ByteRequest | None, dialect: Dialect
) -> BytesLike | None:
    prototype, part = dialect.prototype, dialect.byte_request(byte_range)
    if "get" in own or "get_partial_values" not in own:
        value = await store.get(key, prototype, part)
    else:
        (value,) = await store.get_partial_values(prototype, [(key, part)])
    return None if value is None else _within(as_value(value), store, key, byte_range)


def _within(value: BytesLike, store: object, key: str, byte_range: ByteRequest | None) -> BytesLike:
    """The answer to a request for a part of a value; ValueError if it is longer than that."""
    match byte_range:
        case RangeByteRequest():
            most = byte_range.end - byte_range.start
        case SuffixByteRequest():
            most = byte_range.suffix
        case _:
            return value
    if len(as_bytes_view(value)) > most:
        raise ValueError(
            f"{type(store).__name__}.get({key!r}) gave {len(as_bytes_view(value))} bytes, "
            f"{byte_range} asks for at most {most}: a store must honour byte_range"
        )
    return value


async def _size(store: Any, own: frozenset[str], key: str) -> int | None:
    try:
        if "exists" in own and not await store.exists(key):
            return None  # some give a size to a folder
        return int(await store.getsize(key))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None

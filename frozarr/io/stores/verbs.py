"""The verbs that users know (``get``, ``set``, ``list_dir``, …), each written once, as a program.

Both faces of a store, the asynchronous and the blocking one, are made of these. The other way
round, `by_verbs` carries out requests by calling the verbs of a store that somebody wrote in that
style: as a class of its own, or by overriding some verbs of a store here.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import numpy as np

from frozarr.errors import InvalidKeyError
from frozarr.io.buffers import Buffer, BufferPrototype, default_buffer_prototype
from frozarr.io.byte_requests import ByteRequest, RangeByteRequest, SuffixByteRequest
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.programs.requests import (
    AnyStoreRequest,
    Delete,
    DeletePrefix,
    Discard,
    Get,
    GetInto,
    GetRanges,
    ListNames,
    ListPrefix,
    Program,
    Put,
    Replace,
    Sizes,
    Stage,
    Swap,
    Versions,
)
from frozarr.io.runners.drive import answered, answered_async
from frozarr.metadata.paths import check_key, normalize_path

__all__ = [
    "HIDDEN",
    "VERBS",
    "VERBS_OF",
    "as_value",
    "awaited",
    "blocking",
    "by_verbs",
    "has_verbs",
    "is_hidden",
    "listed",
]

P = ParamSpec("P")
T = TypeVar("T")
HIDDEN: Final = ".frozarr-tmp"
"""First segment of keys under construction: no listing shows them, no user can name them."""


def is_hidden(key: str) -> bool:
    """Whether a key is under construction."""
    return key.startswith(HIDDEN)


def user_key(key: str) -> str:
    """A key that users may name; InvalidKeyError for others."""
    if is_hidden(check_key(key)):
        raise InvalidKeyError(f"key {key!r}: {HIDDEN!r} is reserved for values in the making")
    return key


def as_value(value: object) -> BytesLike:
    """Bytes of a value given to a store; TypeError for anything else."""
    if isinstance(value, Parts):
        return value.join()
    if isinstance(value, Buffer):
        return value.as_numpy_array()
    if isinstance(value, bytes | bytearray | memoryview | np.ndarray):
        return as_bytes_view(value)
    to_bytes = getattr(value, "to_bytes", None)
    if callable(to_bytes) and not isinstance(value, int):
        content: bytes = to_bytes()  # of a buffer of another library
        return content
    raise TypeError(f"a store holds bytes; got {type(value).__name__}")


# ---------------------------------------------------------------------- the verbs


def get_partial_values(
    store: Any,  # noqa: ARG001 - all verbs take it
    prototype: BufferPrototype | None,
    key_ranges: Iterable[tuple[str, ByteRequest | None]],
) -> Program[list[Buffer | None]]:
    """Parts of values as buffers, in the order asked; None where a key is missing."""
    wanted = [(user_key(key), byte_range) for key, byte_range in key_ranges]
    buffer = (prototype or default_buffer_prototype()).buffer
    values = yield from GetRanges([key for key, _ in wanted], [part for _, part in wanted])
    return [None if value is None else buffer.from_bytes(value) for value in values]


def get(
    store: Any, key: str, prototype: BufferPrototype | None = None,
    byte_range: ByteRequest | None = None,
) -> Program[Buffer | None]:  # fmt: skip
    """Value of a key, or part of it, as a buffer; None if the key is missing."""
    (value,) = yield from get_partial_values(store, prototype, [(key, byte_range)])
    return value


def set_value(store: Any, key: str, value: "Buffer | BytesLike") -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Set a key."""
    yield from Put([user_key(key)], [as_value(value)])


def set_if_not_exists(store: Any, key: str, value: "Buffer | BytesLike") -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Set a key unless it exists."""
    yield from Swap(user_key(key), None, bytes(as_value(value)))


def delete(store: Any, key: str) -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Remove a key; a missing one is no error."""
    yield from Delete([user_key(key)])


def delete_dir(store: Any, prefix: str) -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Remove all keys below a prefix."""
    yield from DeletePrefix(normalize_path(prefix))


def clear(store: Any) -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Remove all keys."""
    yield from DeletePrefix("")


def exists(store: Any, key: str) -> Program[bool]:  # noqa: ARG001 - all verbs take it
    """Whether a key exists."""
    (size,) = yield from Sizes([user_key(key)])
    return size is not None


def getsize(store: Any, key: str) -> Program[int]:
    """Bytes of a value; FileNotFoundError if the key is missing."""
    (size,) = yield from Sizes([user_key(key)])
    if size is None:
        raise FileNotFoundError(f"{store.url}: no key {key!r}")
    return size


def getsize_prefix(store: Any, prefix: str) -> Program[int]:  # noqa: ARG001 - all verbs take it
    """Bytes of all values below a prefix."""
    keys = yield from ListPrefix(normalize_path(prefix))
    sizes = yield from Sizes(keys)
    return sum(size or 0 for size in sizes)


def is_empty(store: Any, prefix: str = "") -> Program[bool]:  # noqa: ARG001 - all verbs take it
    """Whether there are no keys below a prefix."""
    names = yield from ListNames(normalize_path(prefix))
    return not names


def list_keys(store: Any) -> Program[list[str]]:  # noqa: ARG001 - all verbs take it
    """All keys."""
    return (yield from ListPrefix(""))


def list_prefix(store: Any, prefix: str) -> Program[list[str]]:  # noqa: ARG001 - all verbs take it
    """All keys below a prefix, relative to the root."""
    return (yield from ListPrefix(normalize_path(prefix)))


def list_dir(store: Any, prefix: str) -> Program[list[str]]:  # noqa: ARG001 - all verbs take it
    """Names one level below a prefix."""
    return (yield from ListNames(normalize_path(prefix)))


# ---------------------------------------------------------------------- the two faces

Verb = Callable[Concatenate[Any, P], Program[T]]


def awaited(verb: Verb[P, T]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """The verb as an asynchronous method of a store."""

    @wraps(verb)
    async def method(store: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await answered_async(verb(store, *args, **kwargs), store.carry_out_async)

    return method


def listed(verb: Verb[P, list[T]]) -> Callable[Concatenate[Any, P], AsyncIterator[T]]:
    """The verb as an asynchronous method that gives one entry after the other."""

    @wraps(verb)
    async def method(store: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        entries = await answered_async(verb(store, *args, **kwargs), store.carry_out_async)
        for entry in entries:
            yield entry

    return method


def blocking(verb: Verb[P, T]) -> Callable[Concatenate[Any, P], T]:
    """The verb as a method that blocks, of what has a `store`."""

    @wraps(verb)
    def method(face: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return answered(verb(face.store, *args, **kwargs), face.store.perform)

    return method


VERBS: Final = (
    "get", "get_partial_values", "set", "set_if_not_exists", "delete", "delete_dir", "clear",
    "exists", "getsize", "getsize_prefix", "is_empty", "list", "list_prefix", "list_dir",
)  # fmt: skip

_NEEDED = ("get", "set", "delete")


def has_verbs(candidate: object) -> bool:
    """Whether an object has the asynchronous verbs of a store, as far as they are needed."""
    listing = ("list_prefix", "list")
    return all(callable(getattr(candidate, name, None)) for name in _NEEDED) and any(
        callable(getattr(candidate, name, None)) for name in listing
    )


# ---------------------------------------------------------------------- requests by verbs

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
}
"""For each request the verbs that say what it does: if one of them is overridden, it is asked."""


async def by_verbs(store: Any, own: frozenset[str], request: AnyStoreRequest) -> Any:
    """Carry out a request by the verbs that a store's author wrote; NotImplemented if by none.

    Parameters
    ----------
    store
        Whose verbs are called.
    own
        The verbs that its author wrote.
    request
        What is wanted.
    """
    match request:
        case Get() | GetRanges():
            ranges = (
                request.ranges if isinstance(request, GetRanges) else [None] * len(request.keys)
            )
            return [await _get(store, own, k, r) for k, r in zip(request.keys, ranges, strict=True)]
        case Put():
            for key, value in zip(request.keys, request.values, strict=True):
                await store.set(key, Buffer.from_bytes(as_value(value)))
        case Delete():
            for key in request.keys:
                await store.delete(key)
        case DeletePrefix() if "delete_dir" in own:
            await store.delete_dir(request.prefix)
        case Sizes() if "getsize" in own:
            return [await _size(store, key) for key in request.keys]
        case ListPrefix():
            listing = store.list_prefix(request.prefix) if "list_prefix" in own else store.list()
            # some stores list by the text of a prefix: "a" is not to mean "ab/c", too
            head = f"{request.prefix}/" if request.prefix else ""
            return sorted([key async for key in listing if key.startswith(head)])
        case ListNames() if "list_dir" in own:
            names = [name.rstrip("/") async for name in store.list_dir(request.prefix)]
            return sorted(set(names))
        case Swap(key=key, old=None, new=bytes() as new) if "set_if_not_exists" in own:
            if await _get(store, own, key, None) is not None:
                return False
            await store.set_if_not_exists(key, Buffer.from_bytes(new))
            stored = await _get(store, own, key, None)
            return stored is not None and bytes(stored) == new
        case _:
            return NotImplemented
    return None


async def _get(
    store: Any, own: frozenset[str], key: str, byte_range: ByteRequest | None
) -> BytesLike | None:
    prototype = default_buffer_prototype()
    if "get" in own or "get_partial_values" not in own:
        value = await store.get(key, prototype, byte_range)
    else:
        (value,) = await store.get_partial_values(prototype, [(key, byte_range)])
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


async def _size(store: Any, key: str) -> int | None:
    try:
        return int(await store.getsize(key))
    except FileNotFoundError:
        return None

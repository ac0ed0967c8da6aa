"""The verbs that users know (``get``, ``set``, ``list_dir``, …), each written once, as a program.

Both faces of a store, the asynchronous and the blocking one, are made of these.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import numpy as np

from frozarr.errors import InvalidKeyError
from frozarr.io.buffers import Buffer, BufferPrototype, default_buffer_prototype
from frozarr.io.byte_requests import ByteRequest, as_byte_request
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.programs.requests import (
    Delete,
    DeletePrefix,
    Get,
    GetRanges,
    ListNames,
    ListPrefix,
    Program,
    Put,
    Sizes,
    Swap,
)
from frozarr.io.runners.drive import answered, answered_async
from frozarr.metadata.paths import check_key, join, normalize_path

__all__ = [
    "HIDDEN", "VERBS", "as_value", "awaited", "batched", "blocking", "called_verb", "is_hidden",
    "listed", "synchronous",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")
HIDDEN: Final = ".frozarr-tmp"
"""First segment of keys under construction: no listing shows them, no user can name them."""


def is_hidden(key: str) -> bool:
    """Whether a key is under construction, in a store that was opened here or below."""
    return HIDDEN in key and (key.startswith(HIDDEN) or f"/{HIDDEN}" in key)


def user_key(key: str) -> str:
    """A key that users may name; InvalidKeyError for others."""
    if is_hidden(check_key(key)):
        raise InvalidKeyError(f"key {key!r}: {HIDDEN!r} is reserved for values in the making")
    return key


def user_prefix(prefix: str) -> str:
    """A prefix that users may name, normalised; InvalidKeyError for others."""
    path = normalize_path(prefix)
    if is_hidden(path):
        raise InvalidKeyError(f"prefix {prefix!r}: {HIDDEN!r} is reserved for values in the making")
    return path


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
    store: object,  # noqa: ARG001 - all verbs take it
    prototype: BufferPrototype | None,
    key_ranges: Iterable[tuple[str, ByteRequest | None]],
) -> Program[list[Buffer | None]]:
    """Parts of values as buffers, in the order asked; None where a key is missing."""
    wanted = [(user_key(key), as_byte_request(byte_range)) for key, byte_range in key_ranges]
    buffer = (prototype or default_buffer_prototype()).buffer
    values = yield from GetRanges([key for key, _ in wanted], [part for _, part in wanted])
    return [None if value is None else buffer.from_bytes(value) for value in values]


def get(
    store: object, key: str, prototype: BufferPrototype | None = None,
    byte_range: ByteRequest | None = None,
) -> Program[Buffer | None]:  # fmt: skip
    """Value of a key, or part of it, as a buffer; None if the key is missing."""
    (value,) = yield from get_partial_values(store, prototype, [(key, byte_range)])
    return value


def get_ranges(
    store: object, key: str, byte_ranges: Sequence[ByteRequest | None], *,
    prototype: BufferPrototype | None = None,
) -> Program[list[tuple[int, Buffer | None]]]:  # fmt: skip
    """Parts of one value, each with its position in what was asked for."""
    parts = yield from get_partial_values(store, prototype, [(key, part) for part in byte_ranges])
    return list(enumerate(parts))


def set_value(store: object, key: str, value: "Buffer | BytesLike") -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Set a key."""
    yield from Put([user_key(key)], [as_value(value)])


def set_if_not_exists(store: object, key: str, value: "Buffer | BytesLike") -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Set a key unless it exists."""
    yield from Swap(user_key(key), None, bytes(as_value(value)))


def set_partial_values(
    store: Any, key_start_values: Iterable[tuple[str, int, "Buffer | BytesLike"]]
) -> Program[None]:
    """Replace bytes of values from a position on; each value is old or new, never torn.

    What lies between the end of a value and the position is filled with zeros.

    Raises
    ------
    NotImplementedError
        The store sets whole values only.
    """
    if not store.supports_partial_writes:
        raise NotImplementedError(f"{store.url}: values are set whole, not in part")
    for key, start, part in key_start_values:
        if start < 0:
            raise ValueError(f"key {key!r}: bytes are set from 0 on, got {start}")
        changed = bytes(as_value(part))
        written = False
        while not written:
            (value,) = yield from Get([user_key(key)])
            old = None if value is None else bytes(value)
            kept = (old or b"").ljust(start, b"\0")
            new = kept[:start] + changed + kept[start + len(changed) :]
            written = yield from Swap(key, old, new)


def delete(store: object, key: str) -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Remove a key; a missing one is no error."""
    yield from Delete([user_key(key)])


def delete_dir(store: object, prefix: str) -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Remove all keys below a prefix."""
    yield from DeletePrefix(user_prefix(prefix))


def clear(store: object) -> Program[None]:  # noqa: ARG001 - all verbs take it
    """Remove all keys."""
    yield from DeletePrefix("")


def exists(store: object, key: str) -> Program[bool]:  # noqa: ARG001 - all verbs take it
    """Whether a key exists."""
    (size,) = yield from Sizes([user_key(key)])
    return size is not None


def getsize(store: Any, key: str) -> Program[int]:
    """Bytes of a value; FileNotFoundError if the key is missing."""
    (size,) = yield from Sizes([user_key(key)])
    if size is None:
        raise FileNotFoundError(f"{store.url}: no key {key!r}")
    return size


def getsize_prefix(store: object, prefix: str) -> Program[int]:  # noqa: ARG001 - all verbs take it
    """Bytes of all values below a prefix."""
    keys = yield from ListPrefix(user_prefix(prefix))
    sizes = yield from Sizes(keys)
    return sum(size or 0 for size in sizes)


def is_empty(store: object, prefix: str = "") -> Program[bool]:
    """Whether there are no keys below a prefix; folders without keys don't count."""
    path = user_prefix(prefix)
    for name in (yield from ListNames(path)):
        key = join(path, name)
        (size,) = yield from Sizes([key])
        if size is not None or not (yield from is_empty(store, key)):
            return False
    return True


def list_keys(store: object) -> Program[list[str]]:  # noqa: ARG001 - all verbs take it
    """All keys."""
    return (yield from ListPrefix(""))


def list_prefix(store: object, prefix: str) -> Program[list[str]]:  # noqa: ARG001 - all verbs take it
    """All keys that start with a text, relative to the root: with "a" also "a.b" and "ab/c"."""
    folder, _, start = prefix.lstrip("/").rpartition("/")
    if not start:
        return (yield from ListPrefix(normalize_path(folder)))
    keys: list[str] = []
    for name in (yield from ListNames(normalize_path(folder))):
        if name.startswith(start):
            key = join(normalize_path(folder), name)
            (size,) = yield from Sizes([key])
            keys += [key] if size is not None else []
            keys += yield from ListPrefix(key)
    return sorted(keys)


def list_dir(store: object, prefix: str) -> Program[list[str]]:  # noqa: ARG001 - all verbs take it
    """Names one level below a prefix."""
    return (yield from ListNames(user_prefix(prefix)))


# ---------------------------------------------------------------------- the two faces

Verb = Callable[Concatenate[Any, P], Program[T]]

_CALLED: ContextVar[str | None] = ContextVar("frozarr_verb", default=None)


@contextmanager
def _calling(verb: Callable[..., Any]) -> Iterator[None]:
    token = _CALLED.set(_NAMES.get(verb.__name__, verb.__name__))
    try:
        yield
    finally:
        _CALLED.reset(token)


_NAMES = {"set_value": "set", "list_keys": "list"}
"""Verbs that could not be functions by their own names."""


def called_verb() -> str | None:
    """The verb that a user called, told once: to the first request made for it."""
    name = _CALLED.get()
    if name is not None:
        _CALLED.set(None)
    return name


def awaited(verb: Verb[P, T]) -> Callable[Concatenate[Any, P], Coroutine[object, None, T]]:
    """The verb as an asynchronous method of a store."""

    @wraps(verb)
    async def method(store: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with _calling(verb):
            return await answered_async(verb(store, *args, **kwargs), store.carry_out_async)

    return method


def listed(verb: Verb[P, list[T]]) -> Callable[Concatenate[Any, P], AsyncIterator[T]]:
    """The verb as an asynchronous method that gives one entry after the other."""
    whole = awaited(verb)

    @wraps(verb)
    async def method(store: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        for entry in await whole(store, *args, **kwargs):
            yield entry

    return method


def batched(verb: Verb[P, list[T]]) -> Callable[Concatenate[Any, P], AsyncIterator[list[T]]]:
    """The verb as an asynchronous method that gives its answer in batches: one."""
    whole = awaited(verb)

    @wraps(verb)
    async def method(store: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[list[T]]:
        yield await whole(store, *args, **kwargs)

    return method


def synchronous(verb: Verb[P, T]) -> Callable[Concatenate[Any, P], T]:
    """The verb as a method of a store that blocks."""

    @wraps(verb)
    def method(store: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with _calling(verb):
            return answered(verb(store, *args, **kwargs), store.perform)

    return method


def blocking(verb: Verb[P, T]) -> Callable[Concatenate[Any, P], T]:
    """The verb as a method that blocks, of what has a `store`."""
    whole = synchronous(verb)

    @wraps(verb)
    def method(face: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return whole(face.store, *args, **kwargs)

    return method


VERBS: Final = (
    "get", "get_partial_values", "set", "set_if_not_exists", "delete", "delete_dir", "clear",
    "exists", "getsize", "getsize_prefix", "is_empty", "list", "list_prefix", "list_dir",
)  # fmt: skip

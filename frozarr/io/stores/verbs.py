"""The single-key verbs of a store, each written once: as steps that both of its faces carry out."""

from collections.abc import Generator, Iterable
from typing import Any, TypeAlias

import numpy as np

from frozarr.errors import InvalidKeyError
from frozarr.io.buffers import Buffer, BufferPrototype, default_buffer_prototype
from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.requests import (
    Delete,
    DeletePrefix,
    GetRanges,
    ListNames,
    ListPrefix,
    Put,
    Request,
    Sizes,
    Swap,
)
from frozarr.metadata.keys import check_key, normalize_path

__all__ = ["HIDDEN", "Steps", "as_value", "is_hidden", "user_key"]

Steps: TypeAlias = Generator[Request, Any, Any]
HIDDEN = ".frozarr-tmp"
"""First segment of keys under construction: no listing shows them, no user can name them."""


def is_hidden(key: str) -> bool:
    """Whether a key is under construction."""
    return key.startswith(HIDDEN)


def user_key(key: str) -> str:
    """A key that users may name; InvalidKeyError for others."""
    if is_hidden(check_key(key)):
        raise InvalidKeyError(f"key {key!r}: {HIDDEN!r} is reserved for values in the making")
    return key


def as_value(value: Buffer | BytesLike) -> BytesLike:
    """Bytes of a value given to a store; TypeError for anything else."""
    if isinstance(value, Buffer):
        return value.as_numpy_array()
    if isinstance(value, bytes | bytearray | memoryview | np.ndarray):
        return as_bytes_view(value)
    raise TypeError(f"a store holds bytes; got {type(value).__name__}")


def get_partial_values(
    prototype: BufferPrototype | None, key_ranges: Iterable[tuple[str, ByteRequest | None]]
) -> Steps:
    """Parts of values as buffers; None where a key is missing."""
    wanted = [(user_key(key), byte_range) for key, byte_range in key_ranges]
    buffer = (prototype or default_buffer_prototype()).buffer
    ranges: Any = [r for _, r in wanted]
    found = yield GetRanges([k for k, _ in wanted], ranges)
    return [None if value is None else buffer.from_bytes(value) for value in found]


def get(key: str, prototype: BufferPrototype | None, byte_range: ByteRequest | None) -> Steps:
    """Value of a key, or part of it, as a buffer; None if the key is missing."""
    (found,) = yield from get_partial_values(prototype, [(key, byte_range)])
    return found


def set_value(key: str, value: Buffer | BytesLike) -> Steps:
    """Set a key."""
    yield Put([user_key(key)], [as_value(value)])


def set_if_not_exists(key: str, value: Buffer | BytesLike) -> Steps:
    """Set a key unless it exists."""
    yield Swap(user_key(key), None, bytes(as_value(value)))


def delete(key: str) -> Steps:
    """Remove a key."""
    yield Delete([user_key(key)])


def delete_dir(prefix: str) -> Steps:
    """Remove all keys below a prefix."""
    yield DeletePrefix(normalize_path(prefix))


def exists(key: str) -> Steps:
    """Whether a key exists."""
    (size,) = yield Sizes([user_key(key)])
    return size is not None


def getsize(key: str, url: str) -> Steps:
    """Bytes of a value; FileNotFoundError if the key is missing."""
    (size,) = yield Sizes([user_key(key)])
    if size is None:
        raise FileNotFoundError(f"{url}: no key {key!r}")
    return size


def getsize_prefix(prefix: str) -> Steps:
    """Bytes of all values below a prefix."""
    keys = yield ListPrefix(normalize_path(prefix))
    sizes = yield Sizes(keys)
    return sum(size or 0 for size in sizes)


def is_empty(prefix: str) -> Steps:
    """Whether there are no keys below a prefix."""
    names = yield ListNames(normalize_path(prefix))
    return not names


def list_prefix(prefix: str) -> Steps:
    """All keys below a prefix, relative to the root."""
    keys = yield ListPrefix(normalize_path(prefix))
    return keys


def list_dir(prefix: str) -> Steps:
    """Names one level below a prefix."""
    names = yield ListNames(normalize_path(prefix))
    return names

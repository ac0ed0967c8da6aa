"""Wanted effects as values: programs yield them, interpreters carry them out and answer."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike, Parts

__all__ = [
    "Delete",
    "DeletePrefix",
    "Discard",
    "Get",
    "GetInto",
    "GetRanges",
    "ListPrefix",
    "Lock",
    "Publish",
    "Put",
    "Request",
    "Stage",
    "Swap",
    "Versions",
]


class Get(NamedTuple):
    """Values of some keys. Answer: a list with bytes, or None where the key is missing."""

    keys: Sequence[str]
    nbytes_hint: int = 0
    """Bytes that a value probably has at most; 0 if there is no idea."""


class GetInto(NamedTuple):
    """Values of some keys, each read into a row of an array.

    Answer: int64 array with the bytes each value has (which may be more than the row holds), or
    -1 where the key is missing.
    """

    keys: Sequence[str]
    rows: npt.NDArray[np.uint8]
    """Shape (keys, bytes), written to."""


class GetRanges(NamedTuple):
    """Parts of values. Answer: a list with bytes, or None where the key is missing."""

    keys: Sequence[str]
    ranges: Sequence[ByteRequest]


class Versions(NamedTuple):
    """What tells one value of a key from the next. Answer: a list, None where nothing does."""

    keys: Sequence[str]


class Put(NamedTuple):
    """Set some keys, each wholly or not at all, in order. Answer: None."""

    keys: Sequence[str]
    values: Sequence[BytesLike | Parts]


class Delete(NamedTuple):
    """Remove some keys; missing ones are no error. Answer: None."""

    keys: Sequence[str]


class DeletePrefix(NamedTuple):
    """Remove all keys below a prefix. Answer: None."""

    prefix: str


class ListPrefix(NamedTuple):
    """All keys below a prefix. Answer: a list of keys, relative to the root."""

    prefix: str


class Swap(NamedTuple):
    """Compare and swap: set a key only if its value is still `old`. Answer: True if it was."""

    key: str
    old: bytes | None
    """None: the key must be missing."""
    new: bytes | None
    """None: remove the key."""


class Lock(NamedTuple):
    """Hold some keys until the program ends, so that no update between is lost. Answer: None."""

    keys: Sequence[str]


class Stage(NamedTuple):
    """Room to build what will replace a prefix. Answer: a prefix no listing shows, or None."""

    prefix: str


class Publish(NamedTuple):
    """Put what was built in a staged prefix in the place of another, at once. Answer: None."""

    staged: str
    prefix: str


class Discard(NamedTuple):
    """Remove a staged prefix that will not be published. Answer: None."""

    staged: str


Request: TypeAlias = (
    Get
    | GetInto
    | GetRanges
    | Versions
    | Put
    | Delete
    | DeletePrefix
    | ListPrefix
    | Swap
    | Lock
    | Stage
    | Publish
    | Discard
)
Answer: TypeAlias = Any

"""Wanted effects as values: programs yield them, interpreters carry them out and answer."""

from collections.abc import Generator, Iterable, Sequence
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
    "ListNames",
    "ListPrefix",
    "Lock",
    "On",
    "Publish",
    "Put",
    "Request",
    "Sizes",
    "Stage",
    "Swap",
    "Together",
    "Versions",
    "call_of",
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


class ListNames(NamedTuple):
    """Names one level below a prefix, keys and prefixes alike. Answer: a list."""

    prefix: str


class Sizes(NamedTuple):
    """Bytes of some values. Answer: a list, None where the key is missing."""

    keys: Sequence[str]


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


class Together(NamedTuple):
    """Run programs that don't depend on each other, several at a time. Answer: None."""

    programs: Iterable[Generator[Any, Any, Any]]
    width: int
    """Keys that each of them asks for at once, about."""
    concurrency: int
    """Requests that may be under way, for stores that wait."""
    nbytes: int
    """Decoded bytes that each of them deals with, about."""


class On(NamedTuple):
    """Run a program on another store. Answer: what it returns."""

    store: Any
    program: Generator[Any, Any, Any]
    workers: int


Request: TypeAlias = (
    Get
    | GetInto
    | GetRanges
    | Versions
    | Put
    | Delete
    | DeletePrefix
    | ListPrefix
    | ListNames
    | Sizes
    | Together
    | On
    | Swap
    | Lock
    | Stage
    | Publish
    | Discard
)
Answer: TypeAlias = Any


def call_of(request: Request) -> tuple[str, tuple[Any, ...]]:
    """The method of a store that carries out a request, and its arguments.

    Examples
    --------
    >>> call_of(Delete(["a"]))
    ('erase_many', (['a'],))
    """
    match request:
        case Get():
            return "read_many", (request.keys, None, request.nbytes_hint)
        case GetRanges():
            return "read_many", tuple(request)
        case DeletePrefix() | ListPrefix() | ListNames() | Stage() | Discard():
            return _METHODS[type(request)], (request[0],)
        case GetInto() | Versions() | Sizes() | Put() | Delete() | Swap() | Publish():
            return _METHODS[type(request)], tuple(request)
        case _:
            raise TypeError(f"not a request to a store: {request!r}")


_METHODS: dict[type, str] = {
    GetInto: "read_into",
    Versions: "versions",
    Sizes: "sizes_of",
    Put: "write_many",
    Delete: "erase_many",
    DeletePrefix: "erase_prefix",
    ListPrefix: "keys_below",
    ListNames: "names_below",
    Swap: "swap",
    Stage: "stage",
    Publish: "publish",
    Discard: "discard",
}

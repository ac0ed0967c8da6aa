"""Requests that a store does not answer itself, carried out by simpler ones.

A store that answers `Get`, `Put`, `Delete` and `ListPrefix` can do everything; whatever else it
answers is for speed, or for promises that only it can make.
"""

from typing import Any, TypeVar

import numpy as np

from frozarr.io.byte_requests import resolve_range
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.policy import POLICY
from frozarr.io.programs.requests import (
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
    Program,
    Put,
    Rename,
    Sizes,
    Stage,
    StoreRequest,
    Swap,
    Versions,
)

__all__ = ["by_simpler_requests"]

T = TypeVar("T")


def by_simpler_requests(request: StoreRequest[T]) -> Program[T] | None:
    """Program that carries out a request by others; None if there is no simpler way."""
    program: Any = None
    match request:
        case GetInto():
            program = _get_into(request)
        case GetRanges():
            program = _get_ranges(request)
        case Sizes():
            program = _sizes(request)
        case Versions():
            program = _nothing([None] * len(request.keys))
        case DeletePrefix() | Discard():
            program = _delete_prefix(request.prefix)
        case ListNames():
            program = _list_names(request)
        case Swap():
            program = _swap(request)
        case Stage() | Hold() | LetGo():
            program = _nothing(None)
        case Rename():
            program = _nothing(False)
    typed: Program[T] | None = program  # each gives what its request promises
    return typed


def _nothing(answer: T) -> Program[T]:
    """An answer for which nothing needs to be asked."""
    yield from ()
    return answer


def _get_into(request: GetInto) -> Program[Any]:
    width = request.rows.shape[1]
    values = yield from Get(request.keys, width, most_nbytes=POLICY.most_encoded(width))
    views = [None if value is None else as_bytes_view(value) for value in values]
    sizes = np.array([-1 if view is None else len(view) for view in views], np.int64)
    fitting = np.flatnonzero(sizes == width)
    if len(fitting) and width:
        joined = b"".join([view for view in views if view and len(view) == width])
        request.rows[fitting] = np.frombuffer(joined, np.uint8).reshape(-1, width)
    return sizes


def _get_ranges(request: GetRanges) -> Program[list[BytesLike | None]]:
    """Whole values, each asked for once, and then parts of them."""
    keys = list(dict.fromkeys(request.keys))
    whole = dict(zip(keys, (yield from Get(keys)), strict=True))
    parts: list[BytesLike | None] = []
    for key, byte_range in zip(request.keys, request.ranges, strict=True):
        value = whole[key]
        if value is None or byte_range is None:
            parts.append(value)
            continue
        view = as_bytes_view(value)
        first, last = resolve_range(byte_range, len(view), key)
        parts.append(view[first:last])
    return parts


def _sizes(request: Sizes) -> Program[list[int | None]]:
    values = yield from Get(request.keys)
    return [None if value is None else len(as_bytes_view(value)) for value in values]


def _delete_prefix(prefix: str) -> Program[None]:
    keys = yield from ListPrefix(prefix)
    if keys:
        yield from Delete(keys)


def _list_names(request: ListNames) -> Program[list[str]]:
    start = len(request.prefix) + bool(request.prefix)
    keys = yield from ListPrefix(request.prefix)
    return sorted({key[start:].partition("/")[0] for key in keys})


def _swap(request: Swap) -> Program[bool]:
    """Compare and swap, as far as this process goes: the store holds a lock meanwhile."""
    (stored,) = yield from Get([request.key])
    if (None if stored is None else bytes(as_bytes_view(stored))) != request.old:
        return False
    if request.new is None:
        yield from Delete([request.key])
    else:
        yield from Put([request.key], [request.new])
    return True

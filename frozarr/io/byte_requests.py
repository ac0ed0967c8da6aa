"""Parts of a stored value: byte ranges as values."""

from typing import TypeAlias

import attrs

from frozarr.errors import RangeNotSatisfiableError

__all__ = [
    "ByteRequest", "OffsetByteRequest", "RangeByteRequest", "SuffixByteRequest", "as_byte_request",
]  # fmt: skip


@attrs.frozen
class RangeByteRequest:
    """Bytes [start, end), clipped to the value.

    Examples
    --------
    >>> resolve_range(RangeByteRequest(2, 100), 10, "key")
    (2, 10)
    """

    start: int
    end: int


@attrs.frozen
class OffsetByteRequest:
    """All bytes from an offset on."""

    offset: int


@attrs.frozen
class SuffixByteRequest:
    """The last bytes, at most all."""

    suffix: int


ByteRequest: TypeAlias = RangeByteRequest | OffsetByteRequest | SuffixByteRequest


def as_byte_request(given: object) -> ByteRequest | None:
    """The byte request meant by one of another library, which has the same fields; None for None.

    Raises
    ------
    TypeError
        It has not.

    Examples
    --------
    >>> import types
    >>> as_byte_request(types.SimpleNamespace(offset=3))
    OffsetByteRequest(offset=3)
    """
    if given is None or isinstance(given, ByteRequest):
        return given
    for cls in (RangeByteRequest, OffsetByteRequest, SuffixByteRequest):
        names = [field.name for field in attrs.fields(cls)]
        if all(isinstance(getattr(given, name, None), int) for name in names):
            return cls(*(getattr(given, name) for name in names))
    raise TypeError(
        f"expected a byte request (RangeByteRequest, OffsetByteRequest, SuffixByteRequest), got "
        f"{given!r}"
    )


def check_range(request: ByteRequest, key: str) -> None:
    """Refuse a range that can't hold a byte, before anything is asked of a store.

    Raises
    ------
    ValueError
        Negative numbers, or an end that is not after the start.
    """
    match request:
        case RangeByteRequest(start, end):
            if start < 0 or end <= start:
                raise ValueError(f"key {key!r}: byte range [{start}, {end}) is empty or negative")
        case OffsetByteRequest(number) | SuffixByteRequest(number):
            if number < 0:
                raise ValueError(f"key {key!r}: {request} is negative")
        case _:
            raise TypeError(f"key {key!r}: expected a byte request, got {request!r}")


def resolve_range(request: ByteRequest, nbytes: int, key: str) -> tuple[int, int]:
    """Half-open range of bytes that a request means for a value of `nbytes` bytes.

    Raises
    ------
    RangeNotSatisfiableError
        The range starts past the end (a ValueError).
    """
    check_range(request, key)
    match request:
        case RangeByteRequest(start, end):
            first, last = start, min(end, nbytes)
        case OffsetByteRequest(offset):
            first, last = offset, nbytes
        case SuffixByteRequest(suffix):
            return max(0, nbytes - suffix), nbytes
    if first >= nbytes:
        raise RangeNotSatisfiableError(
            f"key {key!r}: {request} starts past the end of {nbytes} bytes", key=key
        )
    return first, last

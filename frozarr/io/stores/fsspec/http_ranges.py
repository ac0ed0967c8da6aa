"""Ranges over HTTP, where a server may ignore them: its status tells, and nothing else does."""

from http import HTTPStatus
from typing import Any

from frozarr.errors import RangeNotSatisfiableError
from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    resolve_range,
)

__all__ = ["header_of", "http_range", "is_http"]


def is_http(fs: Any) -> bool:
    """Whether a filesystem is fsspec's HTTP client."""
    protocol = fs.protocol if isinstance(fs.protocol, tuple | list) else (fs.protocol,)
    return "http" in protocol and hasattr(fs, "set_session")


def header_of(byte_range: ByteRequest) -> str:
    """The Range header of a byte request (RFC 9110, section 14.2).

    Examples
    --------
    >>> header_of(RangeByteRequest(2, 5)), header_of(SuffixByteRequest(8))
    ('bytes=2-4', 'bytes=-8')
    """
    match byte_range:
        case RangeByteRequest(start, end):
            return f"bytes={start}-{end - 1}"
        case OffsetByteRequest(offset):
            return f"bytes={offset}-"
        case SuffixByteRequest(suffix):
            return f"bytes=-{suffix}"


async def http_range(fs: Any, url: str, byte_range: ByteRequest, key: str) -> bytes:
    """Part of a value; a server that answers with all of it is taken at its word.

    Raises
    ------
    FileNotFoundError
        The server has no such value.
    RangeNotSatisfiableError
        The range starts past the end.
    """
    session = await fs.set_session()
    options = {k: v for k, v in fs.kwargs.items() if k != "headers"}
    headers = {**fs.kwargs.get("headers", {}), "Range": header_of(byte_range)}
    async with session.get(fs.encode_url(url), headers=headers, **options) as response:
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise RangeNotSatisfiableError(
                f"key {key!r}: {byte_range} starts past the end of the value", key=key
            )
        fs._raise_not_found_for_status(response, url)
        body: bytes = await response.read()
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            return body
    first, last = resolve_range(byte_range, len(body), key)
    return body[first:last]

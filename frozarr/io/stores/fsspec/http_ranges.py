"""Ranges over HTTP, where a server may ignore them: its status tells, and nothing else does."""

from http import HTTPStatus
from typing import Any, Final

from frozarr.errors import RangeNotSatisfiableError
from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    resolve_range,
)
from frozarr.io.programs.requests import check_nbytes

__all__ = ["header_of", "http_get", "is_http"]

MOST_NBYTES: Final = 1 << 33
"""Bytes that a body may have where nobody says how many: 8 GiB."""


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


async def http_get(
    fs: Any, url: str, byte_range: ByteRequest | None, key: str, most_nbytes: int = 0
) -> tuple[bytes, str | None]:
    """A value or part of it, and what tells it from the next: ETag or date, None if there is none.

    A server that answers with all of the value where a part was asked for is taken at its word.

    Raises
    ------
    FileNotFoundError
        The server has no such value.
    RangeNotSatisfiableError
        The range starts past the end.
    OversizeError
        The value has more than `most_nbytes` (0 for no such bound).
    """
    session = await fs.set_session()
    options = {k: v for k, v in fs.kwargs.items() if k != "headers"}
    headers = dict(fs.kwargs.get("headers", {}))
    if byte_range is not None:
        headers["Range"] = header_of(byte_range)
    async with session.get(fs.encode_url(url), headers=headers, **options) as response:
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise RangeNotSatisfiableError(
                f"key {key!r}: {byte_range} starts past the end of the value", key=key
            )
        fs._raise_not_found_for_status(response, url)
        partial = response.status == HTTPStatus.PARTIAL_CONTENT
        most = most_nbytes or MOST_NBYTES
        if partial and isinstance(byte_range, RangeByteRequest):
            most = byte_range.end - byte_range.start
        elif partial and isinstance(byte_range, SuffixByteRequest):
            most = byte_range.suffix
        # where ranges are ignored, nothing behind the part is read
        enough = (
            byte_range.end if isinstance(byte_range, RangeByteRequest) and not partial else None
        )
        body = await _bounded(response.content, key, most, enough)
        if enough is not None and len(body) >= enough:
            response.close()
        version = response.headers.get("ETag") or response.headers.get("Last-Modified")
    if byte_range is None or partial:
        return body, version
    first, last = resolve_range(byte_range, len(body), key)
    return body[first:last], version


async def _bounded(content: Any, key: str, most_nbytes: int, enough: int | None) -> bytes:
    """A body, read piece by piece: what it is said to have, or inflates to, may be untrue.

    Parameters
    ----------
    most_nbytes
        Bytes beyond which it is refused.
    enough
        Bytes after which no more is read; None for all.
    """
    pieces, nbytes = [], 0
    async for piece in content.iter_any():
        nbytes += len(piece)
        check_nbytes(key, nbytes, most_nbytes)
        pieces.append(piece)
        if enough is not None and nbytes >= enough:
            break
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)

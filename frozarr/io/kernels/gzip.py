"""Kernels of the stdlib's compressors: gzip, zlib, bz2, lzma, with exact output budgets."""

import bz2
import contextlib
import lzma
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from frozarr.io.kernels.base import (
    Binding,
    BudgetError,
    BytesKernel,
    BytesLike,
    DecodeError,
    as_bytes_view,
)
from frozarr.metadata.codecs.compressors import GzipCodec

_inflate: Any = zlib
try:  # decodes 2.5 times faster; the format is the same
    from isal import isal_zlib
except ImportError:  # optional package
    pass
else:
    _inflate = isal_zlib
_libdeflate: Any = None
with contextlib.suppress(ImportError):  # encodes 2 to 10 times faster, into no more bytes
    import deflate as _libdeflate

__all__ = [
    "StreamKernel", "bz2_stream", "gzip_kernel", "gzip_stream", "lzma_stream", "zlib_stream",
]  # fmt: skip

_GZIP_WBITS = 31
_WINDOW = 4096
_STREAM_ERRORS: tuple[type[Exception], ...] = (
    zlib.error, _inflate.error, OSError, lzma.LZMAError, EOFError,
)  # fmt: skip


class StreamKernel(BytesKernel):
    """Any compressor with a ``decompressobj``; members in a row are decoded one after the other.

    Examples
    --------
    >>> kernel = gzip_stream(1)
    >>> bytes(kernel.decode(kernel.encode(b"spam") + kernel.encode(b"eggs"), 8))
    b'spameggs'
    """

    decoded_per_second = 4e8

    def __init__(
        self, name: str, encode: Callable[[memoryview], BytesLike], decoder: Callable[[], Any],
        decode_whole: Callable[[memoryview, int], BytesLike | None] | None = None,
    ) -> None:  # fmt: skip
        self._name, self._encode, self._decoder = name, encode, decoder
        self._decode_whole = decode_whole

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes of all members."""
        view = as_bytes_view(encoded)
        if (
            self._decode_whole is not None
            and (whole := self._decode_whole(view, limit)) is not None
        ):
            return whole
        parts: list[bytes] = []
        left, position = limit, 0
        window = len(view)  # mostly there is one member
        try:
            while position < len(view) or not parts:
                used = self._member(view[position:], window, left, parts)
                left -= len(parts[-1])
                position += used
                window = _WINDOW
        except _STREAM_ERRORS as error:
            raise DecodeError(f"{self._name}: {error}") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _member(self, rest: memoryview, window: int, limit: int, parts: list[bytes]) -> int:
        """Decode one member; the encoded bytes it took.

        Parameters
        ----------
        rest
            Encoded bytes from the member's first on.
        window
            How many of them are given to the decoder first: what it does not use it copies.
        limit
            Bytes that it may decode to.
        parts
            The member's decoded bytes are appended.
        """
        member = self._decoder()
        pieces: list[bytes] = []
        position, decoded = 0, 0
        while True:
            given = rest[position : position + window]
            piece = member.decompress(given, limit - decoded + 1)
            pieces.append(piece)
            decoded += len(piece)
            if decoded > limit:
                raise BudgetError(f"{self._name} holds more than the {limit} bytes allowed")
            position += len(given)
            if member.eof:
                parts.append(pieces[0] if len(pieces) == 1 else b"".join(pieces))
                return position - len(member.unused_data)
            if position >= len(rest):
                raise DecodeError(f"{self._name} is truncated")
            window *= 2

    def encode(self, decoded: BytesLike) -> BytesLike:
        """One member."""
        return self._encode(as_bytes_view(decoded))


def gzip_kernel(codec: GzipCodec, binding: Binding) -> StreamKernel:  # noqa: ARG001 - any bytes
    """Kernel of ``gzip``."""
    return gzip_stream(codec.level)


def gzip_stream(level: int) -> StreamKernel:
    """Kernel of ``gzip`` (RFC 1952), without a time stamp so that equal chunks are equal bytes."""

    def encode(data: memoryview) -> bytes:
        stream = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WBITS)
        return stream.compress(data) + stream.flush()

    def encode_at_once(data: memoryview) -> BytesLike:
        encoded: bytearray = _libdeflate.gzip_compress(data, _as_small(level))
        return encoded

    return StreamKernel(
        "gzip", encode_at_once if _libdeflate and level else encode,
        lambda: _inflate.decompressobj(_GZIP_WBITS), _gunzip if _libdeflate else None,
    )  # fmt: skip


_TRAILER = struct.Struct("<II")
_MEMBER = b"\x1f\x8b\x08"
"""What every member begins with."""


def _gunzip(view: memoryview, limit: int) -> BytesLike | None:
    """One member that decodes to as many bytes as are allowed; None for whatever else it is.

    The member's end is not told: that its checksum and size are those at the end of all bytes, and
    that no other member begins anywhere, shows that nothing follows.
    """
    if len(view) < _TRAILER.size or _TRAILER.unpack_from(view, len(view) - 8)[1] != limit:
        return None
    if bytes(view).find(_MEMBER, len(_MEMBER)) >= 0:
        return None
    try:
        decoded: bytearray = _libdeflate.gzip_decompress(view, limit)
    except (_libdeflate.DeflateError, ValueError):
        return None  # the general way tells what is wrong
    checksum, _ = _TRAILER.unpack_from(view, len(view) - 8)
    whole = len(decoded) == limit and _libdeflate.crc32(decoded) == checksum
    return decoded if whole else None


def _as_small(level: int) -> int:
    """Level of libdeflate whose output is no larger than zlib's of a level, within a tenth."""
    return 2 if level == 1 else level


def zlib_stream(level: int) -> StreamKernel:
    """Kernel of numcodecs' ``zlib`` (RFC 1950)."""

    def encode_at_once(data: memoryview) -> BytesLike:
        encoded: bytearray = _libdeflate.zlib_compress(data, _as_small(level))
        return encoded

    def encode(data: memoryview) -> BytesLike:
        return zlib.compress(data, level)

    return StreamKernel(
        "zlib", encode_at_once if _libdeflate and level else encode, _inflate.decompressobj
    )


def bz2_stream(level: int) -> StreamKernel:
    """Kernel of numcodecs' ``bz2``."""
    return StreamKernel("bz2", lambda d: bz2.compress(d, level), bz2.BZ2Decompressor)


def lzma_stream(config: Mapping[str, Any]) -> StreamKernel:
    """Kernel of numcodecs' ``lzma``: members format, check, preset and filters."""
    kind = config.get("format", 1)
    filters = config.get("filters")

    def encode(data: memoryview) -> bytes:
        return lzma.compress(
            data, format=kind, check=config.get("check", -1), preset=config.get("preset"),
            filters=filters,
        )  # fmt: skip

    raw = filters if kind == lzma.FORMAT_RAW else None
    return StreamKernel("lzma", encode, lambda: lzma.LZMADecompressor(format=kind, filters=raw))

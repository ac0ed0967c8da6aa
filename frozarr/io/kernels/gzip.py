"""Kernels of the stdlib's compressors: gzip, zlib, bz2, lzma, with exact output budgets."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from frozarr.io.kernels.base import Binding, BytesKernel, BytesLike, DecodeError, as_bytes_view
from frozarr.metadata.codecs.compressors import GzipCodec

_inflate: Any = zlib
try:  # decodes 2.5 times faster; the format is the same
    from isal import isal_zlib
except ImportError:  # optional package
    pass
else:
    _inflate = isal_zlib

__all__ = [
    "StreamKernel", "bz2_stream", "gzip_kernel", "gzip_stream", "lzma_stream", "zlib_stream",
]  # fmt: skip

_GZIP_WBITS = 31
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

    def __init__(
        self, name: str, encode: Callable[[memoryview], bytes], decoder: Callable[[], Any]
    ) -> None:
        self._name, self._encode, self._decoder = name, encode, decoder

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes of all members."""
        parts: list[bytes] = []
        left = limit
        rest: Any = as_bytes_view(encoded)
        try:
            while True:
                member = self._decoder()
                part = member.decompress(rest, left + 1)
                parts.append(part)
                left -= len(part)
                if left < 0:
                    raise DecodeError(f"{self._name} holds more than the {limit} bytes allowed")
                if not member.eof:
                    raise DecodeError(f"{self._name} is truncated")
                rest = member.unused_data
                if not rest:
                    return parts[0] if len(parts) == 1 else b"".join(parts)
        except _STREAM_ERRORS as error:
            raise DecodeError(f"{self._name}: {error}") from error

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

    return StreamKernel("gzip", encode, lambda: _inflate.decompressobj(_GZIP_WBITS))


def zlib_stream(level: int) -> StreamKernel:
    """Kernel of numcodecs' ``zlib`` (RFC 1950)."""
    return StreamKernel("zlib", lambda data: zlib.compress(data, level), _inflate.decompressobj)


def bz2_stream(level: int) -> StreamKernel:
    """Kernel of numcodecs' ``bz2``."""
    return StreamKernel("bz2", lambda d: bz2.compress(d, level), bz2.BZ2Decompressor)


def lzma_stream(config: dict[str, Any]) -> StreamKernel:
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

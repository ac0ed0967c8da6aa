"""Kernel of ``zstd``: the zstandard package with reused contexts.

A new context costs as much as decoding 8 KiB, so contexts are kept on free lists: a list's `pop`
and `append` are atomic, and a context is used by one thread at a time.
"""

import zstandard

from frozarr.io.kernels.base import BytesLike, DecodeError, as_bytes_view

__all__ = ["ZstdKernel"]

_DECOMPRESSORS: list[zstandard.ZstdDecompressor] = []
_COMPRESSORS: dict[tuple[int, bool], list[zstandard.ZstdCompressor]] = {}


class ZstdKernel:
    """Frames with or without content size, one or several in a row; exact output budget.

    Examples
    --------
    >>> kernel = ZstdKernel(level=1)
    >>> bytes(kernel.decode(kernel.encode(b"abc" * 100), 300)) == b"abc" * 100
    True
    """

    def __init__(self, level: int = 0, *, checksum: bool = False) -> None:
        self._level, self._checksum = level, checksum
        self._idle = _COMPRESSORS.setdefault((level, checksum), [])

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes of all frames."""
        view = encoded if isinstance(encoded, bytes) else as_bytes_view(encoded)
        context = _DECOMPRESSORS.pop() if _DECOMPRESSORS else zstandard.ZstdDecompressor()
        try:
            claimed = zstandard.frame_content_size(view)
            if 0 <= claimed <= limit:
                try:
                    return context.decompress(view, max_output_size=claimed, allow_extra_data=False)
                except zstandard.ZstdError as error:
                    if "extra data" not in str(error) and "unused" not in str(error):
                        raise
            elif claimed > limit:
                raise DecodeError(f"zstd frame claims {claimed} bytes, {limit} are allowed")
            return _decode_frames(context, view, limit)
        except zstandard.ZstdError as error:
            raise DecodeError(f"zstd: {error}") from error
        finally:
            _DECOMPRESSORS.append(context)

    def encode(self, decoded: BytesLike) -> BytesLike:
        """One frame with its content size."""
        idle = self._idle
        context = (
            idle.pop()
            if idle
            else zstandard.ZstdCompressor(
                level=self._level, write_checksum=self._checksum, write_content_size=True
            )
        )
        try:
            return context.compress(as_bytes_view(decoded))
        finally:
            idle.append(context)

    def encoded_nbytes(self, decoded_nbytes: int) -> None:  # noqa: ARG002 - it depends on the input
        """Unknown."""
        return


def _decode_frames(
    context: zstandard.ZstdDecompressor, view: bytes | memoryview, limit: int
) -> bytes:
    """Frames one after the other, each read to its end, never past the limit."""
    decoded = bytearray()
    rest = bytes(view)
    while rest:
        frame = context.decompressobj(write_size=min(limit + 1, 1 << 20))
        # fed in pieces, so that a bomb is noticed after a piece and not after its whole output
        for start in range(0, len(rest), 4096):
            piece = rest[start : start + 4096]
            decoded += frame.decompress(piece)
            if len(decoded) > limit:
                raise DecodeError(f"zstd frames hold more than the {limit} bytes allowed")
            if frame.eof:
                rest = frame.unused_data + rest[start + len(piece) :]
                break
        else:
            raise DecodeError("zstd frame is truncated")
    return bytes(decoded)

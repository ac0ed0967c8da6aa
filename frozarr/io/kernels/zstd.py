"""Kernel of ``zstd``: the zstandard package with reused contexts.

A new context costs as much as decoding 8 KiB, so contexts are kept on free lists: a list's `pop`
and `append` are atomic, and a context is used by one thread at a time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from frozarr.io.kernels.base import (
    Binding,
    BudgetError,
    BytesKernel,
    BytesLike,
    DecodeError,
    Indices,
    Joined,
    as_bytes_view,
)
from frozarr.metadata.codecs.compressors import ZstdCodec

__all__ = ["ZstdKernel", "zstd_kernel"]

_DECOMPRESSORS: list[zstandard.ZstdDecompressor] = []
_COMPRESSORS: dict[tuple[int, bool], list[zstandard.ZstdCompressor]] = {}


_SMALL_FRAME = 128 * 1024
_FEW_FRAMES = 4
_HEAD_NBYTES = 21
_PIECE = 4096
_MAGIC = np.frombuffer(b"\x28\xb5\x2f\xfd", np.uint8)
_DICTIONARY_NBYTES = np.array([0, 1, 2, 4])


def one_block_nbytes(heads: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Bytes of frames that have a single block, -1 for others (RFC 8878, section 3.1.1).

    Parameters
    ----------
    heads
        The first 21 bytes of each frame: the longest header and a block header.

    Examples
    --------
    >>> frame = zstandard.ZstdCompressor().compress(b"abc" * 100)
    >>> one_block_nbytes(np.frombuffer(frame, np.uint8)[np.newaxis, :21])[0] == len(frame)
    np.True_
    """
    descriptor = heads[:, 4].astype(np.int64)
    single = descriptor >> 5 & 1
    size_flag = descriptor >> 6
    size_nbytes = np.where(size_flag == 0, single, 1 << size_flag)
    start = 6 - single + _DICTIONARY_NBYTES[descriptor & 3] + size_nbytes
    rows = np.arange(len(heads))
    block = sum(heads[rows, start + i].astype(np.int64) << 8 * i for i in range(3))
    kind = block >> 1 & 3
    stored = np.where(kind == 1, 1, block >> 3)
    end = start + 3 + stored + 4 * (descriptor >> 2 & 1)
    one = (heads[:, :4] == _MAGIC).all(axis=1) & (block & 1 == 1) & (kind != 3)
    return np.where(one, end, -1)


class _Frames:
    """Decoded frames that lie side by side in memory, as numpy takes memory from elsewhere."""

    def __init__(self, owner: object, address: int, nbytes: int) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "data": (address, True), "shape": (nbytes,), "typestr": "|u1", "version": 3,
        }  # fmt: skip


def joined(frames: Any, nbytes: int) -> Joined:
    """Decoded frames of `nbytes` each as one run of bytes.

    zstandard decodes frames of known sizes into one allocation but offers no view of all of it;
    where the first and the last frame lie as far apart as that, no byte is copied.
    """
    first, last = (np.frombuffer(frames[i], np.uint8).ctypes.data for i in (0, len(frames) - 1))
    if last - first != (len(frames) - 1) * nbytes or len(frames[0]) != nbytes:
        return np.frombuffer(b"".join(frames), np.uint8)
    return np.asarray(_Frames(frames, first, len(frames) * nbytes))


class ZstdKernel(BytesKernel):
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
            if 0 < claimed <= limit:
                try:
                    return context.decompress(view, max_output_size=claimed, allow_extra_data=False)
                except zstandard.ZstdError as error:
                    if "extra data" not in str(error) and "unused" not in str(error):
                        raise
            elif claimed > limit:
                raise BudgetError(f"zstd frame claims {claimed} bytes, {limit} are allowed")
            return _decode_frames(context, view, limit)
        except zstandard.ZstdError as error:
            raise DecodeError(f"zstd: {error}") from error
        finally:
            _DECOMPRESSORS.append(context)

    def decode_many(self, encoded: Sequence[BytesLike], nbytes: int) -> Joined | None:
        """Frames of one small decoded size, joined; None where frame by frame is the better way.

        One call decodes all without the interpreter lock. It ignores what follows a frame, so
        only frames that surely end where their bytes end are given to it.
        """
        if nbytes > _SMALL_FRAME or len(encoded) < _FEW_FRAMES:
            return None
        heads = b"".join(bytes(e[:_HEAD_NBYTES]).ljust(_HEAD_NBYTES, b"\0") for e in encoded)
        ends = one_block_nbytes(np.frombuffer(heads, np.uint8).reshape(-1, _HEAD_NBYTES))
        if not np.array_equal(ends, [len(e) for e in encoded]):
            return None
        sizes: Any = np.full(len(encoded), nbytes, np.uint64).tobytes()
        context = _DECOMPRESSORS.pop() if _DECOMPRESSORS else zstandard.ZstdDecompressor()
        try:
            frames: Any = encoded
            decoded = context.multi_decompress_to_buffer(frames, decompressed_sizes=sizes)
            return joined(decoded, nbytes)
        except zstandard.ZstdError:
            return None  # frame by frame tells which one is corrupt
        finally:
            _DECOMPRESSORS.append(context)

    def decode_segments(
        self, buffer: memoryview, offset: Indices, nbytes: Indices, decoded_nbytes: int
    ) -> Joined | None:
        """Frames that lie in one buffer, joined; None where frame by frame is the better way.

        The ranges go to zstandard as columns, just as a shard index holds them.
        """
        if decoded_nbytes > _SMALL_FRAME or len(offset) < _FEW_FRAMES:
            return None
        if int(np.min(nbytes)) < _HEAD_NBYTES or len(buffer) < _HEAD_NBYTES:
            return None
        heads = np.frombuffer(buffer, np.uint8)[offset[:, np.newaxis] + np.arange(_HEAD_NBYTES)]
        if not np.array_equal(one_block_nbytes(heads), nbytes):
            return None
        segments: Any = np.stack([offset, nbytes], axis=1).astype(np.uint64).tobytes()
        sizes: Any = np.full(len(offset), decoded_nbytes, np.uint64).tobytes()
        context = _DECOMPRESSORS.pop() if _DECOMPRESSORS else zstandard.ZstdDecompressor()
        try:
            frames = zstandard.BufferWithSegments(buffer, segments)
            decoded = context.multi_decompress_to_buffer(frames, decompressed_sizes=sizes)
            return joined(decoded, decoded_nbytes)
        except (zstandard.ZstdError, ValueError):
            return None  # frame by frame tells which one is corrupt
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


def _decode_frames(
    context: zstandard.ZstdDecompressor, view: bytes | memoryview, limit: int
) -> bytes:
    """Frames one after the other, each read to its end, never past the limit."""
    decoded = bytearray()
    rest = memoryview(view)
    position = 0
    while position < len(rest):
        frame = context.decompressobj(write_size=min(limit + 1, 1 << 20))
        # fed in pieces, so that a bomb is noticed after a piece and not after its whole output
        while not frame.eof:
            piece = rest[position : position + _PIECE]
            if not piece:
                raise DecodeError("zstd frame is truncated")
            decoded += frame.decompress(piece)
            if len(decoded) > limit:
                raise BudgetError(f"zstd frames hold more than the {limit} bytes allowed")
            position += len(piece)
        position -= len(frame.unused_data)
    return bytes(decoded)


def zstd_kernel(codec: ZstdCodec, binding: Binding) -> ZstdKernel:  # noqa: ARG001 - any bytes
    """Kernel of ``zstd``."""
    return ZstdKernel(codec.level, checksum=codec.checksum)

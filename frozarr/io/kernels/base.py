"""What every bytes-to-bytes kernel offers."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["BytesKernel", "BytesLike", "DecodeError", "Parts", "as_bytes_view"]

BytesLike: TypeAlias = bytes | bytearray | memoryview | npt.NDArray[Any]


class DecodeError(ValueError):
    """Encoded bytes are corrupt; the caller adds where they came from."""


@attrs.frozen(eq=False)
class Parts:
    """Bytes in pieces, one after the other: joined only for a store that can't take pieces.

    Examples
    --------
    >>> Parts([b"ab", b"c"]).join()
    b'abc'
    """

    pieces: Sequence[BytesLike]

    def join(self) -> bytes:
        """All of them as one."""
        return b"".join([as_bytes_view(piece) for piece in self.pieces])


class BytesKernel(Protocol):
    """Encodes and decodes the bytes of one chunk."""

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes; DecodeError if they are corrupt or would be more than `limit`."""

    def encode(self, decoded: BytesLike) -> BytesLike:
        """Encoded bytes."""

    def encoded_nbytes(self, decoded_nbytes: int) -> int | None:
        """Bytes that any input of this size encodes to; None if that depends on the input."""


def as_bytes_view(data: BytesLike) -> memoryview:
    r"""The bytes of a contiguous buffer, not copied.

    Examples
    --------
    >>> as_bytes_view(np.array([1, 2], "<u2")).tobytes()
    b'\x01\x00\x02\x00'
    """
    if isinstance(data, np.ndarray):
        if not (data.flags.c_contiguous or data.flags.f_contiguous):
            data = np.ascontiguousarray(data)
        # via uint8, because datetime and structured arrays have no buffer interface of their own
        return data.reshape(-1, order="A").view(np.uint8).data if data.size else memoryview(b"")
    view = memoryview(data)
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")

"""What kernels are: codecs at work on one chunk. No files, no sockets.

There is a base class for each kind of codec. A kernel writes how it decodes and encodes; what it
can do better than chunk by chunk, or knows beforehand, it may say as well. Kernels are called from
several threads at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.registry import Registry, default_registry
from frozarr.types import AnyArray, AnyDtype

__all__ = [
    "ArrayCoding", "ArrayFilter", "Binding", "BudgetError", "BytesKernel", "BytesLike",
    "DecodeError", "VARIABLE_NBYTES", "Joined", "MissingCodecError", "Parts", "as_bytes_view",
]  # fmt: skip

VARIABLE_NBYTES = 256 * 1024 * 1024
"""As many as the config has by default."""
BytesLike: TypeAlias = bytes | bytearray | memoryview | AnyArray
Joined: TypeAlias = npt.NDArray[np.uint8]
"""Decoded chunks of one size side by side, 1-d."""
Indices: TypeAlias = npt.NDArray[np.int64]


class DecodeError(ValueError):
    """Encoded bytes are corrupt; the caller adds where they came from."""


class BudgetError(DecodeError):
    """Encoded bytes would decode to more than is allowed."""


class MissingCodecError(DecodeError):
    """Encoded bytes are right, but this build of a library can't decode them."""


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

    __bytes__ = join


def as_bytes_view(buffer: BytesLike) -> memoryview:
    r"""The bytes of a contiguous buffer, not copied.

    Examples
    --------
    >>> as_bytes_view(np.array([1, 2], "<u2")).tobytes()
    b'\x01\x00\x02\x00'
    """
    if isinstance(buffer, np.ndarray):
        if not (buffer.flags.c_contiguous or buffer.flags.f_contiguous):
            buffer = np.ascontiguousarray(buffer)
        # via uint8, because datetime and structured arrays have no buffer interface of their own
        return buffer.reshape(-1, order="A").view(np.uint8).data if buffer.size else memoryview(b"")
    view = memoryview(buffer)
    if not view.contiguous:
        view = memoryview(view.tobytes())
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


@attrs.frozen(eq=False)
class Binding:
    """Where in a chain a codec stands: what its kernel is made for."""

    spec: ChunkSpec
    """The chunk before encoding (what a bytes-to-bytes codec encodes, where it is an array)."""
    encoded: ChunkSpec
    """The chunk after encoding."""
    fill: AnyArray | None = None
    """Fill value as it is stored at this point, 0-d; None behind the serializer."""
    registry: Registry = attrs.field(factory=default_registry)
    """What makes the kernels of inner codecs."""
    namespace: Any = np
    """Array namespace that chunks live in: numpy, or a device's."""
    variable_nbytes: int = VARIABLE_NBYTES
    """Bytes that a chunk of elements of any length may have."""


class BytesKernel(ABC):
    """Turns bytes into bytes and back."""

    decoded_per_second: ClassVar[float] = 1e9
    """Bytes that one core decodes in a second, about: it tells short work from long."""

    @abstractmethod
    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes.

        Parameters
        ----------
        encoded
            As they were stored; they may be anybody's.
        limit
            Bytes that an honest encoder can have put in at most: to be checked before allocating.

        Raises
        ------
        DecodeError
            Corrupt bytes, or ones that would decode to more than `limit`.
        """

    @abstractmethod
    def encode(self, decoded: BytesLike) -> BytesLike:
        """Encoded bytes."""

    def encoded_nbytes(self, decoded_nbytes: int) -> int | None:  # noqa: ARG002 - for those that know
        """Bytes that any input of this size encodes to; None if that depends on the input."""
        return None

    def decode_into(self, encoded: BytesLike, out: memoryview) -> BytesLike:
        """Decoded bytes, at most as many as fit: in `out`, or elsewhere."""
        return self.decode(encoded, len(out))

    def decode_many(self, encoded: Sequence[BytesLike], nbytes: int) -> Joined | None:  # noqa: ARG002 - for those that can
        """Chunks that decode to `nbytes` each, by one call; None where one by one is better."""
        return None

    def decode_segments(
        self, buffer: memoryview, offset: Indices, nbytes: Indices, decoded_nbytes: int  # noqa: ARG002 - for those that can
    ) -> Joined | None:  # fmt: skip
        """As `decode_many`, for chunks that lie in one buffer at these offsets, of these sizes."""
        return None

    def encode_many(self, decoded: Sequence[BytesLike]) -> list[BytesLike]:
        """Encoded bytes of each."""
        return [self.encode(chunk) for chunk in decoded]


class ArrayFilter(ABC):
    """Turns a chunk into another array and back."""

    elementwise: ClassVar[bool] = False
    """Each element is encoded without regard to the others."""
    total: ClassVar[bool] = False
    """Every chunk can be encoded. Of others, all values are checked before the first effect."""
    keeps_fill: ClassVar[bool] = False
    """A fill value must come back as it was."""

    @abstractmethod
    def decode(self, encoded: AnyArray) -> AnyArray:
        """The array before encoding; DecodeError if it can't have been encoded."""

    @abstractmethod
    def encode(self, decoded: AnyArray) -> AnyArray:
        """The encoded array; ValueError for values that can't be encoded."""

    def stored(self, values: AnyArray) -> AnyArray | None:
        """Any elements, in any shape, as they are stored; None if that depends on neighbours.

        Raises
        ------
        ValueError
            A value can't be stored, or could not be read again.
        """
        if not self.elementwise:
            return None
        stored = self.encode(values)
        self.decode(stored)
        return stored


class ArrayCoding(ABC):
    """Turns a chunk into bytes and back: what a serializer does."""

    total: ClassVar[bool] = True
    """Every chunk of the array's type can be encoded."""
    plain: ClassVar[bool] = False
    """The bytes are the elements, as numpy has them: nothing needs to be done."""
    exact: bool = False
    """Every chunk is coded in exactly `limit` bytes."""

    @property
    @abstractmethod
    def limit(self) -> int:
        """Bytes that no honest encoder exceeds by much."""

    @abstractmethod
    def decode(self, encoded: BytesLike) -> AnyArray:
        """The chunk; DecodeError if the bytes are corrupt."""

    @abstractmethod
    def encode(self, chunk: AnyArray) -> BytesLike:
        """Bytes of a C-contiguous chunk; ValueError for one that can't be encoded."""

    @property
    def dtype(self) -> AnyDtype | None:
        """Type of the chunks that it takes and gives, where that isn't the array's."""
        return None

    def check(self, values: AnyArray) -> bool:  # noqa: ARG002 - for those that can
        """Refuse values before any effect; whether all that can be refused was looked at.

        Raises
        ------
        ValueError
            A value that can't be stored, or could not be read again.
        """
        return self.total

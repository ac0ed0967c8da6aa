"""A codec chain bound to one chunk shape and type: everything known in advance is worked out once.

Between the serializer and the array there are mostly changes of layout (axes permuted, bytes
swapped): they are views of the staging array, and cost one strided copy together with placing.
"""

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import (
    ArrayCoding,
    BytesKernel,
    BytesLike,
    DecodeError,
    Indices,
    as_bytes_view,
)
from frozarr.io.kernels.elements import elements_of
from frozarr.types import AnyArray, AnyDtype, Shape

__all__ = ["BoundChain"]


@attrs.frozen(eq=False)
class BoundChain:
    """Codecs of one array, ready for use.

    Examples
    --------
    >>> from frozarr.io.kernels.bind import bind_chain
    >>> from frozarr.metadata import ArraySpec
    >>> bind_chain(ArraySpec(shape=4, chunks=2, dtype="<i2").metadata()).nbytes
    4
    """

    chunk_shape: Shape
    stored_shape: Shape
    """Shape of a chunk as it is serialised."""
    stored_dtype: AnyDtype
    """Type of its elements, in the stored byte order."""
    axes: Shape
    """``stored == chunk.transpose(axes)``."""
    kernels: tuple[BytesKernel, ...]
    """In the order of encoding."""
    limits: tuple[int, ...]
    """Most bytes that decoding with each kernel may give."""
    coding: ArrayCoding | None = None
    """What stands between array and bytes, where that is not simply the elements."""
    namespace: Any = np
    """Array namespace that staging arrays are made in."""

    @property
    def nbytes(self) -> int:
        """Bytes of a serialised chunk, before compression."""
        return math.prod(self.stored_shape) * self.stored_dtype.itemsize

    @property
    def decode_seconds(self) -> float:
        """Seconds that decoding one chunk takes on one core, about."""
        return sum(self.nbytes / kernel.decoded_per_second for kernel in self.kernels)

    @property
    def raw(self) -> bool:
        """Chunks are stored as they are serialised, element after element."""
        return not self.kernels and self.coding is None

    def check(self, values: AnyArray) -> bool:
        """Refuse values before any effect; whether all that can be refused was looked at.

        Raises
        ------
        ValueError
            A value that can't be stored, or could not be read again.
        """
        if self.coding is None:
            return True
        return self.coding.check(values.astype(self.stored_dtype, copy=False))

    def staging(self, count: int, values: AnyArray | None = None) -> AnyArray:
        """Uninitialised array of serialised chunks, shape (count, *stored_shape).

        Parameters
        ----------
        values
            What will be written; text that is given as objects is coded from objects.
        """
        objects = values is not None and values.dtype.kind == "O"
        shape = (count, *self.stored_shape)
        staging: AnyArray = self.namespace.empty(shape, object if objects else self.stored_dtype)
        return staging

    def logical(self, staging: AnyArray) -> AnyArray:
        """The same elements seen as chunks of the array, shape (count, *chunk_shape)."""
        if self.axes == tuple(range(len(self.axes))):
            return staging
        inverse = np.argsort(self.axes)
        return staging.transpose((0, *(int(axis) + 1 for axis in inverse)))

    def decode(self, encoded: BytesLike, scratch: AnyArray | None = None) -> AnyArray:
        """One chunk, shape stored_shape; read-only if it shares memory with its bytes.

        Parameters
        ----------
        encoded
            As it was stored.
        scratch
            A chunk that may be overwritten: kernels that can, decode there.

        Raises
        ------
        DecodeError
            Corrupt bytes, or not exactly as many as the chunk has.
        """
        decoded = encoded
        for i in range(len(self.kernels) - 1, -1, -1):
            if i or scratch is None or self.coding is not None:
                decoded = self.kernels[i].decode(decoded, self.limits[i])
            else:
                decoded = self.kernels[i].decode_into(decoded, as_bytes_view(scratch))
        if self.coding is not None:
            return self.coding.decode(decoded)
        return elements_of(decoded, self.stored_shape, self.stored_dtype)

    def decode_many(self, encoded: Sequence[BytesLike]) -> AnyArray | None:
        """Chunks decoded by one call, shape (chunks, *stored_shape); None if that is not possible.

        Skips the work of one call per chunk where the last kernel can decode many small ones.
        """
        if not self.kernels or self.coding is not None:
            return None
        decoded = list(encoded)
        for i in range(len(self.kernels) - 1, 0, -1):
            decoded = [self.kernels[i].decode(entry, self.limits[i]) for entry in decoded]
        joined = self.kernels[0].decode_many(decoded, self.nbytes)
        if joined is None:
            return None
        return joined.view(self.stored_dtype).reshape((len(decoded), *self.stored_shape))

    def decode_segments(self, buffer: BytesLike, offset: Indices, nbytes: Indices) -> AnyArray:
        """Chunks that lie side by side in one buffer, shape (chunks, *stored_shape).

        Raises
        ------
        DecodeError
            A chunk is corrupt, or reaches outside the buffer.
        """
        view = as_bytes_view(buffer)
        single = len(offset) == 1
        end = int(offset[0] + nbytes[0]) if single else int(np.max(offset + nbytes, initial=0))
        if end > len(view):
            raise DecodeError(f"an inner chunk reaches beyond the {len(view)} bytes there are")
        if single:  # no copy into a staging array
            return self.decode(view[int(offset[0]) : end])[np.newaxis]
        joined = self._take_raw(view, offset, nbytes) if self.raw else None
        if len(self.kernels) == 1 and self.coding is None:
            joined = self.kernels[0].decode_segments(view, offset, nbytes, self.nbytes)
        if joined is not None:
            return joined.view(self.stored_dtype).reshape((len(offset), *self.stored_shape))
        staging = self.staging(len(offset))
        for row, (start, size) in enumerate(zip(offset.tolist(), nbytes.tolist(), strict=True)):
            staging[row, ...] = self.decode(view[start : start + size])
        return staging

    def _take_raw(
        self, view: memoryview, offset: Indices, nbytes: Indices
    ) -> npt.NDArray[np.uint8] | None:
        """Chunks stored as they are, on a common raster: one take. None if they are not on one."""
        size = self.nbytes
        if not len(offset) or not size or not (nbytes == size).all():
            return None
        base = int(offset[0] % size)
        rows, apart = np.divmod(offset - base, size)
        if apart.any():
            return None
        usable = (len(view) - base) // size * size
        cells = np.frombuffer(view[base : base + usable], np.uint8).reshape(-1, size)
        return cells if np.array_equal(rows, np.arange(len(cells))) else cells.take(rows, axis=0)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Encoded bytes of one serialised chunk, shape stored_shape, C-contiguous."""
        encoded: BytesLike = chunk.reshape(-1) if self.coding is None else self.coding.encode(chunk)
        for kernel in self.kernels:
            encoded = kernel.encode(encoded)
        return as_bytes_view(encoded) if isinstance(encoded, np.ndarray) else encoded

    def encode_empty(self, fill: AnyArray) -> BytesLike:
        """Encoded bytes of a chunk that holds nothing but the fill value."""
        staging = self.staging(1)
        staging[...] = fill
        return self.encode(staging[0, ...])

    def encode_many(self, staging: AnyArray, rows: Sequence[int]) -> list[BytesLike]:
        """Encoded bytes of some of the chunks in a staging array."""
        if self.raw and self.nbytes and staging.flags.c_contiguous:  # slices of one view
            view, size = as_bytes_view(staging), self.nbytes
            return [view[row * size : (row + 1) * size] for row in rows]
        if self.coding is None and len(self.kernels) == 1:
            encoded = self.kernels[0].encode_many([staging[r, ...].reshape(-1) for r in rows])
            return [as_bytes_view(e) if isinstance(e, np.ndarray) else e for e in encoded]
        return [self.encode(staging[row, ...]) for row in rows]  # a 0-d chunk stays an array

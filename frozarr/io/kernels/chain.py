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

from frozarr.io.kernels.base import BytesKernel, BytesLike, DecodeError, as_bytes_view
from frozarr.io.kernels.coding import ArrayCoding
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.kernels.zstd import ZstdKernel
from frozarr.types import Shape

__all__ = ["BoundChain"]

AnyArray = npt.NDArray[Any]


@attrs.frozen(eq=False)
class BoundChain:
    """Codecs of one array, ready for use.

    Examples
    --------
    >>> from frozarr.io.kernels.bind import bind_chain
    >>> from frozarr.metadata.array_v2 import ArrayV2Metadata
    >>> chain = bind_chain(ArrayV2Metadata(shape=(4,), chunks=(2,), dtype=np.dtype("<i2"),
    ...                                    fill_value=None))
    >>> chain.nbytes
    4
    """

    chunk_shape: Shape
    stored_shape: Shape
    """Shape of a chunk as it is serialised."""
    stored_dtype: np.dtype[Any]
    """Type of its elements, in the stored byte order."""
    axes: Shape
    """``stored == chunk.transpose(axes)``."""
    kernels: tuple[BytesKernel, ...]
    """In the order of encoding."""
    limits: tuple[int, ...]
    """Most bytes that decoding with each kernel may give."""
    coding: ArrayCoding | None = None
    """What stands between array and bytes, where that is not simply the elements."""

    @property
    def shard(self) -> ShardFormat | None:
        """The serializer, where it is ``sharding_indexed`` with no filter before it."""
        return self.coding if isinstance(self.coding, ShardFormat) else None

    @property
    def nbytes(self) -> int:
        """Bytes of a serialised chunk, before compression."""
        return math.prod(self.stored_shape) * self.stored_dtype.itemsize

    @property
    def raw(self) -> bool:
        """Chunks are stored as they are serialised, element after element."""
        return not self.kernels and self.coding is None

    def staging(self, count: int, values: AnyArray | None = None) -> AnyArray:
        """Uninitialised room for serialised chunks, shape (count, *stored_shape).

        Parameters
        ----------
        values
            What will be written; text that is given as objects is coded from objects.
        """
        objects = values is not None and values.dtype.kind == "O"
        return np.empty((count, *self.stored_shape), object if objects else self.stored_dtype)

    def logical(self, staging: AnyArray) -> AnyArray:
        """The same room seen as chunks of the array, shape (count, *chunk_shape)."""
        if self.axes == tuple(range(len(self.axes))):
            return staging
        inverse = np.argsort(self.axes)
        return staging.transpose((0, *(int(axis) + 1 for axis in inverse)))

    def decode(self, encoded: BytesLike) -> AnyArray:
        """One chunk, shape stored_shape; read-only if it shares memory with its bytes.

        Raises
        ------
        DecodeError
            Corrupt bytes, or not exactly as many as the chunk has.
        """
        data = encoded
        for kernel, limit in zip(reversed(self.kernels), reversed(self.limits), strict=True):
            data = kernel.decode(data, limit)
        if self.coding is not None:
            return self.coding.decode(data)
        view = as_bytes_view(data)
        if len(view) != self.nbytes:
            raise DecodeError(f"chunk has {len(view)} bytes, expected exactly {self.nbytes}")
        if not self.nbytes:
            return np.empty(self.stored_shape, self.stored_dtype)
        return np.frombuffer(view, self.stored_dtype).reshape(self.stored_shape)

    def decode_many(self, encoded: Sequence[BytesLike]) -> AnyArray | None:
        """Chunks decoded by one call, shape (chunks, *stored_shape); None if that is not possible.

        Skips the work of one call per chunk where the last kernel can decode many small ones.
        """
        first = self.kernels[0] if self.kernels and self.coding is None else None
        if not isinstance(first, ZstdKernel):
            return None
        stages = list(zip(self.kernels[1:], self.limits[1:], strict=True))
        data = list(encoded)
        for kernel, limit in reversed(stages):
            data = [kernel.decode(entry, limit) for entry in data]
        joined = first.decode_equal(data, self.nbytes)
        if joined is None:
            return None
        return joined.view(self.stored_dtype).reshape((len(data), *self.stored_shape))

    def decode_segments(
        self, data: BytesLike, offset: npt.NDArray[np.int64], nbytes: npt.NDArray[np.int64]
    ) -> AnyArray:
        """Chunks that lie side by side in one buffer, shape (chunks, *stored_shape).

        Raises
        ------
        DecodeError
            A chunk is corrupt, or reaches outside the buffer.
        """
        view = as_bytes_view(data)
        if len(offset) == 1:  # no copy into a staging array
            start, size = int(offset[0]), int(nbytes[0])
            if start + size > len(view):
                raise DecodeError(f"an inner chunk reaches beyond the {len(view)} bytes there are")
            return self.decode(view[start : start + size])[np.newaxis]
        if len(offset) and int(np.max(offset + nbytes)) > len(view):
            raise DecodeError(f"an inner chunk reaches beyond the {len(view)} bytes there are")
        together = self._take_raw(view, offset, nbytes) if self.raw else None
        first = self.kernels[0] if len(self.kernels) == 1 and self.coding is None else None
        if isinstance(first, ZstdKernel):
            joined = first.decode_segments(view, offset, nbytes, self.nbytes)
            if joined is not None:
                together = joined.view(self.stored_dtype)
        if together is not None:
            return together.reshape((len(offset), *self.stored_shape))
        staging = self.staging(len(offset))
        for row, (start, size) in enumerate(zip(offset.tolist(), nbytes.tolist(), strict=True)):
            staging[row, ...] = self.decode(view[start : start + size])
        return staging

    def _take_raw(
        self, view: memoryview, offset: npt.NDArray[np.int64], nbytes: npt.NDArray[np.int64]
    ) -> AnyArray | None:
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
        taken = cells if np.array_equal(rows, np.arange(len(cells))) else cells.take(rows, axis=0)
        return taken.view(self.stored_dtype)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Encoded bytes of one serialised chunk, shape stored_shape, C-contiguous."""
        data: BytesLike = chunk.reshape(-1) if self.coding is None else self.coding.encode(chunk)
        for kernel in self.kernels:
            data = kernel.encode(data)
        return as_bytes_view(data) if isinstance(data, np.ndarray) else data

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
        return [self.encode(staging[row, ...]) for row in rows]  # a 0-d chunk stays an array

"""A codec chain bound to one chunk shape and type: everything known in advance is worked out once.

Between the serializer and the array there are only changes of layout (axes permuted, bytes
swapped): they are views of the staging array, and cost one strided copy together with placing.
"""

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import BytesKernel, BytesLike, DecodeError, as_bytes_view
from frozarr.io.kernels.checksum import Crc32cKernel
from frozarr.io.kernels.gzip import gzip_kernel
from frozarr.io.kernels.numcodecs import blosc_kernel, numcodecs_kernel
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.kernels.zstd import ZstdKernel
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.codecs.base import ChunkSpec, Codec
from frozarr.metadata.codecs.chain import bind_codecs, codecs_of_kind
from frozarr.metadata.codecs.compressors import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.json import thaw
from frozarr.metadata.problems import Problems
from frozarr.types import Shape

__all__ = ["BoundChain", "bind_chain"]

AnyArray = npt.NDArray[Any]


@attrs.frozen(eq=False)
class BoundChain:
    """Codecs of one array, ready for use.

    Examples
    --------
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
    shard: ShardFormat | None = None
    """The serializer, where it is ``sharding_indexed``."""

    @property
    def nbytes(self) -> int:
        """Bytes of a serialised chunk, before compression."""
        return math.prod(self.stored_shape) * self.stored_dtype.itemsize

    @property
    def raw(self) -> bool:
        """Chunks are stored as they are serialised, element after element."""
        return not self.kernels and self.shard is None

    def staging(self, count: int) -> AnyArray:
        """Uninitialised room for serialised chunks, shape (count, *stored_shape)."""
        return np.empty((count, *self.stored_shape), self.stored_dtype)

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
        if self.shard is not None:
            return self.shard.decode(data)
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
        first = self.kernels[0] if self.kernels and self.shard is None else None
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
        if len(offset) and int(np.max(offset + nbytes)) > len(view):
            raise DecodeError(f"an inner chunk reaches beyond the {len(view)} bytes there are")
        together = self._take_raw(view, offset, nbytes) if self.raw else None
        if together is None and len(self.kernels) == 1 and isinstance(self.kernels[0], ZstdKernel):
            joined = self.kernels[0].decode_segments(view, offset, nbytes, self.nbytes)
            if joined is not None and self.shard is None:
                together = joined.view(self.stored_dtype)
        if together is not None:
            return together.reshape((len(offset), *self.stored_shape))
        if len(offset) == 1:  # no copy into a staging array
            start, size = int(offset[0]), int(nbytes[0])
            return self.decode(view[start : start + size])[np.newaxis]
        staging = self.staging(len(offset))
        for row, (start, size) in enumerate(zip(offset.tolist(), nbytes.tolist(), strict=True)):
            staging[row] = self.decode(view[start : start + size])
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
        data: BytesLike = chunk.reshape(-1) if self.shard is None else self.shard.encode(chunk)
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
        return [self.encode(staging[row, ...]) for row in rows]  # a 0-d chunk stays an array


def _limits(kernels: Sequence[BytesKernel], nbytes: int, *, exact: bool = True) -> tuple[int, ...]:
    """Exact sizes where kernels have fixed ones; a bound that no honest encoder exceeds after."""
    limits = []
    size = nbytes
    for kernel in kernels:
        limits.append(size if exact else size + size // 4 + 65536)
        after = kernel.encoded_nbytes(size)
        exact = exact and after is not None
        size = size if after is None else after
    return tuple(limits)


def bytes_kernel(codec: Codec) -> BytesKernel:
    """Kernel of a format 3 bytes-to-bytes codec."""
    match codec:
        case ZstdCodec():
            return ZstdKernel(codec.level, checksum=codec.checksum)
        case GzipCodec():
            return gzip_kernel(codec.level)
        case BloscCodec():
            return blosc_kernel(codec)
        case Crc32cCodec():
            return Crc32cKernel()
        case _:
            kernel: BytesKernel = codec.kernel()  # type: ignore[attr-defined]  # codecs from outside bring theirs
            return kernel


def bind_chain(metadata: ArrayV2Metadata | ArrayV3Metadata) -> BoundChain:
    """The chain of an array, bound to its chunk shape and type."""
    if isinstance(metadata, ArrayV2Metadata):
        return _bind_v2(metadata)
    return bind_codecs_v3(metadata.codecs, metadata.chunk_spec, metadata.fill)


def bind_codecs_v3(codecs: tuple[Codec, ...], spec: ChunkSpec, fill: Any) -> BoundChain:
    """A format 3 chain, bound to a chunk before any codec."""
    axes = tuple(range(len(spec.shape)))
    for codec in codecs_of_kind(codecs, "array_array"):
        if not isinstance(codec, TransposeCodec):
            raise NotImplementedError(f"codec {codec.name!r} has no kernel")
        axes = tuple(axes[axis] for axis in codec.order)
    stored = bind_codecs(codecs, spec, ("codecs",), Problems())
    kernels = tuple(bytes_kernel(c) for c in codecs_of_kind(codecs, "bytes_bytes"))
    (serializer,) = codecs_of_kind(codecs, "array_bytes")
    if isinstance(serializer, ShardingCodec):
        shard = bind_shard(serializer, stored, fill)
        return BoundChain(
            spec.shape, stored.shape, shard.chain.stored_dtype, axes, kernels,
            _limits(kernels, shard.limit, exact=False), shard,
        )  # fmt: skip
    nbytes = math.prod(stored.shape) * stored.dtype.itemsize
    return BoundChain(
        spec.shape, stored.shape, stored.dtype, axes, kernels, _limits(kernels, nbytes)
    )


def bind_shard(codec: ShardingCodec, spec: ChunkSpec, fill: Any) -> ShardFormat:
    """A sharding codec, bound to a shard."""
    grid = codec.grid_shape(spec.shape)
    chain = bind_codecs_v3(codec.codecs, ChunkSpec(codec.chunk_shape, spec.dtype), fill)
    index_chain = bind_codecs_v3(codec.index_codecs, ChunkSpec((*grid, 2), np.dtype("u8")), 0)
    return ShardFormat(
        spec.shape, codec.chunk_shape, grid, chain, index_chain, codec.index_nbytes(spec.shape),
        codec.index_location, np.asarray(fill).astype(chain.stored_dtype),
    )  # fmt: skip


def _bind_v2(metadata: ArrayV2Metadata) -> BoundChain:
    shape = metadata.chunks
    axes = tuple(range(len(shape)))
    if metadata.order == "F":
        axes = axes[::-1]
    codecs = [*metadata.filters, *([metadata.compressor] if metadata.compressor else [])]
    kernels = tuple(numcodecs_kernel(dict(thaw(c.config))) for c in codecs)  # type: ignore[arg-type]  # an object
    nbytes = math.prod(shape) * metadata.dtype.itemsize
    limits = _limits(kernels, nbytes)
    if metadata.filters:  # filters may widen elements, to 16 bytes at most
        limits = tuple(max(n, 16 * math.prod(shape) + 65536) for n in limits)
    stored = tuple(shape[axis] for axis in axes)
    return BoundChain(shape, stored, metadata.dtype, axes, kernels, limits)

"""The shard format: bytes of a shard to and from inner chunks. No I/O: it is told the bytes."""

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.columns import read_only
from frozarr.indexing.shard import (
    MISSING,
    Located,
    ShardIndexError,
    locate,
    without_faults,
    write_order,
)
from frozarr.io.kernels.base import (
    ArrayCoding,
    Binding,
    BytesLike,
    DecodeError,
    Parts,
    as_bytes_view,
)
from frozarr.io.kernels.bind import bind_codecs
from frozarr.io.kernels.chain import BoundChain
from frozarr.io.kernels.fill import as_scalar, equal_to_fill
from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.codecs.sharding import IndexLocation, ShardingCodec
from frozarr.types import AnyArray, AnyDtype, InnerOrder, Shape

__all__ = ["ShardFormat", "shard_coding"]

Index = npt.NDArray[np.uint64]


@attrs.frozen(eq=False)
class ShardFormat(ArrayCoding):
    """A ``sharding_indexed`` codec bound to a shard shape and type."""

    shard_shape: Shape
    inner_shape: Shape
    grid_shape: Shape
    """Inner chunks along each axis."""
    chain: BoundChain
    """Chain of an inner chunk."""
    index_chain: BoundChain
    index_nbytes: int
    location: IndexLocation
    fill: AnyArray
    """The fill value as a 0-d array of the type in which inner chunks are stored."""

    @property
    def count(self) -> int:
        """Inner chunks of a shard."""
        return math.prod(self.grid_shape)

    @property
    def limit(self) -> int:
        """Bytes that no honest shard exceeds by much, for codecs around it."""
        return self.count * (self.chain.nbytes * 5 // 4 + 1024) + self.index_nbytes + 65536

    @property
    def dtype(self) -> AnyDtype:
        """Type in which inner chunks are stored."""
        return self.chain.stored_dtype

    def check(self, values: AnyArray) -> bool:
        """Refuse values that the chain of inner chunks can't store."""
        return self.chain.check(values)

    # ------------------------------------------------------------------ reading

    def decode_index(self, encoded: BytesLike) -> Index:
        """Index of shape (inner chunks, 2): offset and length in bytes.

        Raises
        ------
        DecodeError
            Too few bytes, or a wrong checksum.
        """
        view = as_bytes_view(encoded)
        if len(view) != self.index_nbytes:
            raise DecodeError(f"shard index has {len(view)} bytes, expected {self.index_nbytes}")
        decoded = self.index_chain.logical(self.index_chain.decode(view)[np.newaxis])
        return decoded.reshape(-1, 2).astype(np.uint64)

    def split(self, shard: BytesLike) -> tuple[memoryview, Index]:
        """All bytes of a shard and its index, which `locate` may be asked about.

        Raises
        ------
        DecodeError
            A truncated shard, or an index that fails its checksum.
        """
        view = as_bytes_view(shard)
        if len(view) < self.index_nbytes:
            raise DecodeError(f"shard has {len(view)} bytes, its index alone {self.index_nbytes}")
        at_start = self.location == "start"
        index = self.decode_index(
            view[: self.index_nbytes] if at_start else view[len(view) - self.index_nbytes :]
        )
        return view, self._checked(index, len(view))

    def _checked(self, index: Index, nbytes: int | None) -> Index:
        """The index; what is wrong in it is an error for those who ask for it."""
        at_start = self.location == "start"
        return without_faults(index, nbytes, self.index_nbytes, at_start=at_start)

    def checked_index(self, encoded: BytesLike) -> Index:
        """Index read on its own, checked as far as that goes without the size of the shard.

        Raises
        ------
        DecodeError
            A corrupt index.
        """
        return self._checked(self.decode_index(encoded), None)

    def locate(self, index: Index, ids: npt.NDArray[np.int64]) -> Located:
        """Where some inner chunks lie; DecodeError for a corrupt entry."""
        try:
            return locate(index, ids)
        except ShardIndexError as error:
            raise DecodeError(str(error)) from error

    def decode_inner(self, buffer: BytesLike, where: Located) -> AnyArray:
        """Some inner chunks, shape (chunks, *stored inner shape); missing ones are fill.

        Parameters
        ----------
        buffer
            Bytes that hold them.
        where
            Their ranges in these bytes.
        """
        if where.present.all():
            return self.chain.decode_segments(buffer, where.offset, where.nbytes)
        staging = self.chain.staging(len(where.offset))
        staging[~where.present] = self.fill
        if where.present.any():
            staging[where.present] = self.chain.decode_segments(
                buffer, where.offset[where.present], where.nbytes[where.present]
            )
        return staging

    def decode(self, shard: BytesLike) -> AnyArray:
        """A whole shard as one array, shape shard_shape."""
        view, index = self.split(shard)
        staging = self.decode_inner(view, self.locate(index, np.arange(self.count)))
        whole = np.empty(self.shard_shape, self.chain.stored_dtype)
        self.as_grid(whole)[...] = self.cut(self.chain.logical(staging))
        return whole

    def cut(self, inner: AnyArray) -> AnyArray:
        """Inner chunks (chunks, *inner_shape) seen as (grid…, inner…)."""
        return inner.reshape((*self.grid_shape, *self.inner_shape))

    def as_grid(self, whole: AnyArray) -> AnyArray:
        """A shard of shape shard_shape seen as (grid…, inner…)."""
        ndim = len(self.inner_shape)
        pairs = [n for pair in zip(self.grid_shape, self.inner_shape, strict=True) for n in pair]
        return whole.reshape(pairs).transpose([*range(0, 2 * ndim, 2), *range(1, 2 * ndim, 2)])

    # ------------------------------------------------------------------ writing

    def assemble(self, parts: Sequence[BytesLike], ids: npt.NDArray[np.int64]) -> Parts | None:
        """Bytes of a shard of encoded inner chunks, laid out as given; None if there are none.

        Parameters
        ----------
        parts
            Encoded inner chunks.
        ids
            Their positions in the index.
        """
        if not len(parts):
            return None
        nbytes = np.array([len(part) for part in parts], np.int64)
        return self._with_index(parts, ids, nbytes)

    def _with_index(
        self,
        payload: Sequence[BytesLike],
        ids: npt.NDArray[np.int64],
        nbytes: npt.NDArray[np.int64],
    ) -> Parts:
        head = self.index_nbytes if self.location == "start" else 0
        index = np.full((self.count, 2), MISSING, np.uint64)
        index[ids, 1] = nbytes
        index[ids, 0] = head + np.cumsum(nbytes) - nbytes
        encoded = self.encode_index(index)
        return Parts((encoded, *payload) if head else (*payload, encoded))

    def encode_index(self, index: Index) -> BytesLike:
        """Bytes of an index of shape (inner chunks, 2)."""
        staging = self.index_chain.staging(1)
        self.index_chain.logical(staging)[0] = index.reshape((*self.grid_shape, 2))
        return self.index_chain.encode(staging[0])

    def encode_rows(
        self, staging: AnyArray, rows: npt.NDArray[np.int64], ids: npt.NDArray[np.int64]
    ) -> Parts | None:
        """Bytes of a shard of inner chunks in a staging array; None if there are none.

        Parameters
        ----------
        rows
            Where they stand in the staging array, in the order of the payload.
        ids
            Their positions in the index.
        """
        if not len(ids):
            return None
        if self.chain.raw and self.chain.nbytes:
            payload = staging.take(rows, axis=0)
            sizes = np.full(len(ids), self.chain.nbytes, np.int64)
            return self._with_index([as_bytes_view(payload)], ids, sizes)
        return self.assemble(self.chain.encode_many(staging, rows.tolist()), ids)

    def encode(self, whole: AnyArray, order: InnerOrder = "morton") -> bytes:
        """Bytes of a shard given as one array; inner chunks of the fill value are left out."""
        staging = self.chain.staging(self.count)
        self.cut(self.chain.logical(staging))[...] = self.as_grid(whole)
        ids = write_order(self.grid_shape, order)
        kept = ids[~equal_to_fill(staging, self.fill)[ids]]
        encoded = self.encode_rows(staging, kept, kept)
        if encoded is None:
            encoded = self._with_index([], kept, np.empty(0, np.int64))
        return encoded.join()


def shard_coding(codec: ShardingCodec, binding: Binding) -> ShardFormat:
    """Coding of ``sharding_indexed``."""
    spec, fill = binding.spec, binding.fill
    if fill is None:
        raise ValueError("a shard needs the fill value of what it misses")
    grid = codec.grid_shape(spec.shape)
    inner = attrs.evolve(binding, spec=ChunkSpec(codec.chunk_shape, spec.dtype))
    chain = bind_codecs(codec.codecs, inner)
    index = ChunkSpec((*grid, 2), np.dtype("u8"))
    index_chain = bind_codecs(
        codec.index_codecs, attrs.evolve(binding, spec=index, fill=as_scalar(0, index.dtype))
    )
    return ShardFormat(
        spec.shape, codec.chunk_shape, grid, chain, index_chain, codec.index_nbytes(spec.shape),
        codec.index_location, read_only(fill.astype(chain.stored_dtype)),
    )  # fmt: skip

"""What programs need to know of an array: where it is, how it is coded, how to run."""

from functools import cached_property
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.config import Config
from frozarr.indexing import Plan
from frozarr.io.index_cache import IndexCache
from frozarr.io.kernels.bind import as_scalar, bind_chain
from frozarr.io.kernels.chain import BoundChain
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.stores.path import StorePath
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.types import Shape

__all__ = ["ArrayMetadata", "Target", "element_type"]

AnyArray: TypeAlias = npt.NDArray[Any]
_WORTH_A_THREAD = 512 * 1024
ArrayMetadata = ArrayV2Metadata | ArrayV3Metadata


def element_type(
    dtype: np.dtype[Any], fields: tuple[str, ...] | str | None, config: Config
) -> np.dtype[Any]:
    """Type of what reads return: of some fields, packed; of text as the config says.

    Examples
    --------
    >>> element_type(np.dtype([("a", "i2"), ("b", "i4")]), "b", Config())
    dtype('int32')
    """
    if dtype.kind == "T":
        return dtype if config.strings == "numpy" else np.dtype(object)
    if fields is None:
        return dtype
    if isinstance(fields, str):
        return dtype[fields]
    return np.dtype([(name, dtype[name]) for name in fields])


@attrs.frozen
class Target:
    """An array at a place, with a config."""

    metadata: ArrayMetadata
    place: StorePath
    config: Config
    fields: tuple[str, ...] | str | None = None
    """Fields of a structured type that are meant: one by its name, several as a tuple."""
    chunk_shape: Shape | None = None
    """Shape of the chunks dealt with, where the grid has several."""
    indexes: IndexCache = attrs.field(init=False, eq=False, repr=False)
    """Shard indexes read through this handle."""

    @indexes.default
    def _no_indexes(self) -> IndexCache:
        return IndexCache(self.config.index_cache_nbytes)

    @cached_property
    def chain(self) -> BoundChain:
        """The codec chain, bound."""
        return bind_chain(self.metadata, self.chunk_shape)

    @cached_property
    def fill(self) -> AnyArray:
        """The fill value as a 0-d array of the stored type."""
        return as_scalar(self.metadata.fill, self.metadata.dtype).astype(self.chain.stored_dtype)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what reads return: of the fields meant, and of text as the config has it."""
        return element_type(self.metadata.dtype, self.fields, self.config)

    def chunks_of(self, staging: AnyArray) -> AnyArray:
        """Serialised chunks as chunks of the array, shape (count, *chunk_shape): their fields."""
        return self.fields_of(self.chain.logical(staging))

    def fields_of(self, chunks: AnyArray) -> AnyArray:
        """Chunks, or what they have of the fields that are meant."""
        if self.fields is None:
            return chunks
        return chunks[self.fields if isinstance(self.fields, str) else list(self.fields)]

    def with_fields(self, fields: tuple[str, ...] | str) -> "Target":
        """The same array, some of its fields."""
        return self._sharing(attrs.evolve(self, fields=fields))

    def with_chunk_shape(self, shape: Shape) -> "Target":
        """The same array, those of its chunks that have this shape."""
        if shape == self.metadata.chunk_spec.shape:
            return self
        if shape not in self._by_shape:
            self._by_shape[shape] = self._sharing(attrs.evolve(self, chunk_shape=shape))
        return self._by_shape[shape]

    @cached_property
    def _by_shape(self) -> "dict[Shape, Target]":
        return {}

    def _sharing(self, other: "Target") -> "Target":
        object.__setattr__(other, "indexes", self.indexes)  # not yet seen by anyone
        return other

    @cached_property
    def shard(self) -> ShardFormat | None:
        """The shard format, where inner chunks can be read on their own: no codec around it."""
        if self.chain.kernels or self.chain.axes != tuple(range(self.metadata.ndim)):
            return None
        return self.chain.shard

    def batch_chunks(self, nchunks: int) -> int:
        """Chunks in a batch of a plan over `nchunks`: equal batches, enough for all workers.

        Work worth less than starting a thread is not divided.
        """
        nbytes = max(1, self.chain.nbytes)
        batches = -(-nchunks * nbytes // self.config.batch_nbytes)
        if nchunks * nbytes >= _WORTH_A_THREAD:
            workers = self.config.workers
            batches = -(-max(2, batches) // workers) * workers
        return max(1, -(-nchunks // max(1, batches)))

    def keys(self, plan: Plan) -> list[str]:
        """Keys of a plan's chunks in the store."""
        keys = plan.keys(self.metadata.chunk_key_encoding)
        if not self.place.path:
            return keys
        head = f"{self.place.path}/"
        return [head + key for key in keys]

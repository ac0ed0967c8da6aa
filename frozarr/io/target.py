"""What programs need to know of an array: where it is, how it is coded, how to run."""

from functools import cached_property
from typing import Any

import attrs
import numpy as np

from frozarr.config import Config
from frozarr.indexing import Plan
from frozarr.io.index_cache import IndexCache
from frozarr.io.kernels.chain import BoundChain, bind_chain
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.stores.path import StorePath
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata

__all__ = ["ArrayMetadata", "Target"]

_WORTH_A_THREAD = 512 * 1024
ArrayMetadata = ArrayV2Metadata | ArrayV3Metadata


@attrs.frozen
class Target:
    """An array at a place, with a config."""

    metadata: ArrayMetadata
    place: StorePath
    config: Config
    indexes: IndexCache = attrs.field(init=False, eq=False, repr=False)
    """Shard indexes read through this handle."""

    @indexes.default
    def _no_indexes(self) -> IndexCache:
        return IndexCache(self.config.index_cache_nbytes)

    @cached_property
    def chain(self) -> BoundChain:
        """The codec chain, bound."""
        return bind_chain(self.metadata)

    @cached_property
    def fill(self) -> np.ndarray[Any, np.dtype[Any]]:
        """The fill value as a 0-d array of the stored type."""
        return np.asarray(self.metadata.fill).astype(self.chain.stored_dtype)

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

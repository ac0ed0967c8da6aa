"""What ``array.plan[...]`` gives: a plan together with the array it is for. Nothing is read."""

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing import (
    Plan,
    PointPlan,
    SelectionLike,
    SelectionMode,
    inner_counts,
    plan_read,
    same_shape,
)
from frozarr.io.access import Access
from frozarr.io.bound import BoundArray
from frozarr.io.policy import POLICY
from frozarr.io.programs.arrays import select
from frozarr.types import Immutable, Shape

__all__ = ["ArrayPlan", "Planner"]


@attrs.frozen(repr=False)
class ArrayPlan(Immutable):
    """What a selection would touch.

    Examples
    --------
    >>> import frozarr
    >>> array = frozarr.create_array({}, shape=(100, 100), chunks=(10, 10), dtype="u2")
    >>> array.plan[5:25, 3]
    <ArrayPlan of (20,): 3 chunks, 3 requests, 600 bytes decoded for 40 bytes of result>
    >>> sharded = frozarr.create_array({}, shape=(100,), chunks=(5,), shards=(50,), dtype="u2")
    >>> plan = sharded.plan[20:32]
    >>> len(plan), plan.inner_chunks, plan.requests, plan.nbytes_decoded
    (1, 3, 2, 30)
    """

    array: BoundArray
    access: Access
    plan: Plan

    def __len__(self) -> int:
        """Chunks touched."""
        return len(self.plan)

    @property
    def shape(self) -> Shape:
        """Shape of the result."""
        return self.plan.out_shape

    @property
    def nbytes(self) -> int:
        """Bytes of the result."""
        return int(np.prod(self.shape, dtype=object)) * self.array.dtype.itemsize

    @property
    def nbytes_decoded(self) -> int:
        """Bytes of all chunks (inner chunks of shards) touched, decoded."""
        total = 0
        for array, plan in self._parts():
            shard = array.shard
            if shard is None:
                total += len(plan) * array.chain.nbytes
            else:
                total += int(inner_counts(plan, shard.inner_shape).sum()) * shard.chain.nbytes
        return total

    @property
    def requests(self) -> int:
        """Requests of a read that finds nothing cached and one run of bytes in each shard.

        One per chunk or wholly read shard; two for a shard of which at most half is wanted: its
        index, then the bytes of its inner chunks.
        """
        total = len(self)
        for array, plan in self._parts():
            shard = array.shard
            if shard is not None:
                counts = inner_counts(plan, shard.inner_shape).tolist()
                total += sum(not POLICY.wants_whole_shard(n, shard.count) for n in counts)
        return total

    @property
    def inner_chunks(self) -> int:
        """Inner chunks touched; without sharding, chunks."""
        shard = self.array.shard
        if shard is None:
            return len(self)
        return sum(int(inner_counts(p, shard.inner_shape).sum()) for _, p in self._parts())

    def _parts(self) -> Iterator[tuple[BoundArray, Plan]]:
        """Parts of the plan over chunks of one shape."""
        for part in same_shape(self.plan):
            yield self.array.for_chunks(part.chunk_shape), part

    def keys(self) -> list[str]:
        """Keys of the chunks in the store, in the order of `chunk_coords`."""
        return self.access.keys(self.array.keys(self.plan))

    def chunk_coords(self) -> npt.NDArray[np.int64]:
        """Chunks touched, shape (chunks, axes)."""
        return self.plan.coords()

    def coverage(self) -> npt.NDArray[np.bool_]:
        """Per chunk, whether a write would replace all of it, without reading first."""
        return self.plan.whole()

    def split(self, parts: int) -> "list[ArrayPlan]":
        """Plans with disjoint chunks that make up this one; at most `parts`, none empty."""
        if parts < 1:
            raise ValueError(f"parts must be >= 1, got {parts}")
        limit = max(1, -(-len(self) // parts))
        if isinstance(self.plan, PointPlan):
            pieces: list[Plan] = list(self.plan.batches(limit))
        else:
            widest = int(np.argmax(self.plan.grid_shape or (1,)))
            pieces = [
                self.plan.restrict(
                    [(lo, hi) if axis == widest else (0, n)
                     for axis, n in enumerate(self.plan.grid_shape)]
                )
                for (lo, hi) in _cuts(self.plan.grid_shape[widest] if self.plan.axes else 1, parts)
            ] if len(self) and self.plan.axes else [self.plan] * bool(len(self))  # fmt: skip
        return [attrs.evolve(self, plan=piece) for piece in pieces]

    def describe(self) -> str:
        """A few lines of text: shapes, chunks, requests, bytes.

        Examples
        --------
        >>> import frozarr
        >>> array = frozarr.create_array({}, shape=(8,), chunks=(4,), dtype="u1")
        >>> print(array.plan[:6].describe())
        selection of shape (6,) from memory://..., shape (8,), chunks (4,)
        2 chunks (1 whole, 1 in part), 2 requests
        8 bytes decoded for 6 bytes of result
        """
        metadata = self.array.metadata
        inner = f", {self.inner_chunks} inner chunks" if self.array.shard else ""
        whole = int(np.count_nonzero(self.coverage()))
        return (
            f"selection of shape {self.shape} from {self.access.place}, shape {metadata.shape}, "
            f"chunks {metadata.chunk_spec.shape}\n"
            f"{len(self)} chunks ({whole} whole, {len(self) - whole} in part)"
            f"{inner}, {self.requests} requests\n"
            f"{self.nbytes_decoded} bytes decoded for {self.nbytes} bytes of result"
        )

    def __repr__(self) -> str:
        return (
            f"<ArrayPlan of {self.shape}: {len(self)} chunks, {self.requests} requests, "
            f"{self.nbytes_decoded} bytes decoded for {self.nbytes} bytes of result>"
        )


@attrs.frozen
class Planner(Immutable):
    """Brackets that plan instead of reading."""

    array: BoundArray
    access: Access
    mode: SelectionMode = "numpy"

    @property
    def oindex(self) -> "Planner":
        """Plans of orthogonal selections."""
        return attrs.evolve(self, mode="orthogonal")

    @property
    def vindex(self) -> "Planner":
        """Plans of coordinate selections."""
        return attrs.evolve(self, mode="coordinate")

    @property
    def blocks(self) -> "Planner":
        """Plans of block selections."""
        return attrs.evolve(self, mode="block")

    def __getitem__(self, selection: SelectionLike) -> ArrayPlan:
        metadata = self.array.metadata
        chosen = select(self.array, self.access, selection, self.mode)
        plan = plan_read(metadata.chunk_grid, metadata.shape, chosen)
        return ArrayPlan(self.array, self.access, plan)


def _cuts(length: int, parts: int) -> list[tuple[int, int]]:
    parts = min(parts, length)
    edges: list[Any] = [length * i // parts for i in range(parts + 1)]
    return list(zip(edges, edges[1:], strict=False))

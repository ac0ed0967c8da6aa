"""Copying an array, or values that are at hand, into a new array, region by region."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs
import numpy as np

from frozarr.io.access import Access
from frozarr.io.bound import BoundArray
from frozarr.io.policy import POLICY
from frozarr.io.programs.arrays import read, select, write
from frozarr.io.programs.requests import Gather, Program, Task, on

if TYPE_CHECKING:
    from frozarr.types import AnyArray

__all__ = ["Source", "copy_regions"]


@attrs.frozen(eq=False)
class Source:
    """An array in a store that is copied from."""

    array: BoundArray
    access: Access


def copy_regions(source: "Source | AnyArray", array: BoundArray, access: Access) -> Program[None]:
    """Write all values of a source into an array of the same shape.

    What comes from a store is copied by the destination's stored objects, several at a time; as
    many as a bound on memory allows.
    """
    if isinstance(source, np.ndarray):
        chosen = select(array, access, ..., "basic")
        yield from on(access.store, write(array, access, chosen, source), *_limits(access))
        return
    nbytes = array.chain.nbytes
    concurrency = POLICY.copies_at_once(nbytes, access.config.concurrency)
    waits = source.access.store.loop is not None
    where = source.access.store if waits else access.store
    tasks = (
        Task(_copy_region(source, array, access, region), where)
        for region in stored_regions(array)
    )  # fmt: skip
    yield from Gather(tasks, access.config.workers, concurrency, 1, nbytes)


def _limits(access: Access) -> tuple[int, int]:
    return access.config.workers, access.config.concurrency


def _copy_region(
    source: Source, array: BoundArray, access: Access, region: tuple[slice, ...]
) -> Program[None]:
    theirs = select(source.array, source.access, region, "basic")
    reading = read(source.array, source.access, theirs)
    values = yield from on(source.access.store, reading, *_limits(source.access))
    ours = select(array, access, region, "basic")
    yield from on(access.store, write(array, access, ours, values), *_limits(access))


def stored_regions(array: BoundArray) -> Iterator[tuple[slice, ...]]:
    """Regions of an array that its stored objects cover, clipped to its shape, in C order."""
    axes = array.metadata.chunk_grid.axes(array.metadata.shape)
    cuts: list[list[slice]] = [
        [slice(axis.start(c), min(axis.start(c + 1), axis.extent)) for c in range(axis.nchunks)]
        for axis in axes
    ]
    return itertools.product(*cuts)

"""Filling a new array with values that are at hand, or with another array, region by region."""

import math
import threading
from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np

from frozarr.errors import ShapeMismatchError
from frozarr.indexing import chunk_regions
from frozarr.io.access import Access
from frozarr.io.bound import BoundArray
from frozarr.io.policy import POLICY
from frozarr.io.programs.arrays import (
    Writing,
    gather_batches,
    naming,
    read,
    select,
    write,
    writing,
)
from frozarr.io.programs.requests import Call, Gather, Performer, Program, Task, asking, on
from frozarr.io.sources import SlicedSource
from frozarr.types import AnyArray

__all__ = ["Progress", "Source", "StoredSource", "fill_array"]

Region: TypeAlias = tuple[slice, ...]
Progress: TypeAlias = Callable[[int, int], object]
"""Called with the decoded bytes that are written, and those of the whole array."""


@attrs.frozen(eq=False)
class StoredSource:
    """An array in a store that is copied from."""

    array: BoundArray
    access: Access


Source: TypeAlias = StoredSource | SlicedSource | AnyArray


def fill_array(
    source: Source, array: BoundArray, access: Access, progress: Progress | None = None
) -> Callable[[Access], Program[None]]:
    """What fills an array; values that are at hand are checked right here.

    What is not at hand is read region by region, several at a time: as many as a bound on memory
    allows.

    Parameters
    ----------
    source
        Where the values come from.
    array
        What is filled, as it is bound.
    access
        How it will be reached; errors name its place.
    progress
        Is told how far it is; None for nobody.

    Returns
    -------
    callable
        Given how the array is reached now (while it is built elsewhere), the program that writes
        its values.

    Raises
    ------
    ShapeMismatchError
        The source has another shape.
    ValueError, TypeError
        Of values at hand that the array can't hold.
    """
    shape = source.array.metadata.shape if isinstance(source, StoredSource) else source.shape
    if shape != array.metadata.shape:
        raise ShapeMismatchError(
            f"{access.place}: data of shape {shape} can't fill an array of shape "
            f"{array.metadata.shape}; nothing was written",
            url=str(access.place),
        )
    if isinstance(source, np.ndarray):
        with naming(access.place, array.metadata):
            job = writing(array, access, select(array, access, ..., "basic"), source)
        if progress is None:
            return lambda access: _write_all(attrs.evolve(job, access=access))
    counted = None if progress is None else _Counted(progress, array)
    return lambda access: _copy(source, array, access, counted)


def _write_all(job: Writing) -> Program[None]:
    with naming(job.access.place, job.array.metadata):
        yield from on(job.access.store, asking(gather_batches(job)), *_limits(job.access))


def _copy(
    source: Source, array: BoundArray, access: Access, counted: "_Counted | None"
) -> Program[None]:
    """Copy region by region."""
    whole = array.metadata.chunk_grid.axes(array.metadata.shape)
    stored = isinstance(source, StoredSource)
    most = 1 if stored else POLICY.copy_region_nbytes // max(1, array.metadata.dtype.itemsize)
    nbytes = array.chain.nbytes if stored else max(array.chain.nbytes, POLICY.copy_region_nbytes)
    where = _waiting_store(source, access)
    tasks = (
        Task(_copy_region(source, array, access, region, counted), where)
        for region in chunk_regions(whole, most)
    )
    concurrency = POLICY.copies_at_once(nbytes, access.config.concurrency)
    workers = min(access.config.workers, concurrency)
    yield from Gather(tasks, workers, concurrency, 1, nbytes)
    if counted is not None and not math.prod(array.metadata.shape):
        counted.add(0)


def _waiting_store(source: Source, access: Access) -> Performer:
    """The store that waits, if one of the two does: regions are copied on its loop."""
    if isinstance(source, StoredSource) and source.access.store.loop is not None:
        return source.access.store
    return access.store


def _limits(access: Access) -> tuple[int, int]:
    return access.config.workers, access.config.concurrency


def _copy_region(
    source: Source, array: BoundArray, access: Access, region: Region,
    counted: "_Counted | None",
) -> Program[None]:  # fmt: skip
    values = yield from _read_region(source, region)
    ours = select(array, access, region, "basic")
    yield from on(access.store, write(array, access, ours, values), *_limits(access))
    if counted is not None:
        counted.add(values.size)


def _read_region(source: Source, region: Region) -> Program[AnyArray]:
    match source:
        case StoredSource(array=array, access=access):
            reading = read(array, access, select(array, access, region, "basic"))
            return np.asarray((yield from on(access.store, reading, *_limits(access))))
        case SlicedSource():
            return (yield from Call(lambda: source.read(region)))
        case _:
            return source[region]


class _Counted:
    """Tells a caller how far a copy is; one call at a time, each with more than the last."""

    def __init__(self, progress: Progress, array: BoundArray) -> None:
        self._progress = progress
        self._itemsize = array.dtype.itemsize
        self._whole = math.prod(array.metadata.shape)
        self._written = 0
        self._turn = threading.Lock()

    def add(self, elements: int) -> None:
        """Some more elements are written."""
        with self._turn:
            self._written += elements
            self._progress(self._written * self._itemsize, self._whole * self._itemsize)

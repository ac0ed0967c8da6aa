"""Reads, writes and changes of an array: checked and planned here, carried out by a runner."""

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import numpy as np

from frozarr.errors import SelectionError, ShapeMismatchError
from frozarr.indexing import (
    MaskPlan,
    MaskSelection,
    Plan,
    ProductSelection,
    Selection,
    SelectionMode,
    parse_selection,
    plan_mask,
    plan_read,
    plan_write,
    same_shape,
)
from frozarr.io.access import Access
from frozarr.io.bound import BoundArray
from frozarr.io.buffers import BufferPrototype
from frozarr.io.conversion import as_elements, broadcast_to_selection, check_casting
from frozarr.io.gpu_buffers import device
from frozarr.io.policy import POLICY
from frozarr.io.programs.changes import (
    check_current,
    check_nothing_outside,
    delete_chunks_outside,
    store_changes,
)
from frozarr.io.programs.chunks import read_chunks, rehearse, write_chunks
from frozarr.io.programs.requests import (
    Gather,
    Lock,
    Program,
    Task,
    asking,
    held,
    undone_by,
)
from frozarr.io.programs.shards import read_shards, write_shards
from frozarr.io.stores.path import StorePath
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyArray, AnyDtype, Shape

__all__ = [
    "Reading", "Writing", "append", "gather_batches", "grown_shape", "naming", "parse_shape",
    "read", "reading", "resize", "select", "set_attributes", "write", "writing",
]  # fmt: skip


@contextmanager
def naming(place: StorePath, metadata: ArrayMetadata) -> Iterator[None]:
    """Errors that do not name the array (of codecs, of the system) get a note that does."""
    try:
        yield
    except Exception as error:
        noted = [*getattr(error, "__notes__", ()), getattr(error, "url", None) or ""]
        if not any(str(place) in text for text in noted):
            error.add_note(f"array: {place}, shape {metadata.shape}, dtype {metadata.dtype}")
        raise


def select(array: BoundArray, access: Access, selection: object, mode: SelectionMode) -> Selection:
    """Normalised selection on the array; errors name it."""
    metadata = array.metadata
    try:
        return parse_selection(selection, metadata.shape, mode, metadata.chunk_grid)
    except SelectionError as error:
        error.url = str(access.place)
        error.add_note(f"array: {access.place}, shape {metadata.shape}")
        raise


def planned(metadata: ArrayMetadata, selection: Selection) -> MaskPlan | None:
    """Plan of a mask, where it is best planned from the mask itself."""
    if not isinstance(selection, MaskSelection):
        return None
    return plan_mask(metadata.chunk_grid, metadata.shape, selection)


def batch_size(array: BoundArray, access: Access, count: int, *, writes: bool) -> int:
    """Chunks in a batch of a plan with so many."""
    nbytes = array.chain.nbytes
    seconds = POLICY.seconds(count, nbytes, _decode_seconds(array), writes=writes)
    return POLICY.batch_chunks(count, nbytes, access.config, seconds)


def _decode_seconds(array: BoundArray) -> float:
    """Seconds that decoding what is stored as one object takes, about."""
    if array.shard is None:
        return array.chain.decode_seconds
    return array.shard.count * array.shard.chain.decode_seconds


def batches(
    array: BoundArray, access: Access, plan: Plan | MaskPlan, *, writes: bool = False
) -> Iterator[tuple[BoundArray, Plan]]:
    """Batches of a plan, each over chunks of one shape, with the array bound to that shape."""
    bound: dict[Shape, BoundArray] = {}
    if isinstance(plan, MaskPlan):
        some = array.for_chunks(plan.chunk_shape)
        size = batch_size(some, access, len(plan), writes=writes)
        yield from ((some, batch) for batch in plan.batches(size))
        return
    for part in same_shape(plan):
        if part.chunk_shape not in bound:
            bound[part.chunk_shape] = array.for_chunks(part.chunk_shape)
        some = bound[part.chunk_shape]
        size = batch_size(some, access, len(part), writes=writes)
        for batch in part.batches(size):
            yield some, batch


# ---------------------------------------------------------------------- reading


@attrs.frozen(eq=False)
class Reading:
    """A read that is ready to run: programs that fill the result."""

    array: BoundArray
    access: Access
    plan: Plan | MaskPlan
    out: AnyArray
    """The result with length 1 where integers drop an axis."""
    given: Any
    """What the caller wants to have filled; None if there is no such thing."""
    scalar: bool
    prototype: BufferPrototype | None = None

    def programs(self) -> Iterator[Program[None]]:
        """One program per batch, in any order."""
        for array, batch in batches(self.array, self.access, self.plan):
            shard = array.shard
            if shard is None:
                yield read_chunks(array, self.access, batch, self.out)
            else:
                yield read_shards(array, self.access, shard, batch, self.out)

    def result(self) -> Any:
        """What the caller gets, once all programs have run."""
        if self.given is not None:
            if not isinstance(self.given, np.ndarray):  # in the memory of a device
                self.given[...] = device().asarray(self.out.reshape(self.plan.out_shape))
            return self.given
        shaped = self.out.reshape(self.plan.out_shape)
        if self.prototype is not None:
            shaped = self.prototype.nd_buffer.from_numpy_array(shaped).as_ndarray_like()
        return shaped[()] if self.scalar else shaped


def reading(
    array: BoundArray, access: Access, selection: Selection, *, out: object = None,
    prototype: BufferPrototype | None = None,
) -> Reading:  # fmt: skip
    """Read of a selection, checked and planned; nothing is read yet.

    Raises
    ------
    ShapeMismatchError
        `out` has another shape or dtype than the result.
    """
    metadata = array.metadata
    plan: Plan | MaskPlan | None = planned(metadata, selection)
    if plan is None:
        plan = plan_read(metadata.chunk_grid, metadata.shape, selection)
    given = _output(out, plan.out_shape, array.dtype)
    if isinstance(given, np.ndarray):
        result = given.reshape(plan.full_shape)
        if result.size and not np.may_share_memory(result, given):
            raise ValueError("out has a memory layout that can't be filled in place")
    else:
        result = np.empty(plan.full_shape, array.dtype, metadata.order or access.config.order)
    scalar = plan.out_shape == () and isinstance(selection, ProductSelection)
    return Reading(array, access, plan, result, given, scalar, prototype)


def _output(given: Any, shape: Shape, dtype: AnyDtype) -> Any:
    """What is to be filled, once it is known that the result fits; None if nothing was given."""
    array = given.as_ndarray_like() if hasattr(given, "as_ndarray_like") else given
    if array is None:
        return None
    if not isinstance(array, np.ndarray) and not hasattr(array, "__cuda_array_interface__"):
        raise TypeError(f"out must be an array or an NDBuffer, got {type(given).__name__}")
    if array.shape != shape or array.dtype != dtype:
        raise ShapeMismatchError(
            f"out has shape {array.shape} and dtype {array.dtype}, the selection gives {shape} "
            f"and {dtype}"
        )
    if isinstance(array, np.ndarray) and not array.flags.writeable:
        raise ValueError("out is read-only")
    return array


def read(
    array: BoundArray, access: Access, selection: Selection, out: Any = None,
    prototype: BufferPrototype | None = None,
) -> Program[Any]:  # fmt: skip
    """Program that reads a selection; its values."""
    with naming(access.place, array.metadata):
        job = reading(array, access, selection, out=out, prototype=prototype)
        yield from gather_batches(job)
        return job.result()


# ---------------------------------------------------------------------- writing


@attrs.frozen(eq=False)
class Writing:
    """A write that is ready to run."""

    array: BoundArray
    access: Access
    plan: Plan | MaskPlan
    values: AnyArray
    """All values, shape ``plan.full_shape``."""

    def programs(self) -> Iterator[Program[None]]:
        """One program per batch, in any order."""
        for array, batch in batches(self.array, self.access, self.plan, writes=True):
            shard = array.shard
            if shard is None:
                yield write_chunks(array, self.access, batch, self.values)
            else:
                yield write_shards(array, self.access, shard, batch, self.values)


def writing(
    array: BoundArray, access: Access, selection: Selection, value: Any, *, one_each: bool = False
) -> Writing:
    """Write of a selection, checked and planned; nothing is written yet.

    Parameters
    ----------
    one_each
        Single points take a value each, or a scalar for all.

    Raises
    ------
    ShapeMismatchError
        The value does not broadcast to the selection.
    ReadOnlyError
        The store is read-only.
    ValueError, TypeError
        The value can't become elements of the array, or its codecs can't store it.
    """
    metadata = array.metadata
    _check_changeable(access)
    plan: Plan | MaskPlan | None = planned(metadata, selection)
    if plan is None:
        plan = plan_write(metadata.chunk_grid, metadata.shape, selection)
    _check_partial(array, access, plan)
    with _nothing_written(array, access):
        check_casting(value, array.dtype, access.config.casting)
        elements = as_elements(value, array)
        fitting = broadcast_to_selection(elements, selection, access.place, one_each=one_each)
        values = fitting.reshape(plan.full_shape)
        if array.fields is None and not array.chain.check(elements):
            for part, batch in batches(array, access, plan, writes=True):
                rehearse(part, batch, values)
    return Writing(array, access, plan, values)


def _check_changeable(access: Access) -> None:
    """Refuse changes of a read-only store, and through a handle with a shape of the past."""
    access.store.check_writable(access.place.path)
    access.check_current()


def _check_partial(array: BoundArray, access: Access, plan: Plan | MaskPlan) -> None:
    """Refuse to write chunks in part where that is not safe, and not wanted.

    Raises
    ------
    ValueError
        The config refuses it, and another process could undo it.
    """
    if access.config.partial_writes == "allow" or access.store.swaps_between_processes:
        return
    if array.fields is not None or not plan.whole().all():
        raise ValueError(
            f"{access.place}: some chunks would be written in part, and in this store another "
            "process that does the same could undo it; nothing was written. Write whole chunks "
            f"({array.metadata.chunk_grid}), or allow it by partial_writes='allow'"
        )


@contextmanager
def _nothing_written(array: BoundArray, access: Access) -> Iterator[None]:
    """A note on errors of values: which array they are of, and that it is as it was."""
    try:
        yield
    except (ValueError, TypeError, OverflowError) as error:
        error.add_note(f"array: {access.place}, dtype {array.metadata.dtype}; nothing was written")
        raise


def gather_batches(job: Reading | Writing) -> Gather[None]:
    """The programs of a job, for a runner to run several at a time."""
    config = job.access.config
    nbytes = job.array.chain.nbytes
    width = batch_size(job.array, job.access, len(job.plan), writes=isinstance(job, Writing))
    shard = job.array.shard
    decoded_in = job.array.chain.decode_seconds if shard is None else shard.chain.decode_seconds
    return Gather(
        (Task(program) for program in job.programs()), config.workers, config.concurrency, width,
        min(width, len(job.plan)) * nbytes,
        isinstance(job, Reading) and POLICY.is_short(decoded_in, len(job.plan) * nbytes),
    )  # fmt: skip


def write(
    array: BoundArray,
    access: Access,
    selection: Selection,
    value: object,
    *,
    one_each: bool = False,
) -> Program[None]:
    """Program that writes a selection; see `writing`."""
    with naming(access.place, array.metadata):
        job = writing(array, access, selection, value, one_each=one_each)
        yield from gather_batches(job)


# ---------------------------------------------------------------------- changes


def parse_shape(new_shape: tuple[Any, ...], ndim: int) -> Shape:
    """Shape given as one tuple or as separate integers.

    Raises
    ------
    ValueError
        Another number of axes, or a negative extent.
    """
    single = len(new_shape) == 1 and np.ndim(new_shape[0]) == 1
    shape = tuple(operator.index(n) for n in (new_shape[0] if single else new_shape))
    if len(shape) != ndim:
        raise ShapeMismatchError(f"new shape {shape} has {len(shape)} axes, the array has {ndim}")
    if any(n < 0 for n in shape):
        raise ShapeMismatchError(f"new shape {shape} has a negative extent")
    return shape


def resize(
    array: BoundArray, access: Access, shape: Shape, *, delete_outside_chunks: bool = True
) -> Program[ArrayMetadata]:
    """Program that resizes: the shape first, then the chunks that lie outside; new metadata."""
    _check_changeable(access)
    old, new = array.metadata, array.metadata.with_shape(shape)
    if delete_outside_chunks and not access.store.supports_deletes:
        check_nothing_outside(access.place, new, old.shape)
    place = access.place

    def shrink(is_held: bool) -> Program[None]:
        if new != old:
            yield from store_changes(place, old, new)
            access.shape_change.call = "resize"
        if delete_outside_chunks:
            yield from delete_chunks_outside(place, new, old.shape, is_held=is_held)

    # an append that begins meanwhile would write chunks that are then deleted
    yield from Lock([place.key(new.document_key)])
    yield from held(place.path, shrink)
    return new


def grown_shape(shape: Shape, added: Shape, axis: int, where: object) -> tuple[Shape, Any]:
    """Shape after appending along an axis, and the region that is added.

    Parameters
    ----------
    shape, added
        Of the array and of what is appended, in elements.
    axis
        Along which; negative ones count from the end.
    where
        Names the array in errors.

    Raises
    ------
    ShapeMismatchError
        Other extents than along the axis differ.
    """
    axis = operator.index(axis)
    if not -len(shape) <= axis < len(shape):
        raise ShapeMismatchError(f"axis {axis} is out of range for an array of shape {shape}")
    axis %= len(shape)
    rest, theirs = (s[:axis] + s[axis + 1 :] for s in (shape, added))
    if len(added) != len(shape) or rest != theirs:
        raise ShapeMismatchError(
            f"{where}: can't append data of shape {added} along axis {axis} to an "
            f"array of shape {shape}: all other extents must match",
            url=str(where),
        )
    grown = (*shape[:axis], shape[axis] + added[axis], *shape[axis + 1 :])
    region = tuple(slice(shape[i], n) if i == axis else slice(0, n) for i, n in enumerate(grown))
    return grown, region


def append(array: BoundArray, access: Access, new: object, axis: int) -> Program[ArrayMetadata]:
    """Program that stores values beyond the end of an axis, then the grown shape; new metadata."""
    metadata = array.metadata
    with naming(access.place, array.metadata):
        _check_changeable(access)
        with _nothing_written(array, access):
            check_casting(new, array.dtype, access.config.casting)
            elements = as_elements(new, array)
        grown, region = grown_shape(metadata.shape, elements.shape, axis, access.place)
        larger = array.with_metadata(metadata.with_shape(grown))
        job = writing(larger, access, select(larger, access, region, "basic"), elements)
        # two appends would fill the same chunks, and only one be published
        yield from Lock([access.place.key(metadata.document_key)])
        yield from held(access.place.path, lambda is_held: _append(job, metadata, is_held=is_held))
    if larger.metadata != metadata:
        access.shape_change.call = "append"
    return larger.metadata


def _append(job: Writing, old: ArrayMetadata, *, is_held: bool) -> Program[None]:
    """Store values beyond an array's end, and its new shape.

    If nobody else can append meanwhile, the values come first: readers see them all or none. Else
    the new shape comes first, by compare-and-swap: the region belongs to whoever stored it.
    """
    place, new = job.access.place, job.array.metadata
    if is_held or not job.access.store.swaps_between_processes:
        yield from check_current(place, old)
        yield from gather_batches(job)
        if new != old:
            yield from store_changes(place, old, new)
        return
    yield from store_changes(place, old, new)
    yield from undone_by(asking(gather_batches(job)), lambda: store_changes(place, new, old))


def set_attributes(
    array: BoundArray, access: Access, attributes: FrozenMap
) -> Program[ArrayMetadata]:
    """Program that stores other attributes; new metadata."""
    _check_changeable(access)
    metadata = array.metadata.with_attributes(attributes)
    yield from store_changes(access.place, array.metadata, metadata)
    return metadata

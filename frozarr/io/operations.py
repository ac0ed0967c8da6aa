"""Reads and writes of a selection: checked and planned here, carried out by an interpreter."""

import itertools
import operator
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.errors import SelectionError, ShapeMismatchError
from frozarr.indexing import (
    Plan,
    ProductSelection,
    Selection,
    parse_selection,
    plan_read,
    plan_write,
    same_shape,
)
from frozarr.indexing.selection import SelectionMode
from frozarr.io.buffers import BufferPrototype, NDBuffer
from frozarr.io.gpu_buffers import device
from frozarr.io.nodes import check_current, delete_chunks_outside, publish
from frozarr.io.programs import Program, read_batch, write_batch
from frozarr.io.requests import ListPrefix, Sizes, Together
from frozarr.io.shard_programs import read_shards, write_shards
from frozarr.io.target import ArrayMetadata, Target
from frozarr.io.values import as_elements, as_values
from frozarr.metadata.json import FrozenMap
from frozarr.types import Shape

__all__ = [
    "Reading", "Writing", "append", "grown_shape", "read", "reading", "resizing", "select",
    "set_attributes", "stored_chunks", "stored_nbytes", "stored_objects", "write", "writing",
]  # fmt: skip

AnyArray: TypeAlias = npt.NDArray[Any]


@contextmanager
def naming(target: Target) -> Iterator[None]:
    """Errors that do not name the array (of codecs, of the system) get a note that does."""
    try:
        yield
    except Exception as error:
        noted = [*getattr(error, "__notes__", ()), getattr(error, "url", None) or ""]
        if not any(str(target.place) in text for text in noted):
            error.add_note(
                f"array: {target.place}, shape {target.metadata.shape}, dtype "
                f"{target.metadata.dtype}"
            )
        raise


def select(target: Target, selection: Any, mode: SelectionMode) -> Selection:
    """Normalised selection on the target's array; errors name the array."""
    metadata = target.metadata
    try:
        return parse_selection(selection, metadata.shape, mode, metadata.chunk_grid)
    except SelectionError as error:
        error.url = str(target.place)
        error.add_note(f"array: {target.place}, shape {metadata.shape}")
        raise


def batches(target: Target, plan: Plan) -> Iterator[tuple[Target, Plan]]:
    """Batches of a plan, each over chunks of one shape, with the target bound to that shape."""
    for part in same_shape(plan):
        bound = target.with_chunk_shape(part.chunk_shape)
        for batch in part.batches(bound.batch_chunks(len(part))):
            yield bound, batch


@attrs.frozen(eq=False)
class Reading:
    """A read that is ready to run: programs that fill the result."""

    target: Target
    plan: Plan
    out: AnyArray
    """The result with length 1 where integers drop an axis."""
    given: Any
    scalar: bool
    prototype: BufferPrototype | None = None

    def programs(self) -> Iterator[Program]:
        """One program per batch, in any order."""
        for target, batch in batches(self.target, self.plan):
            if target.shard is None:
                yield read_batch(target, batch, self.out)
            else:
                yield read_shards(target, target.shard, batch, self.out)

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


def reading_plan(target: Target, selection: Selection) -> Plan:
    """What a read of the selection touches."""
    return plan_read(target.metadata.chunk_grid, target.metadata.shape, selection)


def _output(given: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    array = given.as_ndarray_like() if isinstance(given, NDBuffer) else given
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


def reading(
    target: Target,
    selection: Selection,
    *,
    out: Any = None,
    prototype: BufferPrototype | None = None,
) -> Reading:
    """Read of a selection, checked and planned; nothing is read yet.

    Raises
    ------
    ShapeMismatchError
        `out` has another shape or dtype than the result.
    """
    metadata = target.metadata
    plan = reading_plan(target, selection)
    given = _output(out, plan.out_shape, target.dtype)
    if isinstance(given, np.ndarray):
        room = given.reshape(plan.full_shape)
        if room.size and not np.may_share_memory(room, given):
            raise ValueError("out has a memory layout that can't be filled in place")
    else:
        room = np.empty(plan.full_shape, target.dtype, metadata.order or target.config.order)
    scalar = plan.out_shape == () and isinstance(selection, ProductSelection)
    return Reading(target, plan, room, given, scalar, prototype)


@attrs.frozen(eq=False)
class Writing:
    """A write that is ready to run."""

    target: Target
    plan: Plan
    values: AnyArray

    def programs(self) -> Iterator[Program]:
        """One program per batch, in any order."""
        for target, batch in batches(self.target, self.plan):
            if target.shard is None:
                yield write_batch(target, batch, self.values)
            else:
                yield write_shards(target, target.shard, batch, self.values)


def writing(target: Target, selection: Selection, value: Any) -> Writing:
    """Write of a selection, checked and planned; nothing is written yet.

    Raises
    ------
    ShapeMismatchError
        The value does not broadcast to the selection.
    ReadOnlyError
        The store is read-only.
    """
    metadata = target.metadata
    target.place.store.check_writable(target.place.path)
    plan = plan_write(metadata.chunk_grid, metadata.shape, selection)
    values = as_values(value, selection, target)
    return Writing(target, plan, values.reshape(plan.full_shape))


# ---------------------------------------------------------------------- changes of shape


def parse_shape(new_shape: tuple[Any, ...], ndim: int) -> Shape:
    """Shape given as one tuple or as separate integers.

    Raises
    ------
    ValueError
        Another number of axes, or a negative extent.
    """
    given = (
        new_shape[0]
        if len(new_shape) == 1 and not hasattr(new_shape[0], "__index__")
        else new_shape
    )
    shape = tuple(operator.index(n) for n in given)
    if len(shape) != ndim:
        raise ShapeMismatchError(f"new shape {shape} has {len(shape)} axes, the array has {ndim}")
    if any(n < 0 for n in shape):
        raise ShapeMismatchError(f"new shape {shape} has a negative extent")
    return shape


def resizing(
    target: Target, shape: Shape, *, delete_outside_chunks: bool = True
) -> Generator[Any, Any, ArrayMetadata]:
    """Program that resizes: the shape first, then the chunks that lie outside."""
    target.place.store.check_writable(target.place.path)
    old, new = target.metadata, target.metadata.with_shape(shape)
    if new != old:
        yield from publish(target.place, old, new)
    if delete_outside_chunks:
        yield from delete_chunks_outside(target.place, new, old.shape)
    return new


def grown_shape(target: Target, data: AnyArray, axis: int) -> tuple[Shape, tuple[slice, ...]]:
    """Shape after appending along an axis, and the region that the data fills.

    Raises
    ------
    ShapeMismatchError
        Other extents than along the axis differ.
    """
    shape = target.metadata.shape
    if not -len(shape) <= axis < len(shape):
        raise ShapeMismatchError(f"axis {axis} is out of range for an array of shape {shape}")
    axis %= len(shape)
    rest, theirs = (s[:axis] + s[axis + 1 :] for s in (shape, data.shape))
    if data.ndim != len(shape) or rest != theirs:
        raise ShapeMismatchError(
            f"{target.place}: can't append data of shape {data.shape} along axis {axis} to an "
            f"array of shape {shape}: all other extents must match",
            url=str(target.place),
        )
    grown = (*shape[:axis], shape[axis] + data.shape[axis], *shape[axis + 1 :])
    region = tuple(slice(shape[i], n) if i == axis else slice(0, n) for i, n in enumerate(grown))
    return grown, region


def publishing(target: Target, new: ArrayMetadata) -> Program:
    """Program that stores changed metadata."""
    return publish(target.place, target.metadata, new)


def checking(target: Target) -> Program:
    """Program that refuses to go on through a stale handle."""
    return check_current(target.place, target.metadata)


def coords_stored(target: Target, keys: list[str]) -> npt.NDArray[np.int64]:
    """Coords of those of the keys below an array that are chunks of it, shape (chunks, axes)."""
    metadata = target.metadata
    grid = metadata.chunk_grid.grid_shape(metadata.shape)
    start = len(target.place.path) + 1 if target.place.path else 0
    parsed = (metadata.chunk_key_encoding.parse(k[start:], metadata.ndim) for k in keys)
    inside = [
        coords
        for coords in parsed
        if coords is not None and all(c < n for c, n in zip(coords, grid, strict=True))
    ]
    return np.array(inside, np.int64).reshape(len(inside), metadata.ndim)


def count_chunks(target: Target, keys: list[str]) -> int:
    """How many chunks the stored objects among the keys have, inner ones where there are shards."""
    metadata = target.metadata
    coords = coords_stored(target, keys)
    counts = np.ones(len(coords), np.int64)
    if metadata.sharding is not None:
        axes = metadata.chunk_grid.axes(metadata.shape)
        for i, (axis, inner) in enumerate(zip(axes, metadata.inner_shape, strict=True)):
            counts *= axis.sizes(coords[:, i]) // inner
    return int(counts.sum())


def iterate_grid(
    grid: Shape, origin: Shape | None, selection_shape: Shape | None
) -> Iterator[Shape]:
    """Chunk coords of a box of the grid in C order; the whole grid by default.

    Raises
    ------
    IndexError
        The box reaches outside the grid, or has another number of axes.
    """
    start = origin if origin is not None else (0,) * len(grid)
    if len(start) != len(grid):
        raise SelectionError(f"origin {start} has {len(start)} axes, the grid has {len(grid)}")
    extent = (
        tuple(selection_shape)
        if selection_shape is not None
        else tuple(n - s for n, s in zip(grid, start, strict=True))
    )
    if len(extent) != len(grid) or any(
        s < 0 or e < 0 or s + e > n for s, e, n in zip(start, extent, grid, strict=False)
    ):
        raise SelectionError(f"box at {start} of shape {extent} does not fit the grid {grid}")
    return itertools.product(*(range(s, s + e) for s, e in zip(start, extent, strict=True)))


# ---------------------------------------------------------------------- whole operations


def together(job: Reading | Writing) -> Together:
    """The programs of a job, for an interpreter to run several at a time."""
    target = job.target
    width = target.batch_chunks(len(job.plan))
    nbytes = min(width, len(job.plan)) * target.chain.nbytes
    return Together(job.programs(), width, target.config.concurrency, nbytes)


def read(
    target: Target, selection: Selection, out: Any = None, prototype: BufferPrototype | None = None
) -> Program:
    """Program that reads a selection; its values."""
    with naming(target):
        job = reading(target, selection, out=out, prototype=prototype)
        yield together(job)
        return job.result()


def write(target: Target, selection: Selection, value: Any) -> Program:
    """Program that writes a selection."""
    with naming(target):
        job = writing(target, selection, value)
        yield together(job)


def append(target: Target, data: npt.ArrayLike, axis: int) -> Program:
    """Program that stores data beyond the end of an axis, then the grown shape; new metadata."""
    with naming(target):
        target.place.store.check_writable(target.place.path)
        values = as_elements(data, target)
        grown, region = grown_shape(target, values, axis)
        larger = Target(target.metadata.with_shape(grown), target.place, target.config)
        job = writing(larger, select(larger, region, "basic"), values)
        yield from checking(target)
        yield together(job)
    yield from publishing(target, larger.metadata)
    return larger.metadata


def set_attributes(target: Target, attributes: FrozenMap) -> Program:
    """Program that stores other attributes; new metadata."""
    target.place.store.check_writable(target.place.path)
    metadata = target.metadata.with_attributes(attributes)
    yield from publishing(target, metadata)
    return metadata


def stored_objects(target: Target) -> Program:
    """Program that counts the stored chunks (shards) inside the shape."""
    keys = yield ListPrefix(target.place.path)
    return len(coords_stored(target, keys))


def stored_chunks(target: Target) -> Program:
    """Program that counts the chunks, inner ones where there are shards, in what is stored."""
    keys = yield ListPrefix(target.place.path)
    return count_chunks(target, keys)


def stored_nbytes(target: Target) -> Program:
    """Program that sums the bytes of all values below the array's path."""
    keys = yield ListPrefix(target.place.path)
    sizes = yield Sizes(keys)
    return sum(size or 0 for size in sizes)

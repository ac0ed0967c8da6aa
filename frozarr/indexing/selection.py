"""From what the user typed to a normalised selection; every IndexError is raised here.

NumPy decides what is right. A selection is either a *product* (one choice per axis: an integer, a
slice, a list of indices) or a set of *points* (one coordinate array per axis).
"""

import operator
from collections.abc import Iterable, Sequence
from types import EllipsisType
from typing import Any, Literal, SupportsIndex, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.errors import (
    BoundsCheckError,
    NegativeStepError,
    SelectionError,
    VindexInvalidSelectionError,
)
from frozarr.indexing.columns import Columnar, column, read_only
from frozarr.indexing.grid import Grid
from frozarr.types import AnyArray, Immutable, Shape

__all__ = [
    "AxisIndices",
    "AxisInt",
    "AxisSlice",
    "PointSelection",
    "ProductSelection",
    "Selection",
    "SelectionLike",
    "SelectionMode",
    "parse_selection",
]

Entry: TypeAlias = SupportsIndex | slice | EllipsisType | npt.ArrayLike
SelectionLike: TypeAlias = Entry | tuple[Entry, ...]
"""What users put into brackets: integers, slices, ``...``, index arrays, names of fields."""
SelectionMode: TypeAlias = Literal["numpy", "basic", "orthogonal", "coordinate", "mask", "block"]
Indices: TypeAlias = npt.NDArray[np.int64]


def _same_arrays(ours: tuple[Indices, ...], theirs: tuple[Indices, ...]) -> bool:
    return len(ours) == len(theirs) and all(
        np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True)
    )


@attrs.frozen
class AxisInt(Immutable):
    """One element; the axis is dropped from the result."""

    index: int


@attrs.frozen
class AxisSlice(Immutable):
    """`count` elements from `start` on, `step` apart (step >= 1)."""

    start: int
    count: int
    step: int = 1


@attrs.frozen
class AxisIndices(Columnar):
    """Elements in any order, repeats allowed; indices are >= 0 and in bounds."""

    indices: Indices = column()


AxisSelection: TypeAlias = AxisInt | AxisSlice | AxisIndices


@attrs.frozen
class ProductSelection(Immutable):
    """One choice per axis; the result holds their product.

    Examples
    --------
    >>> parse_selection(np.s_[2, ::3], (4, 10), "basic")
    ProductSelection(axes=(AxisInt(index=2), AxisSlice(start=0, count=4, step=3)))
    """

    axes: tuple[AxisSelection, ...]

    @property
    def shape(self) -> Shape:
        """Shape of the result."""
        return tuple(_count(a) for a in self.axes if not isinstance(a, AxisInt))

    @property
    def full_shape(self) -> Shape:
        """Shape of the result with length 1 where integers dropped an axis."""
        return tuple(_count(a) for a in self.axes)


def _count(axis: AxisSelection) -> int:
    match axis:
        case AxisInt():
            return 1
        case AxisSlice():
            return axis.count
        case AxisIndices():
            return len(axis.indices)


def _frozen_coords(coords: Iterable[Indices]) -> tuple[Indices, ...]:
    return tuple(read_only(axis) for axis in coords)


@attrs.frozen
class PointSelection(Columnar):
    """Single elements; the result has the shape that the coordinate arrays broadcast to."""

    coords: tuple[Indices, ...] = attrs.field(
        converter=_frozen_coords, eq=attrs.cmp_using(eq=_same_arrays), hash=False
    )
    """Flat arrays, one per axis, each with one entry per point."""
    shape: Shape
    distinct: bool = attrs.field(default=False, eq=False)
    """No element is selected twice, for sure."""


@attrs.frozen
class MaskSelection(Columnar):
    """The elements where a mask is true, in C order."""

    shape: Shape
    """Of the result: their number."""
    mask: npt.NDArray[np.bool_] = column()
    """Shape of the array."""

    def points(self) -> PointSelection:
        """The same elements by their coordinates."""
        coords = self.mask.nonzero() if self.mask.ndim else (np.flatnonzero(self.mask),)[:0]
        flat = tuple(c.astype(np.int64, copy=False) for c in coords)
        return PointSelection(flat, self.shape, distinct=True)


Selection: TypeAlias = ProductSelection | PointSelection | MaskSelection


def parse_selection(
    selection: object, shape: Shape, mode: SelectionMode = "numpy", grid: Grid | None = None
) -> Selection:
    """Normalised selection on an array of this shape.

    Parameters
    ----------
    selection
        What stands between the brackets, field names removed.
    shape
        Extents of the array.
    mode
        ``numpy`` is what ``array[...]`` means; the others are named as the methods.
    grid
        Needed for ``block`` only.

    Raises
    ------
    IndexError
        `BoundsCheckError`, `NegativeStepError`, `VindexInvalidSelectionError` or SelectionError,
        each naming the axis, what was given and what is allowed.

    Examples
    --------
    >>> parse_selection((slice(1, 99), [3, 0]), (5, 4), "orthogonal").shape
    (4, 2)
    """
    match mode:
        case "basic":
            return _parse_product(selection, shape, arrays=False)
        case "orthogonal":
            return _parse_product(selection, shape, arrays=True)
        case "coordinate":
            return _parse_coordinates(selection, shape)
        case "mask":
            return _parse_mask(selection, shape)
        case "block":
            if grid is None:
                raise TypeError("block selections need the chunk grid")
            return _parse_blocks(selection, shape, grid)
        case "numpy":
            return _parse_numpy(selection, shape)


# ------------------------------------------------------------------ what kind of entry is it


def _is_int(entry: object) -> bool:
    return isinstance(entry, int | np.integer) and not isinstance(entry, bool)


def _is_slice(entry: object) -> bool:
    return isinstance(entry, slice)


def _as_array(entry: object, axis: int | None) -> AnyArray | None:
    """Integer or Boolean array meant by an entry; None if the entry is no array."""
    if isinstance(entry, str | bytes | bool | np.bool_) or entry is None:
        return None
    if not (isinstance(entry, Sequence) or hasattr(entry, "__array__")):
        return None
    array = np.asarray(entry)
    if array.size == 0 and isinstance(entry, Sequence):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iub":
        where = "" if axis is None else f"axis {axis}: "
        raise SelectionError(f"{where}index arrays must be integer or Boolean, got {array.dtype}")
    return array


def _refuse(entry: object, axis: int, allowed: str) -> SelectionError:
    return SelectionError(
        f"axis {axis}: unsupported selection {entry!r} ({type(entry).__name__}); use {allowed}"
    )


def _expand(selection: object, ndim: int, used: Any = None) -> tuple[Any, ...]:
    """Selection as one entry per axis: tuple made, ellipsis filled in, missing axes whole."""
    entries = selection if isinstance(selection, tuple) else (selection,)
    width = [used(e) if used else 1 for e in entries]
    dots = [i for i, e in enumerate(entries) if isinstance(e, EllipsisType)]
    if len(dots) > 1:
        raise SelectionError("a selection can have one ellipsis ('...') only")
    taken = sum(w for i, w in enumerate(width) if i not in dots)
    if taken > ndim:
        raise SelectionError(f"too many indices: the array has {ndim} axes, {taken} were indexed")
    fill = (slice(None),) * (ndim - taken)
    at = dots[0] if dots else len(entries)
    return (*entries[:at], *fill, *entries[at + 1 :])


# ------------------------------------------------------------------ one axis


def _parse_int(entry: Any, extent: int, axis: int) -> int:
    index = operator.index(entry)
    if not -extent <= index < extent:
        raise BoundsCheckError(f"index {index} is out of bounds for axis {axis} with size {extent}")
    return index + extent if index < 0 else index


def _parse_slice(entry: slice, extent: int, axis: int) -> AxisSlice:
    try:
        start, stop, step = entry.indices(extent)
    except TypeError as error:
        raise SelectionError(f"axis {axis}: {error}: {entry}") from error
    if step < 1:
        raise NegativeStepError(
            f"axis {axis}: only slices with step >= 1 are supported, got step {step}; "
            "read forwards and reverse the result"
        )
    return AxisSlice(start, max(0, -(-(stop - start) // step)), step)


def _in_bounds(indices: AnyArray, extent: int, axis: int) -> Indices:
    """Non-negative int64 indices, checked before the cast so that uint64 can't wrap."""
    if indices.size:
        low, high = int(indices.min()), int(indices.max())
        if low < -extent or high >= extent:
            raise BoundsCheckError(
                f"index {high if high >= extent else low} is out of bounds for axis {axis} "
                f"with size {extent}"
            )
        if low < 0:
            return np.where(indices < 0, indices + extent, indices).astype(np.int64)
    return indices.astype(np.int64)


def _parse_indices(array: AnyArray, extent: int, axis: int) -> AxisIndices:
    if array.ndim != 1:
        raise SelectionError(f"axis {axis}: index arrays must be 1-d here, got {array.ndim}-d")
    if array.dtype.kind == "b":
        if len(array) != extent:
            raise SelectionError(
                f"axis {axis}: Boolean index has length {len(array)}, the axis has {extent}"
            )
        return AxisIndices(np.flatnonzero(array))
    return AxisIndices(_in_bounds(array, extent, axis))


def _parse_product(selection: Any, shape: Shape, *, arrays: bool) -> ProductSelection:
    allowed = "an integer, a slice or '...'" + (
        ", an integer array or a Boolean array" if arrays else ""
    )
    parsed: list[AxisSelection] = []
    for axis, (entry, extent) in enumerate(zip(_expand(selection, len(shape)), shape, strict=True)):
        if _is_int(entry):
            parsed.append(AxisInt(_parse_int(entry, extent, axis)))
        elif isinstance(entry, slice):
            parsed.append(_parse_slice(entry, extent, axis))
        else:
            array = _as_array(entry, axis) if arrays else None
            if array is None:
                raise _refuse(entry, axis, allowed)
            if array.ndim == 0 and array.dtype.kind in "iu":
                parsed.append(AxisInt(_parse_int(array[()], extent, axis)))
            else:
                parsed.append(_parse_indices(array, extent, axis))
    return ProductSelection(tuple(parsed))


# ------------------------------------------------------------------ points


def _parse_coordinates(selection: object, shape: Shape) -> PointSelection | MaskSelection:
    entries = selection if isinstance(selection, tuple) else (selection,)
    if len(entries) == 1 and isinstance(entries[0], list | np.ndarray):
        array = _as_array(entries[0], None)
        if array is not None and array.dtype.kind == "b":
            return _parse_mask(array, shape)
    arrays = [None if _is_slice(e) else _as_coordinate(e) for e in entries]
    if len(entries) != len(shape) or any(a is None or a.dtype.kind == "b" for a in arrays):
        kinds = ", ".join(type(e).__name__ for e in entries)
        raise VindexInvalidSelectionError(
            f"coordinate indexing takes one integer array per axis ({len(shape)}), or a Boolean "
            f"mask of shape {shape}; got ({kinds})"
        )
    given = [a for a in arrays if a is not None]
    checked = [
        _in_bounds(array, extent, axis)
        for axis, (array, extent) in enumerate(zip(given, shape, strict=True))
    ]
    return _broadcast_points(checked)


def _as_coordinate(entry: object) -> AnyArray | None:
    return np.asarray(entry) if _is_int(entry) else _as_array(entry, None)


def _broadcast_points(coords: Sequence[Indices]) -> PointSelection:
    broadcast = _broadcast(coords)
    shape = broadcast[0].shape or (1,)
    return PointSelection(tuple(c if c.ndim == 1 else c.reshape(-1) for c in broadcast), shape)


def _broadcast(arrays: Sequence[Indices]) -> list[Indices]:
    """The arrays, seen in the shape that they broadcast to.

    Raises
    ------
    SelectionError
        Their shapes don't broadcast.
    """
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError as error:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise SelectionError(f"index arrays of shapes {shapes} do not broadcast") from error
    return [a if a.shape == shape else np.broadcast_to(a, shape) for a in arrays]


def _parse_mask(selection: object, shape: Shape) -> MaskSelection:
    entries = selection if isinstance(selection, tuple) else (selection,)
    mask = np.asarray(entries[0]) if len(entries) == 1 else None
    if mask is None or mask.dtype.kind != "b" or mask.shape != shape:
        got = f"{len(entries)} entries" if mask is None else f"{mask.dtype} of shape {mask.shape}"
        raise VindexInvalidSelectionError(
            f"mask indexing takes one Boolean array of shape {shape}, got {got}"
        )
    return MaskSelection((int(np.count_nonzero(mask)),), np.array(mask, order="C"))


# ------------------------------------------------------------------ blocks


def _parse_blocks(selection: object, shape: Shape, grid: Grid) -> ProductSelection:
    axes = grid.axes(shape)
    parsed: list[AxisSelection] = []
    for axis, (entry, cut) in enumerate(zip(_expand(selection, len(shape)), axes, strict=True)):
        if _is_int(entry):
            first = _parse_int(entry, cut.nchunks, axis)
            last = first + 1
        elif isinstance(entry, slice):
            if entry.step not in {None, 1}:
                raise SelectionError(f"axis {axis}: block slices need step 1, got {entry.step}")
            first, last, _ = entry.indices(cut.nchunks)
        else:
            raise _refuse(entry, axis, "an integer or a slice, in chunks")
        start, stop = (cut.extent if c >= cut.nchunks else cut.start(c) for c in (first, last))
        parsed.append(AxisSlice(start, max(0, stop - start)))
    return ProductSelection(tuple(parsed))


# ------------------------------------------------------------------ what array[...] means


def _parse_numpy(selection: object, shape: Shape) -> Selection:
    """Basic, mask, coordinate or orthogonal, as zarr users expect; else what NumPy means."""
    entries = selection if isinstance(selection, tuple) else (selection,)
    arrays = [
        None if _is_int(e) or isinstance(e, slice | EllipsisType) else _as_array(e, i)
        for i, e in enumerate(entries)
    ]
    given = [a for a in arrays if a is not None]
    if not given:
        return _parse_product(selection, shape, arrays=False)
    if len(entries) == 1 and given[0].dtype.kind == "b" and given[0].shape == shape:
        return _parse_mask(given[0], shape)
    plain = all(a.dtype.kind != "b" for a in given)
    integers = all(a is not None or _is_int(e) for a, e in zip(arrays, entries, strict=True))
    if len(entries) == len(shape) and plain and integers and not _single(given, len(shape)):
        return _parse_coordinates(entries, shape)
    flat = all(a.ndim <= 1 for a in given)
    boolean = all(a.dtype.kind == "b" for a in given) and len(given) == len(entries) == len(shape)
    if flat and (len(given) == 1 or boolean):
        return _parse_product(entries, shape, arrays=True)
    return _parse_mixed(entries, arrays, shape)


def _single(given: Sequence[AnyArray], ndim: int) -> bool:
    """True for one 1-d array on a 1-d array: both readings agree, and the product is cheaper."""
    return ndim == 1 and given[0].ndim == 1


def _parse_mixed(
    entries: tuple[Any, ...], arrays: Sequence[AnyArray | None], shape: Shape
) -> PointSelection:
    """NumPy's advanced indexing, spelled out as points.

    The index arrays broadcast together; their axes stand where they stood if they were next to
    each other, else in front (NumPy manual, "Combining advanced and basic indexing").
    """
    by_id = {id(e): a for e, a in zip(entries, arrays, strict=True) if a is not None}

    def width(entry: object) -> int:
        array = by_id.get(id(entry))
        return array.ndim if array is not None and array.dtype.kind == "b" else 1

    advanced: list[tuple[int, Indices]] = []
    ranges: list[tuple[int, Indices]] = []
    axis = 0
    for entry in _expand(entries, len(shape), width):
        array = by_id.get(id(entry))
        if isinstance(entry, slice):
            cut = _parse_slice(entry, shape[axis], axis)
            ranges.append((axis, cut.start + cut.step * np.arange(cut.count, dtype=np.int64)))
        elif array is not None and array.dtype.kind == "b":
            covered = shape[axis : axis + array.ndim]
            if array.shape != covered:
                raise SelectionError(
                    f"axis {axis}: Boolean index has shape {array.shape}, the axes have {covered}"
                )
            advanced += [(axis + i, c.astype(np.int64)) for i, c in enumerate(array.nonzero())]
        else:
            value = array if array is not None else np.asarray(operator.index(entry))
            advanced.append((axis, _in_bounds(value, shape[axis], axis)))
        axis += width(entry)
    return _outer_points(advanced, ranges, len(shape))


def _outer_points(
    advanced: Sequence[tuple[int, Indices]], ranges: Sequence[tuple[int, Indices]], ndim: int
) -> PointSelection:
    """Points of broadcast index arrays times ranges, axes in NumPy's order."""
    broadcast = _broadcast([array for _, array in advanced])
    axes = [axis for axis, _ in advanced]
    adjacent = axes == list(range(axes[0], axes[0] + len(axes)))
    before = sum(axis < axes[0] for axis, _ in ranges) if adjacent else 0
    mesh_ndim = broadcast[0].ndim
    shape = [len(r) for _, r in ranges]
    shape[before:before] = broadcast[0].shape
    coords: list[Indices] = [np.empty(0, np.int64)] * ndim
    for axis, array in zip(axes, broadcast, strict=True):
        tail = (1,) * (len(ranges) - before)
        coords[axis] = np.broadcast_to(array.reshape((*array.shape, *tail)), shape).reshape(-1)
    for i, (axis, entries) in enumerate(ranges):
        position = i if i < before else i + mesh_ndim
        view = entries.reshape([-1 if k == position else 1 for k in range(len(shape))])
        coords[axis] = np.broadcast_to(view, shape).reshape(-1)
    return PointSelection(tuple(coords), tuple(shape))

"""What one can do with an array, each written once: programs that both faces of a handle run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.errors import SelectionError
from frozarr.handles.array import ArrayHandle
from frozarr.handles.info import ArrayInfo
from frozarr.indexing import SelectionLike, SelectionMode
from frozarr.io.bound import BoundArray
from frozarr.io.buffers import BufferPrototype, NDBuffer
from frozarr.io.programs import arrays, stored
from frozarr.io.programs.groups import check_told, publish_changes
from frozarr.io.programs.requests import Program
from frozarr.metadata.attributes import changed_attributes
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyArray, ShapeLike

__all__ = [
    "append", "get_basic_selection", "get_block_selection", "get_coordinate_selection",
    "get_mask_selection", "get_orthogonal_selection", "getitem", "info_complete", "nbytes_stored",
    "nchunks_initialized", "nshards_initialized", "resize", "set_basic_selection",
    "set_block_selection", "set_coordinate_selection", "set_mask_selection",
    "set_orthogonal_selection", "setitem", "split_fields", "update_attributes",
]  # fmt: skip

FieldNames: TypeAlias = str | Sequence[str] | None
"""Fields of a structured type: one by its name, or several; None for all."""
Output: TypeAlias = AnyArray | NDBuffer | None
"""What is to be filled, in host or device memory."""


def split_fields(selection: SelectionLike) -> tuple[FieldNames, SelectionLike]:
    """Field names in a selection, and the rest of it.

    Examples
    --------
    >>> split_fields(("x", slice(2)))
    ('x', slice(None, 2, None))
    """
    entries = selection if isinstance(selection, tuple) else (selection,)
    names = [e for e in entries if isinstance(e, str)]
    if (
        not names
        and isinstance(selection, list)
        and selection
        and all(isinstance(e, str) for e in selection)
    ):
        return selection, ...
    if not names:
        return None, selection
    rest = tuple(e for e in entries if not isinstance(e, str))
    return (names[0] if len(names) == 1 else names), (rest[0] if len(rest) == 1 else rest or ...)


def _of_fields(array: ArrayHandle, fields: FieldNames) -> BoundArray:
    """The array, or some of its fields."""
    if fields is None or (not isinstance(fields, str) and not len(fields)):
        return array.bound
    names = (fields,) if isinstance(fields, str) else tuple(fields)
    known = array.metadata.dtype.names or ()
    if any(name not in known for name in names) or len(set(names)) < len(names):
        raise SelectionError(
            f"{array.store_path}: no fields {list(names)} in an array of dtype {array.dtype}; "
            f"it has {list(known)}"
        )
    return array.bound.with_fields(fields if isinstance(fields, str) else names)


def get_selection(
    array: ArrayHandle, selection: SelectionLike, mode: SelectionMode, fields: FieldNames = None,
    out: Output = None, prototype: BufferPrototype | None = None,
) -> Program[AnyArray]:  # fmt: skip
    """Elements of a selection of some kind."""
    bound = _of_fields(array, fields)
    chosen = arrays.select(array.bound, array.access, selection, mode)
    return arrays.read(bound, array.access, chosen, out, prototype)


def set_selection(
    array: ArrayHandle,
    selection: SelectionLike,
    value: object,
    mode: SelectionMode,
    fields: FieldNames = None,
) -> Program[None]:
    """Set elements of a selection of some kind."""
    bound = _of_fields(array, fields)
    chosen = arrays.select(array.bound, array.access, selection, mode)
    one_each = mode == "coordinate" and not _is_mask(selection)
    return arrays.write(bound, array.access, chosen, _read_first(value), one_each=one_each)


def _is_mask(selection: SelectionLike) -> bool:
    (*others, last) = selection if isinstance(selection, tuple) and selection else (selection,)
    return not others and np.asarray(last).dtype == np.dtype(bool)


def _read_first(value: object) -> object:
    """Values to write; those of an array in a store are read here, on the caller's thread.

    A program may run on the event loop of its store, which the array's store may need, too.
    """
    return np.asarray(value) if isinstance(value, ArrayHandle) else value


def getitem(array: ArrayHandle, selection: SelectionLike) -> Program[AnyArray]:
    """What ``array[selection]`` gives."""
    fields, rest = split_fields(selection)
    return get_selection(array, rest, "numpy", fields)


def setitem(array: ArrayHandle, selection: SelectionLike, value: object) -> Program[None]:
    """What ``array[selection] = value`` does."""
    fields, rest = split_fields(selection)
    return set_selection(array, rest, value, "numpy", fields)


def get_basic_selection(
    array: ArrayHandle, selection: SelectionLike = ..., *, out: Output = None,
    fields: FieldNames = None, prototype: BufferPrototype | None = None,
) -> Program[AnyArray]:  # fmt: skip
    """Elements chosen by integers and slices; a scalar if all are integers.

    Parameters
    ----------
    selection
        An integer, a slice with step >= 1 or ``...`` for each axis; missing axes are whole.
    out
        Array or NDBuffer of exactly the result's shape and dtype, filled and returned.
    fields
        Fields of a structured type to read: one by its name, or several.
    prototype
        In whose memory the result is to be (a device's); by default numpy's.

    Raises
    ------
    BoundsCheckError, NegativeStepError, SelectionError
        See `parse_selection`.
    ShapeMismatchError
        `out` does not fit.
    """
    return get_selection(array, selection, "basic", fields, out, prototype)


def set_basic_selection(
    array: ArrayHandle, selection: SelectionLike, value: object, *, fields: FieldNames = None
) -> Program[None]:
    """Set elements chosen by integers and slices.

    Parameters
    ----------
    selection
        An integer, a slice with step >= 1 or ``...`` for each axis; missing axes are whole.
    value
        Broadcast to the selection, and cast, by numpy's rules.
    fields
        Fields of a structured type to set; the others stay as they are.

    Raises
    ------
    ShapeMismatchError
        The value doesn't broadcast; nothing was written.
    """
    return set_selection(array, selection, value, "basic", fields)


def get_orthogonal_selection(
    array: ArrayHandle, selection: SelectionLike, *, out: Output = None, fields: FieldNames = None,
    prototype: BufferPrototype | None = None,
) -> Program[AnyArray]:  # fmt: skip
    """Elements chosen axis by axis: integers, slices, integer or Boolean arrays."""
    return get_selection(array, selection, "orthogonal", fields, out, prototype)


def set_orthogonal_selection(
    array: ArrayHandle, selection: SelectionLike, value: object, *, fields: FieldNames = None
) -> Program[None]:
    """Set elements chosen axis by axis; of repeated indices the last in C order wins."""
    return set_selection(array, selection, value, "orthogonal", fields)


def get_coordinate_selection(
    array: ArrayHandle, selection: SelectionLike, *, out: Output = None, fields: FieldNames = None,
    prototype: BufferPrototype | None = None,
) -> Program[AnyArray]:  # fmt: skip
    """Single elements: one integer array per axis, broadcast to the result's shape."""
    return get_selection(array, selection, "coordinate", fields, out, prototype)


def set_coordinate_selection(
    array: ArrayHandle, selection: SelectionLike, value: object, *, fields: FieldNames = None
) -> Program[None]:
    """Set single elements: one value each, or a scalar; of repeated ones the last in C order wins.

    Raises
    ------
    ShapeMismatchError
        As many values as points are needed; both counts are named, nothing was written.
    """
    return set_selection(array, selection, value, "coordinate", fields)


def get_mask_selection(
    array: ArrayHandle, mask: npt.ArrayLike, *, out: Output = None, fields: FieldNames = None,
    prototype: BufferPrototype | None = None,
) -> Program[AnyArray]:  # fmt: skip
    """Elements where a Boolean array of the array's shape is true, 1-d in C order."""
    return get_selection(array, mask, "mask", fields, out, prototype)


def set_mask_selection(
    array: ArrayHandle, mask: npt.ArrayLike, value: object, *, fields: FieldNames = None
) -> Program[None]:
    """Set elements where a Boolean array of the array's shape is true."""
    return set_selection(array, mask, value, "mask", fields)


def get_block_selection(
    array: ArrayHandle, selection: SelectionLike, *, out: Output = None, fields: FieldNames = None,
    prototype: BufferPrototype | None = None,
) -> Program[AnyArray]:  # fmt: skip
    """Whole chunks: integers and slices in units of the chunk grid."""
    return get_selection(array, selection, "block", fields, out, prototype)


def set_block_selection(
    array: ArrayHandle, selection: SelectionLike, value: object, *, fields: FieldNames = None
) -> Program[None]:
    """Set whole chunks."""
    return set_selection(array, selection, value, "block", fields)


# ---------------------------------------------------------------------- changes


def resize(
    array: ArrayHandle, new_shape: ShapeLike, *more: SupportsIndex,
    delete_outside_chunks: bool = True,
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of the array with another shape.

    Chunks wholly outside are deleted; those on the border stay whole, so growing again restores
    what they hold. The shape is stored first, then chunks are deleted.

    Parameters
    ----------
    new_shape
        Extents in elements, as one tuple or one by one.
    more
        The extents of the other axes, if they are given one by one.
    delete_outside_chunks
        False keeps the chunks, so that growing again restores all of them. It may also stand last
        without its name.

    Raises
    ------
    ShapeMismatchError
        Another number of axes, or a negative extent.
    ConflictError
        Somebody changed the stored document since this handle was opened.
    """
    if more and isinstance(more[-1], bool):
        delete_outside_chunks, more = more[-1], more[:-1]
    shape = arrays.parse_shape((new_shape, *more), array.ndim)
    changing = arrays.resize(
        array.bound, array.access, shape, delete_outside_chunks=delete_outside_chunks
    )
    return (yield from _changed(array, changing))


def _changed(array: ArrayHandle, changing: Program[ArrayMetadata]) -> Program[ArrayHandle]:
    """Change what is stored, and have consolidated metadata tell it; a handle of the new array."""
    cell = None if array.told_by is None else array.told_by.cell
    yield from check_told(cell)
    metadata = yield from changing
    if metadata != array.metadata:
        yield from publish_changes(cell, array.store_path, {"": metadata})
    return array.with_metadata(metadata)


def append(
    array: ArrayHandle, data: npt.ArrayLike | ArrayHandle, axis: int = 0
) -> Program[ArrayHandle]:
    """Handle of the array grown by `data` along an axis.

    The values are stored first and the shape last: if anything fails, the array is as it was.

    Parameters
    ----------
    data
        Values, of the array's extents along all other axes.
    axis
        Along which the array grows; negative ones count from the end.

    Raises
    ------
    ShapeMismatchError
        Extents along other axes differ; both shapes are named.
    ConflictError
        Somebody changed the stored document since this handle was opened.
    """
    return _append(array, _read_first(data), axis)


def _append(array: ArrayHandle, data: object, axis: int) -> Program[ArrayHandle]:
    return (yield from _changed(array, arrays.append(array.bound, array.access, data, axis)))


def update_attributes(
    array: ArrayHandle, new_attributes: Mapping[str, object], *, remove: Iterable[str] = ()
) -> Program[ArrayHandle]:
    """Handle of the array with these attributes added or replaced, and others removed.

    Parameters
    ----------
    new_attributes
        JSON values by name; numpy's scalars become plain ones.
    remove
        Names of attributes that are to go; missing ones are an error.

    Raises
    ------
    MetadataError
        A value that JSON can't hold, or a name to remove that there is none of; nothing was stored.
    ConflictError
        Somebody changed the stored document since this handle was opened.
    """
    attributes = changed_attributes(array.attrs, new_attributes, remove)
    changing = arrays.set_attributes(array.bound, array.access, attributes)
    return (yield from _changed(array, changing))


# ---------------------------------------------------------------------- what is stored


def nshards_initialized(array: ArrayHandle) -> Program[int]:
    """Number of objects that are stored; the store is listed."""
    return stored.stored_objects(array.metadata, array.access)


def nchunks_initialized(array: ArrayHandle) -> Program[int]:
    """Number of chunks in the objects that are stored; the store is listed."""
    return stored.stored_chunks(array.metadata, array.access)


def nbytes_stored(array: ArrayHandle) -> Program[int]:
    """Bytes of all values below the array's path; the store is listed."""
    return stored.stored_nbytes(array.access)


def info_complete(array: ArrayHandle) -> Program[ArrayInfo]:
    """A printable record with what is stored; the store is listed."""
    counts = yield from stored.count_stored(array.metadata, array.access)
    return array.info_with(counts)

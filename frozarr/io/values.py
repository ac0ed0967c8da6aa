"""Values given for a write: as an array of the selection's shape, refused if they don't fit.

Everything that can be wrong with a value is found here, before the first effect.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.errors import ShapeMismatchError
from frozarr.indexing import PointSelection, Selection
from frozarr.io.gpu_buffers import to_host
from frozarr.io.kernels.chain import BoundChain
from frozarr.io.kernels.coding import Filtered, stored_values
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.target import Target, element_type
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.metadata.dtypes.small import SMALL_INTEGERS

__all__ = ["as_elements", "as_values"]

AnyArray: TypeAlias = npt.NDArray[Any]


def as_values(value: Any, selection: Selection, target: Target) -> AnyArray:
    """The value as an array of the selection's shape, by numpy's rules of assignment.

    Raises
    ------
    ShapeMismatchError
        It does not broadcast to the selection.
    ValueError, TypeError
        It can't become elements of the array: text too long, numbers that a codec can't store.
    """
    array = as_elements(value, target)
    return _broadcast(array, selection, target)


def as_elements(value: Any, target: Target) -> AnyArray:
    """The value as elements of the array, or of a type that numpy casts while they are placed.

    Raises
    ------
    ValueError, TypeError, OverflowError
        It can't become elements of the array.
    """
    if hasattr(value, "__cuda_array_interface__"):
        value = to_host(value)
    dtype = element_type(target.metadata.dtype, target.fields, target.config)
    try:
        array = _converted(value, dtype if target.metadata.dtype.kind != "T" else _TEXT, target)
        if target.fields is None:
            refuse_unfit(target.chain, array)
    except (ValueError, TypeError, OverflowError) as error:
        error.add_note(f"array: {target.place}, dtype {target.metadata.dtype}; nothing was written")
        raise
    return array


_TEXT = np.dtypes.StringDType()


def _converted(value: Any, dtype: np.dtype[Any], target: Target) -> AnyArray:
    """Elements of the array's type, or of one that numpy casts while they are placed."""
    if dtype.kind == "T" or (dtype.kind == "O" and target.metadata.data_type.name != "object"):
        return _objects(value, dtype)
    if dtype.hasobject:
        return _as_objects(value)
    if isinstance(value, list | tuple) and dtype.names is None and dtype.kind in "biufcMm":
        return np.asarray(value, dtype)  # as numpy: numbers out of range are an error
    array = _given(value, dtype)
    check_fits(array, dtype)
    if dtype.names is not None or dtype.kind in "USV" or dtype.isbuiltin == REGISTERED:
        return array.astype(dtype, copy=False)
    if array.ndim == 0 or array.dtype.kind not in "biufcmM":
        return np.asarray(value, dtype)  # fails here, before anything is written
    return array if array.dtype.kind == dtype.kind else array.astype(dtype)


def _given(value: Any, dtype: np.dtype[Any]) -> AnyArray:
    """The value as numpy has it; what numpy would cut to fit is kept as it is."""
    if isinstance(value, np.ndarray | np.void):
        array = np.asarray(value)
        if dtype.kind not in "USV" or dtype.names is not None or array.dtype.kind not in "OT":
            return array
        value = array.tolist()
    if dtype.names is not None:
        return np.asarray(value, _uncut(dtype))
    array = np.asarray(value)
    if dtype.kind in "US" and array.dtype.kind not in "US":
        return np.asarray(array.tolist(), dtype.kind) if array.size else array.astype(dtype)
    return array


def _uncut(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A record's type with room for texts and bytes of any length."""
    if dtype.names is not None:
        return np.dtype([(name, _uncut(dtype[name])) for name in dtype.names])
    return np.dtype(object) if dtype.kind in "USV" and dtype.isbuiltin != REGISTERED else dtype


def check_fits(array: AnyArray, dtype: np.dtype[Any]) -> None:
    """Refuse what numpy would cut or wrap without a word; fields by their order.

    Raises
    ------
    ValueError
        Text or bytes that are too long.
    OverflowError
        Integers that a narrow type can't hold.

    Examples
    --------
    >>> check_fits(np.array(["abc"]), np.dtype("U2"))
    Traceback (most recent call last):
        ...
    ValueError: 'abc' has 3 characters, dtype <U2 holds 2
    """
    if dtype.names is not None:
        for ours, theirs in zip(dtype.names, array.dtype.names or (), strict=False):
            check_fits(np.asarray(array[theirs]), dtype[ours])
    elif dtype.name in SMALL_INTEGERS:
        low, high = SMALL_INTEGERS[dtype.name]
        numbers: AnyArray = array.astype(np.int64) if array.dtype == dtype else array
        if bool(((numbers < low) | (numbers > high)).any()):
            raise OverflowError(f"dtype {dtype} holds integers in [{low}, {high}]")
    elif dtype.kind in "USV" and dtype.isbuiltin != REGISTERED:
        _check_lengths(array, dtype)


def _check_lengths(array: AnyArray, dtype: np.dtype[Any]) -> None:
    unit = 4 if dtype.kind == "U" else 1
    room = dtype.itemsize // unit
    if array.dtype.kind in "US":
        if array.dtype.itemsize <= room * (4 if array.dtype.kind == "U" else 1):
            return
        lengths: AnyArray = np.strings.str_len(array)
    elif array.dtype.kind == "O":
        lengths = np.array([len(v) if hasattr(v, "__len__") else 0 for v in array.reshape(-1)])
    elif array.dtype.kind == "V" and array.dtype.names is None:
        lengths = np.full(array.size, array.dtype.itemsize)
    else:
        return
    longest = int(np.max(lengths, initial=0))
    if longest > room:
        kind = "characters" if dtype.kind == "U" else "bytes"
        too_long = array.reshape(-1)[int(np.argmax(lengths))]
        shown = too_long.item() if isinstance(too_long, np.generic) else too_long
        raise ValueError(f"{shown!r} has {longest} {kind}, dtype {dtype} holds {room}")


def _as_objects(value: Any) -> AnyArray:
    if isinstance(value, np.ndarray):
        return value.astype(object)
    room = np.empty((), object)
    room[()] = value
    return np.asarray(value, object) if isinstance(value, list) else room


def _objects(value: Any, dtype: np.dtype[Any]) -> AnyArray:
    """Text or bytes, every one of which can be coded."""
    text = dtype.kind == "T"
    array = value if isinstance(value, np.ndarray) else _nested(value)
    if array.dtype.kind == "T" and text and not hasattr(array.dtype, "na_object"):
        return array
    if text and array.dtype.kind == "U":
        return _as_text(array)
    if not text and array.dtype.kind == "S":
        return array
    if array.dtype.kind not in "OTUSV" or (array.dtype.kind == "T" and not text):
        raise TypeError(f"{_wanted(text)} are needed, got dtype {array.dtype}")
    objects = array.astype(object) if array.dtype.kind != "O" else array
    flat = objects.reshape(-1).tolist()
    try:  # joining is the fastest way to find the one that isn't text, or can't be UTF-8
        _ = "".join(flat).encode() if text else b"".join(flat)
    except TypeError:
        kinds = str if text else bytes | bytearray | memoryview
        wrong = next(entry for entry in flat if not isinstance(entry, kinds))
        raise TypeError(f"{_wanted(text)} are needed, got {wrong!r}") from None
    plain = str if text else bytes
    if set(map(type, flat)) <= {plain}:
        return objects
    found = np.empty(len(flat), object)  # subclasses, and other buffers: encoders take none
    found[:] = [str.__str__(entry) if text else bytes(entry) for entry in flat]
    return found.reshape(objects.shape)


def _as_text(array: AnyArray) -> AnyArray:
    try:
        found: AnyArray = array.astype(_TEXT)
    except TypeError as error:  # surrogates
        raise ValueError(f"text that can't be UTF-8: {error}") from error
    return found


def _wanted(text: bool) -> str:
    return "strings" if text else "bytes"


def _nested(value: Any) -> AnyArray:
    """Lists as an array of objects; anything else as one object, trailing NULs kept."""
    if isinstance(value, list | tuple):
        return np.array(value, object)
    if isinstance(value, np.generic | str | bytes | bytearray | memoryview):
        room = np.empty((), object)
        room[()] = value.item() if isinstance(value, np.generic) else value
        return room
    return np.asarray(value)


def _broadcast(array: AnyArray, selection: Selection, target: Target) -> AnyArray:
    shape, given = selection.shape, array.shape
    if isinstance(selection, PointSelection) and array.size == np.prod(shape) and array.ndim:
        return array.reshape(shape)
    while array.ndim > len(shape) and array.shape[0] == 1:
        array = array[0]
    try:
        return np.broadcast_to(array, shape)
    except ValueError as error:
        points = f" ({array.size} values for {np.prod(shape)} points)"
        raise ShapeMismatchError(
            f"{target.place}: can't write a value of shape {given} to a selection of "
            f"shape {shape}{points if isinstance(selection, PointSelection) else ''}; nothing was "
            "written",
            url=str(target.place),
        ) from error


def refuse_unfit(chain: BoundChain, values: AnyArray) -> None:
    """Refuse values that a filter of the chain can't store, or could not give back.

    Raises
    ------
    ValueError
        A value is out of the range of what is stored.
    """
    coding = chain.coding
    if isinstance(coding, Filtered):
        stored = stored_values(coding.filters, values.astype(chain.stored_dtype, copy=False))
        if stored is None:
            return
        values, coding = stored, coding.coding
    if isinstance(coding, ShardFormat):
        refuse_unfit(coding.chain, values)

"""Values given for a write: as an array of the selection's shape, refused if they don't fit.

Everything that can be wrong with a value is found here, before the first effect.
"""

from contextlib import suppress
from typing import Any, Literal

import numpy as np

from frozarr.errors import ShapeMismatchError
from frozarr.indexing import MaskSelection, PointSelection, Selection
from frozarr.io.bound import BoundArray
from frozarr.io.gpu_buffers import to_host
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.metadata.dtypes.small import SMALL_INTEGERS
from frozarr.types import AnyArray, AnyDtype

__all__ = ["as_elements", "broadcast_to_selection"]

_TEXT = np.dtypes.StringDType()


def as_elements(value: object, array: BoundArray) -> AnyArray:
    """The value as elements of the array, or of a type that numpy casts while they are placed.

    Raises
    ------
    ValueError, TypeError, OverflowError
        It can't become elements of the array: text too long, numbers of another range.
    """
    if hasattr(value, "__cuda_array_interface__"):
        value = to_host(value)
    if isinstance(value, np.ma.MaskedArray):
        value = _without_mask(value, array)
    dtype = array.metadata.dtype
    if dtype.kind == "T" or (dtype.kind == "O" and array.metadata.data_type.name != "object"):
        return _objects(value, dtype)
    if dtype.hasobject:
        return _as_objects(value)
    return _converted(value, array.dtype)


def _without_mask(value: "np.ma.MaskedArray[Any, Any]", array: BoundArray) -> AnyArray:
    """Elements, the fill value where they are masked: that is what missing ones read as."""
    mask = np.ma.getmaskarray(value)
    if not (mask.any() if mask.dtype == np.dtype(bool) else mask.view(bool).any()):
        return np.asarray(value)
    fill = array.metadata.fill_value
    if fill is None or array.fields is not None or mask.dtype != np.dtype(bool):
        raise ValueError(
            "masked elements become the fill value, which is undefined here (or of all fields): "
            "fill them first, with .filled(...)"
        )
    filled = np.asarray(value).copy()
    filled[mask] = fill
    return filled


def check_casting(
    value: object, dtype: AnyDtype, casting: Literal["safe", "same_kind", "unsafe"]
) -> None:
    """Refuse numbers of a type that may not be cast to the array's.

    Plain Python numbers have no type: they are cast if they stay what they are.

    Raises
    ------
    TypeError
        A type that the rule refuses, or a plain number that would be another one.

    Examples
    --------
    >>> check_casting(np.array([70000]), np.dtype("i2"), "safe")
    Traceback (most recent call last):
        ...
    TypeError: can't write int64 to dtype int16 by the rule casting='safe'
    >>> check_casting(7, np.dtype("i2"), "safe")
    """
    if casting == "unsafe" or dtype.kind not in "biufc":
        return
    given = np.asarray(to_host(value) if hasattr(value, "__cuda_array_interface__") else value)
    if given.dtype == dtype or given.dtype.kind not in "biufc":
        return
    if hasattr(value, "dtype"):
        allowed = np.can_cast(given.dtype, dtype, casting)
    else:
        with np.errstate(all="ignore"):
            cast = given.astype(dtype)
            unchanged = bool(((cast == given) | ((cast != cast) & (given != given))).all())  # noqa: PLR0124 - NaN
        allowed = unchanged or (casting == "same_kind" and np.can_cast(given.dtype, dtype, casting))
    if not allowed:
        raise TypeError(
            f"can't write {given.dtype} to dtype {dtype} by the rule casting={casting!r}"
        )


def _converted(value: object, dtype: AnyDtype) -> AnyArray:
    """Elements of a type without objects, or of one that numpy casts while they are placed."""
    if isinstance(value, list | tuple) and dtype.names is None and dtype.kind in "biufcMm":
        return np.asarray(value, dtype)  # as numpy: numbers out of range are an error
    array = _given(value, dtype)
    check_fits(array, dtype)
    if dtype.names is not None or dtype.kind in "USV" or dtype.isbuiltin == REGISTERED:
        return array.astype(dtype, copy=False)
    if array.ndim == 0 or array.dtype.kind not in "biufcmM":
        return np.asarray(value, dtype)  # fails here, before anything is written
    return array if array.dtype.kind == dtype.kind else array.astype(dtype)


def _given(value: object, dtype: AnyDtype) -> AnyArray:
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


def _uncut(dtype: AnyDtype) -> AnyDtype:
    """A record's type with room for texts and bytes of any length."""
    if dtype.names is not None:
        return np.dtype([(name, _uncut(dtype[name])) for name in dtype.names])
    return np.dtype(object) if dtype.kind in "USV" and dtype.isbuiltin != REGISTERED else dtype


def check_fits(array: AnyArray, dtype: AnyDtype) -> None:
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


def _check_lengths(array: AnyArray, dtype: AnyDtype) -> None:
    unit = 4 if dtype.kind == "U" else 1
    longest_held = dtype.itemsize // unit
    if array.dtype.kind in "US":
        if array.dtype.itemsize <= longest_held * (4 if array.dtype.kind == "U" else 1):
            return
        lengths: AnyArray = np.strings.str_len(array)
    elif array.dtype.kind == "O":
        lengths = np.array([len(v) if hasattr(v, "__len__") else 0 for v in array.reshape(-1)])
    elif array.dtype.kind == "V" and array.dtype.names is None:
        lengths = np.full(array.size, array.dtype.itemsize)
    else:
        return
    longest = int(np.max(lengths, initial=0))
    if longest > longest_held:
        kind = "characters" if dtype.kind == "U" else "bytes"
        too_long = array.reshape(-1)[int(np.argmax(lengths))]
        shown = too_long.item() if isinstance(too_long, np.generic) else too_long
        raise ValueError(f"{shown!r} has {longest} {kind}, dtype {dtype} holds {longest_held}")


def _as_objects(value: object) -> AnyArray:
    if isinstance(value, np.ndarray):
        return value.astype(object)
    if isinstance(value, list):
        return np.asarray(value, object)
    return _one_object(value)


def _one_object(value: object) -> AnyArray:
    """A 0-d array that holds the value itself."""
    one = np.empty((), object)
    one[()] = value
    return one


def _objects(value: object, dtype: AnyDtype) -> AnyArray:
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
        hint = "; there are no missing ones: write an empty one" if wrong is None else ""
        raise TypeError(f"{_wanted(text)} are needed, got {wrong!r}{hint}") from None
    plain = str if text else bytes
    if set(map(type, flat)) <= {plain}:
        return objects
    exact = np.empty(len(flat), object)  # subclasses, and other buffers: encoders take none
    exact[:] = [str.__str__(entry) if text else bytes(entry) for entry in flat]
    return exact.reshape(objects.shape)


def _as_text(array: AnyArray) -> AnyArray:
    try:
        texts: AnyArray = array.astype(_TEXT)
    except TypeError as error:  # surrogates
        raise ValueError(f"text that can't be UTF-8: {error}") from error
    return texts


def _wanted(text: bool) -> str:
    return "strings" if text else "bytes"


def _nested(value: object) -> AnyArray:
    """Lists as an array of objects; anything else as one object, trailing NULs kept."""
    if isinstance(value, list | tuple):
        return np.array(value, object)
    if isinstance(value, np.generic | str | bytes | bytearray | memoryview):
        return _one_object(value.item() if isinstance(value, np.generic) else value)
    return np.asarray(value)


def broadcast_to_selection(
    elements: AnyArray, selection: Selection, where: object, *, one_each: bool = False
) -> AnyArray:
    """Elements in the selection's shape, by numpy's rules of assignment.

    Parameters
    ----------
    elements
        What is to be written.
    selection
        Where to.
    where
        Names the array in errors.
    one_each
        Points take one element each, or a scalar for all; nothing is broadcast.

    Raises
    ------
    ShapeMismatchError
        They do not broadcast to the selection.
    """
    shape, given = selection.shape, elements.shape
    points = isinstance(selection, PointSelection | MaskSelection)
    if points and elements.size == np.prod(shape) and elements.ndim:
        return elements.reshape(shape)
    while elements.ndim > len(shape) and elements.shape[0] == 1:
        elements = elements[0]
    if not (one_each and elements.ndim):
        with suppress(ValueError):
            return np.broadcast_to(elements, shape)
    counts = f" ({elements.size} values for {np.prod(shape)} points)" if points else ""
    raise ShapeMismatchError(
        f"{where}: can't write a value of shape {given} to a selection of shape {shape}{counts}; "
        "nothing was written",
        url=str(where),
    )

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
from frozarr.io.kernels.coding import Filtered
from frozarr.io.kernels.values import CastValue, ScaleOffset
from frozarr.io.target import Target, element_type
from frozarr.metadata.dtypes.small import SMALL_INTEGERS

__all__ = ["as_values"]

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
    if hasattr(value, "__cuda_array_interface__"):
        value = to_host(value)
    dtype = element_type(target.metadata.dtype, target.fields, target.config)
    try:
        array = _converted(value, dtype if target.metadata.dtype.kind != "T" else _TEXT, target)
        refuse_unfit(target.chain, array)
    except (ValueError, TypeError, OverflowError) as error:
        error.add_note(f"array: {target.place}, dtype {target.metadata.dtype}; nothing was written")
        raise
    return _broadcast(array, np.shape(value), selection, target)


_TEXT = np.dtypes.StringDType()


def _converted(value: Any, dtype: np.dtype[Any], target: Target) -> AnyArray:
    """Elements of the array's type, or of one that numpy casts while they are placed."""
    if dtype.kind == "T" or (dtype.kind == "O" and target.metadata.data_type.name != "object"):
        return _objects(value, dtype)
    if dtype.hasobject:
        return _as_objects(value)
    if dtype.names is not None:
        return _records(value, dtype)
    array = np.asarray(value)
    if dtype.kind in "US":
        return _fixed_length(array, dtype)
    if dtype.kind == "V" and array.dtype.kind in "SV" and array.dtype.itemsize > dtype.itemsize:
        raise ValueError(f"{array.dtype.itemsize} bytes don't fit dtype {dtype}")
    if dtype.name in SMALL_INTEGERS:
        return _small_integers(array, dtype)
    if array.ndim == 0 or array.dtype.kind not in "biufcmM":
        return np.asarray(value, dtype)  # fails here, before anything is written
    return array if array.dtype.kind == dtype.kind else array.astype(dtype)


def _small_integers(array: AnyArray, dtype: np.dtype[Any]) -> AnyArray:
    low, high = SMALL_INTEGERS[dtype.name]
    numbers: AnyArray = array.astype(np.int64) if array.dtype == dtype else array
    if bool(((numbers < low) | (numbers > high)).any()):
        raise OverflowError(f"dtype {dtype} holds integers in [{low}, {high}]")
    return array.astype(dtype)


def _records(value: Any, dtype: np.dtype[Any]) -> AnyArray:
    """Records, by the order of their fields; a scalar fills every field, as in numpy."""
    texts = [n for n in dtype.names or () if dtype[n].kind in "US"]
    if isinstance(value, np.ndarray | np.void):
        given = np.asarray(value)
    else:  # texts as objects first: numpy would cut those that are too long
        names = [(n, object if n in texts else dtype[n]) for n in dtype.names or ()]
        given = np.asarray(value, np.dtype(names))
    for name, theirs in zip(dtype.names or (), given.dtype.names or (), strict=False):
        if name in texts:
            _fixed_length(given[theirs], dtype[name])
    return given.astype(dtype, copy=False)


def _fixed_length(array: AnyArray, dtype: np.dtype[Any]) -> AnyArray:
    """Text or bytes that fit; numpy would cut them."""
    if array.dtype.kind not in "US":
        joined = array.astype(object) if array.dtype.kind == "T" else array
        array = np.asarray(joined.tolist(), dtype.kind) if joined.size else joined.astype(dtype)
    if array.dtype.kind != dtype.kind:
        array = array.astype(dtype.kind)
    if array.dtype.itemsize > dtype.itemsize:
        lengths: AnyArray = np.strings.str_len(array)
        longest = int(np.max(lengths, initial=0))
        room = dtype.itemsize // (4 if dtype.kind == "U" else 1)
        if longest > room:
            too_long = array.reshape(-1)[int(np.argmax(lengths))]
            raise ValueError(
                f"{too_long!r} has {longest} {'characters' if dtype.kind == 'U' else 'bytes'}, "
                f"dtype {dtype} holds {room}"
            )
    return array


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
    if array.dtype.kind == ("U" if text else "S") or array.dtype.kind == dtype.kind == "T":
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
    return objects


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


def _broadcast(
    array: AnyArray, given: tuple[int, ...], selection: Selection, target: Target
) -> AnyArray:
    shape = selection.shape
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
    """Refuse values that a filter of the chain can't store.

    Raises
    ------
    ValueError
        A value is out of the range of what is stored.
    """
    if chain.shard is not None:
        refuse_unfit(chain.shard.chain, values)
    if not isinstance(chain.coding, Filtered):
        return
    for each in chain.coding.filters:
        if not isinstance(each, ScaleOffset | CastValue):
            return
        values = each.encode(
            values.astype(each.dtype if isinstance(each, CastValue) else chain.stored_dtype)
        )

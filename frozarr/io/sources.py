"""Arrays that are not ours but can be sliced: h5py, zarr, dask, netCDF4, xarray and their like."""

import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs
import numpy as np

from frozarr.errors import ShapeMismatchError
from frozarr.types import UNSET, AnyArray, AnyDtype, Shape

__all__ = ["SlicedSource", "sliced_source"]

_READ_BY_THREADS = {"dask", "h5py", "numpy", "tensorstore", "xarray", "zarr", "zarrs"}
"""Packages whose arrays may be read by several threads at once."""
_TURNS: dict[str, threading.Lock] = {}
"""Held while an array of another package is read: its library may know of one thread only."""


@attrs.frozen(eq=False)
class SlicedSource:
    """An array of another library, read region by region."""

    values: Any
    """What is sliced."""
    shape: Shape
    data_type: AnyDtype | str
    """Type of the elements; the name of a data type for text and bytes of any length."""
    chunks: Shape | None
    """Shape of a chunk, where the library says so."""
    shards: Shape | None
    turn: AbstractContextManager[object]
    """Held while a region is read, where only one thread at a time may do so."""

    def read(self, region: tuple[slice, ...]) -> AnyArray:
        """The elements of a region; masked ones stay masked.

        Raises
        ------
        ShapeMismatchError, TypeError
            The library gave another shape, or numbers that its own dtype can't hold.
        """
        with self.turn:
            part = _as_numpy(self.values[region])
        shape = tuple(s.stop - s.start for s in region)
        if part.shape != shape:
            raise ShapeMismatchError(
                f"a {type(self.values).__name__} gave shape {part.shape} for a region of shape "
                f"{shape}"
            )
        expected = self.data_type
        if isinstance(expected, np.dtype) and not np.can_cast(part.dtype, expected, "same_kind"):
            raise TypeError(
                f"a {type(self.values).__name__} of dtype {expected} gave {part.dtype}; give "
                "dtype=, or convert it first"
            )
        return part


def sliced_source(values: Any) -> SlicedSource | None:
    """An array of another library as a source; None for what is better handed to numpy whole.

    Raises
    ------
    ValueError, TypeError
        Its shape is not known, or it can be read asynchronously only.

    Examples
    --------
    >>> class Squares:
    ...     shape, dtype = (4,), np.dtype("i8")
    ...     def __getitem__(self, region):
    ...         return np.arange(4)[region] ** 2
    >>> sliced_source(Squares()).read((slice(1, 3),))
    array([1, 4])
    >>> sliced_source([1, 2]) is None
    True
    """
    package = type(values).__module__.partition(".")[0]
    if isinstance(values, np.ndarray | np.generic) or package in {"pandas", "cupy"}:
        return None
    shape, dtype = getattr(values, "shape", UNSET), getattr(values, "dtype", None)
    if shape is UNSET or dtype is None:
        return None
    if not isinstance(shape, tuple) or not all(isinstance(n, int | np.integer) for n in shape):
        raise ValueError(
            f"the shape of a {type(values).__name__} is not known ({shape}); compute it first"
        )
    if not hasattr(values, "__getitem__"):
        if hasattr(values, "getitem"):
            raise TypeError(
                f"a {type(values).__name__} is read asynchronously; give its blocking form"
            )
        return None
    data_type = _data_type(dtype)
    if data_type is None:
        return None
    if data_type == "string" and hasattr(values, "asstr"):
        values = values.asstr()  # h5py gives bytes otherwise
    by_threads = package in _READ_BY_THREADS
    turn = nullcontext() if by_threads else _TURNS.setdefault(package, threading.Lock())
    if not by_threads and isinstance(data_type, np.dtype):
        with turn:
            data_type = _type_given(values, len(shape), data_type)
    chunks = getattr(values, "chunksize", None) or getattr(values, "chunks", None)
    return SlicedSource(
        values, tuple(map(int, shape)), data_type, _as_chunks(chunks, len(shape)),
        _as_chunks(getattr(values, "shards", None), len(shape)), turn,
    )  # fmt: skip


def _as_numpy(part: Any) -> AnyArray:
    return part if isinstance(part, np.ma.MaskedArray) else np.asarray(part)


def _type_given(values: Any, ndim: int, declared: AnyDtype) -> AnyDtype:
    """Type of what slicing gives: netCDF4's scaled variables say that of what is stored."""
    try:
        nothing = _as_numpy(values[(slice(0, 0),) * ndim])
    except Exception:  # noqa: BLE001 - of any library: then what it declares must do
        return declared
    return nothing.dtype if ndim and nothing.dtype != np.dtype(object) else declared


def _data_type(dtype: Any) -> AnyDtype | str | None:
    """Type of the elements, as far as it can be told without reading them."""
    if dtype is str:  # netCDF4's way to say text
        return "string"
    try:
        known: AnyDtype = np.dtype(dtype)
    except TypeError:  # of torch and others, which numpy does not know
        return None
    if known != np.dtype(object):
        return known
    note: dict[str, object] = dict(known.metadata or {})
    element = note.get("vlen")  # h5py's way to say text or bytes
    return "string" if element is str else "variable_length_bytes" if element is bytes else None


def _as_chunks(sizes: Any, ndim: int) -> Shape | None:
    """Sizes that are one positive integer per axis."""
    if not isinstance(sizes, tuple | list) or len(sizes) != ndim:
        return None
    whole = all(isinstance(size, int | np.integer) and 0 < size < sys.maxsize for size in sizes)
    return tuple(map(int, sizes)) if whole else None

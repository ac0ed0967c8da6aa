"""Arrays that are not ours but can be sliced: h5py, zarr, dask, netCDF4, xarray and their like."""

import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs
import numpy as np

from frozarr.types import AnyArray, AnyDtype, Shape

__all__ = ["SlicedSource", "sliced_source"]

_READ_BY_THREADS = {"dask", "h5py", "numpy", "tensorstore", "xarray", "zarr", "zarrs"}
"""Packages whose arrays may be read by several threads at once."""


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
    turn: AbstractContextManager[Any]
    """Held while a region is read, where only one thread at a time may do so."""

    def read(self, region: tuple[slice, ...]) -> AnyArray:
        """The elements of a region."""
        with self.turn:
            return np.asarray(self.values[region])


def sliced_source(values: Any) -> SlicedSource | None:
    """An array of another library as a source; None for what is better handed to numpy whole.

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
    shape, dtype = getattr(values, "shape", None), getattr(values, "dtype", None)
    if not isinstance(shape, tuple) or dtype is None or not hasattr(values, "__getitem__"):
        return None
    data_type = _data_type(dtype)
    if data_type is None:
        return None
    if data_type == "string" and hasattr(values, "asstr"):
        values = values.asstr()  # h5py gives bytes otherwise
    chunks = getattr(values, "chunksize", None) or getattr(values, "chunks", None)
    by_threads = package in _READ_BY_THREADS
    return SlicedSource(
        values, tuple(map(int, shape)), data_type, _as_chunks(chunks, len(shape)),
        _as_chunks(getattr(values, "shards", None), len(shape)),
        nullcontext() if by_threads else threading.Lock(),
    )  # fmt: skip


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

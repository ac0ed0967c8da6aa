"""NumPy decides what is right: one helper that compares everything there is to compare."""

from typing import Any

import numpy as np
import numpy.typing as npt

from frozarr.types import AnyArray

__all__ = ["assert_same_array", "assign_same", "check_same"]


def assert_same_array(actual: object, expected: object) -> None:
    """Same shape, dtype and bits (NaN equals the same NaN); scalars have no byte order."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    if not expected.ndim and expected.dtype.kind in "iufcMmU":
        actual, expected = (a.astype(a.dtype.newbyteorder("=")) for a in (actual, expected))
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    assert actual.dtype == expected.dtype, (actual.dtype, expected.dtype)
    if expected.dtype.hasobject:
        assert actual.tolist() == expected.tolist(), (actual, expected)
    else:
        assert actual.tobytes() == expected.tobytes(), (actual, expected)


def check_same(array: Any, values: AnyArray, selection: Any, *, raises: Any = None) -> None:
    """Index an array and its values alike; compare value, shape and dtype, or the exception.

    Parameters
    ----------
    array
        Anything indexable that should behave as `values`.
    raises
        Exception that is right where NumPy has none (a step below 1, say).
    """
    try:
        expected = values[selection]
    except Exception as error:  # noqa: BLE001 - NumPy's own exception is the oracle
        raises = raises or type(error)
    if raises is None:
        assert_same_array(array[selection], expected)
        return
    try:
        actual = array[selection]
    except raises:
        return
    raise AssertionError(f"{selection!r} gave {actual!r}, expected {raises.__name__}")


def assign_same(
    array: Any, values: AnyArray, selection: Any, mode: str, new: npt.ArrayLike
) -> None:
    """Write to an array and to its NumPy twin; of repeated elements the last in C order counts.

    Parameters
    ----------
    mode
        "basic", "orthogonal" (one entry per axis) or "coordinate".
    """
    getattr(array, f"set_{mode}_selection")(selection, new)
    if mode != "orthogonal":
        # an empty index would store a 0-d array of objects as an object
        values[selection or ...] = new
        return
    chosen = [np.atleast_1d(np.arange(n)[e]) for n, e in zip(values.shape, selection, strict=True)]
    index = np.ix_(*chosen) if chosen else ()
    flat = np.arange(values.size).reshape(values.shape)[index].reshape(-1)
    elements = values.reshape(-1)
    for position, value in zip(flat, np.asarray(new).reshape(-1), strict=True):
        elements[position] = value

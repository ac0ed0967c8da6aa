"""Fill values: as arrays, and which chunks hold nothing else."""

import numpy as np
import numpy.typing as npt

from frozarr.types import AnyArray, AnyDtype

__all__ = ["as_scalar", "equal_to_fill"]


def as_scalar(value: object, dtype: AnyDtype) -> AnyArray:
    """A fill value as a 0-d array; bytes of any length as an object."""
    scalar = np.empty((), dtype)
    scalar[()] = value[()] if isinstance(value, np.ndarray) else value
    return scalar


def equal_to_fill(staging: AnyArray, fill: AnyArray) -> npt.NDArray[np.bool_]:
    """Per chunk, whether every element has exactly the bits of the fill value.

    Examples
    --------
    >>> equal_to_fill(np.array([[0.0, 0.0], [0.0, -0.0]]), np.array(0.0))
    array([ True, False])
    """
    count, itemsize = len(staging), staging.dtype.itemsize
    if staging.dtype.hasobject:
        return _objects_equal(staging.reshape(count, -1), fill[()])
    width = itemsize if itemsize in {1, 2, 4, 8} else 1
    words = staging.reshape(count, -1).view(f"u{width}").reshape(count, -1, itemsize // width)
    pattern = np.frombuffer(fill.tobytes(), f"u{width}")
    empty = (words[:, 0] == pattern).all(axis=-1)  # most chunks differ in their first element
    candidates = np.flatnonzero(empty)
    if words[0].nbytes <= 4096 and len(candidates) > 8:  # small chunks: all at once
        empty[candidates] = (words[candidates] == pattern).all(axis=(1, 2))
        return np.asarray(empty)
    for row in candidates.tolist():
        empty[row] = bool((words[row] == pattern).all())
    return np.asarray(empty)


def _objects_equal(rows: AnyArray, fill: object) -> npt.NDArray[np.bool_]:
    """Per row of objects, whether all of them equal the fill value."""
    if rows.dtype.kind == "T":  # most rows differ in their first element
        empty = np.asarray(rows[:, 0] == fill)
        empty[empty] = (rows[empty] == fill).all(axis=1)
        return empty
    kind = type(fill)  # objects of other types may have no plain equality (arrays)
    return np.array([all(type(o) is kind and o == fill for o in row) for row in rows], bool)

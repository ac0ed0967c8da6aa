"""Arrays as fields of frozen values: read-only, compared element by element."""

from typing import Any, TypeVar

import attrs
import numpy as np

from frozarr.types import AnyArray

__all__ = ["column", "read_only"]

A = TypeVar("A", bound=AnyArray)


def read_only(array: A) -> A:
    """The array, or a view of it, that nobody can write through.

    Examples
    --------
    >>> read_only(np.arange(3)).flags.writeable
    False
    """
    if array.flags.writeable:
        array = array.view()
        array.setflags(write=False)
    return array


def _same(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return np.array_equal(ours, theirs)


def _frozen(array: Any) -> Any:
    """As `read_only`; None stays None."""
    if array is not None and array.flags.writeable:
        array = array.view()
        array.setflags(write=False)
    return array


def column(**options: Any) -> Any:
    """Field of an attrs class that holds an array (or None).

    Equality compares elements; the hash of a value goes by its other fields.
    """
    return attrs.field(converter=_frozen, eq=attrs.cmp_using(eq=_same), hash=False, **options)

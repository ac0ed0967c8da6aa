"""Arrays as fields of frozen values: read-only, compared element by element."""

from typing import Any, TypeVar

import attrs
import numpy as np

from frozarr.types import AnyArray, Immutable

__all__ = ["Columnar", "column", "read_only"]

A = TypeVar("A", bound=AnyArray)


def read_only(array: A) -> A:
    """The array, which nobody can write to from now on.

    An array that owns its memory is made read-only as it is, without a copy: it now belongs to the
    value that holds it. A view of memory that others can write to is copied.

    Examples
    --------
    >>> read_only(np.arange(3)).flags.writeable
    False
    >>> whole = np.arange(4)
    >>> part = read_only(whole[2:])
    >>> whole[2] = 9
    >>> part
    array([2, 3])
    """
    base = array.base
    shared = base.flags.writeable if isinstance(base, np.ndarray) else array.flags.writeable
    if base is not None and shared:
        array = array.copy()
    array.setflags(write=False)
    return array


def _frozen(field: object) -> Any:
    """As `read_only`; whatever is no array (None, a slice) stays what it is."""
    return read_only(field) if isinstance(field, np.ndarray) else field


def _same(ours: object, theirs: object) -> bool:
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return np.array_equal(ours, theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


def column(**options: Any) -> Any:
    """Field of an attrs class that holds an array (or None, or a slice).

    Equality compares elements; the hash of a value goes by its other fields.
    """
    return attrs.field(converter=_frozen, eq=attrs.cmp_using(eq=_same), hash=False, **options)


class Columnar(Immutable):
    """Mixin of values with arrays as fields: they are read-only in a pickled copy, too."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        cls: Any = type(self)
        return cls, tuple([getattr(self, field.name) for field in attrs.fields(cls) if field.init])

"""From documents and numpy types to data type values."""

import re
from typing import Any

import numpy as np

from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.numeric import (
    COMPLEXES,
    FLOATS,
    INTEGERS,
    Boolean,
    Complex,
    Float,
    Integer,
)
from frozarr.metadata.members import Members, parse_extension
from frozarr.metadata.problems import Problems
from frozarr.metadata.registry import describe_unknown, find
from frozarr.types import JSON, Loc

__all__ = ["data_type_of", "parse_data_type", "parse_dtype_v2", "parse_user_dtype"]

SIMPLE: dict[str, DataType] = {
    "bool": Boolean(),
    **{name: Integer(name) for name in INTEGERS},
    **{name: Float(name) for name in FLOATS},
    **{name: Complex(name) for name in COMPLEXES},
}


def data_type_of(dtype: np.dtype[Any]) -> DataType | None:
    """Data type whose elements numpy stores as `dtype`, whatever its byte order; None if none.

    Examples
    --------
    >>> data_type_of(np.dtype(">i4"))
    Integer(name='int32')
    """
    if dtype.kind in "biufc":
        return SIMPLE.get(dtype.name)
    return None


def parse_data_type(value: JSON, loc: Loc, problems: Problems) -> DataType | None:
    """Data type from the member ``data_type`` of format 3, or noted problems."""
    extension = parse_extension(value, loc, problems)
    if extension is None:
        return None
    if extension.name in SIMPLE:
        Members(extension.configuration, (*loc, "configuration"), problems).refuse_rest()
        return SIMPLE[extension.name]
    cls = find("data_types", extension.name)
    if cls is None:
        problems.add(loc, describe_unknown("data_types", extension.name), unknown=True)
        return None
    members = Members(extension.configuration, (*loc, "configuration"), problems)
    data_type: DataType | None = cls.from_members(members)
    return data_type


def parse_dtype_v2(value: JSON, loc: Loc, problems: Problems) -> np.dtype[Any] | None:
    """NumPy type, byte order included, from the member ``dtype`` of format 2.

    Examples
    --------
    >>> parse_dtype_v2(">i4", (), Problems())
    dtype('>i4')
    """
    if isinstance(value, str) and re.fullmatch(r"[<>|][a-zA-Z]\d*(\[\w+\])?", value):
        try:
            dtype = np.dtype(value)
        except TypeError:
            dtype = None
        ordered = dtype is not None and (value[0] != "|" or dtype.itemsize <= 1)
        if dtype is not None and ordered and data_type_of(dtype) is not None:
            return dtype
    problems.add(
        loc, f"expected a byte order (<, > or |), a kind and a size, such as '<i4'; got {value!r}"
    )
    return None


def parse_user_dtype(value: Any) -> np.dtype[Any]:
    """NumPy type that a caller means by ``dtype=``.

    Raises
    ------
    ValueError
        No data type of the formats stores it.
    TypeError
        numpy does not know it.
    """
    dtype: np.dtype[Any] = np.dtype(value)
    if data_type_of(dtype) is None:
        raise ValueError(f"dtype {dtype} has no data type in the Zarr formats")
    return dtype

"""From documents, numpy types and what users say to data type values."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from frozarr.metadata.dtypes.base import MAX_ITEM_NBYTES, REGISTERED, DataType
from frozarr.metadata.dtypes.fixed import FixedLengthUtf32, NullTerminatedBytes, RawBytes
from frozarr.metadata.dtypes.numeric import (
    COMPLEXES,
    FLOATS,
    INTEGERS,
    Boolean,
    Complex,
    Float,
    Integer,
)
from frozarr.metadata.dtypes.small import SMALL_FLOATS, SMALL_INTEGERS, SmallFloat, SmallInteger
from frozarr.metadata.dtypes.struct import Struct
from frozarr.metadata.dtypes.time import TimeType
from frozarr.metadata.dtypes.vlen import String
from frozarr.metadata.parsing.at import INVALID, At, Invalid, parsed
from frozarr.metadata.parsing.extension import parse_named
from frozarr.metadata.registry import default_registry
from frozarr.types import JSON, AnyDtype

__all__ = ["data_type_of", "parse_data_type", "parse_dtype_v2", "user_data_type"]

SIMPLE: dict[str, DataType] = {
    "bool": Boolean(),
    **{name: Integer(name) for name in INTEGERS},
    **{name: Float(name) for name in FLOATS},
    **{name: Complex(name) for name in COMPLEXES},
}


def data_type_of(dtype: AnyDtype) -> DataType | None:
    """Data type whose elements numpy stores as `dtype`, whatever its byte order; None if none.

    Examples
    --------
    >>> data_type_of(np.dtype(">i4")), data_type_of(np.dtype("S3"))
    (Integer(name='int32'), NullTerminatedBytes(name='null_terminated_bytes', length=3))
    """
    if dtype.kind in "biufc" and dtype.name in SIMPLE:
        return SIMPLE[dtype.name]
    if dtype.names is not None:
        return _struct_of_dtype(dtype)
    if dtype.name in SMALL_FLOATS:
        return SmallFloat(dtype.name)
    if dtype.name in SMALL_INTEGERS:
        return SmallInteger(dtype.name)
    if dtype.kind in "Mm":
        return TimeType.of(dtype)
    if dtype.kind == "T":
        return String()
    if not dtype.itemsize or dtype.subdtype is not None:
        return None
    match dtype.kind:
        case "U":
            return FixedLengthUtf32(dtype.itemsize // 4)
        case "S":
            return NullTerminatedBytes(dtype.itemsize)
        case "V":
            return RawBytes(dtype.itemsize)
    return None


def _struct_of_dtype(dtype: AnyDtype) -> DataType | None:
    """Struct of a packed structured type; None if a field has no data type, or there is padding."""
    fields = [(name, data_type_of(dtype[name])) for name in dtype.names or ()]
    if not fields or any(t is None or t.numpy.hasobject for _, t in fields):
        return None
    struct = Struct(tuple((n, t) for n, t in fields if t is not None))
    return struct if struct.numpy.itemsize == dtype.itemsize else None


def parse_data_type(at: At) -> DataType | Invalid:
    """Data type from the member ``data_type`` of format 3, or noted problems.

    A data type value is itself.
    """
    if isinstance(at.value, DataType) and not isinstance(at.value, type):
        return at.value
    data_type: DataType | Invalid = parse_named("data_types", at)
    return data_type


# ---------------------------------------------------------------------- format 2


def parse_dtype_v2(at: At) -> AnyDtype | Invalid:
    """NumPy type, byte order included, from the member ``dtype`` of format 2.

    ``|O`` gives numpy's object type; the object codec says what the objects are.

    Examples
    --------
    >>> from frozarr.metadata.parsing.problems import Problems
    >>> parse_dtype_v2(At(">i4", Problems()))
    dtype('>i4')
    >>> parse_dtype_v2(At([["a", "<i2"], ["b", [["c", "|S3"]]]], Problems()))
    dtype([('a', '<i2'), ('b', [('c', 'S3')])])
    """
    value = at.value
    if isinstance(value, list | tuple):
        return _parse_structure_v2(at)
    if value == "|O":
        return np.dtype(object)
    if isinstance(value, str) and re.fullmatch(r"[<>|][a-zA-Z]\d*(\[\w+\])?", value):
        try:
            dtype = np.dtype(value)
        except TypeError:
            dtype = None
        if dtype is not None and dtype.itemsize > MAX_ITEM_NBYTES:
            return at.problem(f"elements of {dtype.itemsize} bytes exceed {MAX_ITEM_NBYTES}")
        alone = dtype is not None and (dtype.itemsize <= 1 or dtype.kind in "SV")
        if dtype is not None and (value[0] != "|" or alone) and data_type_of(dtype) is not None:
            timed = dtype.kind not in "Mm" or "[" in value
            if timed:
                return dtype
    return at.problem(
        f"expected a byte order (<, > or |), a kind and a size, such as '<i4'; got {value!r}"
    )


def _parse_structure_v2(at: At) -> AnyDtype | Invalid:
    fields: list[Any] = []
    for i, entry in enumerate(at.value):
        if not isinstance(entry, list | tuple) or len(entry) not in {2, 3}:
            at.child(i).problem(f"expected [name, dtype], got {entry!r}")
            continue
        dtype = parse_dtype_v2(at.child(i, 1))
        if dtype is not INVALID and not dtype.hasobject:
            fields.append((entry[0], dtype))
        if len(entry) == 3:
            at.child(i, 2).problem("fields that are arrays are not supported")
    names = [name for name, _ in fields]
    if len(fields) < len(at.value) or not at.value:
        return at.problem(f"not a structured type of fixed-size fields: {at.value!r}")
    if not all(isinstance(n, str) and n for n in names) or len(set(names)) < len(names):
        return at.problem(f"field names must be unique and not empty, got {names}")
    return np.dtype(fields)


def in_format_2(dtype: AnyDtype) -> bool:
    """Whether format 2 has a type: one of numpy's own, times with a unit.

    Examples
    --------
    >>> in_format_2(np.dtype("M8[s]")), in_format_2(np.dtype("M8"))
    (True, False)
    """
    if dtype.names is not None:
        return all(in_format_2(dtype[name]) for name in dtype.names)
    if dtype.kind in "Mm":
        return np.datetime_data(dtype)[0] != "generic"
    return dtype.isbuiltin != REGISTERED


def dtype_to_json_v2(dtype: AnyDtype) -> JSON:
    """Member ``dtype`` of format 2.

    Examples
    --------
    >>> dtype_to_json_v2(np.dtype([("a", ">i2"), ("b", [("c", "S3")])]))
    [['a', '>i2'], ['b', [['c', '|S3']]]]
    """
    if dtype.names is not None:
        return [[name, dtype_to_json_v2(dtype[name])] for name in dtype.names]
    return "|O" if dtype.hasobject else dtype.str


# ---------------------------------------------------------------------- what users say


def user_data_type(value: Any) -> tuple[DataType, AnyDtype]:
    """Data type that a caller means by ``dtype=``, and the numpy type with its byte order.

    Takes a data type value, anything numpy takes, ``str``, a registered name, or the object form of
    format 3.

    Raises
    ------
    ValueError
        No data type of the formats stores it.
    TypeError
        Neither numpy nor the registry knows it.

    Examples
    --------
    >>> user_data_type("string")[0], user_data_type(">i2")
    (String(name='string'), (Integer(name='int16'), dtype('>i2')))
    """
    if value is str:
        return String(), String().numpy
    if isinstance(value, DataType) and not isinstance(value, type):
        return value, value.numpy
    if isinstance(value, str | Mapping) and (named := _named(value)) is not None:
        return named, named.numpy
    dtype: AnyDtype = np.dtype(value)
    if dtype.itemsize > MAX_ITEM_NBYTES:
        raise ValueError(
            f"dtype {dtype} has elements of {dtype.itemsize} bytes, at most {MAX_ITEM_NBYTES} are "
            "allowed; give the array another axis"
        )
    if dtype.names is not None:  # fields without padding, as they are stored
        dtype = _packed(dtype)
    data_type = data_type_of(dtype)
    if data_type is None:
        hint = (
            "; for text use 'string', for bytes 'variable_length_bytes'" if dtype.hasobject else ""
        )
        raise ValueError(f"dtype {dtype} has no data type in the Zarr formats{hint}")
    return data_type, dtype


def _packed(dtype: AnyDtype) -> AnyDtype:
    if dtype.names is None:
        return dtype
    return np.dtype([(name, _packed(dtype[name])) for name in dtype.names])


def _named(value: Any) -> DataType | None:
    """Data type of a name or object form; None for what numpy may know."""
    if isinstance(value, Mapping) and "name" not in value:
        return None
    if isinstance(value, str) and default_registry().find("data_types", value) is None:
        return None
    return parsed(parse_data_type, value, "dtype")

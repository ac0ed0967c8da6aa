"""Data types by their older names; they are those of `frozarr.dtypes`."""

from typing import Any, ClassVar

import numpy as np

from frozarr import dtypes
from frozarr.dtypes import DataType as ZDType
from frozarr.dtypes import FixedLengthUtf32 as FixedLengthUTF32
from frozarr.dtypes import NullTerminatedBytes, RawBytes, Struct, VariableLengthBytes
from frozarr.dtypes import String as VariableLengthUTF8
from frozarr.metadata.dtypes.lookup import user_data_type

__all__ = [
    "Bool", "Complex64", "Complex128", "DateTime64", "FixedLengthUTF32", "Float16", "Float32",
    "Float64", "Int8", "Int16", "Int32", "Int64", "NullTerminatedBytes", "RawBytes", "Struct",
    "Structured", "TimeDelta64", "UInt8", "UInt16", "UInt32", "UInt64", "VariableLengthBytes",
    "VariableLengthUTF8", "ZDType", "data_type_registry", "parse_data_type", "parse_dtype",
]  # fmt: skip

Structured = Struct


class _Named(type):
    """Classes that stand for the values of one name."""

    zarr_name: ClassVar[str] = ""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, ZDType) and instance.name == cls.zarr_name

    def __call__(cls, *_: Any, **__: Any) -> Any:
        return user_data_type(cls.zarr_name)[0]


def _named(name: str, zarr_name: str) -> Any:
    return _Named(name, (), {"zarr_name": zarr_name, "__doc__": f"Data type ``{zarr_name}``."})


Bool = _named("Bool", "bool")
Int8, Int16, Int32, Int64 = (_named(f"Int{n}", f"int{n}") for n in (8, 16, 32, 64))
UInt8, UInt16, UInt32, UInt64 = (_named(f"UInt{n}", f"uint{n}") for n in (8, 16, 32, 64))
Float16, Float32, Float64 = (_named(f"Float{n}", f"float{n}") for n in (16, 32, 64))
Complex64, Complex128 = (_named(f"Complex{n}", f"complex{n}") for n in (64, 128))


def _time_type(letter: str) -> Any:
    def make(unit: str = "generic", scale_factor: int = 1, **_: Any) -> dtypes.DataType:
        """A type of points or spans of time.

        Parameters
        ----------
        unit
            Of numpy: ``"s"``, ``"D"``, …
        scale_factor
            How many of them make one step.
        """
        shown = "" if unit == "generic" else f"[{scale_factor}{unit}]"
        return user_data_type(np.dtype(f"{letter}8{shown}"))[0]

    return make


DateTime64 = _time_type("M")
TimeDelta64 = _time_type("m")


def parse_dtype(dtype_spec: Any, *, zarr_format: Any = 3) -> dtypes.DataType:
    """Data type that is meant by anything numpy takes, a name, or its JSON.

    Parameters
    ----------
    dtype_spec
        What says the type.
    zarr_format
        2 or 3; a name that numpy knows means the same in both.
    """
    if zarr_format not in {2, 3}:
        raise ValueError(f"zarr_format must be 2 or 3, got {zarr_format!r}")
    return user_data_type(dtype_spec)[0]


parse_data_type = parse_dtype


class _Types:
    """Data types by what says them."""

    def match_dtype(self, dtype: Any) -> dtypes.DataType:
        """Data type of a numpy type."""
        return user_data_type(dtype)[0]

    def match_json(self, data: Any, *, zarr_format: Any = 3) -> dtypes.DataType:
        """Data type of its JSON."""
        return parse_dtype(data, zarr_format=zarr_format)


data_type_registry = _Types()

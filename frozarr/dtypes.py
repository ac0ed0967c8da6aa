"""Data type values."""

from frozarr.lazy import only
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.fixed import FixedLengthUtf32, NullTerminatedBytes, RawBytes
from frozarr.metadata.dtypes.numeric import Boolean, Complex, Float, Integer
from frozarr.metadata.dtypes.small import SmallFloat, SmallInteger
from frozarr.metadata.dtypes.struct import Struct
from frozarr.metadata.dtypes.time import TimeType
from frozarr.metadata.dtypes.vlen import String, VariableLengthBytes

__all__ = [
    "Boolean", "Complex", "DataType", "FixedLengthUtf32", "Float", "Integer",
    "NullTerminatedBytes", "RawBytes", "SmallFloat", "SmallInteger", "String", "Struct",
    "TimeType", "VariableLengthBytes",
]  # fmt: skip

__dir__ = only(__all__)

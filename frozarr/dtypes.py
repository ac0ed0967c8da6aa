"""Data type values."""

from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.numeric import Boolean, Complex, Float, Integer

__all__ = ["Boolean", "Complex", "DataType", "Float", "Integer"]

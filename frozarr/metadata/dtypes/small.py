"""Narrow floats and integers of machine learning, by the package ml_dtypes where installed."""

import math
import re
from functools import cache
from importlib import import_module
from typing import Any, Self

import attrs
import numpy as np

from frozarr.errors import MetadataError
from frozarr.metadata.dtypes.base import given_fill
from frozarr.metadata.dtypes.numeric import SPECIAL
from frozarr.metadata.parsing.at import At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["SMALL_TYPES", "SmallFloat", "SmallInteger"]

SMALL_FLOATS = (
    "bfloat16", "float8_e4m3", "float8_e3m4", "float8_e5m2", "float8_e8m0fnu", "float8_e4m3fnuz",
    "float8_e4m3b11fnuz", "float8_e5m2fnuz", "float8_e4m3fn", "float4_e2m1fn", "float6_e2m3fn",
    "float6_e3m2fn",
)  # fmt: skip
SMALL_INTEGERS = {"int2": (-2, 1), "int4": (-8, 7), "uint2": (0, 3), "uint4": (0, 15)}
SMALL_TYPES = (*SMALL_FLOATS, *SMALL_INTEGERS)


@cache
def _numpy(name: str) -> AnyDtype:
    """NumPy type that ml_dtypes registers.

    Raises
    ------
    ImportError
        It is not installed, or too old for the type.
    """
    try:
        dtype: AnyDtype = np.dtype(getattr(import_module("ml_dtypes"), name))
    except (ImportError, AttributeError) as error:
        raise ImportError(
            f"data type {name!r} needs the package ml_dtypes (pip install ml_dtypes): {error}"
        ) from error
    return dtype


@attrs.frozen
class _SmallType(Immutable):
    """A type that ml_dtypes adds to numpy under the same name."""

    name: str

    @classmethod
    def from_members(cls, members: Members) -> Self | Invalid:
        """Type by its name; a noted problem where ml_dtypes is missing."""
        members.refuse_rest()
        try:
            _numpy(members.name)
        except ImportError as error:
            return members.unavailable(str(error))
        return cls(members.name)

    @property
    def numpy(self) -> AnyDtype:
        """ml_dtypes' type of the same name."""
        return _numpy(self.name)

    def to_json(self) -> JSON:
        """The name."""
        return self.name


@attrs.frozen
class SmallFloat(_SmallType):
    """A float of 4 to 16 bits, stored in whole bytes."""

    name: str = attrs.field(validator=attrs.validators.in_(SMALL_FLOATS))

    def parse_fill(self, at: At) -> Any:
        """Number, special name where the type has it, or hex bit pattern of its bytes."""
        value = at.value
        digits = 2 * self.numpy.itemsize
        if isinstance(value, str) and re.fullmatch(f"0x[0-9a-fA-F]{{{digits}}}", value):
            bits = np.array([int(value, 16)], f"u{self.numpy.itemsize}")
            return bits.view(self.numpy)[0]
        if isinstance(value, str) and value in SPECIAL:
            value = SPECIAL[value]
        if not isinstance(value, int | float) or isinstance(value, bool):
            return at.problem(f"expected a number, 'NaN', 'Infinity' or hex digits, got {value!r}")
        with np.errstate(all="ignore"):
            cast = np.array([float(value)]).astype(self.numpy)
        back = cast.astype(np.float64)[0]
        if math.isnan(value) == math.isnan(back) and math.isinf(value) == math.isinf(back):
            return cast[0]
        return at.problem(f"{self.name} has no {value}")

    def fill_to_json(self, fill: object) -> JSON:
        """Number or special name; hex for NaNs other than the usual one."""
        array = np.asarray(fill, self.numpy).reshape(1)
        value = float(array.astype(np.float64)[0])
        if math.isnan(value):
            bits = array.view(f"u{self.numpy.itemsize}")[0]
            usual = np.array([math.nan]).astype(self.numpy).view(bits.dtype)[0]
            return "NaN" if bits == usual else f"0x{int(bits):0{2 * self.numpy.itemsize}x}"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return value

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Scalar cast with numpy's rules."""
        with np.errstate(all="ignore"):
            return np.asarray(value).astype(self.numpy).reshape(1)[0]


@attrs.frozen
class SmallInteger(_SmallType):
    """An integer of 2 or 4 bits, stored in a byte."""

    name: str = attrs.field(validator=attrs.validators.in_(SMALL_INTEGERS))

    def parse_fill(self, at: At) -> Any:
        """Integer in range."""
        low, high = SMALL_INTEGERS[self.name]
        value = at.value
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return at.problem(f"expected an integer in [{low}, {high}], got {value!r}")
        return np.array([value]).astype(self.numpy)[0]

    def fill_to_json(self, fill: Any) -> JSON:
        """Integer."""
        return int(fill)

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Scalar in range; ValueError for others."""
        number: Any = value
        if number != int(number):
            raise MetadataError(f"fill_value {value!r} does not fit into dtype {self.name}")
        return given_fill(self.parse_fill, int(number))

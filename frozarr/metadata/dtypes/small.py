"""Narrow floats and integers of machine learning, by the package ml_dtypes where installed."""

import math
import re
from functools import cache
from importlib import import_module
from typing import Any

import attrs
import numpy as np

from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["SMALL_TYPES", "SmallFloat", "SmallInteger", "small_type"]

SMALL_FLOATS = {
    "bfloat16": "bfloat16", "float8_e4m3": "float8_e4m3", "float8_e3m4": "float8_e3m4",
    "float8_e5m2": "float8_e5m2", "float8_e8m0fnu": "float8_e8m0fnu",
    "float8_e4m3fnuz": "float8_e4m3fnuz", "float8_e4m3b11fnuz": "float8_e4m3b11fnuz",
    "float8_e5m2fnuz": "float8_e5m2fnuz", "float8_e4m3fn": "float8_e4m3fn",
    "float4_e2m1fn": "float4_e2m1fn", "float6_e2m3fn": "float6_e2m3fn",
    "float6_e3m2fn": "float6_e3m2fn",
}  # fmt: skip
SMALL_INTEGERS = {"int2": (-2, 1), "int4": (-8, 7), "uint2": (0, 3), "uint4": (0, 15)}
SMALL_TYPES = (*SMALL_FLOATS, *SMALL_INTEGERS)


@cache
def _numpy(name: str) -> np.dtype[Any]:
    """NumPy type that ml_dtypes registers.

    Raises
    ------
    ImportError
        It is not installed, or too old for the type.
    """
    try:
        found: np.dtype[Any] = np.dtype(getattr(import_module("ml_dtypes"), name))
    except (ImportError, AttributeError) as error:
        raise ImportError(
            f"data type {name!r} needs the package ml_dtypes (pip install ml_dtypes): {error}"
        ) from error
    return found


def small_type(name: str, loc: Loc, problems: Problems) -> "SmallFloat | SmallInteger | None":
    """Type of a registered name; a noted problem where ml_dtypes is missing."""
    try:
        _numpy(name)
    except ImportError as error:
        problems.add(loc, str(error), unknown=True)
        return None
    return SmallFloat(name) if name in SMALL_FLOATS else SmallInteger(name)


@attrs.frozen
class SmallFloat:
    """A float of 4 to 16 bits, stored in whole bytes."""

    name: str = attrs.field(validator=attrs.validators.in_(SMALL_FLOATS))

    @property
    def numpy(self) -> np.dtype[Any]:
        """ml_dtypes' type of the same name."""
        return _numpy(self.name)

    def to_json(self) -> JSON:
        """The name."""
        return self.name

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> Any:
        """Number, special name where the type has it, or hex bit pattern of its bytes."""
        digits = 2 * self.numpy.itemsize
        if isinstance(value, str) and re.fullmatch(f"0x[0-9a-fA-F]{{{digits}}}", value):
            bits = np.array([int(value, 16)], f"u{self.numpy.itemsize}")
            return bits.view(self.numpy)[0]
        special = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
        if isinstance(value, str) and value in special:
            value = special[value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            with np.errstate(all="ignore"):
                found = np.array([float(value)]).astype(self.numpy)
            back = found.astype(np.float64)[0]
            if math.isnan(value) == math.isnan(back) and math.isinf(value) == math.isinf(back):
                return found[0]
            problems.add(loc, f"{self.name} has no {value}")
            return None
        problems.add(loc, f"expected a number, 'NaN', 'Infinity' or hex digits, got {value!r}")
        return None

    def fill_to_json(self, fill: Any) -> JSON:
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
class SmallInteger:
    """An integer of 2 or 4 bits, stored in a byte."""

    name: str = attrs.field(validator=attrs.validators.in_(SMALL_INTEGERS))

    @property
    def numpy(self) -> np.dtype[Any]:
        """ml_dtypes' type of the same name."""
        return _numpy(self.name)

    def to_json(self) -> JSON:
        """The name."""
        return self.name

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> Any:
        """Integer in range."""
        low, high = SMALL_INTEGERS[self.name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            problems.add(loc, f"expected an integer in [{low}, {high}], got {value!r}")
            return None
        return np.array([value]).astype(self.numpy)[0]

    def fill_to_json(self, fill: Any) -> JSON:
        """Integer."""
        return int(fill)

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Scalar in range; ValueError for others."""
        problems = Problems()
        number: Any = value
        found = self.parse_fill(int(number), ("fill_value",), problems)
        problems.raise_if_any("array metadata")
        return found

"""Booleans, integers, floats and complex numbers (core spec, "Data types").

Fill values: JSON numbers, ``"NaN"``, ``"Infinity"``, ``"-Infinity"``, and for floats the exact bit
pattern in hex, which alone can name a NaN other than the canonical one.
"""

import math
import re
from typing import Any, Self, TypeAlias

import attrs
import numpy as np

from frozarr.errors import MetadataError
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["Boolean", "Complex", "Float", "Integer", "NumericType"]

INTEGERS = tuple(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
FLOATS = ("float16", "float32", "float64")
COMPLEXES = ("complex64", "complex128")
_OTHER_NAMES = {"complex_float32": "complex64", "complex_float64": "complex128"}
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@attrs.frozen
class _Numeric(Immutable):
    """A type that numpy has under the same name."""

    name: str

    @classmethod
    def from_members(cls, members: Members) -> Self:
        """Type by its name; its configuration must be empty."""
        members.refuse_rest()
        return cls(_OTHER_NAMES.get(members.name, members.name))

    @property
    def numpy(self) -> AnyDtype:
        """NumPy's type of the same name."""
        return np.dtype(self.name)

    def to_json(self) -> JSON:
        """The name."""
        return self.name

    def cast_fill(self, value: object) -> np.generic:
        """Scalar of this type; ValueError for a number that it can't hold exactly."""
        return exactly(value, cast_scalar(value, self.numpy))


@attrs.frozen
class Boolean(_Numeric):
    """Data type ``bool``: one byte, 0 or 1.

    Examples
    --------
    >>> Boolean().fill_to_json(np.True_)
    True
    """

    name: str = attrs.field(default="bool", validator=attrs.validators.in_(("bool",)))

    def parse_fill(self, at: At) -> np.generic | Invalid:
        """``true`` or ``false``; 0 and 1, which zarrita wrote, are read too."""
        if not isinstance(at.value, int) or at.value not in {0, 1}:
            return at.problem(f"expected true or false, got {at.value!r}")
        return np.bool_(at.value)

    def fill_to_json(self, fill: object) -> JSON:
        """``true`` or ``false``."""
        return bool(fill)

    def parse_fill_v2(self, at: At) -> np.generic | Invalid:
        """``true``, ``false``, or 0 and 1, which old writers used."""
        if isinstance(at.value, float) and at.value in {0, 1}:
            at = at.holding(int(at.value))
        return self.parse_fill(at)

    fill_to_json_v2 = fill_to_json


@attrs.frozen
class Integer(_Numeric):
    """Data types ``int8`` … ``int64`` and ``uint8`` … ``uint64``.

    Examples
    --------
    >>> Integer("uint16").numpy
    dtype('uint16')
    """

    name: str = attrs.field(validator=attrs.validators.in_(INTEGERS))

    def parse_fill(self, at: At) -> np.generic | Invalid:
        """Integer in range; 1.0 is not one."""
        if not isinstance(at.value, int) or isinstance(at.value, bool):
            return at.problem(f"expected an integer, got {at.value!r}")
        limits = np.iinfo(self.numpy)
        if not limits.min <= at.value <= limits.max:
            return at.problem(f"{at.value} is not in [{limits.min}, {limits.max}] of {self.name}")
        return self.numpy.type(at.value)  # type: ignore[no-any-return]  # the type's scalar

    def fill_to_json(self, fill: Any) -> JSON:
        """JSON integer."""
        return int(fill)

    def parse_fill_v2(self, at: At) -> np.generic | Invalid:
        """Integer in range; old writers wrote 0.0 too."""
        return self.parse_fill(whole_number(at))

    fill_to_json_v2 = fill_to_json


@attrs.frozen
class Float(_Numeric):
    """Data types ``float16``, ``float32`` and ``float64`` (IEEE 754).

    Examples
    --------
    >>> Float("float32").fill_to_json(np.float32("nan"))
    'NaN'
    """

    name: str = attrs.field(validator=attrs.validators.in_(FLOATS))

    def parse_fill(self, at: At) -> np.generic | Invalid:
        """Number, special name, or hex bit pattern of exactly this width."""
        return parse_float(at, self.numpy)

    parse_fill_v2 = parse_fill

    def fill_to_json(self, fill: Any) -> JSON:
        """Number, special name, or hex for a NaN that is not the canonical one."""
        return float_to_json(np.asarray(fill, self.numpy))

    def fill_to_json_v2(self, fill: object) -> JSON:
        """Number or special name; format 2 has no hex."""
        return float_to_json(np.asarray(fill, self.numpy), hex_allowed=False)

    def cast_fill(self, value: object) -> np.generic:
        """Scalar cast with numpy's rules; the special names are understood."""
        return cast_scalar(_number(value), self.numpy)


@attrs.frozen
class Complex(_Numeric):
    """Data types ``complex64`` and ``complex128``: real and imaginary part.

    Examples
    --------
    >>> Complex("complex64").fill_to_json(np.complex64(1 + 2j))
    [1.0, 2.0]
    """

    name: str = attrs.field(validator=attrs.validators.in_(COMPLEXES))

    @property
    def part(self) -> AnyDtype:
        """Type of the real and the imaginary part."""
        return np.dtype(f"f{self.numpy.itemsize // 2}")

    def parse_fill(self, at: At) -> np.generic | Invalid:
        """Pair of floats, each in any form a float fill value has."""
        if not isinstance(at.value, list | tuple) or len(at.value) != 2:
            return at.problem(f"expected a pair [real, imaginary], got {at.value!r}")
        parts = [parse_float(at.child(i), self.part) for i in range(2)]
        if INVALID in parts:
            return INVALID
        # viewed, not computed: arithmetic would lose NaN payloads and the sign of zero
        return np.array(parts, self.part).view(self.numpy)[0]  # type: ignore[no-any-return]  # scalar

    def fill_to_json(self, fill: object) -> JSON:
        """Pair of floats."""
        return [float_to_json(p) for p in np.array([fill], self.numpy).view(self.part)]

    def parse_fill_v2(self, at: At) -> np.generic | Invalid:
        """Pair of floats; a bare number has imaginary part 0 (old writers)."""
        if isinstance(at.value, int | float) and not isinstance(at.value, bool):
            at = at.holding([at.value, 0.0])
        return self.parse_fill(at)

    def fill_to_json_v2(self, fill: object) -> JSON:
        """Pair of floats without hex."""
        parts = np.array([fill], self.numpy).view(self.part)
        return [float_to_json(p, hex_allowed=False) for p in parts]

    def cast_fill(self, value: object) -> np.generic:
        """Scalar cast with numpy's rules; a pair is real and imaginary part."""
        if isinstance(value, list | tuple) and len(value) == 2:
            parts = [cast_scalar(_number(v), self.part) for v in value]
            return np.array(parts, self.part).view(self.numpy)[0]  # type: ignore[no-any-return]  # scalar
        return cast_scalar(_number(value), self.numpy)


NumericType: TypeAlias = Boolean | Integer | Float | Complex


def whole_number(at: At) -> At:
    """The value, as an integer where old writers stored 0.0."""
    if isinstance(at.value, float) and at.value.is_integer():
        return at.holding(int(at.value))
    return at


def exactly(value: object, fill: np.generic) -> np.generic:
    """The fill value, if it is the number that was given; numpy would cut or wrap it.

    Raises
    ------
    MetadataError
        It is another one.

    Examples
    --------
    >>> exactly(1.5, np.int32(1))
    Traceback (most recent call last):
        ...
    frozarr.errors.MetadataError: fill_value 1.5 does not fit into dtype int32
    """
    number = np.asarray(value)
    if number.dtype.kind in "biufc" and not bool((number == fill).all()):
        raise MetadataError(f"fill_value {value!r} does not fit into dtype {fill.dtype}")
    return fill


def _number(value: object) -> object:
    return SPECIAL.get(value, value) if isinstance(value, str) else value


def cast_scalar(value: object, dtype: AnyDtype) -> np.generic:
    """Scalar of `dtype`, with numpy's rules for assignment.

    Raises
    ------
    ValueError
        The value is not a scalar, or does not fit.

    Examples
    --------
    >>> cast_scalar(3.0, np.dtype("int16"))
    np.int16(3)
    """
    if isinstance(value, np.generic) and value.dtype == dtype:
        return value
    if isinstance(value, complex | np.complexfloating) and dtype.kind != "c":
        raise ValueError(f"fill_value {value!r} has an imaginary part, dtype {dtype} has none")
    try:
        cast = np.asarray(value)
        if cast.dtype.kind not in "biufc" or isinstance(value, int):
            cast = np.asarray(value, dtype)  # python integers: numpy refuses those out of range
        with np.errstate(over="ignore", invalid="ignore"):
            scalar = cast.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"fill_value {value!r} is not a {dtype} value: {error}") from error
    if scalar.ndim:
        raise ValueError(f"fill_value must be a scalar, got {value!r}")
    only: np.generic = scalar.reshape(1)[0]
    return only


def parse_float(at: At, dtype: AnyDtype) -> np.generic | Invalid:
    """Float scalar from any of its JSON forms.

    Examples
    --------
    >>> from frozarr.metadata.parsing.problems import Problems
    >>> parse_float(At("0x7fc00001", Problems()), np.dtype("f4")).tobytes().hex()
    '0100c07f'
    """
    value = at.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        with np.errstate(over="ignore"):
            try:
                return cast_scalar(float(value), dtype)
            except OverflowError:
                return at.problem(f"{value} is out of the range of {dtype}")
    if isinstance(value, str):
        if value in SPECIAL:
            return dtype.type(SPECIAL[value])  # type: ignore[no-any-return]  # scalar
        if re.fullmatch(f"0x[0-9a-fA-F]{{{2 * dtype.itemsize}}}", value):
            bits = int(value, 16).to_bytes(dtype.itemsize, "big")
            return np.frombuffer(bits, dtype.newbyteorder(">")).astype(dtype)[0]  # type: ignore[no-any-return]  # scalar
    return at.problem(
        f"expected a number, 'NaN', 'Infinity', '-Infinity' or '0x' and {2 * dtype.itemsize} "
        f"hex digits, got {value!r}"
    )


def float_to_json(fill: Any, *, hex_allowed: bool = True) -> JSON:
    """JSON form of a float scalar: ``"NaN"`` for the canonical NaN only, hex for others.

    Examples
    --------
    >>> float_to_json(np.float16(-0.0)), float_to_json(np.float16("inf"))
    (-0.0, 'Infinity')
    """
    if np.isnan(fill):
        # as an array: a scalar's astype keeps the native byte order
        bits = np.asarray(fill).astype(fill.dtype.newbyteorder(">")).tobytes()
        canonical = np.array(math.nan, fill.dtype.newbyteorder(">")).tobytes()
        if not hex_allowed or bits == canonical:
            return "NaN"
        return f"0x{bits.hex()}"
    if np.isinf(fill):
        return "Infinity" if fill > 0 else "-Infinity"
    return float(fill)

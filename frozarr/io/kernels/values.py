"""Filters that change values: ``scale_offset`` and ``cast_value``. Nothing is lost in silence."""

import math
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import DecodeError
from frozarr.metadata.codecs.values import CastValueCodec, OutOfRange

__all__ = ["CastValue", "ScaleOffset", "cast"]

AnyArray: TypeAlias = npt.NDArray[Any]
Pairs: TypeAlias = tuple[tuple[Any, Any], ...]


@attrs.frozen(eq=False)
class ScaleOffset:
    """``(x - offset) * scale`` and back, in the arithmetic of the array's type.

    Examples
    --------
    >>> ScaleOffset(np.int16(5), np.int16(2)).encode(np.array([6, 7], "i2"))
    array([2, 4], dtype=int16)
    """

    offset: Any
    scale: Any

    def encode(self, decoded: AnyArray) -> AnyArray:
        """Scaled values; ValueError where they leave the type."""
        if decoded.dtype.kind in "iu":
            first, last = self._extremes(decoded)
            offset, scale = int(self.offset), int(self.scale)
            shifted = (first - offset, last - offset)
            _check_range((*shifted, *(n * scale for n in shifted)), decoded.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            found: AnyArray = (decoded - self.offset) * self.scale
        if decoded.dtype.kind in "fc" and bool((np.isfinite(decoded) & ~np.isfinite(found)).any()):
            raise ValueError(f"scale_offset: a value leaves the range of {decoded.dtype}")
        return found.astype(decoded.dtype, copy=False)

    def decode(self, encoded: AnyArray) -> AnyArray:
        """Values before scaling."""
        if encoded.dtype.kind not in "iu":
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                floats: AnyArray = encoded / self.scale + self.offset
            return floats.astype(encoded.dtype, copy=False)
        if not int(self.scale):
            raise DecodeError("scale_offset: a scale of 0 can't be undone")
        quotient, rest = np.divmod(encoded, self.scale)
        if rest.any():
            raise DecodeError(f"scale_offset: a stored value is no multiple of {self.scale}")
        first, last = self._extremes(quotient)
        offset = int(self.offset)
        try:
            _check_range((first + offset, last + offset), encoded.dtype)
        except ValueError as error:
            raise DecodeError(str(error)) from error
        found: AnyArray = quotient + self.offset
        return found

    def stored(self, values: AnyArray) -> AnyArray:
        """Scaled values, once it is known that they scale back."""
        found = self.encode(values)
        self.decode(found)
        return found

    @staticmethod
    def _extremes(array: AnyArray) -> tuple[int, int]:
        return (int(array.min()), int(array.max())) if array.size else (0, 0)


def _check_range(values: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    limits = np.iinfo(dtype)
    for value in values:
        if not limits.min <= value <= limits.max:
            raise ValueError(f"scale_offset: {value} leaves the range of {dtype}")


@attrs.frozen(eq=False)
class CastValue:
    """Casts to the stored type and back, as codec ``cast_value`` says.

    Examples
    --------
    >>> from frozarr.metadata.dtypes.numeric import Integer
    >>> codec = CastValueCodec(data_type=Integer("uint8"), out_of_range="clamp")
    >>> CastValue(codec, np.dtype("f8")).encode(np.array([-1.0, 2.5, 3.5, 1e9]))
    array([  0,   2,   4, 255], dtype=uint8)
    """

    codec: CastValueCodec
    dtype: np.dtype[Any]
    """Type before encoding."""
    to_stored: Pairs = ()
    from_stored: Pairs = ()

    def encode(self, decoded: AnyArray) -> AnyArray:
        """Stored values; ValueError for one that the stored type can't hold."""
        return self._cast(decoded, self.codec.data_type.numpy, self.to_stored)

    def decode(self, encoded: AnyArray) -> AnyArray:
        """Values of the array's type."""
        try:
            return self._cast(encoded, self.dtype, self.from_stored)
        except ValueError as error:
            raise DecodeError(str(error)) from error

    def stored(self, values: AnyArray) -> AnyArray:
        """Stored values, once it is known that they can be cast back."""
        found = self.encode(values)
        self.decode(found)
        return found

    def _cast(self, array: AnyArray, dtype: np.dtype[Any], pairs: Pairs) -> AnyArray:
        rounding, out_of_range = self.codec.rounding or "nearest-even", self.codec.out_of_range
        if not pairs:
            return cast(array, dtype, rounding, out_of_range)
        room = np.empty(array.shape, dtype)
        rest = np.ones(array.shape, bool)
        for old, new in pairs:
            same = (array != array) if old != old else (array == old)  # noqa: PLR0124 - NaN
            room[rest & same] = new
            rest &= ~same
        room[rest] = cast(array[rest], dtype, rounding, out_of_range)
        return room


def cast(
    array: AnyArray, dtype: np.dtype[Any], rounding: str, out_of_range: OutOfRange | None
) -> AnyArray:
    """Real numbers in another type; inexact results are rounded as told.

    Raises
    ------
    ValueError
        A value is out of range and that is an error; a NaN has no integer to become.

    Examples
    --------
    >>> cast(np.array([300, -1]), np.dtype("u1"), "nearest-even", "wrap")
    array([ 44, 255], dtype=uint8)
    """
    if dtype.kind == "f":
        return _to_float(array, dtype, rounding, out_of_range)
    whole = _rounded(array.astype(np.float64), rounding) if array.dtype.kind == "f" else array
    above, below = _outside(whole, np.iinfo(dtype))
    outside = above | below
    if bool((whole != whole).any()):  # noqa: PLR0124 - only NaN differs from itself
        raise ValueError(f"cast_value: NaN has no {dtype}; map it in scalar_map")
    if not outside.any():
        return whole.astype(dtype)
    if out_of_range is None:
        raise ValueError(f"cast_value: {array[outside].flat[0]} is out of the range of {dtype}")
    if out_of_range == "wrap":
        return _wrapped(whole, dtype)
    found = np.where(outside, whole.dtype.type(0), whole).astype(dtype)
    limits = np.iinfo(dtype)
    found[above], found[below] = limits.max, limits.min
    return found


def _outside(
    values: AnyArray, limits: "np.iinfo[Any]"
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which values are above, and which below, what an integer type holds."""
    low, high = int(limits.min), int(limits.max)
    if values.dtype.kind == "f":  # the next integer up is a power of two, so exact
        return np.asarray(values >= float(high + 1)), np.asarray(values < float(low))
    own = np.iinfo(values.dtype)
    nothing = np.zeros(values.shape, bool)
    above = np.asarray(values > high) if high < own.max else nothing
    below = np.asarray(values < low) if low > own.min else nothing
    return above, below


def _wrapped(whole: AnyArray, dtype: np.dtype[Any]) -> AnyArray:
    """Two's complement of the low bits."""
    if whole.dtype.kind in "iu":
        return whole.astype(dtype)
    if bool(np.isinf(whole).any()):
        raise ValueError(f"cast_value: infinity has no {dtype}; map it in scalar_map")
    rest = np.fmod(whole.astype(np.float64), float(2 ** (8 * dtype.itemsize)))  # exact
    size = np.abs(rest).astype(np.uint64)
    return np.where(rest < 0, ~size + np.uint64(1), size).astype(dtype)


def _rounded(values: AnyArray, rounding: str) -> AnyArray:
    """Floats without fractions."""
    match rounding:
        case "towards-zero":
            return np.asarray(np.trunc(values))
        case "towards-positive":
            return np.asarray(np.ceil(values))
        case "towards-negative":
            return np.asarray(np.floor(values))
        case "nearest-away":
            whole = np.trunc(values)
            away = np.abs(values - whole) >= 0.5
            return np.asarray(whole + np.copysign(away.astype(values.dtype), values))
    return np.asarray(np.rint(values))


def _to_float(
    array: AnyArray, dtype: np.dtype[Any], rounding: str, out_of_range: OutOfRange | None
) -> AnyArray:
    with np.errstate(over="ignore"):
        found = array.astype(dtype)
    if array.dtype.kind != "f" or array.dtype.itemsize > dtype.itemsize:
        found = _directed(array, found, rounding)
        lost = np.isinf(found) & np.isfinite(array)
        if lost.any():
            if out_of_range is None:
                raise ValueError(
                    f"cast_value: {array[lost].flat[0]} is out of the range of {dtype}"
                )
            largest = np.finfo(dtype).max
            found[lost] = np.where(array[lost] > 0, largest, -largest)
    return found


def _directed(array: AnyArray, found: AnyArray, rounding: str) -> AnyArray:
    """Floats rounded to nearest-even, moved to the neighbour that the rounding asks for."""
    if rounding == "nearest-even":
        return found
    exact, near = array.astype(np.longdouble), found.astype(np.longdouble)
    toward = {
        "towards-positive": near < exact,
        "towards-negative": near > exact,
        "towards-zero": np.abs(near) > np.abs(exact),
    }.get(rounding)
    if toward is None:  # nearest-away: ties only
        outer = np.nextafter(found, np.copysign(np.inf, array).astype(found.dtype))
        tie = np.abs(exact - near) == np.abs(outer.astype(np.longdouble) - exact)
        return np.where(tie & (np.abs(near) < np.abs(exact)), outer, found)
    target = {"towards-positive": math.inf, "towards-negative": -math.inf}.get(rounding, 0.0)
    return np.where(toward, np.nextafter(found, found.dtype.type(target)), found)

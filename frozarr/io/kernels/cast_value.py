"""Kernel of ``cast_value``: nothing is lost in silence."""

import math
from typing import Any, ClassVar, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import ArrayFilter, Binding, DecodeError
from frozarr.metadata.codecs.cast_value import CastValueCodec, OutOfRange
from frozarr.metadata.dtypes.lookup import data_type_of
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.problems import Problems
from frozarr.types import AnyArray, AnyDtype

__all__ = ["CastValue", "cast", "cast_value_filter"]

Pairs: TypeAlias = tuple[tuple[Any, Any], ...]


def cast_value_filter(codec: CastValueCodec, binding: Binding) -> "CastValue":
    """Filter of ``cast_value``."""
    source = data_type_of(binding.spec.dtype)
    if source is None:
        raise ValueError(f"cast_value: no data type for {binding.spec.dtype}")
    at = At(None, Problems())
    encode = tuple(codec.pairs("encode", source, at))
    return CastValue(codec, binding.spec.dtype, encode, tuple(codec.pairs("decode", source, at)))


@attrs.frozen(eq=False)
class CastValue(ArrayFilter):
    """Casts to the stored type and back, as codec ``cast_value`` says.

    Examples
    --------
    >>> from frozarr.metadata.dtypes.numeric import Integer
    >>> codec = CastValueCodec(data_type=Integer("uint8"), out_of_range="clamp")
    >>> CastValue(codec, np.dtype("f8")).encode(np.array([-1.0, 2.5, 3.5, 1e9]))
    array([  0,   2,   4, 255], dtype=uint8)
    """

    elementwise: ClassVar[bool] = True
    keeps_fill: ClassVar[bool] = True
    codec: CastValueCodec
    dtype: AnyDtype
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

    def _cast(self, array: AnyArray, dtype: AnyDtype, pairs: Pairs) -> AnyArray:
        rounding, out_of_range = self.codec.rounding or "nearest-even", self.codec.out_of_range
        if not pairs:
            return cast(array, dtype, rounding, out_of_range)
        mapped = np.empty(array.shape, dtype)
        rest = np.ones(array.shape, bool)
        for old, new in pairs:
            same = (array != array) if old != old else (array == old)  # noqa: PLR0124 - NaN
            mapped[rest & same] = new
            rest &= ~same
        mapped[rest] = cast(array[rest], dtype, rounding, out_of_range)
        return mapped


def cast(
    array: AnyArray, dtype: AnyDtype, rounding: str, out_of_range: OutOfRange | None
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
    clamped = np.where(outside, whole.dtype.type(0), whole).astype(dtype)
    limits = np.iinfo(dtype)
    clamped[above], clamped[below] = limits.max, limits.min
    return clamped


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


def _wrapped(whole: AnyArray, dtype: AnyDtype) -> AnyArray:
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
    array: AnyArray, dtype: AnyDtype, rounding: str, out_of_range: OutOfRange | None
) -> AnyArray:
    with np.errstate(over="ignore"):
        floats = array.astype(dtype)
    if array.dtype.kind != "f" or array.dtype.itemsize > dtype.itemsize:
        floats = _directed(array, floats, rounding)
        lost = np.isinf(floats) & np.isfinite(array)
        if lost.any():
            if out_of_range is None:
                raise ValueError(
                    f"cast_value: {array[lost].flat[0]} is out of the range of {dtype}"
                )
            largest = np.finfo(dtype).max
            floats[lost] = np.where(array[lost] > 0, largest, -largest)
    return floats


def _directed(array: AnyArray, floats: AnyArray, rounding: str) -> AnyArray:
    """Floats rounded to nearest-even, moved to the neighbour that the rounding asks for."""
    if rounding == "nearest-even":
        return floats
    exact, near = array.astype(np.longdouble), floats.astype(np.longdouble)
    toward = {
        "towards-positive": near < exact,
        "towards-negative": near > exact,
        "towards-zero": np.abs(near) > np.abs(exact),
    }.get(rounding)
    if toward is None:  # nearest-away: ties only
        outer = np.nextafter(floats, np.copysign(np.inf, array).astype(floats.dtype))
        tie = np.abs(exact - near) == np.abs(outer.astype(np.longdouble) - exact)
        return np.where(tie & (np.abs(near) < np.abs(exact)), outer, floats)
    limit = {"towards-positive": math.inf, "towards-negative": -math.inf}.get(rounding, 0.0)
    return np.where(toward, np.nextafter(floats, floats.dtype.type(limit)), floats)

"""Kernel of ``scale_offset``: nothing is lost in silence."""

from typing import Any, ClassVar

import attrs
import numpy as np

from frozarr.io.kernels.base import ArrayFilter, Binding, DecodeError
from frozarr.metadata.codecs.scale_offset import ScaleOffsetCodec
from frozarr.metadata.parsing.at import At, Invalid, parsed
from frozarr.types import AnyArray, AnyDtype

__all__ = ["ScaleOffset", "scale_offset_filter"]


def scale_offset_filter(codec: ScaleOffsetCodec, binding: Binding) -> "ScaleOffset":
    """Filter of ``scale_offset``."""

    def constants(at: At) -> tuple[Any, Any] | Invalid:
        return codec.constants(binding.spec.dtype, at)

    return ScaleOffset(*parsed(constants, None, codec.name))


@attrs.frozen(eq=False)
class ScaleOffset(ArrayFilter):
    """``(x - offset) * scale`` and back, in the arithmetic of the array's type.

    Examples
    --------
    >>> ScaleOffset(np.int16(5), np.int16(2)).encode(np.array([6, 7], "i2"))
    array([2, 4], dtype=int16)
    """

    elementwise: ClassVar[bool] = True
    keeps_fill: ClassVar[bool] = True
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
            scaled: AnyArray = (decoded - self.offset) * self.scale
        if decoded.dtype.kind in "fc" and bool((np.isfinite(decoded) & ~np.isfinite(scaled)).any()):
            raise ValueError(f"scale_offset: a value leaves the range of {decoded.dtype}")
        return scaled.astype(decoded.dtype, copy=False)

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
        shifted: AnyArray = quotient + self.offset
        return shifted

    @staticmethod
    def _extremes(array: AnyArray) -> tuple[int, int]:
        return (int(array.min()), int(array.max())) if array.size else (0, 0)


def _check_range(values: tuple[int, ...], dtype: AnyDtype) -> None:
    limits = np.iinfo(dtype)
    for value in values:
        if not limits.min <= value <= limits.max:
            raise ValueError(f"scale_offset: {value} leaves the range of {dtype}")

"""Buffers: bytes and arrays as the store interface passes them, on the CPU.

The names and behaviour are those zarr users know; internally stores pass plain bytes.
"""

import sys
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.types import AnyArray

__all__ = [
    "Buffer", "BufferPrototype", "NDBuffer", "buffer_prototype", "default_buffer_prototype",
    "numpy_buffer_prototype",
]  # fmt: skip


class Buffer:
    """Contiguous bytes, one axis.

    Examples
    --------
    >>> (Buffer.from_bytes(b"ab") + Buffer.from_bytes(b"cd"))[1:3].to_bytes()
    b'bc'
    """

    def __init__(self, array: npt.NDArray[np.uint8]) -> None:
        if array.ndim != 1 or array.dtype.itemsize != 1:
            raise ValueError(f"expected a 1-d array of bytes, got {array.dtype}{array.shape}")
        self._bytes = array.view(np.uint8)

    @classmethod
    def create_zero_length(cls) -> Self:
        """Buffer of no bytes."""
        return cls(np.empty(0, np.uint8))

    @classmethod
    def from_bytes(cls, bytes_like: BytesLike) -> Self:
        """Buffer over bytes, not copied."""
        view = as_bytes_view(bytes_like)
        return cls(np.frombuffer(view, np.uint8) if len(view) else np.empty(0, np.uint8))

    @classmethod
    def from_array_like(cls, array_like: object) -> Self:
        """Buffer over a 1-d array of bytes."""
        return cls(np.asarray(array_like))

    @classmethod
    def from_buffer(cls, buffer: "Buffer") -> Self:
        """Buffer of this class with the same bytes."""
        return cls(buffer.as_numpy_array())

    def as_array_like(self) -> npt.NDArray[np.uint8]:
        """The bytes as a uint8 array, not copied."""
        return self._bytes

    def as_numpy_array(self) -> npt.NDArray[np.uint8]:
        """The bytes as a numpy array on the CPU."""
        return self._bytes

    def as_buffer_like(self) -> memoryview:
        """The bytes for anything that takes the buffer protocol."""
        return self._bytes.data

    def to_bytes(self) -> bytes:
        """A copy as bytes."""
        return self._bytes.tobytes()

    __bytes__ = to_bytes

    def combine(self, others: Iterable["Buffer"]) -> Self:
        """These bytes and those of the others, joined."""
        parts = [self._bytes, *(o.as_numpy_array() for o in others)]
        return type(self)(np.concatenate(parts))

    def __len__(self) -> int:
        return len(self._bytes)

    def __getitem__(self, part: slice) -> Self:
        return type(self)(self._bytes[part])

    def __setitem__(self, part: slice, value: Any) -> None:
        self._bytes[part] = value.as_numpy_array() if isinstance(value, Buffer) else value

    def __add__(self, other: "Buffer") -> Self:
        return self.combine([other])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Buffer) and np.array_equal(self._bytes, other.as_numpy_array())

    __hash__ = None  # type: ignore[assignment]  # mutable, as the memory it shows

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self)} bytes>"


class NDBuffer:
    """An N-dimensional array.

    Examples
    --------
    >>> NDBuffer.create(shape=(2,), dtype="u1", fill_value=7).as_numpy_array()
    array([7, 7], dtype=uint8)
    """

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array

    @classmethod
    def create(
        cls, *, shape: Iterable[int], dtype: npt.DTypeLike, order: Any = "C", fill_value: Any = None
    ) -> Self:
        """New array, filled if a fill value is given."""
        if fill_value is None:
            return cls(np.empty(tuple(shape), dtype, order))
        return cls(np.full(tuple(shape), fill_value, dtype, order))

    @classmethod
    def empty(
        cls, shape: Iterable[int], dtype: npt.DTypeLike, order: Literal["C", "F"] = "C"
    ) -> Self:
        """New array, its elements not set."""
        return cls.create(shape=shape, dtype=dtype, order=order)

    @classmethod
    def from_ndarray_like(cls, ndarray_like: Any) -> Self:
        """Buffer over an array, not copied."""
        return cls(ndarray_like)

    @classmethod
    def from_numpy_array(cls, array_like: npt.ArrayLike) -> Self:
        """Buffer over a numpy array."""
        return cls(np.asanyarray(array_like))

    def as_ndarray_like(self) -> npt.NDArray[Any]:
        """The array."""
        return self._array

    def as_numpy_array(self) -> npt.NDArray[Any]:
        """The array as a numpy array on the CPU."""
        return self._array

    def as_scalar(self) -> Any:
        """The only element; ValueError if there are more."""
        if self._array.size != 1:
            raise ValueError(f"a buffer of shape {self.shape} is not a scalar")
        return self._array.reshape(-1)[0]

    def all_equal(self, other: Any, equal_nan: bool = True) -> bool:
        """Whether every element equals `other`, by value; 0.0 differs from -0.0.

        Parameters
        ----------
        other
            A scalar, or an array that broadcasts to the shape.
        equal_nan
            Whether NaN equals NaN.
        """
        if other is None and not self.dtype.hasobject:
            return False
        given = np.asarray(other, self.dtype if self.dtype.names or self.dtype.hasobject else None)
        theirs = np.broadcast_to(given, self.shape)
        return _same_values(self.as_numpy_array(), theirs, equal_nan=equal_nan)

    def copy(self) -> Self:
        """A copy."""
        return type(self)(self._array.copy())

    def fill(self, value: Any) -> None:
        """Set every element."""
        self._array[...] = value

    def reshape(self, newshape: tuple[int, ...] | int) -> Self:
        """The elements in another shape; -1 for one axis."""
        return type(self)(self._array.reshape(newshape))

    def squeeze(self, axis: tuple[int, ...]) -> Self:
        """The elements without some axes, which have one element each."""
        return type(self)(self._array.squeeze(axis))

    def astype(self, dtype: npt.DTypeLike, order: Literal["K", "A", "C", "F"] = "K") -> Self:
        """The elements cast to another type."""
        return type(self)(self._array.astype(dtype, order))

    @property
    def byteorder(self) -> str:
        """``"little"`` or ``"big"``; of single bytes this machine's."""
        order = self.dtype.byteorder
        return {"<": "little", ">": "big"}.get(order, sys.byteorder)

    def transpose(self, axes: Any = None) -> Self:
        """The axes permuted."""
        return type(self)(self._array.transpose(axes))

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents in elements."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self._array.dtype

    def __getitem__(self, key: Any) -> Self:
        return type(self)(np.asanyarray(self._array[key]))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._array[key] = value.as_ndarray_like() if isinstance(value, NDBuffer) else value

    def __len__(self) -> int:
        return len(self._array)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} shape={self.shape} dtype={self.dtype}>"


def _same_values(ours: AnyArray, theirs: AnyArray, *, equal_nan: bool) -> bool:
    """Whether elements are equal by value, fields and parts of complex numbers by themselves."""
    if ours.dtype.names is not None:
        return all(_same_values(ours[n], theirs[n], equal_nan=equal_nan) for n in ours.dtype.names)
    kinds = {ours.dtype.kind, theirs.dtype.kind}
    if "O" in kinds:
        pairs = zip(ours.reshape(-1).tolist(), theirs.reshape(-1).tolist(), strict=True)
        return all(_same_object(a, b, equal_nan=equal_nan) for a, b in pairs)
    if "c" in kinds and kinds <= set("biufc"):
        parts = ((ours.real, theirs.real), (ours.imag, theirs.imag))
        return all(_same_values(a, b, equal_nan=equal_nan) for a, b in parts)
    same: AnyArray = np.asarray(ours == theirs)
    if kinds == {"f"}:
        same &= np.signbit(ours) == np.signbit(theirs)
    if equal_nan and (kinds <= {"f"} or kinds <= {"m"} or kinds <= {"M"}):
        same |= (ours != ours) & (theirs != theirs)  # noqa: PLR0124 - only NaN differs from itself
    return bool(same.all())


def _same_object(ours: object, theirs: object, *, equal_nan: bool) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return _same_values(np.asarray(ours), np.asarray(theirs), equal_nan=equal_nan)
    return bool(np.all(ours == theirs))


class BufferPrototype(NamedTuple):
    """Which classes hold bytes and arrays."""

    buffer: type[Buffer]
    nd_buffer: type[NDBuffer]


buffer_prototype = BufferPrototype(Buffer, NDBuffer)
"""Buffers on the CPU."""


def default_buffer_prototype() -> BufferPrototype:
    """Buffers on the CPU."""
    return buffer_prototype


numpy_buffer_prototype = default_buffer_prototype

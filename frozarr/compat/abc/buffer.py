"""Buffers, for those who write their own."""

from typing import Protocol, runtime_checkable

from frozarr.buffer import Buffer, BufferPrototype, NDBuffer
from frozarr.types import AnyDtype, Shape

__all__ = ["ArrayLike", "Buffer", "BufferPrototype", "NDArrayLike", "NDBuffer"]


@runtime_checkable
class ArrayLike(Protocol):
    """Bytes on some device."""

    @property
    def dtype(self) -> AnyDtype:
        """Type of the elements."""

    @property
    def ndim(self) -> int:
        """Number of axes."""

    @property
    def size(self) -> int:
        """Number of elements."""


@runtime_checkable
class NDArrayLike(ArrayLike, Protocol):
    """An array on some device."""

    @property
    def shape(self) -> Shape:
        """Extents in elements."""

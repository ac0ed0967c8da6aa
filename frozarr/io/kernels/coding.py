"""What stands between an array and its bytes where these are not simply its elements.

A coding takes the place of the serializer in a bound chain: array filters and then elements,
elements of variable length, packed bits, shards.
"""

import math
from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import BytesLike, DecodeError, as_bytes_view
from frozarr.types import Shape

__all__ = [
    "ArrayCoding",
    "ArrayFilter",
    "Elements",
    "Filtered",
    "Reshape",
    "Transpose",
    "stored_values",
]

AnyArray: TypeAlias = npt.NDArray[Any]


class ArrayCoding(Protocol):
    """Turns one chunk into bytes and back."""

    @property
    def limit(self) -> int:
        """Bytes that no honest encoder exceeds by much."""

    @property
    def exact(self) -> bool:
        """Every chunk is coded in exactly `limit` bytes."""

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The chunk; DecodeError if the bytes are corrupt."""

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Bytes of a C-contiguous chunk."""


class ArrayFilter(Protocol):
    """Turns a chunk into another array and back."""

    def decode(self, encoded: AnyArray) -> AnyArray:
        """The array before encoding; DecodeError if it can't have been encoded."""

    def encode(self, decoded: AnyArray) -> AnyArray:
        """The encoded array; ValueError for values that can't be encoded."""

    def stored(self, values: AnyArray) -> AnyArray | None:
        """Any elements, in any shape, as they are stored; None if that depends on their neighbours.

        Raises
        ------
        ValueError
            A value can't be stored, or could not be read again.
        """


def stored_values(filters: Iterable[ArrayFilter], values: AnyArray) -> AnyArray | None:
    """Any elements as a chain of filters stores them; None if that depends on their neighbours.

    Raises
    ------
    ValueError
        A value can't be stored, or could not be read again.
    """
    found: AnyArray | None = values
    for each in filters:
        if found is not None:
            found = each.stored(found)
    return found


@attrs.frozen
class Elements:
    """Codec ``bytes``: one element after the other, in C order.

    Examples
    --------
    >>> Elements((2,), np.dtype(">u2")).encode(np.array([1, 2], "<u2")).tolist()
    [1, 2]
    """

    shape: Shape
    dtype: np.dtype[Any]
    """In the stored byte order."""
    swapped: bool = False
    """Stored in the other byte order than `dtype` has; for types that numpy can't swap."""
    exact: bool = True

    @property
    def limit(self) -> int:
        """Bytes of a chunk."""
        return math.prod(self.shape) * self.dtype.itemsize

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The elements, read-only."""
        view = as_bytes_view(encoded)
        if len(view) != self.limit:
            raise DecodeError(f"chunk has {len(view)} bytes, expected exactly {self.limit}")
        if not self.limit:
            return np.empty(self.shape, self.dtype)
        if self.swapped:
            words = np.frombuffer(view, f"u{self.dtype.itemsize}")
            return words.byteswap().view(self.dtype).reshape(self.shape)
        return np.frombuffer(view, self.dtype).reshape(self.shape)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """The elements in the stored byte order, 1-d."""
        flat = np.ascontiguousarray(chunk, self.dtype).reshape(-1)
        return flat.view(f"u{self.dtype.itemsize}").byteswap() if self.swapped else flat


@attrs.frozen
class Filtered:
    """Array filters, then another coding."""

    filters: tuple[ArrayFilter, ...]
    coding: ArrayCoding

    @property
    def limit(self) -> int:
        """That of the inner coding."""
        return self.coding.limit

    @property
    def exact(self) -> bool:
        """As the inner coding."""
        return self.coding.exact

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The chunk before all filters."""
        array = self.coding.decode(encoded)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        for each in reversed(self.filters):
            array = each.decode(array)
        return array

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Bytes of the filtered chunk."""
        for each in self.filters:
            chunk = each.encode(chunk)
        return self.coding.encode(np.ascontiguousarray(chunk))


@attrs.frozen
class Transpose:
    """Codec ``transpose`` where it stands between filters that change values."""

    order: Shape

    def decode(self, encoded: AnyArray) -> AnyArray:
        """Axes back in their places."""
        return encoded.transpose(np.argsort(self.order))

    def encode(self, decoded: AnyArray) -> AnyArray:
        """Axes permuted."""
        return decoded.transpose(self.order)

    def stored(self, values: AnyArray) -> AnyArray:
        """The same values."""
        return values


@attrs.frozen
class Reshape:
    """Codec ``reshape``."""

    before: Shape
    after: Shape

    def decode(self, encoded: AnyArray) -> AnyArray:
        """The shape that the array had."""
        return encoded.reshape(self.before)

    def encode(self, decoded: AnyArray) -> AnyArray:
        """The same elements in C order, in the stored shape."""
        return np.ascontiguousarray(decoded).reshape(self.after)

    def stored(self, values: AnyArray) -> AnyArray:
        """The same values."""
        return values

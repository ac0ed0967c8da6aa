"""Codec ``bytes``, and array filters in front of another coding."""

import math
from collections.abc import Iterable
from typing import ClassVar

import attrs
import numpy as np

from frozarr.io.kernels.base import (
    ArrayCoding,
    ArrayFilter,
    Binding,
    BytesLike,
    DecodeError,
    as_bytes_view,
)
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.types import AnyArray, AnyDtype, Shape

__all__ = ["Elements", "Filtered", "SwappedElements", "bytes_coding", "stored_values"]


@attrs.frozen
class Elements(ArrayCoding):
    """One element after the other, in C order.

    Examples
    --------
    >>> Elements((2,), np.dtype(">u2")).encode(np.array([1, 2], "<u2")).tolist()
    [1, 2]
    """

    plain: ClassVar[bool] = True
    shape: Shape
    stored_dtype: AnyDtype
    """In the stored byte order."""
    exact: bool = True

    @property
    def limit(self) -> int:
        """Bytes of a chunk."""
        return math.prod(self.shape) * self.stored_dtype.itemsize

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The elements, read-only."""
        return elements_of(encoded, self.shape, self.stored_dtype)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """The elements in the stored byte order, 1-d."""
        return np.ascontiguousarray(chunk, self.stored_dtype).reshape(-1)


class SwappedElements(Elements):
    """Elements in the byte order that they don't have, of a type that numpy can't swap."""

    plain: ClassVar[bool] = False

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The elements."""
        words = elements_of(encoded, self.shape, np.dtype(f"u{self.stored_dtype.itemsize}"))
        return words.byteswap().view(self.stored_dtype)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """The elements' bytes, swapped, 1-d."""
        flat = np.ascontiguousarray(chunk, self.stored_dtype).reshape(-1)
        return flat.view(f"u{self.stored_dtype.itemsize}").byteswap()


def elements_of(encoded: BytesLike, shape: Shape, dtype: AnyDtype) -> AnyArray:
    """A chunk of exactly these bytes, read-only.

    Raises
    ------
    DecodeError
        More bytes, or fewer.
    """
    view = as_bytes_view(encoded)
    nbytes = math.prod(shape) * dtype.itemsize
    if len(view) != nbytes:
        raise DecodeError(f"chunk has {len(view)} bytes, expected exactly {nbytes}")
    if not nbytes:
        return np.empty(shape, dtype)
    return np.frombuffer(view, dtype).reshape(shape)


def bytes_coding(codec: BytesCodec, binding: Binding) -> ArrayCoding:
    """Coding of ``bytes``."""
    registered = binding.encoded.dtype.isbuiltin == REGISTERED
    cls = SwappedElements if registered and codec.endian == "big" else Elements
    return cls(binding.encoded.shape, binding.encoded.dtype)


def stored_values(filters: Iterable[ArrayFilter], values: AnyArray) -> AnyArray | None:
    """Any elements as a chain of filters stores them; None if that depends on their neighbours.

    Raises
    ------
    ValueError
        A value can't be stored, or could not be read again.
    """
    stored: AnyArray | None = values
    for each in filters:
        if stored is not None:
            stored = each.stored(stored)
    return stored


@attrs.frozen
class Filtered(ArrayCoding):
    """Array filters, then another coding."""

    filters: tuple[ArrayFilter, ...]
    coding: ArrayCoding
    exact: bool = attrs.field(init=False)

    @exact.default
    def _exact(self) -> bool:
        return self.coding.exact

    @property
    def limit(self) -> int:
        """That of the inner coding."""
        return self.coding.limit

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

    def check(self, values: AnyArray) -> bool:
        """Refuse values that a filter can't store, or could not give back."""
        stored = stored_values(self.filters, values)
        if stored is None:
            return self.coding.total and all(
                each.total or each.elementwise for each in self.filters
            )
        return self.coding.check(stored)

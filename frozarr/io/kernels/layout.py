"""Codecs ``transpose`` and ``reshape``: the same elements, laid out otherwise."""

from typing import ClassVar

import attrs
import numpy as np

from frozarr.io.kernels.base import ArrayFilter, Binding
from frozarr.metadata.codecs.reshape import ReshapeCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.types import AnyArray, Shape

__all__ = ["Reshape", "Transpose", "reshape_filter", "transpose_filter"]


@attrs.frozen
class Transpose(ArrayFilter):
    """Codec ``transpose`` where it stands between filters that change values."""

    total: ClassVar[bool] = True
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
class Reshape(ArrayFilter):
    """Codec ``reshape``."""

    total: ClassVar[bool] = True
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


def transpose_filter(codec: TransposeCodec, binding: Binding) -> Transpose:  # noqa: ARG001 - any chunk
    """Filter of ``transpose``."""
    return Transpose(codec.order)


def reshape_filter(codec: ReshapeCodec, binding: Binding) -> Reshape:  # noqa: ARG001 - the specs say it
    """Filter of ``reshape``."""
    return Reshape(binding.spec.shape, binding.encoded.shape)

"""Codec ``packbits``: the bits that count of each component, least significant first."""

import math

import attrs
import numpy as np

from frozarr.io.kernels.base import ArrayCoding, Binding, BytesLike, DecodeError, as_bytes_view
from frozarr.metadata.codecs.packbits import PackBitsCodec, Padding
from frozarr.types import AnyArray, AnyDtype, Shape

__all__ = ["PackBits", "packbits_coding"]


@attrs.frozen
class PackBits(ArrayCoding):
    """Bits of a chunk of fixed-size elements.

    Examples
    --------
    >>> coding = PackBits((3,), np.dtype(bool), 0, 1)
    >>> list(coding.encode(np.array([True, False, True])))
    [5]
    """

    shape: Shape
    element_dtype: AnyDtype
    """Native byte order."""
    first: int
    """First bit kept."""
    bits: int
    """Bits kept of each component."""
    padding: Padding = "none"
    """Where the number of unused bits stands."""
    signed: bool = False
    """The highest kept bit is a sign, repeated in the bits above it."""
    exact: bool = True

    @property
    def _word(self) -> AnyDtype:
        """Unsigned integer of a component's size."""
        size = self.element_dtype.itemsize // (2 if self.element_dtype.kind == "c" else 1)
        return np.dtype(f"<u{size}")

    @property
    def _count(self) -> int:
        return math.prod(self.shape) * (2 if self.element_dtype.kind == "c" else 1)

    @property
    def _packed(self) -> int:
        return -(-self._count * self.bits // 8)

    @property
    def limit(self) -> int:
        """Bytes of a coded chunk."""
        return self._packed + (self.padding != "none")

    def encode(self, chunk: AnyArray) -> BytesLike:
        """The bits kept, one component after the other."""
        words = np.ascontiguousarray(chunk).reshape(-1).view(self._word.newbyteorder("="))
        octets = words.astype(self._word).view(np.uint8).reshape(self._count, -1)
        each = np.unpackbits(octets, axis=1, bitorder="little")
        kept = each[:, self.first : self.first + self.bits].reshape(-1)
        packed = np.packbits(kept, bitorder="little").tobytes()
        unused = bytes([8 * self._packed - len(kept)])
        if self.padding == "none":
            return packed
        return unused + packed if self.padding == "first_byte" else packed + unused

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The elements; bits not kept are zero."""
        view = as_bytes_view(encoded)
        if len(view) != self.limit:
            raise DecodeError(f"chunk has {len(view)} bytes, expected exactly {self.limit}")
        body = view[1:] if self.padding == "first_byte" else view[: self._packed]
        width = 8 * self._word.itemsize
        bits = np.unpackbits(
            np.frombuffer(body, np.uint8), count=self._count * self.bits, bitorder="little"
        ).reshape(self._count, self.bits)
        spread = np.zeros((self._count, width), np.uint8)
        spread[:, self.first : self.first + self.bits] = bits
        if self.signed and self.bits:
            spread[:, self.first + self.bits :] = bits[:, -1:]
        octets = np.packbits(spread, axis=1, bitorder="little").reshape(-1)
        words = octets.view(self._word).astype(self._word.newbyteorder("="))
        return words.view(self.element_dtype).reshape(self.shape)


def packbits_coding(codec: PackBitsCodec, binding: Binding) -> PackBits:
    """Coding of ``packbits``."""
    spec = binding.spec
    bits = codec.bits(spec.dtype)
    if bits is None:
        raise ValueError(f"packbits: can't pack {spec.dtype}")
    return PackBits(
        spec.shape, spec.dtype, *bits, codec.padding_encoding or "none",
        signed=spec.dtype.kind == "i",  # narrow types have zeros in the bits above
    )  # fmt: skip

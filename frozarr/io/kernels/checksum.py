"""Kernel of ``crc32c``."""

import struct
from functools import cache
from typing import Any

from frozarr.io.kernels.base import Binding, BytesKernel, BytesLike, DecodeError, as_bytes_view
from frozarr.metadata.codecs.compressors import Crc32cCodec

__all__ = ["Crc32cKernel", "crc32c_kernel"]


@cache
def _crc32c() -> Any:
    from crc32c import crc32c  # noqa: PLC0415 - the package imports argparse and sockets, 25 ms

    return crc32c


class Crc32cKernel(BytesKernel):
    """The bytes and their CRC-32C, little-endian.

    Examples
    --------
    >>> Crc32cKernel().encode(b"123456789")[-4:].hex()
    '839206e3'
    """

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:  # noqa: ARG002 - never grows
        """The bytes without the checksum, not copied."""
        view = as_bytes_view(encoded)
        if len(view) < 4:
            raise DecodeError(f"crc32c: {len(view)} bytes are too few to hold a checksum")
        (stored,) = struct.unpack("<I", view[-4:])
        actual = _crc32c()(view[:-4])
        if actual != stored:
            raise DecodeError(f"crc32c: checksum is {actual:#010x}, stored is {stored:#010x}")
        return view[:-4]

    def encode(self, decoded: BytesLike) -> bytes:
        """The bytes and their checksum."""
        view = as_bytes_view(decoded)
        return b"".join((view, struct.pack("<I", _crc32c()(view))))

    def encoded_nbytes(self, decoded_nbytes: int) -> int:
        """Four bytes more."""
        return decoded_nbytes + 4


def crc32c_kernel(codec: Crc32cCodec, binding: Binding) -> Crc32cKernel:  # noqa: ARG001 - any bytes
    """Kernel of ``crc32c``."""
    return Crc32cKernel()

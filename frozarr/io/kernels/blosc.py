"""Kernel of ``blosc``, by numcodecs, whose decoder trusts headers: they are checked here."""

import struct
from functools import cache
from typing import Any

import numpy as np

from frozarr.io.kernels.base import (
    Binding,
    BudgetError,
    BytesKernel,
    BytesLike,
    DecodeError,
    Indices,
    MissingCodecError,
    as_bytes_view,
)
from frozarr.metadata.codecs.compressors import BLOSC_SHUFFLES, BloscCodec

__all__ = ["BloscKernel", "blosc_kernel"]

_FEW_BLOCKS = 64
"""Blocks up to which Python compares them faster than numpy."""
_BLOSC_HEADER = struct.Struct("<BBBBIII")


@cache
def blosc_module() -> Any:
    """Numcodecs' blosc."""
    import numcodecs.blosc  # noqa: PLC0415 - 100 ms, needed by few

    return numcodecs.blosc


_INSIDE = {0: "blosclz", 1: "lz4", 2: "snappy", 3: "zlib", 4: "zstd"}
"""Formats of what is inside, by the upper three of the flags (README_CHUNK_FORMAT of c-blosc)."""


@cache
def compressors() -> tuple[str, ...]:
    """What the library at hand can decode."""
    return tuple(blosc_module().list_compressors())


def check_blosc_header(view: memoryview, limit: int) -> int:
    """Decoded bytes that a blosc chunk claims, once its header is known to be sane.

    Raises
    ------
    DecodeError
        Sizes that don't fit the bytes at hand: c-blosc itself would read past their end.
    """
    if len(view) < _BLOSC_HEADER.size:
        raise DecodeError(f"blosc: {len(view)} bytes are too few to hold a header")
    _, _, flags, _, nbytes, blocksize, cbytes = _BLOSC_HEADER.unpack_from(view)
    if cbytes != len(view):
        raise DecodeError(f"blosc: header claims {cbytes} stored bytes, there are {len(view)}")
    if nbytes > limit:
        raise BudgetError(f"blosc: header claims {nbytes} bytes, {limit} are allowed")
    if nbytes and not blocksize > 0:
        raise DecodeError(f"blosc: impossible block size {blocksize}")
    stored_raw = bool(flags & 0x2)
    inside = _INSIDE.get(flags >> 5)
    if nbytes and not stored_raw and inside is not None and inside not in compressors():
        raise MissingCodecError(
            f"blosc: it is compressed by {inside}, which the installed numcodecs was built "
            f"without; it has {', '.join(compressors())}"
        )
    if stored_raw and cbytes != nbytes + _BLOSC_HEADER.size:
        raise DecodeError(f"blosc: {cbytes} stored bytes can't hold {nbytes} raw ones")
    if nbytes and not stored_raw:
        nblocks = -(-nbytes // blocksize)
        starts_end = _BLOSC_HEADER.size + 4 * nblocks
        if starts_end > cbytes:
            raise DecodeError(f"blosc: {nblocks} blocks don't fit {cbytes} bytes")
        starts = (
            struct.unpack_from(f"<{nblocks}I", view, _BLOSC_HEADER.size)
            if nblocks <= _FEW_BLOCKS
            else _extremes(np.frombuffer(view, "<u4", nblocks, _BLOSC_HEADER.size))
        )
        if min(starts) < starts_end or max(starts) > cbytes - 4:
            raise DecodeError("blosc: a block starts outside the chunk")
    return int(nbytes)


def _extremes(starts: Indices) -> tuple[int, int]:
    return int(np.min(starts)), int(np.max(starts))


class BloscKernel(BytesKernel):
    """Kernel of ``blosc``.

    Examples
    --------
    >>> kernel = BloscKernel("lz4", clevel=5, shuffle=1, typesize=2)
    >>> bytes(kernel.decode(kernel.encode(bytes(100)), 100)) == bytes(100)
    True
    """

    decoded_per_second = 2e9

    def __init__(
        self, cname: str, *, clevel: int, shuffle: int, typesize: int | None, blocksize: int = 0
    ) -> None:
        self._cname, self._clevel, self._shuffle = cname.encode(), clevel, shuffle
        self._typesize, self._blocksize = typesize, blocksize

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes."""
        view = as_bytes_view(encoded)
        check_blosc_header(view, limit)
        try:
            decoded: bytes = blosc_module().decompress(view)
        except (RuntimeError, ValueError) as error:
            raise DecodeError(f"blosc: {error}") from error
        return decoded

    def decode_into(self, encoded: BytesLike, out: memoryview) -> BytesLike:
        """Decoded bytes in `out`, where they fill it."""
        view = as_bytes_view(encoded)
        if check_blosc_header(view, len(out)) != len(out) or not len(out):
            return self.decode(view, len(out))
        try:
            blosc_module().decompress(view, out)
        except (RuntimeError, ValueError) as error:
            raise DecodeError(f"blosc: {error}") from error
        return out

    def encode(self, decoded: BytesLike) -> BytesLike:
        """One blosc chunk."""
        blosc = blosc_module()
        size, view = self._typesize, as_bytes_view(decoded)
        if size is None:  # format 2 takes it from the array's elements
            size = decoded.dtype.itemsize if isinstance(decoded, np.ndarray) else 1
        size = size if len(view) % size == 0 else 1
        typed: object = np.frombuffer(view, np.dtype(f"V{size}")) if len(view) else view
        encoded: bytes = blosc.compress(
            typed, self._cname, self._clevel, self._shuffle, self._blocksize
        )
        return encoded


def blosc_kernel(codec: BloscCodec, binding: Binding) -> BloscKernel:  # noqa: ARG001 - any bytes
    """Kernel of ``blosc``."""
    chosen = codec.for_dtype(np.dtype("u1"))
    return BloscKernel(
        codec.cname, clevel=codec.clevel, shuffle=BLOSC_SHUFFLES.index(str(chosen.shuffle)),
        typesize=chosen.typesize if isinstance(chosen.typesize, int) else 1,
        blocksize=codec.blocksize,
    )  # fmt: skip

"""Kernels that lean on numcodecs: blosc, and every codec of format 2.

numcodecs takes longer to import than numpy, so it is imported when the first such chunk is coded.
Its decoders trust what headers claim; they are checked here first.
"""

import math
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import BytesKernel, BytesLike, DecodeError, as_bytes_view
from frozarr.io.kernels.checksum import Crc32cKernel
from frozarr.io.kernels.gzip import bz2_kernel, gzip_kernel, lzma_kernel, zlib_kernel
from frozarr.io.kernels.zstd import ZstdKernel
from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.codecs.compressors import BLOSC_SHUFFLES, BloscCodec
from frozarr.metadata.codecs.numcodecs import FORBIDDEN
from frozarr.metadata.dtypes.base import REGISTERED

__all__ = [
    "ArrayCodecCoding", "ArrayCodecFilter", "BitRoundFilter", "BloscKernel", "NumcodecsKernel",
    "numcodecs_kernel", "registered_codec",
]  # fmt: skip

_BLOSC_HEADER = struct.Struct("<BBBBIII")


@cache
def _numcodecs() -> Any:
    import numcodecs  # noqa: PLC0415 - 100 ms, needed by few
    import numcodecs.blosc  # noqa: PLC0415 - as above
    import numcodecs.registry  # noqa: PLC0415 - as above

    return numcodecs


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
        raise DecodeError(f"blosc: header claims {nbytes} bytes, {limit} are allowed")
    if nbytes and not blocksize > 0:
        raise DecodeError(f"blosc: impossible block size {blocksize}")
    stored_raw = bool(flags & 0x2)
    if stored_raw and cbytes != nbytes + _BLOSC_HEADER.size:
        raise DecodeError(f"blosc: {cbytes} stored bytes can't hold {nbytes} raw ones")
    if nbytes and not stored_raw:
        nblocks = -(-nbytes // blocksize)
        starts_end = _BLOSC_HEADER.size + 4 * nblocks
        if starts_end > cbytes:
            raise DecodeError(f"blosc: {nblocks} blocks don't fit {cbytes} bytes")
        starts = np.frombuffer(view, "<u4", nblocks, _BLOSC_HEADER.size)
        if bool(((starts < starts_end) | (starts > cbytes - 4)).any()):
            raise DecodeError("blosc: a block starts outside the chunk")
    return int(nbytes)


class BloscKernel:
    """Kernel of ``blosc``.

    Examples
    --------
    >>> kernel = BloscKernel("lz4", clevel=5, shuffle=1, typesize=2)
    >>> bytes(kernel.decode(kernel.encode(bytes(100)), 100)) == bytes(100)
    True
    """

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
            decoded: bytes = _numcodecs().blosc.decompress(view)
        except (RuntimeError, ValueError) as error:
            raise DecodeError(f"blosc: {error}") from error
        return decoded

    def encode(self, decoded: BytesLike) -> BytesLike:
        """One blosc chunk."""
        blosc = _numcodecs().blosc
        size, view = self._typesize, as_bytes_view(decoded)
        if size is None:  # format 2 takes it from the array's elements
            size = decoded.dtype.itemsize if isinstance(decoded, np.ndarray) else 1
        size = size if len(view) % size == 0 else 1
        typed: Any = np.frombuffer(view, np.dtype(f"V{size}")) if len(view) else view
        encoded: bytes = blosc.compress(
            typed, self._cname, self._clevel, self._shuffle, self._blocksize
        )
        return encoded

    def encoded_nbytes(self, decoded_nbytes: int) -> None:  # noqa: ARG002 - it depends on the input
        """Unknown."""
        return


def blosc_kernel(codec: BloscCodec) -> BloscKernel:
    """Kernel of a format 3 codec value."""
    chosen = codec.for_dtype(np.dtype("u1"))
    return BloscKernel(
        codec.cname, clevel=codec.clevel, shuffle=BLOSC_SHUFFLES.index(str(chosen.shuffle)),
        typesize=chosen.typesize if isinstance(chosen.typesize, int) else 1,
        blocksize=codec.blocksize,
    )  # fmt: skip


class NumcodecsKernel:
    """A numcodecs codec that transforms what it gets, typed arrays included."""

    def __init__(self, codec: Any) -> None:
        self._codec = codec

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """What the codec decodes to; its bytes count."""
        name = self._codec.codec_id
        if name == "lz4":
            claimed = int.from_bytes(bytes(as_bytes_view(encoded)[:4]), "little")
            if claimed > limit:
                raise DecodeError(f"lz4: header claims {claimed} bytes, {limit} are allowed")
        try:
            decoded: BytesLike = self._codec.decode(encoded)
        except Exception as error:  # codecs of other packages raise what they like
            raise DecodeError(f"{name}: {error}") from error
        return decoded

    def encode(self, decoded: BytesLike) -> BytesLike:
        """What the codec encodes to."""
        if isinstance(decoded, np.ndarray) and (
            decoded.dtype.kind == "V" or decoded.dtype.isbuiltin == REGISTERED
        ):  # such arrays have no buffer interface
            decoded = as_bytes_view(decoded)
        try:
            encoded: BytesLike = self._codec.encode(decoded)
        except Exception as error:  # codecs of other packages raise what they like
            raise ValueError(f"codec {self._codec.codec_id!r} can't encode: {error}") from error
        return encoded

    def encoded_nbytes(self, decoded_nbytes: int) -> None:  # noqa: ARG002 - not known in general
        """Unknown."""
        return


def _blosc(config: dict[str, Any]) -> BytesKernel:
    return BloscKernel(
        config.get("cname", "lz4"), clevel=config.get("clevel", 5),
        shuffle=config.get("shuffle", 1), typesize=None, blocksize=config.get("blocksize", 0),
    )  # fmt: skip


_OWN: dict[str, Callable[[dict[str, Any]], BytesKernel]] = {
    "zstd": lambda c: ZstdKernel(c.get("level", 1), checksum=bool(c.get("checksum", False))),
    "gzip": lambda c: gzip_kernel(c.get("level", 1)),
    "zlib": lambda c: zlib_kernel(c.get("level", 1)),
    "bz2": lambda c: bz2_kernel(c.get("level", 1)),
    "lzma": lzma_kernel,
    "blosc": _blosc,
}


def numcodecs_kernel(config: dict[str, Any]) -> BytesKernel:
    """Kernel of a numcodecs configuration.

    Raises
    ------
    ValueError
        numcodecs does not know the id, or refuses the configuration.

    Examples
    --------
    >>> kernel = numcodecs_kernel({"id": "zlib", "level": 1})
    >>> bytes(kernel.decode(kernel.encode(b"abc"), 3))
    b'abc'
    """
    name = config["id"]
    if name in FORBIDDEN:
        raise ValueError(f"codec {name!r} runs code when decoding; it is never used")
    if name in _OWN:
        return _OWN[name](config)
    if name == "crc32c" and set(config) == {"id"}:
        return Crc32cKernel()
    return NumcodecsKernel(registered_codec(config))


_PACKAGES = {"pcodec": "pcodec", "zfpy": "zfpy", "msgpack2": "msgpack", "crc32c": "google-crc32c"}


def registered_codec(config: dict[str, Any]) -> Any:
    """The numcodecs codec of a configuration.

    Raises
    ------
    ValueError
        numcodecs does not know the id, needs a package that is not there, or refuses the
        configuration.
    """
    name = config["id"]
    if name in FORBIDDEN:
        raise ValueError(f"codec {name!r} runs code when decoding; it is never used")
    try:
        return _numcodecs().registry.get_codec(dict(config))
    except Exception as error:
        package = _PACKAGES.get(name, "numcodecs or the package that registers it")
        raise ValueError(f"codec {name!r}: {error}; it needs {package} installed") from error


_ELEMENTWISE = ("astype", "bitround", "fixedscaleoffset", "quantize")


class ArrayCodecFilter:
    """A numcodecs codec from array to array, between two chunk shapes and types."""

    def __init__(self, codec: Any, before: ChunkSpec, after: ChunkSpec) -> None:
        self._codec, self._before, self._after = codec, before, after

    def decode(self, encoded: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The array before encoding."""
        try:
            found = self._codec.decode(np.ascontiguousarray(encoded))
        except Exception as error:  # codecs raise what they like
            raise DecodeError(f"{self._codec.codec_id}: {error}") from error
        return _shaped(found, self._before)

    def encode(self, decoded: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The encoded array."""
        return _shaped(self._codec.encode(np.ascontiguousarray(decoded)), self._after)

    def stored(self, values: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
        """Any elements as they are stored; None for codecs that look at neighbours."""
        if self._codec.codec_id not in _ELEMENTWISE:
            return None
        spec = ChunkSpec(values.shape, self._after.dtype)
        return _shaped(self._codec.encode(np.ascontiguousarray(values)), spec)


class BitRoundFilter(ArrayCodecFilter):
    """Codec ``bitround``: what is stored are elements like any other."""

    def decode(self, encoded: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The same elements."""
        return encoded

    def encode(self, decoded: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Floats with fewer bits; ValueError for other types, which can only be read."""
        if self._before.dtype.kind != "f":
            raise ValueError(
                f"bitround writes floats only, not {self._before.dtype}; leave the codec out"
            )
        return super().encode(decoded)


class ArrayCodecCoding:
    """A numcodecs codec from array to bytes (``pcodec``, ``zfpy``)."""

    exact = False

    def __init__(self, codec: Any, spec: ChunkSpec) -> None:
        self._codec, self._spec = codec, spec
        nbytes = math.prod(spec.shape) * spec.dtype.itemsize
        self.limit = nbytes + nbytes // 4 + 65536

    def decode(self, encoded: BytesLike) -> npt.NDArray[Any]:
        """The chunk."""
        try:
            found = self._codec.decode(bytes(as_bytes_view(encoded)))
        except Exception as error:  # codecs raise what they like
            raise DecodeError(f"{self._codec.codec_id}: {error}") from error
        if found is None:
            raise DecodeError(f"{self._codec.codec_id}: holds no data")
        return _shaped(found, self._spec)

    def encode(self, chunk: npt.NDArray[Any]) -> BytesLike:
        """Its bytes."""
        encoded: BytesLike = self._codec.encode(np.ascontiguousarray(chunk))
        return encoded


def _shaped(found: Any, spec: ChunkSpec) -> npt.NDArray[Any]:
    """What a codec gave as an array of the shape and type that are due; never cast."""
    array = np.asarray(found) if isinstance(found, np.ndarray) else np.frombuffer(found, np.uint8)
    due = math.prod(spec.shape) * spec.dtype.itemsize
    if array.nbytes != due:
        raise DecodeError(f"decodes to {array.nbytes} bytes, expected exactly {due}")
    if array.dtype.itemsize != spec.dtype.itemsize:
        array = as_bytes_view(array)  # type: ignore[assignment]  # its bytes, to be seen as the type
        return np.frombuffer(array, spec.dtype).reshape(spec.shape)
    return array.reshape(-1).view(spec.dtype).reshape(spec.shape)

"""Kernels that lean on numcodecs: every codec of format 2, and its codecs in format 3.

numcodecs takes longer to import than numpy, so it is imported when the first such chunk is coded.
Its decoders trust what headers claim; they are checked here first.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np

from frozarr.io.kernels.base import (
    ArrayCoding,
    ArrayFilter,
    Binding,
    BudgetError,
    BytesKernel,
    BytesLike,
    DecodeError,
    as_bytes_view,
)
from frozarr.io.kernels.blosc import BloscKernel
from frozarr.io.kernels.checksum import Crc32cKernel
from frozarr.io.kernels.gzip import bz2_stream, gzip_stream, lzma_stream, zlib_stream
from frozarr.io.kernels.zstd import ZstdKernel
from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.codecs.numcodecs import FORBIDDEN
from frozarr.metadata.codecs.numcodecs_v3 import NumcodecsV3Codec
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.types import AnyArray

__all__ = [
    "ArrayCodecCoding", "ArrayCodecFilter", "BitRoundFilter", "NumcodecsKernel", "array_coding",
    "array_filter", "bytes_kernel", "numcodecs_kernel", "registered_codec",
]  # fmt: skip


@cache
def _numcodecs() -> Any:
    import numcodecs  # noqa: PLC0415 - 100 ms, needed by few
    import numcodecs.registry  # noqa: PLC0415 - as above

    return numcodecs


class NumcodecsKernel(BytesKernel):
    """A numcodecs codec that transforms what it gets, typed arrays included."""

    def __init__(self, codec: Any) -> None:
        self._codec = codec

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """What the codec decodes to; its bytes count."""
        name = self._codec.codec_id
        if name == "lz4":
            claimed = int.from_bytes(bytes(as_bytes_view(encoded)[:4]), "little")
            if claimed > limit:
                raise BudgetError(f"lz4: header claims {claimed} bytes, {limit} are allowed")
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


def _blosc(config: dict[str, Any]) -> BytesKernel:
    return BloscKernel(
        config.get("cname", "lz4"), clevel=config.get("clevel", 5),
        shuffle=config.get("shuffle", 1), typesize=None, blocksize=config.get("blocksize", 0),
    )  # fmt: skip


def _level(config: dict[str, Any]) -> int:
    level = config.get("level", 1)
    if not isinstance(level, int):
        raise ValueError(f"codec {config['id']!r}: level must be an integer, got {level!r}")
    return level


_OWN: dict[str, Callable[[dict[str, Any]], BytesKernel]] = {
    "zstd": lambda c: ZstdKernel(_level(c), checksum=bool(c.get("checksum", False))),
    "gzip": lambda c: gzip_stream(_level(c)),
    "zlib": lambda c: zlib_stream(_level(c)),
    "bz2": lambda c: bz2_stream(_level(c)),
    "lzma": lzma_stream,
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


class ArrayCodecFilter(ArrayFilter):
    """A numcodecs codec from array to array, between two chunk shapes and types."""

    total: ClassVar[bool] = True  # numcodecs wraps and rounds, it refuses nothing

    def __init__(self, codec: Any, before: ChunkSpec, after: ChunkSpec) -> None:
        self._codec, self._before, self._after = codec, before, after

    def decode(self, encoded: AnyArray) -> AnyArray:
        """The array before encoding."""
        try:
            decoded = self._codec.decode(np.ascontiguousarray(encoded))
        except Exception as error:  # codecs raise what they like
            raise DecodeError(f"{self._codec.codec_id}: {error}") from error
        return _shaped(decoded, self._before)

    def encode(self, decoded: AnyArray) -> AnyArray:
        """The encoded array."""
        return _shaped(self._codec.encode(np.ascontiguousarray(decoded)), self._after)

    def stored(self, values: AnyArray) -> AnyArray | None:
        """Any elements as they are stored; None for codecs that look at neighbours."""
        if self._codec.codec_id not in _ELEMENTWISE:
            return None
        spec = ChunkSpec(values.shape, self._after.dtype)
        return _shaped(self._codec.encode(np.ascontiguousarray(values)), spec)


class BitRoundFilter(ArrayCodecFilter):
    """Codec ``bitround``: what is stored are elements like any other."""

    def decode(self, encoded: AnyArray) -> AnyArray:
        """The same elements."""
        return encoded

    def encode(self, decoded: AnyArray) -> AnyArray:
        """Floats with fewer bits; ValueError for other types, which can only be read."""
        if self._before.dtype.kind != "f":
            raise ValueError(
                f"bitround writes floats only, not {self._before.dtype}; leave the codec out"
            )
        return super().encode(decoded)


class ArrayCodecCoding(ArrayCoding):
    """A numcodecs codec from array to bytes (``pcodec``, ``zfpy``)."""

    def __init__(self, codec: Any, spec: ChunkSpec) -> None:
        self._codec, self._spec = codec, spec

    @property
    def limit(self) -> int:
        """The chunk's bytes, and a quarter for what can't be compressed."""
        nbytes = math.prod(self._spec.shape) * self._spec.dtype.itemsize
        return nbytes + nbytes // 4 + 65536

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The chunk."""
        try:
            decoded = self._codec.decode(bytes(as_bytes_view(encoded)))
        except Exception as error:  # codecs raise what they like
            raise DecodeError(f"{self._codec.codec_id}: {error}") from error
        if decoded is None:
            raise DecodeError(f"{self._codec.codec_id}: holds no data")
        return _shaped(decoded, self._spec)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Its bytes."""
        encoded: BytesLike = self._codec.encode(np.ascontiguousarray(chunk))
        return encoded


def _shaped(decoded: Any, spec: ChunkSpec) -> AnyArray:
    """What a codec gave as an array of the shape and type that are due; never cast."""
    array = (
        np.asarray(decoded) if isinstance(decoded, np.ndarray) else np.frombuffer(decoded, np.uint8)
    )
    due = math.prod(spec.shape) * spec.dtype.itemsize
    if array.nbytes != due:
        raise DecodeError(f"decodes to {array.nbytes} bytes, expected exactly {due}")
    if array.dtype.itemsize != spec.dtype.itemsize:
        array = as_bytes_view(array)  # type: ignore[assignment]  # its bytes, to be seen as the type
        return np.frombuffer(array, spec.dtype).reshape(spec.shape)
    return array.reshape(-1).view(spec.dtype).reshape(spec.shape)


def bytes_kernel(codec: NumcodecsV3Codec, binding: Binding) -> BytesKernel:
    """Kernel of a bytes-to-bytes codec of numcodecs."""
    return numcodecs_kernel(codec.config_for(binding.spec.dtype))


def array_filter(codec: NumcodecsV3Codec, binding: Binding) -> ArrayCodecFilter:
    """Filter of an array-to-array codec of numcodecs."""
    cls = BitRoundFilter if codec.id == "bitround" else ArrayCodecFilter
    numcodec = registered_codec(codec.config_for(binding.spec.dtype))
    return cls(numcodec, binding.spec, binding.encoded)


def array_coding(codec: NumcodecsV3Codec, binding: Binding) -> ArrayCodecCoding:
    """Coding of an array-to-bytes codec of numcodecs."""
    return ArrayCodecCoding(registered_codec(codec.config_for(binding.spec.dtype)), binding.spec)

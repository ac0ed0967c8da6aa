"""From the codecs of a document to kernels: a chain bound to one chunk shape and type."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import BytesKernel
from frozarr.io.kernels.chain import BoundChain
from frozarr.io.kernels.checksum import Crc32cKernel
from frozarr.io.kernels.coding import (
    ArrayCoding,
    ArrayFilter,
    Elements,
    Filtered,
    Reshape,
    Transpose,
    stored_values,
)
from frozarr.io.kernels.gzip import gzip_kernel
from frozarr.io.kernels.numcodecs import (
    ArrayCodecCoding,
    ArrayCodecFilter,
    BitRoundFilter,
    blosc_kernel,
    numcodecs_kernel,
    registered_codec,
)
from frozarr.io.kernels.packing import PackBits
from frozarr.io.kernels.shard import ShardFormat
from frozarr.io.kernels.values import CastValue, ScaleOffset
from frozarr.io.kernels.vlen import Objects
from frozarr.io.kernels.zstd import ZstdKernel
from frozarr.metadata.array_v2 import OBJECT_CODECS, ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.codecs.base import ChunkSpec, Codec
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.compressors import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from frozarr.metadata.codecs.numcodecs_v3 import NumcodecsV3Codec
from frozarr.metadata.codecs.packing import PackBitsCodec, ReshapeCodec
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.codecs.values import CastValueCodec, ScaleOffsetCodec
from frozarr.metadata.codecs.vlen import VlenBytesCodec, VlenUtf8Codec
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.metadata.dtypes.lookup import data_type_of
from frozarr.metadata.json import thaw
from frozarr.metadata.members import present
from frozarr.metadata.problems import Problems
from frozarr.types import Shape

__all__ = ["as_scalar", "bind_chain", "check_fill"]

AnyArray = npt.NDArray[Any]


def _limits(kernels: Sequence[BytesKernel], nbytes: int, *, exact: bool = True) -> tuple[int, ...]:
    """Exact sizes where kernels have fixed ones; a bound that no honest encoder exceeds after."""
    limits = []
    size = nbytes
    for kernel in kernels:
        limits.append(size if exact else size + size // 4 + 65536)
        after = kernel.encoded_nbytes(size)
        exact = exact and after is not None
        size = size if after is None else after
    return tuple(limits)


def bytes_kernel(codec: Codec, dtype: np.dtype[Any]) -> BytesKernel:
    """Kernel of a format 3 bytes-to-bytes codec, for a chunk of such elements."""
    match codec:
        case ZstdCodec():
            return ZstdKernel(codec.level, checksum=codec.checksum)
        case GzipCodec():
            return gzip_kernel(codec.level)
        case BloscCodec():
            return blosc_kernel(codec)
        case Crc32cCodec():
            return Crc32cKernel()
        case NumcodecsV3Codec():
            return numcodecs_kernel(codec.config_for(dtype))
        case _:
            kernel: BytesKernel = codec.kernel()  # type: ignore[attr-defined]  # codecs from outside bring theirs
            return kernel


def array_filter(codec: Codec, before: ChunkSpec, after: ChunkSpec) -> ArrayFilter:
    """Filter of a format 3 array-to-array codec, between two states of a chunk."""
    match codec:
        case TransposeCodec():
            return Transpose(codec.order)
        case ReshapeCodec():
            return Reshape(before.shape, after.shape)
        case ScaleOffsetCodec():
            return ScaleOffset(*present(codec.constants(before.dtype, (), Problems())))
        case CastValueCodec():
            source = present(data_type_of(before.dtype))
            to, back = (
                tuple(codec.pairs(direction, source, (), Problems()))
                for direction in ("encode", "decode")
            )
            return CastValue(codec, before.dtype, to, back)
        case NumcodecsV3Codec():
            kind = BitRoundFilter if codec.id == "bitround" else ArrayCodecFilter
            return kind(registered_codec(codec.config_for(before.dtype)), before, after)
        case _:
            found: ArrayFilter = codec.array_filter(before, after)  # type: ignore[attr-defined]  # codecs from outside bring theirs
            return found


def array_coding(codec: Codec, spec: ChunkSpec, fill: AnyArray) -> ArrayCoding | None:
    """Coding of a format 3 array-to-bytes codec; None for elements as numpy has them."""
    match codec:
        case BytesCodec():
            swapped = codec.endian == "big" and spec.dtype.isbuiltin == REGISTERED
            return Elements(spec.shape, spec.dtype, swapped=True) if swapped else None
        case ShardingCodec():
            return bind_shard(codec, spec, fill)
        case VlenUtf8Codec() | VlenBytesCodec():
            return Objects.of(codec.name, spec.shape)
        case PackBitsCodec():
            first, bits = present(codec.bits(spec.dtype))
            return PackBits(
                spec.shape, spec.dtype, first, bits, codec.padding_encoding or "none",
                signed=spec.dtype.kind == "i",  # narrow types have zeros in the bits above
            )  # fmt: skip
        case NumcodecsV3Codec():
            return ArrayCodecCoding(registered_codec(codec.config_for(spec.dtype)), spec)
        case _:
            found: ArrayCoding = codec.array_coding(spec)  # type: ignore[attr-defined]  # codecs from outside bring theirs
            return found


def bind_chain(
    metadata: ArrayV2Metadata | ArrayV3Metadata, chunk_shape: Shape | None = None
) -> BoundChain:
    """The chain of an array, bound to its chunk shape and type.

    Parameters
    ----------
    chunk_shape
        Shape of the chunks meant, in elements, where the grid has several.
    """
    if isinstance(metadata, ArrayV2Metadata):
        return _bind_v2(metadata)
    spec = metadata.chunk_spec
    if chunk_shape is not None:
        spec = ChunkSpec(chunk_shape, spec.dtype)
    return bind_codecs_v3(metadata.codecs, spec, metadata.fill)


def bind_codecs_v3(codecs: tuple[Codec, ...], spec: ChunkSpec, fill: Any) -> BoundChain:
    """A format 3 chain, bound to a chunk before any codec.

    Axes permuted ahead of everything else are a view; what follows of filters is a coding.
    """
    ahead, rest = _leading_transposes(codecs_of_kind(codecs, "array_array"))
    axes = tuple(range(len(spec.shape)))
    for transpose in ahead:
        axes = tuple(axes[axis] for axis in transpose.order)
    staged = ChunkSpec(tuple(spec.shape[axis] for axis in axes), spec.dtype)
    filters: list[ArrayFilter] = []
    here = staged
    for codec in rest:
        after = codec.bind(here, (), Problems())
        filters.append(array_filter(codec, here, after))
        here = after
    (serializer,) = codecs_of_kind(codecs, "array_bytes")
    value = as_scalar(fill, spec.dtype)
    if isinstance(serializer, ShardingCodec):  # inner chunks that are missing hold it
        value = _fill_behind(filters, value, here)
    coding = array_coding(serializer, here, value)
    stored = serializer.bind(here, (), Problems())
    if filters:
        plain = coding or Elements(stored.shape, stored.dtype)
        coding = Filtered(tuple(filters), plain)
    elif not here.dtype.hasobject and coding is None:
        staged = attrs.evolve(staged, dtype=stored.dtype)
    elif isinstance(coding, ShardFormat):
        staged = attrs.evolve(staged, dtype=coding.chain.stored_dtype)
    kernels = tuple(
        bytes_kernel(codec, stored.dtype) for codec in codecs_of_kind(codecs, "bytes_bytes")
    )
    nbytes = math.prod(staged.shape) * staged.dtype.itemsize if coding is None else coding.limit
    limits = _limits(kernels, nbytes, exact=coding is None or coding.exact)
    return BoundChain(spec.shape, staged.shape, staged.dtype, axes, kernels, limits, coding)


def _fill_behind(filters: Sequence[ArrayFilter], fill: AnyArray, spec: ChunkSpec) -> AnyArray:
    """The fill value behind filters, 0-d: what inner chunks hold that are missing.

    Behind a filter that looks at neighbours (``delta``) it is the same number in the new type.
    """
    if not filters or spec.dtype.hasobject:
        return fill
    found = stored_values(filters, fill.reshape(1))
    return fill.astype(spec.dtype) if found is None else found.reshape(())


def check_fill(metadata: ArrayV3Metadata) -> None:
    """Refuse a fill value that the codecs of an array can't store and give back.

    Raises
    ------
    MetadataError
        Naming the fill value and why.
    """
    value: AnyArray | None = as_scalar(metadata.fill, metadata.dtype).reshape(1)
    problems = Problems()
    try:
        for each in _value_filters(metadata):
            value = None if value is None else _there_and_back(each, value)
    except ValueError as error:
        problems.add(("fill_value",), f"{metadata.fill!r} can't be stored: {error}")
    problems.raise_if_any("array metadata")


def _there_and_back(each: ArrayFilter, value: AnyArray) -> AnyArray | None:
    """A value as a filter stores it; ValueError if a codec that must give it back does not."""
    stored = each.stored(value)
    if stored is not None and isinstance(each, ScaleOffset | CastValue):
        back = each.decode(stored)
        if not np.array_equal(back, value, equal_nan=value.dtype.kind in "fc"):
            raise ValueError(f"{value[0]} would come back as {back[0]}")
    return stored


def _value_filters(metadata: ArrayV3Metadata) -> Iterator[ArrayFilter]:
    """Filters that change values, those of inner chunks behind those of shards."""
    spec, codecs = metadata.chunk_spec, metadata.codecs
    while codecs:
        for codec in codecs_of_kind(codecs, "array_array"):
            after = codec.bind(spec, (), Problems())
            if not isinstance(codec, TransposeCodec | ReshapeCodec):
                yield array_filter(codec, spec, after)
            spec = after
        (serializer,) = codecs_of_kind(codecs, "array_bytes")
        codecs = ()
        if isinstance(serializer, ShardingCodec):
            spec, codecs = ChunkSpec(serializer.chunk_shape, spec.dtype), serializer.codecs


def _leading_transposes(
    codecs: tuple[Codec, ...],
) -> tuple[list[TransposeCodec], tuple[Codec, ...]]:
    ahead: list[TransposeCodec] = []
    for codec in codecs:
        if not isinstance(codec, TransposeCodec):
            break
        ahead.append(codec)
    return ahead, codecs[len(ahead) :]


def as_scalar(value: Any, dtype: np.dtype[Any]) -> AnyArray:
    """A fill value as a 0-d array; bytes of any length as an object."""
    room = np.empty((), dtype)
    room[()] = value[()] if isinstance(value, np.ndarray) else value
    return room


def bind_shard(codec: ShardingCodec, spec: ChunkSpec, fill: Any) -> ShardFormat:
    """A sharding codec, bound to a shard."""
    grid = codec.grid_shape(spec.shape)
    chain = bind_codecs_v3(codec.codecs, ChunkSpec(codec.chunk_shape, spec.dtype), fill)
    index_chain = bind_codecs_v3(codec.index_codecs, ChunkSpec((*grid, 2), np.dtype("u8")), 0)
    return ShardFormat(
        spec.shape, codec.chunk_shape, grid, chain, index_chain, codec.index_nbytes(spec.shape),
        codec.index_location, as_scalar(fill, spec.dtype).astype(chain.stored_dtype),
    )  # fmt: skip


def _bind_v2(metadata: ArrayV2Metadata) -> BoundChain:
    shape = metadata.chunks
    axes = tuple(range(len(shape)))
    if metadata.order == "F":
        axes = axes[::-1]
    stored = tuple(shape[axis] for axis in axes)
    configs: list[dict[str, Any]] = [dict(thaw(c.config)) for c in metadata.codecs]  # type: ignore[arg-type]  # an object
    coding = None
    if metadata.dtype.hasobject:
        at = next(i for i, config in enumerate(configs) if config["id"] in OBJECT_CODECS)
        coding = Objects.of(configs.pop(at), stored)
    kernels = tuple(numcodecs_kernel(config) for config in configs)
    nbytes = math.prod(shape) * metadata.dtype.itemsize if coding is None else coding.limit
    limits = _limits(kernels, nbytes, exact=coding is None)
    if metadata.filters:  # filters may widen elements, to 16 bytes at most
        limits = tuple(max(n, 16 * math.prod(shape) + 65536) for n in limits)
    return BoundChain(shape, stored, metadata.dtype, axes, kernels, limits, coding)

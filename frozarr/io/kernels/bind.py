"""From the codecs of a document to kernels: a chain bound to one chunk shape and type."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np

from frozarr.io.kernels.base import VARIABLE_NBYTES, ArrayCoding, ArrayFilter, Binding, BytesKernel
from frozarr.io.kernels.chain import BoundChain
from frozarr.io.kernels.elements import Filtered, stored_values
from frozarr.io.kernels.fill import as_scalar
from frozarr.io.kernels.numcodecs import numcodecs_kernel
from frozarr.io.kernels.vlen import Objects
from frozarr.metadata.array_v2 import OBJECT_CODECS, ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.codecs.base import ChunkSpec, Codec
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.problems import Problems
from frozarr.metadata.registry import BUILT_IN, Registry, default_registry
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyArray, Shape

__all__ = ["bind_chain", "bind_codecs", "check_fill"]


@runtime_checkable
class _WithKernel(Protocol):
    """A codec that makes its own kernels."""

    def kernel(self, binding: Binding) -> Any:
        """What codes chunks, where the binding says."""


def kernel_maker(codec: Codec, registry: Registry) -> Callable[[Binding], Any]:
    """What makes the kernel of a codec value: its entry in the registry, or its own method.

    Raises
    ------
    TypeError
        Neither is there.
    """
    entry = registry.find("codecs", codec.name)
    if entry is not None and entry.value_class is type(codec) and entry.make_kernel is not None:
        return partial(entry.make_kernel, codec)
    if isinstance(codec, _WithKernel):
        return codec.kernel
    for known in (registry, BUILT_IN):
        entry = known.find("codecs", codec.name)
        if entry is not None and isinstance(codec, entry.value_class):
            make = entry.make_kernel
            if make is not None:
                return partial(make, codec)
    raise TypeError(
        f"codec {codec.name!r} ({type(codec).__name__}) can't be used: its class has no method "
        "kernel(binding), and no kernel is registered for it"
    )


def _after(codec: Codec, spec: ChunkSpec) -> ChunkSpec:
    """Chunk behind a codec, of an array whose metadata were checked."""
    return codec.encoded_spec(spec, At(None, Problems()))


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


def bind_chain(
    metadata: ArrayMetadata, chunk_shape: Shape | None = None, *,
    registry: Registry | None = None, namespace: Any = np,
    variable_nbytes: int = VARIABLE_NBYTES,
) -> BoundChain:  # fmt: skip
    """The chain of an array, bound to its chunk shape and type.

    Parameters
    ----------
    metadata
        Of the array.
    chunk_shape
        Shape of the chunks meant, in elements, where the grid has several.
    registry
        What makes kernels; the default registry if none is given.
    namespace
        Array namespace that chunks live in: numpy, or a device's.
    variable_nbytes
        Bytes that a chunk of elements of any length may have.
    """
    if isinstance(metadata, ArrayV2Metadata):
        return _bind_v2(metadata, variable_nbytes)
    spec = metadata.chunk_spec
    if chunk_shape is not None:
        spec = ChunkSpec(chunk_shape, spec.dtype)
    fill = as_scalar(metadata.fill, spec.dtype)
    known = registry if registry is not None else default_registry()
    return bind_codecs(
        metadata.codecs, Binding(spec, spec, fill, known, namespace, variable_nbytes)
    )


def bind_codecs(codecs: tuple[Codec, ...], binding: Binding) -> BoundChain:
    """A format 3 chain, bound to a chunk before any codec.

    Axes permuted ahead of everything else are a view; what follows of filters is a coding.
    """
    spec = binding.spec
    ahead, rest = _leading_transposes(codecs_of_kind(codecs, "array_array"))
    axes = tuple(range(len(spec.shape)))
    for transpose in ahead:
        axes = tuple([axes[axis] for axis in transpose.order])
    staged = ChunkSpec(tuple([spec.shape[axis] for axis in axes]), spec.dtype)
    filters, here = _bind_filters(rest, attrs.evolve(binding, spec=staged))
    (serializer,) = codecs_of_kind(codecs, "array_bytes")
    coding, stored = _bind_serializer(serializer, filters, attrs.evolve(binding, spec=here))
    if coding.plain and not filters:
        staged, plain = attrs.evolve(staged, dtype=stored.dtype), None
    else:
        plain = Filtered(tuple(filters), coding) if filters else coding
        dtype = None if filters else coding.dtype
        staged = attrs.evolve(staged, dtype=dtype or staged.dtype)
    behind = attrs.evolve(binding, spec=stored, encoded=stored, fill=None)
    kernels: tuple[BytesKernel, ...] = tuple(
        kernel_maker(codec, binding.registry)(behind)
        for codec in codecs_of_kind(codecs, "bytes_bytes")
    )
    nbytes = coding.limit if plain else math.prod(staged.shape) * staged.dtype.itemsize
    limits = _limits(kernels, nbytes, exact=plain is None or coding.exact)
    return BoundChain(
        spec.shape, staged.shape, staged.dtype, axes, kernels, limits, plain, binding.namespace
    )


def _bind_filters(
    codecs: tuple[Codec, ...], binding: Binding
) -> tuple[list[ArrayFilter], ChunkSpec]:
    """Filters, and the chunk behind them."""
    filters: list[ArrayFilter] = []
    here = binding.spec
    for codec in codecs:
        after = _after(codec, here)
        make = kernel_maker(codec, binding.registry)
        filters.append(make(attrs.evolve(binding, spec=here, encoded=after)))
        here = after
    return filters, here


def _bind_serializer(
    serializer: Codec, filters: Sequence[ArrayFilter], binding: Binding
) -> tuple[ArrayCoding, ChunkSpec]:
    """What turns a filtered chunk into bytes, and the chunk as it is stored."""
    fill = binding.fill
    if isinstance(serializer, ShardingCodec) and fill is not None:
        fill = _fill_behind(filters, fill, binding.spec)  # inner chunks that are missing hold it
    stored = _after(serializer, binding.spec)
    make = kernel_maker(serializer, binding.registry)
    coding: ArrayCoding = make(attrs.evolve(binding, encoded=stored, fill=fill))
    return coding, stored


def _fill_behind(filters: Sequence[ArrayFilter], fill: AnyArray, spec: ChunkSpec) -> AnyArray:
    """The fill value behind filters, 0-d: what inner chunks hold that are missing.

    Behind a filter that looks at neighbours (``delta``) it is the same number in the new type.
    """
    if not filters or spec.dtype.hasobject:
        return fill
    stored = stored_values(filters, fill.reshape(1))
    return fill.astype(spec.dtype) if stored is None else stored.reshape(())


def check_fill(metadata: ArrayMetadata) -> None:
    """Refuse a fill value that the codecs of an array can't store and give back.

    Raises
    ------
    MetadataError
        Naming the fill value and why.
    """
    if isinstance(metadata, ArrayV2Metadata):
        return
    problems = Problems()
    value: AnyArray | None = as_scalar(metadata.fill, metadata.dtype).reshape(1)
    try:
        for each in _filters_of(metadata):
            value = None if value is None else _there_and_back(each, value)
    except ValueError as error:
        problems.add(("fill_value",), f"{metadata.fill!r} can't be stored: {error}")
    problems.raise_if_any("array metadata")


def _there_and_back(each: ArrayFilter, value: AnyArray) -> AnyArray | None:
    """A value as a filter stores it; ValueError if one that must give it back does not."""
    stored = each.stored(value)
    if stored is not None and each.keeps_fill:
        back = each.decode(stored)
        if not np.array_equal(back, value, equal_nan=value.dtype.kind in "fc"):
            raise ValueError(f"{value[0]} would come back as {back[0]}")
    return stored


def _filters_of(metadata: ArrayV3Metadata) -> Iterator[ArrayFilter]:
    """All array filters, those of inner chunks behind those of shards."""
    spec, codecs = metadata.chunk_spec, metadata.codecs
    registry = default_registry()
    while codecs:
        start = Binding(spec, spec, None, registry)
        filters, here = _bind_filters(codecs_of_kind(codecs, "array_array"), start)
        yield from filters
        (serializer,) = codecs_of_kind(codecs, "array_bytes")
        codecs = ()
        if isinstance(serializer, ShardingCodec):
            spec, codecs = ChunkSpec(serializer.chunk_shape, here.dtype), serializer.codecs


def _leading_transposes(
    codecs: tuple[Codec, ...],
) -> tuple[list[TransposeCodec], tuple[Codec, ...]]:
    ahead: list[TransposeCodec] = []
    for codec in codecs:
        if not isinstance(codec, TransposeCodec):
            break
        ahead.append(codec)
    return ahead, codecs[len(ahead) :]


def _bind_v2(metadata: ArrayV2Metadata, variable_nbytes: int) -> BoundChain:
    shape = metadata.chunks
    axes = tuple(range(len(shape)))
    if metadata.order == "F":
        axes = axes[::-1]
    stored = tuple([shape[axis] for axis in axes])
    configs: list[dict[str, Any]] = [codec.config.asdict() for codec in metadata.codecs]
    coding = None
    if metadata.dtype.hasobject:
        at = next(i for i, config in enumerate(configs) if config["id"] in OBJECT_CODECS)
        coding = Objects.of(configs.pop(at), stored, variable_nbytes)
    kernels = tuple(numcodecs_kernel(config) for config in configs)
    nbytes = math.prod(shape) * metadata.dtype.itemsize if coding is None else coding.limit
    limits = _limits(kernels, nbytes, exact=coding is None)
    if metadata.filters:  # filters may widen elements, to 16 bytes at most
        limits = tuple(max(n, 16 * math.prod(shape) + 65536) for n in limits)
    return BoundChain(shape, stored, metadata.dtype, axes, kernels, limits, coding)

"""Creation arguments as a value, and the metadata that they make. Pure: nothing is stored."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.caller import warn_caller
from frozarr.metadata.array_v2 import ArrayV2Metadata, object_type
from frozarr.metadata.array_v3 import ArrayV3Metadata, frozen_names
from frozarr.metadata.attributes import given_attributes
from frozarr.metadata.auto_chunks import (
    normalize_chunks,
    normalize_shards,
    rectilinear,
    sized_edges,
)
from frozarr.metadata.codec_arguments import (
    codec_v3,
    codecs_v2,
    codecs_v3,
    compressor_v2,
    default_serializer,
    filtered,
    filters_v2,
    frozen_codecs,
    typed,
)
from frozarr.metadata.codecs.compressors import ZstdCodec
from frozarr.metadata.codecs.sharding import IndexLocation, ShardingCodec
from frozarr.metadata.dtypes.base import DataType, frozen_fill, thawed_fill
from frozarr.metadata.dtypes.lookup import user_data_type
from frozarr.metadata.grids import ChunkGrid, RectilinearGrid, RegularGrid
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.keys import ChunkKeyEncoding, DefaultKeys, V2Keys, parse_key_encoding
from frozarr.metadata.parsing.at import At, parsed
from frozarr.metadata.parsing.parsers import MAX_EXTENT, MAX_RANK
from frozarr.metadata.parsing.problems import Problems
from frozarr.types import DEFAULT, JSON, AnyDtype, Immutable, Shape, ShapeLike

__all__ = [
    "ArrayLayout", "ArrayMetadata", "ArrayOptions", "ArraySpec", "ChunksLike", "CodecLike",
    "CodecsLike", "DataTypeLike", "KeyEncodingLike", "array_metadata",
]  # fmt: skip

Format: TypeAlias = Literal[2, 3]
ArrayMetadata: TypeAlias = ArrayV2Metadata | ArrayV3Metadata


class CodecValue(Protocol):
    """A codec here; type checkers don't take class variables for the properties of `Codec`."""

    def to_json(self) -> JSON:
        """Its JSON."""


class HasConfig(Protocol):
    """A codec of numcodecs."""

    def get_config(self) -> Mapping[str, object]:
        """Its JSON."""


class HasDocument(Protocol):
    """A codec, data type or key encoding of another library."""

    def to_dict(self) -> Mapping[str, object]:
        """Its JSON."""


Document: TypeAlias = Mapping[str, object]
"""The JSON of a codec, data type or key encoding, with its name."""
DataTypeLike: TypeAlias = DataType | npt.DTypeLike | Document
"""A data type value, anything numpy takes as a type, the name or the JSON of a data type."""
CodecLike: TypeAlias = CodecValue | str | Document | HasConfig | HasDocument
"""A codec: a value, its name, its JSON, an object of numcodecs or zarr-python."""
CodecsLike: TypeAlias = CodecLike | Iterable[CodecLike] | None
"""Codecs one after the other, or a single one; ``"auto"`` for the usual ones, None for none."""
ChunksLike: TypeAlias = int | Sequence[int | Sequence[int | Sequence[int]]] | str | Document | None
"""Elements of chunks or shards along each axis, or ``"auto"``: see `ArraySpec`."""
KeyEncodingLike: TypeAlias = ChunkKeyEncoding | str | Document | Sequence[str] | HasDocument | None
"""How chunks are named: a value, its JSON, its name and separator, in format 2 a separator."""


class ArrayLayout(TypedDict, total=False):
    """Creation arguments that say how an array is laid out; what they mean is in `ArraySpec`."""

    dtype: DataTypeLike
    chunks: ChunksLike
    shards: ChunksLike
    filters: CodecsLike
    compressors: CodecsLike
    serializer: CodecsLike
    codecs: Iterable[CodecLike] | None
    order: Literal["C", "F"] | None
    attributes: Mapping[str, object] | None
    chunk_key_encoding: KeyEncodingLike
    dimension_names: Iterable[str | None] | None


class ArrayOptions(ArrayLayout, total=False):
    """Those, and the value of elements that are not stored."""

    fill_value: object


def normalize_shape(shape: ShapeLike) -> Shape:
    """Extents from a ``shape=`` argument.

    Raises
    ------
    ValueError
        Negative extents, or more than 64 axes.
    """
    entries = tuple(shape) if isinstance(shape, Sequence | np.ndarray) else (shape,)
    extents = tuple(operator.index(n) for n in entries)
    if len(extents) > MAX_RANK:
        raise ValueError(f"shape has {len(extents)} axes, at most {MAX_RANK} are allowed")
    for axis, extent in enumerate(extents):
        if not 0 <= extent <= MAX_EXTENT:
            raise ValueError(f"shape[{axis}] must be in [0, {MAX_EXTENT}], got {extent}")
    return extents


def _frozen_dtype(dtype: object) -> Any:
    if isinstance(dtype, Mapping):
        return FrozenMap(dtype) if "name" in dtype else np.dtype(dict(dtype))  # type: ignore[call-overload]  # numpy says what is wrong
    return np.dtype(dtype) if isinstance(dtype, list) else dtype


def _frozen_sizes(sizes: object) -> Any:
    """Chunk sizes as tuples all the way down."""
    if isinstance(sizes, Mapping):
        return FrozenMap({name: _frozen_sizes(value) for name, value in sizes.items()})
    if isinstance(sizes, list | tuple | np.ndarray):
        return tuple([_frozen_sizes(entry) for entry in sizes])
    return sizes


def _frozen_key_encoding(given: object) -> Any:
    document = given.to_dict() if hasattr(given, "to_dict") else given
    if isinstance(document, list | tuple) and len(document) == 2:  # ("v2", "/")
        document = {"name": document[0], "separator": document[1]}
    return FrozenMap(document) if isinstance(document, Mapping) else document


def _format(zarr_format: object) -> Format:
    if zarr_format == 2:
        return 2
    if zarr_format not in {3, None}:
        raise ValueError(f"zarr_format must be 2 or 3, got {zarr_format!r}")
    return 3


def _order(order: object) -> Literal["C", "F"] | None:
    if order == "C":
        return "C"
    if order == "F":
        return "F"
    if order is not None:
        raise ValueError(f"order must be 'C' or 'F', got {order!r}")
    return None


@attrs.frozen(kw_only=True)
class ArraySpec(Immutable):
    """What a new array is to be like, in the words that users have for it.

    Raises
    ------
    MetadataError, ValueError, TypeError
        Arguments that are wrong by themselves; `metadata` finds those that don't fit each other.

    Examples
    --------
    >>> ArraySpec(shape=(10,), dtype="f4", chunks=(5,)).metadata().codecs
    (BytesCodec(endian='little'), ZstdCodec(level=0, checksum=False))
    """

    shape: Shape = attrs.field(converter=normalize_shape)
    """Extents in elements; an integer for one axis."""
    dtype: object = attrs.field(converter=_frozen_dtype)
    """Anything numpy takes, a data type value, the name or object form of one."""
    chunks: object = attrs.field(default="auto", converter=_frozen_sizes)
    """Elements of a chunk along each axis, of an inner chunk where there are shards.

    ``"auto"``; False for a single chunk; an integer for every axis; -1 for a whole axis; a list of
    sizes for an axis makes chunks of several sizes (grid ``rectilinear``).
    """
    shards: object = attrs.field(default=None, converter=_frozen_sizes)
    """Elements of a shard along each axis: a multiple of the chunk.

    ``"auto"``, or a mapping with ``shape`` and ``index_location``; None for no shards.
    """
    filters: object = attrs.field(default="auto", converter=frozen_codecs)
    """Codecs from array to array: values, their JSON, or numcodecs objects."""
    compressors: object = attrs.field(default="auto", converter=frozen_codecs)
    """Codecs from bytes to bytes; zstd at its default level by default, None for none."""
    serializer: object = attrs.field(default="auto", converter=frozen_codecs)
    """Codec from array to bytes; little-endian elements by default."""
    fill_value: object = attrs.field(default=DEFAULT, converter=frozen_fill)
    """Value of elements that are not stored; the type's zero by default."""
    order: Literal["C", "F"] | None = attrs.field(default=None, converter=_order)
    """Layout of chunks in format 2; in format 3 it has no meaning."""
    zarr_format: Format = attrs.field(default=3, converter=_format)
    """2 or 3; None is 3."""
    attributes: FrozenMap = attrs.field(default=None, converter=given_attributes)
    """JSON values by name."""
    chunk_key_encoding: object = attrs.field(default=None, converter=_frozen_key_encoding)
    """How chunks are named: a value, its JSON, or in format 2 a separator."""
    dimension_names: tuple[str | None, ...] | None = attrs.field(
        default=None, converter=frozen_names
    )
    """Names of the axes, in format 3."""
    codecs: tuple[Any, ...] | None = attrs.field(default=None, converter=frozen_codecs)
    """The whole chain of format 3, instead of filters, serializer and compressors."""

    def metadata(self) -> ArrayMetadata:
        """Metadata of the array.

        Raises
        ------
        MetadataError, ValueError, TypeError
            Arguments that don't fit each other or the format.
        """
        return self._v2() if self.zarr_format == 2 else self._v3()

    def _v2(self) -> ArrayV2Metadata:
        data_type, dtype = self._type()
        if self.shards is not None:
            raise ValueError("shards: format 2 has none; use format 3")
        if rectilinear(self.chunks):
            raise ValueError("chunks: format 2 has one chunk shape; use format 3 for several")
        if self.codecs is not None:
            raise ValueError("codecs: format 2 has none; use filters and compressors")
        if self.serializer not in {"auto", None}:
            raise ValueError("serializer: format 2 has none; use filters and compressors")
        if self.dimension_names is not None:
            raise ValueError(
                "dimension_names: format 2 has none; use the attribute _ARRAY_DIMENSIONS, or "
                "format 3"
            )
        return ArrayV2Metadata(
            shape=self.shape, chunks=normalize_chunks(self.chunks, self.shape, dtype.itemsize),
            dtype=dtype, fill_value=self._fill_v2(data_type), order=self.order or "C",
            filters=filters_v2(self.filters, data_type),
            compressor=compressor_v2(self.compressors),
            dimension_separator=_v2_separator(self.chunk_key_encoding), attributes=self.attributes,
        )  # fmt: skip

    def _v3(self) -> ArrayV3Metadata:
        data_type, dtype = self._type()
        if self.order is not None:
            warn_caller("order has no meaning in format 3; set it in the config", RuntimeWarning)
        grid, inner, sharded, location = self._grid(dtype.itemsize)
        chain = typed(self._chain(data_type, inner, dtype), data_type)
        if sharded:
            chain = (ShardingCodec(chunk_shape=inner, codecs=chain, index_location=location),)
        fill = thawed_fill(self.fill_value)
        if fill is None or fill is DEFAULT:
            fill = usual_fill(dtype)
        return ArrayV3Metadata(
            shape=self.shape, data_type=data_type, chunk_grid=grid,
            chunk_key_encoding=_key_encoding(self.chunk_key_encoding),
            fill_value=data_type.cast_fill(fill),
            codecs=chain, attributes=self.attributes, dimension_names=self.dimension_names,
        )  # fmt: skip

    def _type(self) -> tuple[DataType, AnyDtype]:
        """Data type meant; objects of format 2 are what their codec says."""
        dtype = self.dtype
        if (
            self.zarr_format == 2
            and isinstance(dtype, type | np.dtype | str)
            and dtype in (object, "O", "|O")
        ):
            objects = object_type(codecs_v2(self.filters))
            if objects is not None:
                return objects, objects.numpy
        return user_data_type(dtype)

    def _grid(self, itemsize: int) -> tuple[ChunkGrid, Shape, bool, IndexLocation]:
        """Grid of what is stored, chunk shape, whether there are shards, where their index is."""
        if rectilinear(self.chunks):
            if self.shards is not None:
                raise ValueError(
                    "chunks of several sizes can't have shards; give shards such sizes"
                )
            return RectilinearGrid(sized_edges(self.chunks, self.shape)), (), False, "end"
        if rectilinear(self.shards):
            inner = normalize_chunks(self.chunks, self.shape, itemsize)
            return RectilinearGrid(sized_edges(self.shards, self.shape)), inner, True, "end"
        inner, outer, location = normalize_shards(self.chunks, self.shards, self.shape, itemsize)
        return RegularGrid(inner if outer is None else outer), inner, outer is not None, location

    def _chain(self, data_type: DataType, inner: Shape, dtype: AnyDtype) -> tuple[Any, ...]:
        """The codecs of a chunk (of an inner chunk where there are shards)."""
        if self.codecs is not None:
            for name in ("filters", "serializer", "compressors"):
                if getattr(self, name) != "auto":
                    raise ValueError(f"give codecs, the whole chain, or {name}, not both")
            return tuple(codec_v3(codec, f"codecs[{i}]") for i, codec in enumerate(self.codecs))
        before = codecs_v3(self.filters, (), "filters", "array_array")
        serializer = default_serializer(data_type, filtered(before, inner, dtype))
        return (
            *before,
            *codecs_v3(self.serializer, (serializer,), "serializer", "array_bytes"),
            *codecs_v3(self.compressors, (ZstdCodec(),), "compressors", "bytes_bytes"),
        )

    def _fill_v2(self, data_type: DataType) -> Any:
        given = thawed_fill(self.fill_value)
        if given is None:
            return None
        fill = data_type.cast_fill(usual_fill(data_type.numpy) if given is DEFAULT else given)
        # format 2 can't tell one NaN from another: keep what will be read back
        return data_type.parse_fill_v2(At(data_type.fill_to_json_v2(fill), Problems()))


def array_metadata(**options: Any) -> ArrayMetadata:
    """Metadata of a new array from the arguments of `ArraySpec`.

    Examples
    --------
    >>> array_metadata(shape=4, dtype="u1").shape
    (4,)
    """
    return ArraySpec(**options).metadata()


def usual_fill(dtype: AnyDtype) -> object:
    """Fill value where none is given: zero, and no time at all (NaT) for dates and durations."""
    timed = dtype.kind in "mM" and np.datetime_data(dtype)[0] != "generic"
    return "NaT" if timed else 0


def _key_encoding(given: Any) -> ChunkKeyEncoding:
    if given is None:
        return DefaultKeys()
    if isinstance(given, ChunkKeyEncoding):
        return given
    document = given
    if isinstance(document, Mapping) and "separator" in document:  # zarr-python's short form
        document = {
            "name": document.get("name"), "configuration": {"separator": document["separator"]}
        }  # fmt: skip
    return parsed(parse_key_encoding, document, "chunk_key_encoding")


def _v2_separator(chunk_key_encoding: object) -> Literal[".", "/"]:
    if chunk_key_encoding is None or chunk_key_encoding == ".":
        return "."
    if chunk_key_encoding == "/":
        return "/"
    encoding = _key_encoding(chunk_key_encoding)
    if not isinstance(encoding, V2Keys):
        raise ValueError(f"format 2 names chunks the 'v2' way, got {encoding.name!r}")
    return encoding.separator

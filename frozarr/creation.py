"""From creation arguments to metadata: pure, so that all bad input is refused before any effect."""

import operator
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from frozarr.codec_arguments import (
    codec_v3,
    codecs_v2,
    codecs_v3,
    compressor_v2,
    default_serializer,
    filtered,
    filters_v2,
    typed,
)
from frozarr.errors import MetadataError
from frozarr.io.kernels.bind import check_fill
from frozarr.io.target import ArrayMetadata
from frozarr.metadata.array_v2 import ArrayV2Metadata, object_type
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.auto_chunks import (
    normalize_chunks,
    normalize_shards,
    rectilinear,
    sized_edges,
)
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.compressors import ZstdCodec
from frozarr.metadata.codecs.sharding import IndexLocation, ShardingCodec
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.lookup import user_data_type
from frozarr.metadata.grids import ChunkGrid, RegularGrid
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.keys import ChunkKeyEncoding, DefaultKeys, V2Keys, parse_key_encoding
from frozarr.metadata.members import MAX_EXTENT, MAX_RANK, present
from frozarr.metadata.problems import Problems
from frozarr.metadata.rectilinear import RectilinearGrid
from frozarr.types import DEFAULT, Shape

__all__ = ["array_metadata", "legacy_arguments"]

Format = Literal[2, 3]


def array_metadata(
    *,
    shape: Any,
    dtype: Any,
    chunks: Any = "auto",
    shards: Any = None,
    filters: Any = "auto",
    compressors: Any = "auto",
    serializer: Any = "auto",
    fill_value: Any = DEFAULT,
    order: Literal["C", "F"] | None = None,
    zarr_format: Format | None = 3,
    attributes: Mapping[str, Any] | None = None,
    chunk_key_encoding: Any = None,
    dimension_names: Iterable[str | None] | None = None,
    codecs: Iterable[Any] | None = None,
) -> ArrayMetadata:
    """Metadata of a new array, with the defaults zarr users know. Pure: nothing is stored.

    Parameters
    ----------
    shape
        Extents in elements; an integer for one axis.
    dtype
        Anything numpy takes.
    chunks
        Elements of a chunk along each axis; see `normalize_chunks`. With shards, of an inner chunk.
        A list of sizes for an axis makes chunks of several sizes (grid ``rectilinear``).
    shards
        Elements of a shard along each axis: a multiple of the chunk; ``"auto"``; or a mapping with
        ``shape`` and ``index_location``.
    fill_value
        Value of elements not stored; the type's zero by default.
    codecs
        The whole chain of format 3 in order, instead of filters, serializer and compressors.

    Raises
    ------
    MetadataError, ValueError, TypeError
        Arguments that are wrong or do not fit each other or the format.

    Examples
    --------
    >>> array_metadata(shape=(10,), dtype="f4", chunks=(5,)).codecs
    (BytesCodec(endian='little'), ZstdCodec(level=0, checksum=False))
    """
    if zarr_format not in {2, 3, None}:
        raise ValueError(f"zarr_format must be 2 or 3, got {zarr_format!r}")
    extents = normalize_shape(shape)
    data_type, kind = _type(dtype, filters, zarr_format)
    if shards is not None and zarr_format == 2:
        raise ValueError("shards: format 2 has none; use format 3")
    if zarr_format == 2 and rectilinear(chunks):
        raise ValueError("chunks: format 2 has one chunk shape; use format 3 for several")
    grid, inner, outer, location = _grid(chunks, shards, extents, kind.itemsize)
    frozen = _attributes(attributes)
    fill = _fill_value(data_type, fill_value, zarr_format or 3)
    if zarr_format == 2:
        _refuse_v3_only(serializer, dimension_names)
        return ArrayV2Metadata(
            shape=extents, chunks=inner, dtype=kind, fill_value=fill, order=order or "C",
            filters=filters_v2(filters, data_type), compressor=compressor_v2(compressors),
            dimension_separator=_v2_separator(chunk_key_encoding), attributes=frozen,
        )  # fmt: skip
    if order is not None:
        warnings.warn(
            "order has no meaning in format 3; set it in the config", RuntimeWarning, stacklevel=3
        )
    if codecs is None:
        before = codecs_v3(filters, (), "filters", "array_array")
        default = (default_serializer(data_type, filtered(before, inner, kind)),)
        chain = (
            *before,
            *codecs_v3(serializer, default, "serializer", "array_bytes"),
            *codecs_v3(compressors, (ZstdCodec(),), "compressors", "bytes_bytes"),
        )
    else:
        chain = tuple(codec_v3(c, ("codecs", i)) for i, c in enumerate(codecs))
    chain = typed(chain, data_type)
    if outer:
        chain = (ShardingCodec(chunk_shape=inner, codecs=chain, index_location=location),)
    made = ArrayV3Metadata(
        shape=extents, data_type=data_type, chunk_grid=grid,
        chunk_key_encoding=_key_encoding(chunk_key_encoding), fill_value=fill,
        codecs=chain, attributes=frozen,
        dimension_names=None if dimension_names is None else tuple(dimension_names),
    )  # fmt: skip
    if codecs_of_kind(chain, "array_array") or outer:
        check_fill(made)
    return made


def _grid(
    chunks: Any, shards: Any, shape: Shape, itemsize: int
) -> tuple[ChunkGrid, Shape, bool, IndexLocation]:
    """Grid of what is stored, chunk shape, whether there are shards, where their index lies."""
    if rectilinear(chunks):
        if shards is not None:
            raise ValueError("chunks of several sizes can't have shards; give shards such sizes")
        return RectilinearGrid(sized_edges(chunks, shape)), (), False, "end"
    if rectilinear(shards):
        inner = normalize_chunks(chunks, shape, itemsize)
        return RectilinearGrid(sized_edges(shards, shape)), inner, True, "end"
    inner, outer, location = normalize_shards(chunks, shards, shape, itemsize)
    return RegularGrid(inner if outer is None else outer), inner, outer is not None, location


def normalize_shape(shape: Any) -> Shape:
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


def _attributes(attributes: Mapping[str, Any] | None) -> FrozenMap:
    if attributes is not None and not isinstance(attributes, Mapping):
        raise MetadataError(f"attributes must be a mapping, got {type(attributes).__name__}")
    return FrozenMap(attributes, ("attributes",))


def _fill_value(data_type: DataType, given: Any, zarr_format: Format) -> Any:
    if given is None and zarr_format == 2:
        return None
    fill = data_type.cast_fill(0 if given is None or given is DEFAULT else given)
    if zarr_format == 2:  # format 2 can't tell one NaN from another: keep what will be read back
        return data_type.parse_fill_v2(data_type.fill_to_json_v2(fill), (), Problems())
    return fill


def _refuse_v3_only(serializer: Any, dimension_names: Any) -> None:
    if serializer not in {"auto", None}:
        raise ValueError("serializer: format 2 has none; use filters and compressors")
    if dimension_names is not None:
        raise ValueError(
            "dimension_names: format 2 has none; use the attribute _ARRAY_DIMENSIONS, or format 3"
        )


def _key_encoding(given: Any) -> ChunkKeyEncoding:
    if given is None:
        return DefaultKeys()
    if isinstance(given, ChunkKeyEncoding) and not isinstance(given, type):
        return given
    document = given.to_dict() if hasattr(given, "to_dict") else given
    if isinstance(document, Mapping) and "separator" in document:  # zarr-python's short form
        document = {
            "name": document.get("name"), "configuration": {"separator": document["separator"]}
        }  # fmt: skip
    problems = Problems()
    found = parse_key_encoding(document, ("chunk_key_encoding",), problems)
    problems.raise_if_any("array metadata")
    return present(found)


def _type(dtype: Any, filters: Any, zarr_format: Format | None) -> tuple[DataType, np.dtype[Any]]:
    """Data type meant; objects of format 2 are what their codec says."""
    if (
        zarr_format == 2
        and isinstance(dtype, type | np.dtype | str)
        and dtype in (object, "O", "|O")
    ):
        given = filters
        found = object_type(codecs_v2(given))
        if found is not None:
            return found, found.numpy
    return user_data_type(dtype)


def _v2_separator(chunk_key_encoding: Any) -> Literal[".", "/"]:
    if chunk_key_encoding is None:
        return "."
    if isinstance(chunk_key_encoding, str) and chunk_key_encoding in {".", "/"}:
        return chunk_key_encoding  # type: ignore[return-value]  # one of the two
    encoding = _key_encoding(chunk_key_encoding)
    if not isinstance(encoding, V2Keys):
        raise ValueError(f"format 2 names chunks the 'v2' way, got {encoding.name!r}")
    return encoding.separator


# ---------------------------------------------------------------------- the older spelling

_OTHER_FORMAT: dict[int, dict[str, str]] = {
    2: {
        "chunk_shape": "chunks",
        "chunk_key_encoding": "dimension_separator",
        "codecs": "filters and compressor",
        "dimension_names": "the attribute _ARRAY_DIMENSIONS",
    },
    3: {
        "dimension_separator": "chunk_key_encoding",
        "filters": "codecs",
        "compressor": "codecs",
    },
}


def legacy_arguments(
    *,
    zarr_format: Format = 3,
    chunk_shape: Any = None,
    chunks: Any = None,
    compressor: Any = "auto",
    dimension_separator: Any = None,
    **others: Any,
) -> dict[str, Any]:
    """Arguments of `array_metadata` from those of ``Array.create``.

    Raises
    ------
    ValueError
        A parameter of the other format, with what to use instead; or both spellings of chunks.
    """
    given = {
        "chunk_shape": chunk_shape,
        "compressor": None if isinstance(compressor, str) else compressor,
        "dimension_separator": dimension_separator,
        **others,
    }
    for name, instead in _OTHER_FORMAT[zarr_format].items():
        if given.get(name) is not None:
            raise ValueError(f"{name} is not for format {zarr_format}; use {instead}")
    if chunk_shape is not None and chunks is not None:
        raise ValueError("give chunk_shape or chunks, not both")
    shape = chunks if chunk_shape is None else chunk_shape
    arguments = {
        "zarr_format": zarr_format,
        "chunks": "auto" if shape is None else shape,
        **{name: value for name, value in others.items() if value is not None},
    }
    if zarr_format == 2:
        arguments["compressors"] = compressor
        arguments["chunk_key_encoding"] = dimension_separator
    return arguments

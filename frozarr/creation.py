"""From creation arguments to metadata: pure, so that all bad input is refused before any effect."""

import operator
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from frozarr.errors import MetadataError
from frozarr.io.target import ArrayMetadata
from frozarr.metadata.array_v2 import ArrayV2Metadata, object_type
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.auto_chunks import normalize_shards
from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import parse_codec
from frozarr.metadata.codecs.compressors import BLOSC_SHUFFLES, BloscCodec, ZstdCodec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.vlen import VlenBytesCodec, VlenUtf8Codec
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.lookup import user_data_type
from frozarr.metadata.dtypes.vlen import String, VariableLengthBytes
from frozarr.metadata.grids import RegularGrid
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.keys import ChunkKeyEncoding, DefaultKeys, V2Keys
from frozarr.metadata.members import MAX_EXTENT, MAX_RANK
from frozarr.metadata.problems import Problems
from frozarr.types import DEFAULT, UNSET, Shape

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
    inner, outer, location = normalize_shards(chunks, shards, extents, kind.itemsize)
    chunk_shape = inner if outer is None else outer
    frozen = _attributes(attributes)
    fill = _fill_value(data_type, fill_value, zarr_format or 3)
    if zarr_format == 2:
        _refuse_v3_only(serializer, dimension_names)
        return ArrayV2Metadata(
            shape=extents, chunks=chunk_shape, dtype=kind, fill_value=fill, order=order or "C",
            filters=_v2_filters(filters, data_type), compressor=_v2_compressor(compressors),
            dimension_separator=_v2_separator(chunk_key_encoding), attributes=frozen,
        )  # fmt: skip
    if order is not None:
        warnings.warn(
            "order has no meaning in format 3; set it in the config", RuntimeWarning, stacklevel=3
        )
    chain = (
        (
            *_v3_codecs(filters, (), "filters", "array_array"),
            *_v3_codecs(serializer, (_default_serializer(data_type),), "serializer", "array_bytes"),
            *_v3_codecs(compressors, (ZstdCodec(),), "compressors", "bytes_bytes"),
        )
        if codecs is None
        else tuple(_v3_codec(c, ("codecs", i)) for i, c in enumerate(codecs))
    )
    chain = _typed(chain, data_type)
    if outer is not None:
        chain = (ShardingCodec(chunk_shape=inner, codecs=chain, index_location=location),)
    return ArrayV3Metadata(
        shape=extents, data_type=data_type, chunk_grid=RegularGrid(chunk_shape),
        chunk_key_encoding=_key_encoding(chunk_key_encoding), fill_value=fill,
        codecs=chain, attributes=frozen,
        dimension_names=None if dimension_names is None else tuple(dimension_names),
    )  # fmt: skip


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


# ---------------------------------------------------------------------- format 3


def _default_serializer(data_type: DataType) -> Codec:
    match data_type:
        case String():
            return VlenUtf8Codec()
        case VariableLengthBytes():
            return VlenBytesCodec()
    return BytesCodec(endian="little" if data_type.numpy.itemsize > 1 else None)


def _key_encoding(given: Any) -> ChunkKeyEncoding:
    if given is None:
        return DefaultKeys()
    if isinstance(given, DefaultKeys | V2Keys):
        return given
    document = given.to_dict() if hasattr(given, "to_dict") else given
    if isinstance(document, str):
        document = {"name": document}
    if isinstance(document, Mapping):
        name, configuration = document.get("name"), dict(document.get("configuration", {}))
        configuration.update({k: v for k, v in document.items() if k == "separator"})
        if name == "default":
            return DefaultKeys(**configuration)
        if name == "v2":
            return V2Keys(**configuration)
    raise ValueError(
        "chunk_key_encoding must be named 'default' or 'v2', with a separator '/' or '.'; "
        f"got {given!r}"
    )


def _v3_codecs(
    given: Any, default: tuple[Codec, ...], argument: str, kind: str
) -> tuple[Codec, ...]:
    if isinstance(given, str) and given == "auto":
        return default
    if given is None:
        return () if argument != "serializer" else default
    single = isinstance(given, str | Mapping) or not isinstance(given, Iterable)
    entries = [given] if single else list(given)
    codecs = tuple(_v3_codec(e, (argument, i)) for i, e in enumerate(entries))
    for codec in codecs:
        if codec.kind != kind:
            raise MetadataError(
                f"{argument}: {codec.name!r} is {codec.kind}, but {kind} is needed here"
            )
    return codecs


def _v3_codec(given: Any, loc: tuple[str | int, ...]) -> Codec:
    """Codec from a value, its JSON, or an object of zarr-python or numcodecs with one."""
    if isinstance(given, NumcodecsCodec):
        raise MetadataError(f"{loc[0]}: {given.name!r} is a codec of format 2")
    if isinstance(given, Codec):
        return given
    document = given
    if hasattr(given, "to_dict"):
        document = given.to_dict()
    elif hasattr(given, "get_config"):
        config = dict(given.get_config())
        if config["id"] == "blosc":
            return _from_numcodecs_blosc(config)
        document = _from_numcodecs(config)
    problems = Problems()
    codec = parse_codec(document, loc, problems)
    problems.raise_if_any("codecs")
    if codec is None:
        raise MetadataError(f"{loc[0]}: not a codec: {given!r}")
    return codec


def _from_numcodecs(config: dict[str, Any]) -> dict[str, Any]:
    """Format 3 form of a numcodecs configuration."""
    name = config.pop("id")
    return {"name": name if name in {"zstd", "gzip"} else f"numcodecs.{name}",
            "configuration": config}  # fmt: skip


def _from_numcodecs_blosc(config: dict[str, Any]) -> BloscCodec:
    """Blosc of a numcodecs configuration; a shuffle of -1 is left open, as the type size is."""
    shuffle = config.get("shuffle", 1)
    return BloscCodec(
        cname=config.get("cname", "lz4"), clevel=config.get("clevel", 5),
        blocksize=config.get("blocksize", 0),
        shuffle=UNSET if shuffle < 0 else BLOSC_SHUFFLES[shuffle],
    )  # fmt: skip


def _typed(codecs: tuple[Codec, ...], data_type: DataType) -> tuple[Codec, ...]:
    """Codecs with what was left open chosen from the data type (blosc's type size)."""
    return tuple(c.for_dtype(data_type.numpy) if isinstance(c, BloscCodec) else c for c in codecs)


# ---------------------------------------------------------------------- format 2


def _v2_codec(given: Any) -> NumcodecsCodec:
    if isinstance(given, NumcodecsCodec):
        return given
    if hasattr(given, "get_config"):
        given = given.get_config()
    if isinstance(given, Codec):
        raise MetadataError(
            f"{given.name!r}: format 2 takes numcodecs codecs, such as {{'id': ...}}"
        )
    if not isinstance(given, Mapping):
        raise MetadataError(
            f"format 2 takes numcodecs codecs, such as {{'id': ...}}; got {given!r}"
        )
    return NumcodecsCodec({k: v for k, v in given.items() if (k, v) != ("checksum", False)})


def _entries(given: Any) -> list[Any]:
    if given is None or (isinstance(given, str) and given == "auto"):
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _v2_codecs(filters: Any) -> tuple[NumcodecsCodec, ...]:
    return tuple(_v2_codec(f) for f in _entries(filters))


_OBJECT_CODEC = {"string": "vlen-utf8", "variable_length_bytes": "vlen-bytes"}


def _v2_filters(filters: Any, data_type: DataType) -> tuple[NumcodecsCodec, ...]:
    """Filters, the object codec that the type needs ahead of them where it isn't given."""
    given = _v2_codecs(filters)
    if data_type.numpy.hasobject and object_type(given) is None:
        return (NumcodecsCodec({"id": _OBJECT_CODEC[data_type.name]}), *given)
    return given


def _type(dtype: Any, filters: Any, zarr_format: Format | None) -> tuple[DataType, np.dtype[Any]]:
    """Data type meant; objects of format 2 are what their codec says."""
    if (
        zarr_format == 2
        and isinstance(dtype, type | np.dtype | str)
        and dtype in {object, "O", "|O"}
    ):
        given = _entries(filters)
        found = object_type(_v2_codecs(given))
        if found is not None:
            return found, found.numpy
    return user_data_type(dtype)


def _v2_compressor(compressors: Any) -> NumcodecsCodec | None:
    if isinstance(compressors, str) and compressors == "auto":
        return NumcodecsCodec({"id": "zstd", "level": 0})
    entries = _entries(compressors)
    if len(entries) > 1:
        raise ValueError(f"format 2 has one compressor, got {len(entries)}; use filters for others")
    return _v2_codec(entries[0]) if entries else None


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

"""Array metadata from one format to the other. Pure: stored chunks stay as they are.

What the other format can't say is an error that names it; nothing is dropped in silence. Chunks
need not be touched either: the converted document describes the same bytes under the same keys.
"""

from typing import Any, Literal

from frozarr.metadata.array_v2 import OBJECT_CODECS, ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.compressors import (
    BLOSC_SHUFFLES,
    BloscCodec,
    Crc32cCodec,
    GzipCodec,
    ZstdCodec,
)
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.codecs.numcodecs_v3 import NumcodecsV3Codec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.codecs.vlen import VlenBytesCodec, VlenUtf8Codec
from frozarr.metadata.dtypes.base import fill_identity, frozen_fill
from frozarr.metadata.dtypes.lookup import in_format_2
from frozarr.metadata.grids import RegularGrid
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.keys import V2Keys
from frozarr.metadata.parsing.at import INVALID, At
from frozarr.metadata.parsing.problems import Problems
from frozarr.metadata.registry import NUMCODECS
from frozarr.types import UNSET, AnyDtype

__all__ = ["to_v2", "to_v3"]

_DIMENSIONS = "_ARRAY_DIMENSIONS"
_COMPRESSORS = ("zstd", "gzip", "blosc", "zlib", "lz4", "bz2", "lzma")
_SERIALIZERS: dict[str, type[Codec]] = {"vlen-utf8": VlenUtf8Codec, "vlen-bytes": VlenBytesCodec}


def _expect(metadata: object, cls: type) -> None:
    if not isinstance(metadata, cls):
        raise TypeError(
            f"expected {cls.__name__}, such as the `metadata` of an array of that format; got "
            f"{type(metadata).__name__}"
        )


# ---------------------------------------------------------------------- to format 3


def to_v3(metadata: ArrayV2Metadata, *, fill_value: object = UNSET) -> ArrayV3Metadata:
    """The same array as a format 3 document; its chunks keep their keys and bytes.

    Parameters
    ----------
    fill_value
        What an undefined fill value (null) becomes.

    Raises
    ------
    MetadataError
        Naming all that format 3 can't say: objects other than text and bytes, fields of several
        byte orders, filters that work on bytes ahead of ones that work on elements.

    Examples
    --------
    >>> import numpy as np
    >>> old = ArrayV2Metadata(shape=(4,), chunks=(2,), dtype=np.dtype(">i2"), fill_value=0,
    ...                       compressor=NumcodecsCodec({"id": "zlib", "level": 1}))
    >>> [codec.name for codec in to_v3(old).codecs], to_v3(old).chunk_key_encoding.key((1,))
    (['bytes', 'numcodecs.zlib'], '1')
    """
    _expect(metadata, ArrayV2Metadata)
    problems = Problems()
    data_type = metadata.data_type
    fill = metadata.fill_value
    if fill is None and fill_value is UNSET:
        problems.add(("fill_value",), "is undefined (null); say what it becomes with fill_value=")
    fill = data_type.cast_fill(0 if fill_value is UNSET else fill_value) if fill is None else fill
    if data_type.name == "object":
        problems.add(("dtype",), "format 3 has no data type for objects but text and bytes")
    codecs = _codecs_v3(metadata, problems)
    problems.raise_if_any("conversion to format 3")
    return ArrayV3Metadata(
        shape=metadata.shape, data_type=data_type, chunk_grid=RegularGrid(metadata.chunks),
        chunk_key_encoding=V2Keys(separator=metadata.dimension_separator), fill_value=fill,
        codecs=codecs, attributes=metadata.attributes, dimension_names=_dimension_names(metadata),
    )  # fmt: skip


def _dimension_names(metadata: ArrayV2Metadata) -> tuple[str, ...] | None:
    """Names that xarray keeps in an attribute, where they are names."""
    names = metadata.attributes.get(_DIMENSIONS)
    if isinstance(names, tuple) and len(names) == metadata.ndim:
        texts = tuple(name for name in names if isinstance(name, str))
        return texts if len(texts) == len(names) else None
    return None


def _codecs_v3(metadata: ArrayV2Metadata, problems: Problems) -> tuple[Codec, ...]:
    before: list[Codec] = []
    serializer = _serializer_v3(metadata, problems)
    after: list[Codec] = []
    if metadata.order == "F" and metadata.ndim > 1:
        before.append(TransposeCodec(tuple(reversed(range(metadata.ndim)))))
    for i, codec in enumerate(metadata.codecs):
        loc = ("filters", i) if i < len(metadata.filters) else ("compressor",)
        if codec.name in OBJECT_CODECS and metadata.dtype.hasobject:
            continue
        converted = _codec_v3(codec, metadata.dtype)
        if converted is None or converted.kind == "array_bytes":
            problems.add(loc, f"{codec.name!r} has no counterpart in format 3")
        elif converted.kind == "bytes_bytes":
            after.append(converted)
        elif after or metadata.dtype.byteorder == ">":
            why = "bytes come before it" if after else "elements are big-endian"
            problems.add(loc, f"{codec.name!r} works on elements, but {why}")
        else:
            before.append(converted)
    return (*before, serializer, *after)


def _serializer_v3(metadata: ArrayV2Metadata, problems: Problems) -> Codec:
    for codec in metadata.codecs:
        if codec.name in _SERIALIZERS:
            return _SERIALIZERS[codec.name]()
    little, big = metadata.dtype.newbyteorder("<"), metadata.dtype.newbyteorder(">")
    if metadata.dtype.names is not None and metadata.dtype not in {little, big}:
        problems.add(("dtype",), "fields have several byte orders, format 3 has one for all")
    if metadata.dtype.itemsize == 1 or (little == big and metadata.dtype.names is None):
        return BytesCodec(endian=None)
    return BytesCodec(endian="little" if metadata.dtype == little else "big")


def _codec_v3(codec: NumcodecsCodec, dtype: AnyDtype) -> Codec | None:
    config: Any = thaw(codec.config)
    match codec.name:
        case "zstd":
            checksum = bool(config.get("checksum", False))
            return ZstdCodec(level=config.get("level", 0), checksum=checksum)
        case "gzip":
            return GzipCodec(level=config.get("level", 1))
        case "blosc":
            shuffle = config.get("shuffle", 1)
            blosc = BloscCodec(
                cname=config.get("cname", "lz4"), clevel=config.get("clevel", 5),
                blocksize=config.get("blocksize", 0),
                shuffle=UNSET if shuffle < 0 else BLOSC_SHUFFLES[shuffle],
            )  # fmt: skip
            return blosc.for_dtype(dtype)
        case "crc32c" if set(config) == {"id"}:
            return Crc32cCodec()
    if codec.name not in NUMCODECS:
        return None
    config.pop("id")
    if codec.name == "shuffle":  # without it, 4 bytes here, an element there
        config.setdefault("elementsize", 4)
    return NumcodecsV3Codec(f"numcodecs.{codec.name}", config)


# ---------------------------------------------------------------------- to format 2


def to_v2(
    metadata: ArrayV3Metadata, *, dimension_separator: Literal[".", "/"] | None = None
) -> ArrayV2Metadata:
    """The same array as a format 2 document; its chunks keep their bytes.

    Parameters
    ----------
    dimension_separator
        How chunks will be named, if they are renamed; by default they keep their keys, which then
        must be those of encoding ``v2``.

    Raises
    ------
    MetadataError
        Naming all that format 2 can't say: shards, chunks of several shapes, other key encodings,
        codecs and data types of format 3 alone, unnamed dimensions, extra members.

    Examples
    --------
    >>> import numpy as np
    >>> old = ArrayV2Metadata(shape=(4, 4), chunks=(2, 2), dtype=np.dtype("<i2"),
    ...                       fill_value=np.int16(0), order="F")
    >>> to_v2(to_v3(old)) == old
    True
    """
    _expect(metadata, ArrayV3Metadata)
    problems = Problems()
    separator = dimension_separator
    if separator is None and isinstance(metadata.chunk_key_encoding, V2Keys):
        separator = metadata.chunk_key_encoding.separator
    elif separator is None:
        problems.add(
            ("chunk_key_encoding",),
            f"format 2 has no keys of encoding {metadata.chunk_key_encoding.name!r}; with "
            "dimension_separator= chunks are to be renamed",
        )
    if not isinstance(metadata.chunk_grid, RegularGrid):
        problems.add(("chunk_grid",), f"format 2 has no grid {metadata.chunk_grid.name!r}")
    for name in metadata.extra:
        problems.add((name,), "format 2 has no extra members")
    attributes = _attributes_v2(metadata, problems)
    order = _order_v2(metadata, problems)
    filters, compressor = _codecs_v2(metadata, problems)
    dtype, fill = _dtype_v2(metadata, problems), _fill_v2(metadata, problems)
    problems.raise_if_any("conversion to format 2")
    return ArrayV2Metadata(
        shape=metadata.shape, chunks=metadata.chunk_spec.shape, dtype=dtype, fill_value=fill,
        order=order, filters=filters, compressor=compressor,
        dimension_separator=separator or ".", attributes=attributes,
    )  # fmt: skip


def _attributes_v2(metadata: ArrayV3Metadata, problems: Problems) -> FrozenMap:
    """Attributes, names of dimensions where xarray looks for them."""
    names = metadata.dimension_names
    if names is None or metadata.attributes.get(_DIMENSIONS) == names:
        return metadata.attributes
    if None in names or _DIMENSIONS in metadata.attributes:
        why = "some have none" if None in names else f"attribute {_DIMENSIONS} has others"
        problems.add(("dimension_names",), f"can't be kept as an attribute: {why}")
    return metadata.attributes.merged({_DIMENSIONS: list(names)})


def _order_v2(metadata: ArrayV3Metadata, problems: Problems) -> Literal["C", "F"]:
    order: Literal["C", "F"] = "C"
    for i, codec in enumerate(metadata.codecs):
        if isinstance(codec, TransposeCodec):
            if i or codec.order != tuple(reversed(range(metadata.ndim))):
                problems.add(("codecs", i), "format 2 can reverse the axes first of all, no more")
            order = "F"
    return order


def _dtype_v2(metadata: ArrayV3Metadata, problems: Problems) -> AnyDtype:
    dtype = metadata.dtype
    if not dtype.hasobject and not in_format_2(dtype):
        problems.add(("data_type",), f"format 2 has no {metadata.data_type.name}")
        return dtype
    (serializer,) = codecs_of_kind(metadata.codecs, "array_bytes")
    if not isinstance(serializer, BytesCodec) or serializer.endian is None:
        return dtype
    filters = [c.name for c in codecs_of_kind(metadata.codecs, "array_array")]
    if serializer.endian == "big" and set(filters) - {"transpose"}:
        problems.add(("codecs",), f"format 2 applies {filters} to big-endian elements")
    return dtype.newbyteorder("<" if serializer.endian == "little" else ">")


def _fill_v2(metadata: ArrayV3Metadata, problems: Problems) -> Any:
    data_type, fill = metadata.data_type, metadata.fill_value
    document = data_type.fill_to_json_v2(fill)
    kept = data_type.parse_fill_v2(At(document, problems, ("fill_value",)))
    if kept is not INVALID and fill_identity(frozen_fill(kept)) != fill_identity(frozen_fill(fill)):
        problems.add(("fill_value",), f"format 2 can't tell {fill!r} from {kept!r}")
    return kept


def _codecs_v2(
    metadata: ArrayV3Metadata, problems: Problems
) -> tuple[tuple[NumcodecsCodec, ...], NumcodecsCodec | None]:
    converted: list[NumcodecsCodec] = []
    spec = metadata.chunk_spec
    for i, codec in enumerate(metadata.codecs):
        here = spec.dtype
        spec = codec.encoded_spec(spec, At(None, Problems()))
        if isinstance(codec, TransposeCodec | BytesCodec):
            continue
        config = _config_v2(codec, here)
        if config is None:
            problems.add(("codecs", i), f"format 2 has no {codec.name!r}")
        else:
            converted.append(NumcodecsCodec(config))
    if converted and converted[-1].name in _COMPRESSORS:
        return tuple(converted[:-1]), converted[-1]
    return tuple(converted), None


def _config_v2(codec: Codec, dtype: AnyDtype) -> dict[str, Any] | None:
    match codec:
        case ZstdCodec():
            return {"id": "zstd", "level": codec.level} | (
                {"checksum": True} if codec.checksum else {}
            )
        case GzipCodec():
            return {"id": "gzip", "level": codec.level}
        case BloscCodec():
            shuffle = -1 if codec.shuffle is UNSET else BLOSC_SHUFFLES.index(str(codec.shuffle))
            return {
                "id": "blosc", "cname": codec.cname, "clevel": codec.clevel, "shuffle": shuffle,
                "blocksize": codec.blocksize,
            }  # fmt: skip
        case Crc32cCodec() | VlenUtf8Codec() | VlenBytesCodec():
            return {"id": codec.name}
        case NumcodecsV3Codec():
            return codec.config_for(dtype)
    return None

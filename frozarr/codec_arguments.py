"""Codecs from creation arguments: values, JSON, or objects of numcodecs and zarr-python."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from frozarr.errors import MetadataError
from frozarr.metadata.array_v2 import object_type
from frozarr.metadata.codecs.base import ChunkSpec, Codec
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import parse_codec
from frozarr.metadata.codecs.compressors import BLOSC_SHUFFLES, BloscCodec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.codecs.vlen import VlenBytesCodec, VlenUtf8Codec
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.vlen import String, VariableLengthBytes
from frozarr.metadata.problems import Problems
from frozarr.types import UNSET, Shape

__all__ = [
    "codec_v3", "codecs_v2", "codecs_v3", "compressor_v2", "default_serializer", "filtered",
    "filters_v2", "typed",
]  # fmt: skip


def filtered(filters: tuple[Codec, ...], shape: Shape, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Type of elements after filters; what doesn't fit is found when all is put together."""
    spec = ChunkSpec(shape, dtype)
    for codec in filters:
        spec = codec.bind(spec, (), Problems())
    return spec.dtype


def default_serializer(data_type: DataType, stored: np.dtype[Any]) -> Codec:
    """The codec that turns elements into bytes, where none is given.

    Parameters
    ----------
    stored
        Type of elements after filters.

    Examples
    --------
    >>> default_serializer(String(), String().numpy)
    VlenUtf8Codec()
    """
    match data_type:
        case String():
            return VlenUtf8Codec()
        case VariableLengthBytes():
            return VlenBytesCodec()
    return BytesCodec(endian="little" if stored.itemsize > 1 else None)


def codecs_v3(
    given: Any, default: tuple[Codec, ...], argument: str, kind: str
) -> tuple[Codec, ...]:
    """Codecs of one argument of format 3, all of one kind.

    Raises
    ------
    MetadataError
        Not a codec, or one of another kind.
    """
    if isinstance(given, str) and given == "auto":
        return default
    if given is None:
        return () if argument != "serializer" else default
    single = isinstance(given, str | Mapping) or not isinstance(given, Iterable)
    entries = [given] if single else list(given)
    codecs = tuple(codec_v3(e, (argument, i)) for i, e in enumerate(entries))
    for codec in codecs:
        if codec.kind != kind:
            raise MetadataError(
                f"{argument}: {codec.name!r} is {codec.kind}, but {kind} is needed here"
            )
    return codecs


def codec_v3(given: Any, loc: tuple[str | int, ...]) -> Codec:
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


def typed(codecs: tuple[Codec, ...], data_type: DataType) -> tuple[Codec, ...]:
    """Codecs with what was left open chosen from the data type (blosc's type size)."""
    return tuple(c.for_dtype(data_type.numpy) if isinstance(c, BloscCodec) else c for c in codecs)


def _codec_v2(given: Any) -> NumcodecsCodec:
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


def codecs_v2(filters: Any) -> tuple[NumcodecsCodec, ...]:
    """Filters of format 2 as they are given; none for ``"auto"`` and None."""
    return tuple(_codec_v2(f) for f in _entries(filters))


def filters_v2(filters: Any, data_type: DataType) -> tuple[NumcodecsCodec, ...]:
    """Filters, the object codec that the type needs ahead of them where it isn't given."""
    given = codecs_v2(filters)
    if data_type.numpy.hasobject and object_type(given) is None:
        name = "vlen-utf8" if isinstance(data_type, String) else "vlen-bytes"
        return (NumcodecsCodec({"id": name}), *given)
    return given


def compressor_v2(compressors: Any) -> NumcodecsCodec | None:
    """The compressor of format 2; zstd where none is given. ValueError for more than one."""
    if isinstance(compressors, str) and compressors == "auto":
        return NumcodecsCodec({"id": "zstd", "level": 0})
    entries = _entries(compressors)
    if len(entries) > 1:
        raise ValueError(f"format 2 has one compressor, got {len(entries)}; use filters for others")
    return _codec_v2(entries[0]) if entries else None

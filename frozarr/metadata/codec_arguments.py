"""Codecs from creation arguments: values, JSON, or objects of numcodecs and zarr-python."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from frozarr.errors import MetadataError
from frozarr.metadata.array_v2 import object_type
from frozarr.metadata.codecs.base import BytesToBytesCodec, ChunkSpec, Codec
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import parse_codec
from frozarr.metadata.codecs.compressors import (
    BLOSC_SHUFFLES,
    BloscCodec,
    GzipCodec,
    ZstdCodec,
)
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.codecs.vlen import VlenBytesCodec, VlenUtf8Codec
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.vlen import String, VariableLengthBytes
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.parsing.at import At, parsed
from frozarr.metadata.parsing.problems import Problems
from frozarr.types import UNSET, AnyDtype, Shape

__all__ = [
    "codec_v3", "codecs_v2", "codecs_v3", "compressor_v2", "default_serializer", "filtered",
    "filters_v2", "frozen_codecs", "typed",
]  # fmt: skip


def filtered(filters: tuple[Codec, ...], shape: Shape, dtype: AnyDtype) -> AnyDtype:
    """Type of elements after filters; what doesn't fit is found when all is put together."""
    spec = ChunkSpec(shape, dtype)
    for codec in filters:
        spec = codec.encoded_spec(spec, At(None, Problems()))
    return spec.dtype


def default_serializer(data_type: DataType, stored: AnyDtype) -> Codec:
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
    given: object, default: tuple[Codec, ...], argument: str, kind: str
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
    entries = given if isinstance(given, tuple) else (given,)
    codecs = tuple(codec_v3(entry, f"{argument}[{i}]") for i, entry in enumerate(entries))
    for codec in codecs:
        if codec.kind != kind:
            raise MetadataError(
                f"{argument}: {codec.name!r} is {codec.kind}, but {kind} is needed here"
            )
    return codecs


def frozen_codecs(given: object) -> Any:
    """Codec arguments as values: ``"auto"``, None, a codec, or a tuple of codecs.

    A codec stays the value it is, or is its JSON, frozen; objects of numcodecs and zarr-python are
    their JSON.

    Raises
    ------
    MetadataError
        Something that stands for no codec.
    """
    if given is None or isinstance(given, str | Codec | NumcodecsCodec):
        return given
    if hasattr(given, "to_dict"):
        return FrozenMap(given.to_dict())
    if hasattr(given, "get_config"):
        return FrozenMap(given.get_config())
    if isinstance(given, Mapping):
        return FrozenMap(given)
    if isinstance(given, Iterable):
        return tuple([frozen_codecs(entry) for entry in given])
    raise MetadataError(f"not a codec: {given!r}")


_USUAL: dict[str, Codec] = {
    "zstd": ZstdCodec(), "gzip": GzipCodec(level=5), "blosc": BloscCodec(),
}  # fmt: skip
"""What the names of codecs stand for whose configuration can't be left out of a document."""
_USUAL_V2: dict[str, dict[str, Any]] = {
    "zstd": {"level": 0}, "zlib": {"level": 1}, "gzip": {"level": 5}, "bz2": {"level": 1},
    "lz4": {"acceleration": 1},
    "blosc": {"cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
}  # fmt: skip


def codec_v3(given: object, where: str) -> Codec:
    """Codec from a value or its JSON, of format 3 or of numcodecs."""
    if isinstance(given, str) and given in _USUAL:
        return _USUAL[given]
    if isinstance(given, NumcodecsCodec):
        raise MetadataError(f"{where}: {given.name!r} is a codec of format 2")
    if isinstance(given, Mapping) and "id" in given and "name" not in given:
        given = _from_numcodecs(dict(given))
    if isinstance(given, Mapping) and given.get("name") in _USUAL:
        return _completed(given, where)
    return parsed(parse_codec, given, where)


def _completed(given: Mapping[str, object], where: str) -> Codec:
    """Codec from its JSON; members that are left out are the usual ones, or chosen by the type."""
    usual = _USUAL[str(given["name"])]
    configuration = given.get("configuration", {})
    if not isinstance(configuration, Mapping) or not isinstance(usual, BytesToBytesCodec):
        return parsed(parse_codec, given, where)
    whole = {**given, "configuration": {**usual.configuration(), **configuration}}
    codec = parsed(parse_codec, whole, where)
    if not isinstance(codec, BloscCodec):
        return codec
    if "typesize" not in configuration:
        codec = attrs.evolve(codec, typesize=UNSET)
    return codec if "shuffle" in configuration else attrs.evolve(codec, shuffle=UNSET)


def _from_numcodecs(config: dict[str, Any]) -> Any:
    """Codec of format 3, or its JSON, from a numcodecs configuration."""
    name = config.pop("id")
    if name == "blosc":  # a shuffle of -1 is left open, as the type size is
        shuffle = config.get("shuffle", 1)
        return BloscCodec(
            cname=config.get("cname", "lz4"), clevel=config.get("clevel", 5),
            blocksize=config.get("blocksize", 0),
            shuffle=UNSET if shuffle < 0 else BLOSC_SHUFFLES[shuffle],
        )  # fmt: skip
    return {"name": name if name in {"zstd", "gzip"} else f"numcodecs.{name}",
            "configuration": config}  # fmt: skip


def typed(codecs: tuple[Codec, ...], data_type: DataType) -> tuple[Codec, ...]:
    """Codecs with what was left open chosen from the data type (blosc's type size)."""
    return tuple(c.for_dtype(data_type.numpy) if isinstance(c, BloscCodec) else c for c in codecs)


def _codec_v2(given: object) -> NumcodecsCodec:
    if isinstance(given, NumcodecsCodec):
        return given
    if isinstance(given, str) and given in _USUAL_V2:
        return NumcodecsCodec({"id": given, **_USUAL_V2[given]})
    if not isinstance(given, Mapping):
        name = given.name if isinstance(given, Codec) else given
        raise MetadataError(f"{name!r}: format 2 takes numcodecs codecs, such as {{'id': ...}}")
    return NumcodecsCodec({k: v for k, v in given.items() if (k, v) != ("checksum", False)})


def _entries(given: object) -> list[Any]:
    if given is None or (isinstance(given, str) and given == "auto"):
        return []
    return list(given) if isinstance(given, tuple) else [given]


def codecs_v2(filters: object) -> tuple[NumcodecsCodec, ...]:
    """Filters of format 2 as they are given; none for ``"auto"`` and None."""
    return tuple(_codec_v2(f) for f in _entries(filters))


def filters_v2(filters: object, data_type: DataType) -> tuple[NumcodecsCodec, ...]:
    """Filters, the object codec that the type needs ahead of them where it isn't given."""
    given = codecs_v2(filters)
    if data_type.numpy.hasobject and object_type(given) is None:
        name = "vlen-utf8" if isinstance(data_type, String) else "vlen-bytes"
        return (NumcodecsCodec({"id": name}), *given)
    return given


def compressor_v2(compressors: object) -> NumcodecsCodec | None:
    """The compressor of format 2; zstd where none is given. ValueError for more than one."""
    if isinstance(compressors, str) and compressors == "auto":
        return NumcodecsCodec({"id": "zstd", "level": 0})
    entries = _entries(compressors)
    if len(entries) > 1:
        raise ValueError(f"format 2 has one compressor, got {len(entries)}; use filters for others")
    return _codec_v2(entries[0]) if entries else None

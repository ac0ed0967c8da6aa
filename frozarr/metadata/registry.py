"""Registries: plain mappings from a name in a document to the class that understands it.

An entry is the class, or ``"module:Class"`` for one that is imported on first use. A name that is
not found is looked for among the entry points (``frozarr.codecs``, ``frozarr.data_types``,
``frozarr.chunk_grids``, ``frozarr.chunk_key_encodings``), once.
"""

from importlib import import_module
from typing import Any, Final, Literal, TypeAlias

from frozarr.metadata.members import Members, parse_extension
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["REGISTRIES", "RegistryName", "describe_unknown", "find", "parse_named", "register"]

RegistryName: TypeAlias = Literal["codecs", "data_types", "chunk_grids", "chunk_key_encodings"]

_NUMERIC = "frozarr.metadata.dtypes.numeric"
_FIXED = "frozarr.metadata.dtypes.fixed"
_VLEN = "frozarr.metadata.dtypes.vlen"
_NUMCODECS = "frozarr.metadata.codecs.numcodecs_v3"
_COMPRESSORS = "frozarr.metadata.codecs.compressors"

REGISTRIES: Final[dict[RegistryName, dict[str, Any]]] = {
    "codecs": {
        "bytes": "frozarr.metadata.codecs.bytes:BytesCodec",
        "transpose": "frozarr.metadata.codecs.transpose:TransposeCodec",
        "gzip": f"{_COMPRESSORS}:GzipCodec",
        "zstd": f"{_COMPRESSORS}:ZstdCodec",
        "blosc": f"{_COMPRESSORS}:BloscCodec",
        "crc32c": f"{_COMPRESSORS}:Crc32cCodec",
        "sharding_indexed": "frozarr.metadata.codecs.sharding:ShardingCodec",
        "vlen-utf8": "frozarr.metadata.codecs.vlen:VlenUtf8Codec",
        "vlen-bytes": "frozarr.metadata.codecs.vlen:VlenBytesCodec",
        "scale_offset": "frozarr.metadata.codecs.values:ScaleOffsetCodec",
        "cast_value": "frozarr.metadata.codecs.values:CastValueCodec",
        "packbits": "frozarr.metadata.codecs.packing:PackBitsCodec",
        "reshape": "frozarr.metadata.codecs.packing:ReshapeCodec",
        **{name: f"{_NUMCODECS}:{name}" for name in (
            "zlib", "lz4", "bz2", "lzma", "shuffle", "delta", "bitround", "fixedscaleoffset",
            "quantize", "adler32", "crc32", "fletcher32", "pcodec", "zfpy",
        )},
        **{f"numcodecs.{name}": f"{_NUMCODECS}:numcodecs.{name}" for name in (
            "blosc", "lz4", "zstd", "zlib", "gzip", "bz2", "lzma", "shuffle", "crc32", "crc32c",
            "adler32", "fletcher32", "jenkins_lookup3", "delta", "bitround", "fixedscaleoffset",
            "quantize", "packbits", "astype", "pcodec", "zfpy",
        )},
    },
    "data_types": {
        "bool": f"{_NUMERIC}:Boolean",
        **{f"{kind}{bits}": f"{_NUMERIC}:Integer"
           for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
        **dict.fromkeys(("float16", "float32", "float64"), f"{_NUMERIC}:Float"),
        **dict.fromkeys(("complex64", "complex128"), f"{_NUMERIC}:Complex"),
        "fixed_length_utf32": f"{_FIXED}:FixedLengthUtf32",
        "null_terminated_bytes": f"{_FIXED}:NullTerminatedBytes",
        "raw_bytes": f"{_FIXED}:RawBytes",
        "numpy.datetime64": "frozarr.metadata.dtypes.time:DateTime",
        "numpy.timedelta64": "frozarr.metadata.dtypes.time:TimeDelta",
        "string": f"{_VLEN}:String",
        "variable_length_bytes": f"{_VLEN}:VariableLengthBytesEntry",
        "bytes": f"{_VLEN}:BytesEntry",
        "binary": f"{_VLEN}:BinaryEntry",
    },
    "chunk_grids": {
        "regular": "frozarr.metadata.grids:RegularGrid",
        "rectilinear": "frozarr.metadata.rectilinear:RectilinearGrid",
    },
    "chunk_key_encodings": {
        "default": "frozarr.metadata.keys:DefaultKeys",
        "v2": "frozarr.metadata.keys:V2Keys",
        "fanout": "frozarr.metadata.fanout_keys:FanoutKeys",
        "suffix": "frozarr.metadata.suffix_keys:SuffixKeys",
    },
}  # fmt: skip

_SCANNED: set[str] = set()


def register(registry: RegistryName, name: str, cls: type) -> None:
    """Make documents that say `name` use `cls`; replaces an earlier entry.

    Examples
    --------
    >>> from frozarr.metadata.codecs.compressors import GzipCodec
    >>> register("codecs", "gzip", GzipCodec)
    """
    REGISTRIES[registry][name] = cls


def find(registry: RegistryName, name: str) -> Any | None:
    """Class registered under `name`; None if there is none.

    Examples
    --------
    >>> find("codecs", "zstd").__name__
    'ZstdCodec'
    """
    entries = REGISTRIES[registry]
    if name not in entries and registry not in _SCANNED:
        _SCANNED.add(registry)
        from importlib import metadata  # noqa: PLC0415 - 20 ms, for unknown names only

        for point in metadata.entry_points(group=f"frozarr.{registry}"):
            entries.setdefault(point.name, point.value)
    entry = entries.get(name)
    if isinstance(entry, str):
        module, _, attribute = entry.partition(":")
        entry = entries[name] = getattr(import_module(module), attribute)
    return entry


def parse_named(registry: RegistryName, value: JSON, loc: Loc, problems: Problems) -> Any | None:
    """Value of an extension object (or bare name), or noted problems and None."""
    extension = parse_extension(value, loc, problems)
    if extension is None:
        return None
    cls = find(registry, extension.name)
    if cls is None:
        problems.add((*loc, "name"), describe_unknown(registry, extension.name), unknown=True)
        return None
    return cls.from_members(Members(extension.configuration, (*loc, "configuration"), problems))


def describe_unknown(registry: RegistryName, name: str) -> str:
    """Message for a name that is not registered."""
    known = ", ".join(sorted(REGISTRIES[registry]))
    return (
        f"unknown name {name!r}; known: {known}. Install the package that provides it "
        f"(entry point group 'frozarr.{registry}') or register it"
    )

"""The registry: which class understands a name in a document, and what makes its kernel.

A `Registry` is an immutable value. It is passed to whatever parses or binds; `default_registry`
gives the one that is meant where none is passed. Built-in names and those from outside are entries
of the same kind. A name that a registry does not have is looked for among the entry points of
installed packages (``frozarr.codecs``, ``frozarr.data_types``, ``frozarr.chunk_grids``,
``frozarr.chunk_key_encodings``), which are read once.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import attrs

__all__ = ["Entry", "Family", "Registry", "default_registry", "register"]

Family: TypeAlias = Literal["codecs", "data_types", "chunk_grids", "chunk_key_encodings"]
FAMILIES: Final = ("codecs", "data_types", "chunk_grids", "chunk_key_encodings")
Reference: TypeAlias = str
"""``"module:name"`` of something that is imported when it is first needed."""


@cache
def _imported(reference: Reference) -> Any:
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


@attrs.frozen
class Entry:
    """What is known of a name.

    Examples
    --------
    >>> Entry("frozarr.metadata.codecs.compressors:GzipCodec").value_class.__name__
    'GzipCodec'
    """

    cls: type | Reference
    """Class of the values, with ``from_members``."""
    kernel: Callable[..., Any] | Reference | None = None
    """For codecs: what makes the kernel of a value, called with the value and a `Binding`.

    None: the class has a method ``kernel(binding)`` of its own.
    """

    @property
    def value_class(self) -> Any:
        """The class, imported if it was only named."""
        return _imported(self.cls) if isinstance(self.cls, str) else self.cls

    @property
    def make_kernel(self) -> Callable[..., Any] | None:
        """What makes kernels, imported if it was only named; None if the class does."""
        return _imported(self.kernel) if isinstance(self.kernel, str) else self.kernel


Key: TypeAlias = tuple[Family, str]


def _frozen_entries(entries: Mapping[Key, Entry] | Iterable[tuple[Key, Entry]]) -> Any:
    return tuple(entries.items() if isinstance(entries, Mapping) else entries)


@attrs.frozen(cache_hash=True)
class Registry:
    """Names and their entries.

    Examples
    --------
    >>> BUILT_IN.find("codecs", "zstd").value_class.__name__
    'ZstdCodec'
    >>> BUILT_IN.find("codecs", "nonsense") is None
    True
    """

    entries: tuple[tuple[Key, Entry], ...] = attrs.field(
        converter=_frozen_entries, repr=lambda entries: f"<{len(entries)} names>"
    )

    @cached_property
    def _table(self) -> Mapping[Key, Entry]:
        return MappingProxyType(dict(self.entries))

    def find(self, family: Family, name: str) -> Entry | None:
        """Entry of a name; ``r16``, ``r24``, … are the entry ``r*``. None if there is none."""
        entry = self._table.get((family, name))
        if entry is None and re.fullmatch(r"r[1-9]\d*", name):
            entry = self._table.get((family, "r*"))
        return entry if entry is not None else _plugins().get((family, name))

    def names(self, family: Family) -> list[str]:
        """Names of a family, sorted."""
        known = {name for of, name in (*self._table, *_plugins()) if of == family}
        return sorted(known)

    def extended(
        self, family: Family, name: str, cls: type | Reference,
        kernel: Callable[..., Any] | Reference | None = None,
    ) -> "Registry":  # fmt: skip
        """A registry with one more name, or another entry for one.

        Parameters
        ----------
        family
            ``codecs``, ``data_types``, ``chunk_grids`` or ``chunk_key_encodings``.
        name
            As documents have it.
        cls
            Class with ``from_members``, or ``"module:name"`` of it.
        kernel
            For codecs whose class does not make its own kernels: what does.

        Raises
        ------
        ValueError
            No such family.
        """
        if family not in FAMILIES:
            raise ValueError(f"family must be one of {list(FAMILIES)}, got {family!r}")
        return Registry({**self._table, (family, name): Entry(cls, kernel)})

    def describe_unknown(self, family: Family, name: str) -> str:
        """Message for a name that has no entry."""
        return (
            f"unknown name {name!r}; known: {', '.join(self.names(family))}. Install the package "
            f"that provides it (entry point group 'frozarr.{family}') or register it"
        )


_CHANGING = threading.RLock()
_LOADED: list[dict[Key, Entry]] = []


def _plugins() -> dict[Key, Entry]:
    """Entries of installed packages; read once, by one thread while others wait."""
    if not _LOADED:
        with _CHANGING:
            if not _LOADED:
                from importlib import metadata  # noqa: PLC0415 - 20 ms, for unknown names only

                _LOADED.append({
                    (family, point.name): Entry(point.value)
                    for family in FAMILIES
                    for point in metadata.entry_points(group=f"frozarr.{family}")
                })  # fmt: skip
    return _LOADED[0]


_CODECS = "frozarr.metadata.codecs"
_KERNELS = "frozarr.io.kernels"
_TYPES = "frozarr.metadata.dtypes"


def _codec(cls: str, kernel: str) -> Entry:
    return Entry(f"{_CODECS}.{cls}", f"{_KERNELS}.{kernel}")


NUMCODECS: Final[Mapping[str, Literal["array_array", "array_bytes", "bytes_bytes"]]] = {
    **dict.fromkeys(
        ("delta", "bitround", "fixedscaleoffset", "quantize", "packbits", "astype"), "array_array"
    ),
    **dict.fromkeys(("pcodec", "zfpy"), "array_bytes"),
    **dict.fromkeys((
        "blosc", "lz4", "zstd", "zlib", "gzip", "bz2", "lzma", "shuffle", "crc32", "crc32c",
        "adler32", "fletcher32", "jenkins_lookup3",
    ), "bytes_bytes"),
}  # fmt: skip
"""What each codec of numcodecs that format 3 knows takes and gives."""
_BARE = (
    "zlib", "lz4", "bz2", "lzma", "shuffle", "delta", "bitround", "fixedscaleoffset", "quantize",
    "adler32", "crc32", "fletcher32", "pcodec", "zfpy",
)  # fmt: skip
"""Those that are registered without ``numcodecs.`` in front, too."""


def _numcodecs(name: str) -> Entry:
    kernels = {
        "array_array": "array_filter", "array_bytes": "array_coding", "bytes_bytes": "bytes_kernel"
    }  # fmt: skip
    return _codec("numcodecs_v3:NumcodecsV3Codec", f"numcodecs:{kernels[NUMCODECS[name]]}")


_BUILT_IN: dict[Family, dict[str, Entry]] = {
    "codecs": {
        "bytes": _codec("bytes:BytesCodec", "elements:bytes_coding"),
        "transpose": _codec("transpose:TransposeCodec", "layout:transpose_filter"),
        "reshape": _codec("reshape:ReshapeCodec", "layout:reshape_filter"),
        "gzip": _codec("compressors:GzipCodec", "gzip:gzip_kernel"),
        "zstd": _codec("compressors:ZstdCodec", "zstd:zstd_kernel"),
        "blosc": _codec("compressors:BloscCodec", "blosc:blosc_kernel"),
        "crc32c": _codec("compressors:Crc32cCodec", "checksum:crc32c_kernel"),
        "sharding_indexed": _codec("sharding:ShardingCodec", "shard:shard_coding"),
        "vlen-utf8": _codec("vlen:VlenUtf8Codec", "vlen:vlen_coding"),
        "vlen-bytes": _codec("vlen:VlenBytesCodec", "vlen:vlen_coding"),
        "scale_offset": _codec("scale_offset:ScaleOffsetCodec", "scale_offset:scale_offset_filter"),
        "cast_value": _codec("cast_value:CastValueCodec", "cast_value:cast_value_filter"),
        "packbits": _codec("packbits:PackBitsCodec", "packbits:packbits_coding"),
        **{name: _numcodecs(name) for name in _BARE},
        **{f"numcodecs.{name}": _numcodecs(name) for name in NUMCODECS},
    },
    "data_types": {
        "bool": Entry(f"{_TYPES}.numeric:Boolean"),
        **dict.fromkeys(
            [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)],
            Entry(f"{_TYPES}.numeric:Integer"),
        ),
        **dict.fromkeys(("float16", "float32", "float64"), Entry(f"{_TYPES}.numeric:Float")),
        **dict.fromkeys(
            ("complex64", "complex128", "complex_float32", "complex_float64"),
            Entry(f"{_TYPES}.numeric:Complex"),
        ),
        **dict.fromkeys((
            "bfloat16", "float8_e4m3", "float8_e3m4", "float8_e5m2", "float8_e8m0fnu",
            "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz", "float8_e4m3fn",
            "float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn",
        ), Entry(f"{_TYPES}.small:SmallFloat")),
        **dict.fromkeys(("int2", "int4", "uint2", "uint4"), Entry(f"{_TYPES}.small:SmallInteger")),
        "fixed_length_utf32": Entry(f"{_TYPES}.fixed:FixedLengthUtf32"),
        "null_terminated_bytes": Entry(f"{_TYPES}.fixed:NullTerminatedBytes"),
        "raw_bytes": Entry(f"{_TYPES}.fixed:RawBytes"),
        "r*": Entry(f"{_TYPES}.fixed:RawBytes"),
        "struct": Entry(f"{_TYPES}.struct:Struct"),
        "structured": Entry(f"{_TYPES}.struct:Struct"),
        "numpy.datetime64": Entry(f"{_TYPES}.time:TimeType"),
        "numpy.timedelta64": Entry(f"{_TYPES}.time:TimeType"),
        "string": Entry(f"{_TYPES}.vlen:String"),
        **dict.fromkeys(
            ("variable_length_bytes", "bytes", "binary"),
            Entry(f"{_TYPES}.vlen:VariableLengthBytes"),
        ),
    },
    "chunk_grids": {
        "regular": Entry("frozarr.metadata.grids.regular:RegularGrid"),
        "rectilinear": Entry("frozarr.metadata.grids.rectilinear:RectilinearGrid"),
    },
    "chunk_key_encodings": {
        "default": Entry("frozarr.metadata.keys.default:DefaultKeys"),
        "v2": Entry("frozarr.metadata.keys.v2:V2Keys"),
        "fanout": Entry("frozarr.metadata.keys.fanout:FanoutKeys"),
        "suffix": Entry("frozarr.metadata.keys.suffix:SuffixKeys"),
    },
}  # fmt: skip

BUILT_IN: Final = Registry(
    {(family, name): entry for family, names in _BUILT_IN.items() for name, entry in names.items()}
)
"""What this library understands by itself."""

_DEFAULT: list[Registry] = [BUILT_IN]


def default_registry() -> Registry:
    """The registry that is meant where none is passed."""
    return _DEFAULT[0]


def register(
    family: Family, name: str, cls: type | Reference,
    kernel: Callable[..., Any] | Reference | None = None,
) -> None:  # fmt: skip
    """Give the default registry one more name, or another entry for one.

    For the running process; an entry point does it wherever a package is installed. Parameters and
    errors are those of `Registry.extended`.

    Examples
    --------
    >>> from frozarr.metadata.codecs.compressors import GzipCodec
    >>> register("codecs", "example.gzip", GzipCodec, "frozarr.io.kernels.gzip:gzip_kernel")
    >>> default_registry().find("codecs", "example.gzip").value_class.__name__
    'GzipCodec'
    """
    with _CHANGING:
        _DEFAULT[0] = _DEFAULT[0].extended(family, name, cls, kernel)

"""Codecs of the numcodecs package in format 3: ``numcodecs.zlib``, or ``zlib`` where registered.

The configuration is kept as it was written. What an element type needs that the configuration does
not say is taken from the chunk when bytes are coded, never stored.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.json import FrozenMap, freeze, thaw
from frozarr.metadata.members import Members
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["IDS", "NumcodecsV3Codec"]

_ARRAY = ("delta", "bitround", "fixedscaleoffset", "quantize", "packbits", "astype")
_SERIAL = ("pcodec", "zfpy")
_BYTES = (
    "blosc", "lz4", "zstd", "zlib", "gzip", "bz2", "lzma", "shuffle", "crc32", "crc32c", "adler32",
    "fletcher32", "jenkins_lookup3",
)  # fmt: skip
IDS: dict[str, CodecKind] = {
    **dict.fromkeys(_ARRAY, "array_array"),
    **dict.fromkeys(_SERIAL, "array_bytes"),
    **dict.fromkeys(_BYTES, "bytes_bytes"),
}
"""What each numcodecs id takes and gives."""
_NEEDED = {
    "fixedscaleoffset": ("offset", "scale"), "quantize": ("digits",), "bitround": ("keepbits",),
    "astype": ("encode_dtype",),
}  # fmt: skip


def _frozen(configuration: Mapping[str, Any]) -> FrozenMap:
    found = freeze(configuration)
    if not isinstance(found, FrozenMap):
        raise TypeError(f"a configuration is a mapping, got {configuration!r}")
    return found


def _known(_: object, __: object, name: str) -> None:
    if name.removeprefix("numcodecs.") not in IDS:
        raise ValueError(f"numcodecs has no codec {name!r}; known: {sorted(IDS)}")


@attrs.frozen
class NumcodecsV3Codec:
    """A codec of numcodecs.

    Examples
    --------
    >>> NumcodecsV3Codec("numcodecs.zlib", {"level": 3}).kind
    'bytes_bytes'
    """

    name: str = attrs.field(validator=_known)
    configuration: FrozenMap = attrs.field(factory=FrozenMap, converter=_frozen)

    @property
    def id(self) -> str:
        """The numcodecs id."""
        return self.name.removeprefix("numcodecs.")

    @property
    def kind(self) -> CodecKind:
        """What it takes and gives."""
        return IDS[self.id]

    def to_json(self) -> JSON:
        """Object form of format 3; the configuration is always there."""
        return {"name": self.name, "configuration": thaw(self.configuration)}

    def config_for(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """Configuration as numcodecs takes it, for elements of `dtype`."""
        given: Any = thaw(self.configuration)
        config = {"id": self.id, **given}
        if self.id in {"delta", "fixedscaleoffset", "quantize"}:
            config.setdefault("dtype", dtype.newbyteorder("<").str)
        if self.id == "astype":
            config.setdefault("decode_dtype", dtype.newbyteorder("<").str)
        if self.id == "shuffle":
            config.setdefault("elementsize", dtype.itemsize)
        return config

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """Chunk after encoding: some codecs change its element type or shape."""
        for name in _NEEDED.get(self.id, ()):
            if name not in self.configuration:
                problems.add((*loc, "configuration", name), "missing")
                return spec
        if self.kind == "bytes_bytes":
            return spec
        if spec.dtype.kind not in ("biufcMm" if self.id == "bitround" else "biufc"):
            problems.add(loc, f"{self.name} takes numbers, not {spec.dtype}")
            return spec
        if self.id == "packbits":
            if spec.dtype != np.dtype(bool):
                problems.add(loc, f"{self.name} takes booleans, not {spec.dtype}")
            nbytes = 1 + -(-math.prod(spec.shape) // 8)
            return ChunkSpec((nbytes,), np.dtype(np.uint8))
        changed = {
            "astype": "encode_dtype", "delta": "astype", "fixedscaleoffset": "astype",
            "quantize": "astype",
        }.get(self.id)  # fmt: skip
        given = self.configuration.get(changed) if changed else None
        if given is None:
            return spec
        try:
            return attrs.evolve(spec, dtype=np.dtype(str(given)).newbyteorder("="))
        except (TypeError, ValueError) as error:
            problems.add((*loc, "configuration", str(changed)), str(error))
            return spec


class _Entry:
    """Entry of the registry: what is known of a codec is its name."""

    name: ClassVar[str]

    @classmethod
    def from_members(cls, members: Members) -> NumcodecsV3Codec:
        """Codec with its configuration as it was written."""
        configuration = dict(members.rest())
        members.rest().clear()
        configuration.pop("id", None)
        return NumcodecsV3Codec(cls.name, configuration)


def __getattr__(name: str) -> Any:
    """Entries by codec name, as the registry asks for them."""
    if name.removeprefix("numcodecs.") not in IDS:
        raise AttributeError(name)
    return type(f"{name} entry", (_Entry,), {"name": name})

"""Codecs of the numcodecs package in format 3: ``numcodecs.zlib``, or ``zlib`` where registered.

The configuration is kept as it was written. What an element type needs that the configuration does
not say is taken from the chunk when bytes are coded, never stored.
"""

import math
from typing import Any

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.registry import NUMCODECS
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["NumcodecsV3Codec"]

_NEEDED = {
    "fixedscaleoffset": ("offset", "scale"), "quantize": ("digits",), "bitround": ("keepbits",),
    "astype": ("encode_dtype",),
}  # fmt: skip
_STORED_DTYPE = {
    "astype": "encode_dtype", "delta": "astype", "fixedscaleoffset": "astype", "quantize": "astype",
}  # fmt: skip
"""Member that names the type of elements after encoding."""


def _known(_: object, __: object, name: str) -> None:
    if name.removeprefix("numcodecs.") not in NUMCODECS:
        raise ValueError(f"numcodecs has no codec {name!r}; known: {sorted(NUMCODECS)}")


@attrs.frozen
class NumcodecsV3Codec(Immutable):
    """A codec of numcodecs.

    Examples
    --------
    >>> NumcodecsV3Codec("numcodecs.zlib", {"level": 3}).kind
    'bytes_bytes'
    """

    name: str = attrs.field(validator=_known)
    configuration: FrozenMap = attrs.field(factory=FrozenMap, converter=FrozenMap)

    @classmethod
    def from_members(cls, members: Members) -> "NumcodecsV3Codec":
        """Codec with its configuration as it was written."""
        configuration = members.take_rest()
        configuration.pop("id", None)
        return cls(members.name, FrozenMap(configuration))

    @property
    def id(self) -> str:
        """The numcodecs id."""
        return self.name.removeprefix("numcodecs.")

    @property
    def kind(self) -> CodecKind:
        """What it takes and gives."""
        return NUMCODECS[self.id]

    def to_json(self) -> JSON:
        """Object form of format 3; the configuration is always there."""
        return {"name": self.name, "configuration": thaw(self.configuration)}

    def to_dict(self) -> JSON:
        """What `to_json` gives, by the name that it has in zarr-python."""
        return self.to_json()

    def config_for(self, dtype: AnyDtype) -> dict[str, Any]:
        """Configuration as numcodecs takes it, for elements of `dtype`."""
        config = {"id": self.id, **self.configuration.asdict()}
        if self.id in {"delta", "fixedscaleoffset", "quantize"}:
            config.setdefault("dtype", dtype.newbyteorder("<").str)
        if self.id == "astype":
            config.setdefault("decode_dtype", dtype.newbyteorder("<").str)
        if self.id == "shuffle":
            config.setdefault("elementsize", dtype.itemsize)
        return config

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """Chunk after encoding: some codecs change its element type or shape."""
        inside = at.child("configuration")
        for name in _NEEDED.get(self.id, ()):
            if name not in self.configuration:
                inside.child(name).problem("missing")
                return spec
        if self.kind == "bytes_bytes":
            return spec
        if spec.dtype.kind not in ("biufcMm" if self.id == "bitround" else "biufc"):
            at.problem(f"{self.name} takes numbers, not {spec.dtype}")
            return spec
        if self.id == "packbits":
            if spec.dtype != np.dtype(bool):
                at.problem(f"{self.name} takes booleans, not {spec.dtype}")
            nbytes = 1 + -(-math.prod(spec.shape) // 8)
            return ChunkSpec((nbytes,), np.dtype(np.uint8))
        changed = _STORED_DTYPE.get(self.id)
        given = self.configuration.get(changed) if changed else None
        if changed is None or given is None:
            return spec
        try:
            return attrs.evolve(spec, dtype=np.dtype(str(given)).newbyteorder("="))
        except (TypeError, ValueError) as error:
            inside.child(changed).problem(str(error))
            return spec

"""Codecs of format 2: any numcodecs configuration, kept as it was written.

Known by name only and looked up when bytes are coded; ``pickle`` is never one of them, because
unpickling runs code.
"""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from frozarr.metadata.codecs.base import CodecKind
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.parsing.at import At, Invalid, parsed
from frozarr.types import JSON, Immutable

__all__ = ["NumcodecsCodec", "parse_numcodecs"]

FORBIDDEN = frozenset({"pickle"})


def _config(at: At) -> FrozenMap | Invalid:
    value = at.value
    if not isinstance(value, Mapping):
        return at.problem(f"expected an object with an 'id', got {value!r}")
    name = value.get("id")
    if not isinstance(name, str):
        return at.child("id").problem(f"expected a string, got {name!r}")
    if name in FORBIDDEN:
        return at.child("id").problem(f"{name!r} runs code when decoding; it is never used")
    return FrozenMap(value, at.loc)


def _checked(config: object) -> FrozenMap:
    return parsed(_config, config, "config")


@attrs.frozen
class NumcodecsCodec(Immutable):
    """A numcodecs codec: its ``id`` and its configuration.

    Examples
    --------
    >>> NumcodecsCodec({"id": "zlib", "level": 1}).name
    'zlib'
    """

    kind: ClassVar[CodecKind] = "bytes_bytes"
    config: FrozenMap = attrs.field(converter=_checked)

    @property
    def name(self) -> str:
        """The numcodecs id."""
        return str(self.config["id"])

    def to_json(self) -> JSON:
        """Object form of format 2."""
        document: JSON = thaw(self.config)
        return document


def parse_numcodecs(at: At) -> NumcodecsCodec | Invalid:
    """Codec from an entry of ``filters`` or ``compressor``, or noted problems."""
    config = _config(at)
    return NumcodecsCodec(config) if isinstance(config, FrozenMap) else config

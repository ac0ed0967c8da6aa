"""Codecs of format 2: any numcodecs configuration, kept as it was written.

Known by name only and looked up when bytes are coded; ``pickle`` is never one of them, because
unpickling runs code.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from frozarr.metadata.codecs.base import CodecKind
from frozarr.metadata.json import FrozenMap, freeze, thaw
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["NumcodecsCodec"]

FORBIDDEN = frozenset({"pickle"})


def _frozen_map(config: Mapping[str, Any]) -> FrozenMap:
    frozen = freeze(config)
    if not isinstance(frozen, FrozenMap):
        raise TypeError(f"a codec configuration is a mapping, got {config!r}")
    return frozen


@attrs.frozen
class NumcodecsCodec:
    """A numcodecs codec: its ``id`` and its configuration.

    Examples
    --------
    >>> NumcodecsCodec({"id": "zlib", "level": 1}).name
    'zlib'
    """

    kind: ClassVar[CodecKind] = "bytes_bytes"
    config: FrozenMap = attrs.field(converter=_frozen_map)

    @config.validator
    def _check(self, _: object, config: FrozenMap) -> None:
        if not isinstance(config.get("id"), str):
            raise ValueError(f"a numcodecs configuration needs an 'id', got {thaw(config)}")
        if config["id"] in FORBIDDEN:
            raise ValueError(f"codec {config['id']!r} runs code when decoding; it is never used")

    @property
    def name(self) -> str:
        """The numcodecs id."""
        return str(self.config["id"])

    @classmethod
    def from_json(cls, value: JSON, loc: Loc, problems: Problems) -> "NumcodecsCodec | None":
        """Codec from an entry of ``filters`` or ``compressor``, or noted problems."""
        if not isinstance(value, Mapping):
            problems.add(loc, f"expected an object with an 'id', got {value!r}")
        elif not isinstance(value.get("id"), str):
            problems.add((*loc, "id"), f"expected a string, got {value.get('id')!r}")
        elif value["id"] in FORBIDDEN:
            problems.add((*loc, "id"), "'pickle' runs code when decoding; it is never used")
        else:
            return cls(value)
        return None

    def to_json(self) -> JSON:
        """Object form of format 2."""
        return thaw(self.config)

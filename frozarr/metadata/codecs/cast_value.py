"""Codec ``cast_value`` (zarr-extensions): numbers stored as another type."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.lookup import data_type_of, parse_data_type
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import one_of, optional
from frozarr.types import JSON

__all__ = ["CastValueCodec", "Direction", "OutOfRange", "Rounding"]

Rounding: TypeAlias = Literal[
    "nearest-even", "towards-zero", "towards-positive", "towards-negative", "nearest-away"
]
ROUNDINGS: tuple[Rounding, ...] = (
    "nearest-even", "towards-zero", "towards-positive", "towards-negative", "nearest-away",
)  # fmt: skip
OutOfRange: TypeAlias = Literal["clamp", "wrap"]
Direction: TypeAlias = Literal["encode", "decode"]
_DIRECTIONS: tuple[Direction, ...] = ("encode", "decode")
_CLAMP: OutOfRange = "clamp"
_WRAP: OutOfRange = "wrap"


def _scalar_map(at: At) -> FrozenMap | Invalid:
    """Object with lists of pairs under ``encode`` and ``decode``."""
    value = at.value
    if isinstance(value, Mapping) and set(value) <= {"encode", "decode"}:
        lists = list(value.values())
        if all(isinstance(pairs, list | tuple) for pairs in lists) and all(
            isinstance(pair, list | tuple) and len(pair) == 2 for pairs in lists for pair in pairs
        ):
            return FrozenMap(value, at.loc)
    return at.problem(f"expected lists of pairs under 'encode' and 'decode', got {value!r}")


def _data_type_to_json(data_type: Any) -> JSON:
    document: JSON = data_type.to_json()
    return document


@attrs.frozen(kw_only=True)
class CastValueCodec(Configured):
    """Codec ``cast_value``: stores values cast to another type.

    Examples
    --------
    >>> from frozarr.metadata.dtypes.numeric import Integer
    >>> CastValueCodec(data_type=Integer("uint8"), out_of_range="clamp").to_json()["configuration"]
    {'data_type': 'uint8', 'out_of_range': 'clamp'}
    """

    name: ClassVar[str] = "cast_value"
    kind: ClassVar[CodecKind] = "array_array"
    data_type: DataType = member(parse_data_type, to_json=_data_type_to_json)
    """The stored type."""
    rounding: Rounding | None = member(
        optional(one_of(*ROUNDINGS)), default=None, absent=None, hidden=None
    )
    """How fractions become integers; None is ``nearest-even``."""
    out_of_range: OutOfRange | None = member(
        optional(one_of(_CLAMP, _WRAP)), default=None, absent=None, hidden=None
    )
    """What becomes of values that the stored type can't hold; None is an error."""
    scalar_map: FrozenMap | None = member(_scalar_map, default=None, absent=None, hidden=None)
    """Pairs of values that are mapped rather than cast, under ``encode`` and ``decode``."""

    def pairs(self, direction: Direction, source: DataType, at: At) -> list[tuple[Any, Any]]:
        """Mapped scalars of one direction, from a type into another; bad ones are noted."""
        scalar_map: Mapping[str, Any] = self.scalar_map or {}
        given = scalar_map.get(direction, ())
        first, second = (
            (source, self.data_type) if direction == "encode" else (self.data_type, source)
        )
        mapped = []
        for i, (old, new) in enumerate(given):
            place = at.holding(None, "configuration", "scalar_map", direction, i)
            pair = first.parse_fill(place.holding(old)), second.parse_fill(place.holding(new))
            if INVALID not in pair:
                mapped.append(pair)
        return mapped

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The same shape, the stored type; both must be real numbers."""
        for dtype in (spec.dtype, self.data_type.numpy):
            if dtype.kind not in "iuf":
                at.problem(f"{self.name} casts between real numbers, not {dtype}")
                return spec
        if self.out_of_range == "wrap" and self.data_type.numpy.kind == "f":
            at.child("configuration", "out_of_range").problem("floats can't wrap around")
        source = data_type_of(spec.dtype)
        if source is not None:
            for direction in _DIRECTIONS:
                self.pairs(direction, source, at)
        return attrs.evolve(spec, dtype=self.data_type.numpy)

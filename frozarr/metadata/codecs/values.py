"""Codecs that change values: ``scale_offset`` and ``cast_value`` (zarr-extensions)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.lookup import data_type_of, parse_data_type
from frozarr.metadata.json import freeze, thaw
from frozarr.metadata.members import Members, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, UNSET, Loc

__all__ = ["CastValueCodec", "ScaleOffsetCodec"]

ROUNDINGS = (
    "nearest-even", "towards-zero", "towards-positive", "towards-negative", "nearest-away",
)  # fmt: skip
OutOfRange = Literal["clamp", "wrap"]


def _as_raw(value: JSON, loc: Loc, problems: Problems) -> tuple[JSON]:  # noqa: ARG001 - a parser
    return (value,)


@attrs.frozen(kw_only=True)
class ScaleOffsetCodec:
    """Codec ``scale_offset``: stores ``(x - offset) * scale``, in the array's own arithmetic.

    Examples
    --------
    >>> ScaleOffsetCodec(offset=5, scale=2).to_json()
    {'name': 'scale_offset', 'configuration': {'offset': 5, 'scale': 2}}
    """

    name: ClassVar[str] = "scale_offset"
    kind: ClassVar[CodecKind] = "array_array"
    offset: Any = UNSET
    """A fill value of the array's data type, in its JSON form."""
    scale: Any = UNSET

    @classmethod
    def from_members(cls, members: Members) -> "ScaleOffsetCodec | None":
        """Codec from its configuration, or noted problems."""
        offset = members.take_or("offset", _as_raw, default=None)
        scale = members.take_or("scale", _as_raw, default=None)
        members.refuse_rest()
        return cls(
            offset=UNSET if offset is None else freeze(offset[0]),
            scale=UNSET if scale is None else freeze(scale[0]),
        )

    def to_json(self) -> JSON:
        """Object form of format 3."""
        given = {"offset": self.offset, "scale": self.scale}
        configuration: dict[str, JSON] = {k: thaw(v) for k, v in given.items() if v is not UNSET}
        return {"name": self.name, "configuration": configuration}

    def constants(
        self, dtype: np.dtype[Any], loc: Loc, problems: Problems
    ) -> tuple[Any, Any] | None:
        """Offset and scale as scalars of the element type, or noted problems."""
        data_type = data_type_of(dtype)
        if data_type is None or dtype.kind not in "iufc":
            problems.add(loc, f"{self.name} takes numbers, not {dtype}")
            return None
        found: list[Any] = []
        for name, given, default in (("offset", self.offset, 0), ("scale", self.scale, 1)):
            value = default if given is UNSET else thaw(given)
            place = (*loc, "configuration", name)
            found.append(data_type.parse_fill(_number(value, dtype), place, problems))
        if any(f is None for f in found):
            return None
        if not found[1] or not np.isfinite(found).all():
            place = (*loc, "configuration", "scale")
            problems.add(place, f"offset {found[0]} and scale {found[1]} can't be undone")
            return None
        return found[0], found[1]

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The same shape and type."""
        self.constants(spec.dtype, loc, problems)
        return spec


def _number(value: JSON, dtype: np.dtype[Any]) -> JSON:
    """A number in the form that the data type has it."""
    return [value, 0] if dtype.kind == "c" and isinstance(value, int | float) else value


@attrs.frozen(kw_only=True)
class CastValueCodec:
    """Codec ``cast_value``: stores values cast to another type.

    Examples
    --------
    >>> from frozarr.metadata.dtypes.numeric import Integer
    >>> CastValueCodec(data_type=Integer("uint8"), out_of_range="clamp").to_json()["configuration"]
    {'data_type': 'uint8', 'out_of_range': 'clamp'}
    """

    name: ClassVar[str] = "cast_value"
    kind: ClassVar[CodecKind] = "array_array"
    data_type: DataType
    rounding: str | None = attrs.field(
        default=None, validator=attrs.validators.in_((None, *ROUNDINGS))
    )
    """How fractions become integers; None is ``nearest-even``."""
    out_of_range: OutOfRange | None = attrs.field(
        default=None, validator=attrs.validators.in_((None, "clamp", "wrap"))
    )
    """What becomes of values that the stored type can't hold; None is an error."""
    scalar_map: Any = None
    """Pairs of values that are mapped rather than cast, under ``encode`` and ``decode``."""

    @classmethod
    def from_members(cls, members: Members) -> "CastValueCodec | None":
        """Codec from its configuration, or noted problems."""
        before = len(members.problems.found)
        data_type = members.take("data_type", parse_data_type)
        rounding = members.take_or("rounding", as_one_of(*ROUNDINGS), default=None)
        out: Any = members.take_or("out_of_range", as_one_of("clamp", "wrap"), default=None)
        scalars = members.take_or("scalar_map", _as_scalar_map, default=None)
        members.refuse_rest()
        if len(members.problems.found) > before or data_type is None:
            return None
        return cls(data_type=data_type, rounding=rounding, out_of_range=out, scalar_map=scalars)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        given = {
            "data_type": self.data_type.to_json(),
            "rounding": self.rounding,
            "out_of_range": self.out_of_range,
            "scalar_map": None if self.scalar_map is None else thaw(self.scalar_map),
        }
        configuration = {k: v for k, v in given.items() if v is not None}
        return {"name": self.name, "configuration": configuration}

    def pairs(
        self, direction: str, source: DataType, loc: Loc, problems: Problems
    ) -> list[tuple[Any, Any]]:
        """Mapped scalars of one direction (``encode`` or ``decode``), from a type into another."""
        mapped: Any = thaw(self.scalar_map) if self.scalar_map is not None else {}
        found = []
        first, second = (
            (source, self.data_type) if direction == "encode" else (self.data_type, source)
        )
        for i, (old, new) in enumerate(mapped.get(direction, [])):
            place = (*loc, "configuration", "scalar_map", direction, i)
            pair = (first.parse_fill(old, place, problems), second.parse_fill(new, place, problems))
            if None not in pair:
                found.append(pair)
        return found

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The same shape, the stored type; both must be real numbers."""
        source = data_type_of(spec.dtype)
        for dtype in (spec.dtype, self.data_type.numpy):
            if dtype.kind not in "iuf":
                problems.add(loc, f"{self.name} casts between real numbers, not {dtype}")
                return spec
        if self.out_of_range == "wrap" and self.data_type.numpy.kind == "f":
            problems.add((*loc, "configuration", "out_of_range"), "floats can't wrap around")
        if source is not None:
            for direction in ("encode", "decode"):
                self.pairs(direction, source, loc, problems)
        return attrs.evolve(spec, dtype=self.data_type.numpy)


def _as_scalar_map(value: JSON, loc: Loc, problems: Problems) -> Any:
    """Object with lists of pairs under ``encode`` and ``decode``."""
    good = isinstance(value, Mapping) and set(value) <= {"encode", "decode"}
    good = good and all(isinstance(pairs, list | tuple) for pairs in value.values())  # type: ignore[union-attr]  # a mapping
    entries: Any = [e for pairs in value.values() for e in pairs] if good else []  # type: ignore[union-attr]  # a mapping
    if good and all(isinstance(e, list | tuple) and len(e) == 2 for e in entries):
        return freeze(value)
    problems.add(loc, f"expected lists of pairs under 'encode' and 'decode', got {value!r}")
    return None

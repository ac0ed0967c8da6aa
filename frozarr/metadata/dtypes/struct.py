"""Records: data type ``struct`` of zarr-extensions, and its predecessor ``structured``."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import DataType, FillValue
from frozarr.metadata.dtypes.fixed import decode_base64, encode_base64
from frozarr.metadata.members import Members
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["Struct"]

Fields = tuple[tuple[str, DataType], ...]


@attrs.frozen
class Struct:
    """Fields one after the other, without padding; nested ones depth first.

    Examples
    --------
    >>> from frozarr.metadata.dtypes.numeric import Float, Integer
    >>> Struct((("a", Integer("int32")), ("b", Float("float64")))).numpy
    dtype([('a', '<i4'), ('b', '<f8')])
    """

    name: str = attrs.field(default="struct", init=False)
    fields: Fields

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's packed structured type, native byte order."""
        return np.dtype([(name, data_type.numpy) for name, data_type in self.fields])

    def to_json(self) -> JSON:
        """Object form of format 3."""
        fields: list[JSON] = [{"name": n, "data_type": t.to_json()} for n, t in self.fields]
        return {"name": self.name, "configuration": {"fields": fields}}

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Object with every field; or base64 of the packed little-endian bytes (older writers)."""
        if isinstance(value, str):
            return self._parse_packed(value, loc, problems)
        if not isinstance(value, Mapping):
            problems.add(loc, f"expected an object with the fields, got {value!r}")
            return None
        before = len(problems.found)
        members = Members(value, loc, problems)
        parsed = [members.take(name, _wrapped(data_type)) for name, data_type in self.fields]
        members.refuse_rest()
        if len(problems.found) > before:
            return None
        return self._scalar([entry[0] for entry in parsed if entry is not None])

    def _parse_packed(self, value: str, loc: Loc, problems: Problems) -> FillValue | None:
        stored = self.numpy.newbyteorder("<")
        data = decode_base64(value, loc, problems)
        if data is not None and len(data) != stored.itemsize:
            problems.add(loc, f"expected {stored.itemsize} bytes, got {len(data)}")
            data = None
        return None if data is None else np.frombuffer(data, stored).astype(self.numpy)[0]

    def _scalar(self, values: list[Any]) -> FillValue:
        room = np.zeros(1, self.numpy)
        for (name, _), value in zip(self.fields, values, strict=True):
            room[name] = value
        return room[0]

    def fill_to_json(self, fill: Any) -> JSON:
        """Object with every field."""
        scalar = np.asarray(fill, self.numpy)
        return {name: t.fill_to_json(scalar[name][()]) for name, t in self.fields}

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Base64 of the packed bytes; 0, which zarr-python 2 stored, is all zeros."""
        if value == 0:
            return self.cast_fill(0)
        return self.parse_fill(value, loc, problems)

    def fill_to_json_v2(self, fill: Any) -> JSON:
        """Base64 of the packed little-endian bytes."""
        stored = self.numpy.newbyteorder("<")
        return encode_base64(np.asarray(fill).astype(stored).tobytes())

    def cast_fill(self, value: object) -> FillValue:
        """Tuple, mapping or numpy scalar; a number is that of every field, as in numpy."""
        if isinstance(value, int | float | np.number):
            return self._scalar([t.cast_fill(value) for _, t in self.fields])
        if isinstance(value, Mapping):
            if set(value) != {name for name, _ in self.fields}:
                raise ValueError(f"fill_value has fields {sorted(value)}, not {self._names()}")
            value = tuple(value[name] for name, _ in self.fields)
        if isinstance(value, np.void) and value.dtype.names:
            value = tuple(value[name] for name in value.dtype.names)
        if not isinstance(value, tuple | list) or len(value) != len(self.fields):
            raise ValueError(f"fill_value {value!r} does not have the fields {self._names()}")
        return self._scalar([t.cast_fill(v) for (_, t), v in zip(self.fields, value, strict=True)])

    def _names(self) -> list[str]:
        return [name for name, _ in self.fields]


def _wrapped(data_type: DataType) -> Callable[[JSON, Loc, Problems], tuple[Any] | None]:
    """Parser that tells a falsy fill value from a noted problem."""

    def parse(value: JSON, loc: Loc, problems: Problems) -> tuple[Any] | None:
        before = len(problems.found)
        found = data_type.parse_fill(value, loc, problems)
        return None if len(problems.found) > before else (found,)

    return parse


def struct_of(fields: list[tuple[Any, Any]], loc: Loc, problems: Problems) -> Struct | None:
    """Struct of parsed names and types; bad names and types of no fixed size are noted."""
    if not fields:
        problems.add(loc, "a struct needs at least one field")
        return None
    seen: set[str] = set()
    for i, (name, data_type) in enumerate(fields):
        if not isinstance(name, str) or not name:
            problems.add((*loc, i, "name"), f"expected a non-empty string, got {name!r}")
        elif name in seen:
            problems.add((*loc, i, "name"), f"field {name!r} is there twice")
        seen.add(str(name))
        if data_type is not None and data_type.numpy.hasobject:
            problems.add((*loc, i), f"field of variable length ({data_type.name})")
    if any(t is None for _, t in fields) or any(p.loc[: len(loc)] == loc for p in problems.found):
        return None
    return Struct(tuple(fields))

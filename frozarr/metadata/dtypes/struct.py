"""Records: data type ``struct`` of zarr-extensions, and its predecessor ``structured``."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import DataType, FillValue
from frozarr.metadata.dtypes.fixed import decode_base64, encode_base64
from frozarr.metadata.parsing.at import INVALID, At, Invalid, Parser
from frozarr.metadata.parsing.extension import parse_named
from frozarr.metadata.parsing.members import Members
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["Struct"]

Fields = tuple[tuple[str, DataType], ...]


def _frozen_fields(fields: Iterable[Iterable[Any]]) -> Fields:
    return tuple((name, data_type) for name, data_type in fields)


@attrs.frozen
class Struct(Immutable):
    """Fields one after the other, without padding; nested ones depth first.

    Examples
    --------
    >>> from frozarr.metadata.dtypes.numeric import Float, Integer
    >>> Struct((("a", Integer("int32")), ("b", Float("float64")))).numpy
    dtype([('a', '<i4'), ('b', '<f8')])
    """

    name: str = attrs.field(default="struct", init=False)
    fields: Fields = attrs.field(converter=_frozen_fields)

    @classmethod
    def from_members(cls, members: Members) -> "Struct | Invalid":
        """Struct from its fields: objects (``struct``), or pairs (``structured``)."""
        struct = members.take("fields", _parse_fields)
        members.refuse_rest()
        return struct

    @property
    def numpy(self) -> AnyDtype:
        """NumPy's packed structured type, native byte order."""
        return np.dtype([(name, data_type.numpy) for name, data_type in self.fields])

    def to_json(self) -> JSON:
        """Object form of format 3."""
        fields: list[JSON] = [{"name": n, "data_type": t.to_json()} for n, t in self.fields]
        return {"name": self.name, "configuration": {"fields": fields}}

    def parse_fill(self, at: At) -> FillValue | Invalid:
        """Object with every field; or base64 of the packed little-endian bytes (older writers)."""
        if isinstance(at.value, str):
            return parse_packed(at, self.numpy.newbyteorder("<"))
        if not isinstance(at.value, Mapping):
            return at.problem(f"expected an object with the fields, got {at.value!r}")
        members = Members(at)
        values = [members.take(name, data_type.parse_fill) for name, data_type in self.fields]
        members.refuse_rest()
        return self._scalar(values) if members.valid else INVALID

    def _scalar(self, values: Iterable[Any]) -> FillValue:
        one = np.zeros(1, self.numpy)
        for (name, _), value in zip(self.fields, values, strict=True):
            one[name] = value
        return one[0]

    def fill_to_json(self, fill: object) -> JSON:
        """Object with every field."""
        scalar = np.asarray(fill, self.numpy)
        return {name: t.fill_to_json(scalar[name][()]) for name, t in self.fields}

    def parse_fill_v2(self, at: At) -> FillValue | Invalid:
        """Base64 of the packed bytes; 0, which zarr-python 2 stored, is all zeros."""
        return self.cast_fill(0) if at.value == 0 else self.parse_fill(at)

    def fill_to_json_v2(self, fill: object) -> JSON:
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


def parse_packed(at: At, stored: AnyDtype) -> FillValue | Invalid:
    """Record from the base64 of its bytes in a stored type; native byte order."""
    packed = decode_base64(at)
    if packed is INVALID:
        return INVALID
    if len(packed) != stored.itemsize:
        return at.problem(f"expected {stored.itemsize} bytes, got {len(packed)}")
    return np.frombuffer(packed, stored).astype(native(stored))[0]


def native(dtype: AnyDtype) -> AnyDtype:
    """The type in native byte order, fields and all."""
    if dtype.names is None:
        return dtype.newbyteorder("=")
    return np.dtype([(name, native(dtype[name])) for name in dtype.names])


def _any_name(at: At) -> Any:
    return at.value


def _parse_field(at: At) -> tuple[Any, Any] | Invalid:
    """Name and data type of a field; the name is checked with those of the others."""
    parse_type: Parser[Any] = _parse_data_type
    if isinstance(at.value, Mapping):
        field = Members(at)
        pair = field.take("name", _any_name), field.take("data_type", parse_type)
        field.refuse_rest()
        return pair
    if isinstance(at.value, list | tuple) and len(at.value) == 2:
        return at.value[0], parse_type(at.child(1))
    return at.problem(f"expected a name and a data type, got {at.value!r}")


def _parse_data_type(at: At) -> Any | Invalid:
    return parse_named("data_types", at)


def _parse_fields(at: At) -> Struct | Invalid:
    """Struct of fields; bad names and types of no fixed size are noted."""
    if not isinstance(at.value, list | tuple):
        return at.problem(f"expected a list of fields, got {at.value!r}")
    if not at.value:
        return at.problem("a struct needs at least one field")
    before = len(at.problems)
    fields: list[tuple[Any, Any]] = []
    for i in range(len(at.value)):
        field = _parse_field(at.child(i))
        if field is not INVALID:
            _check_field(at.holding(None, i), *field, [name for name, _ in fields])
            fields.append(field)
    return Struct(fields) if len(at.problems) == before else INVALID


def _check_field(at: At, name: object, data_type: Any, earlier: list[Any]) -> None:
    if name is not INVALID and (not isinstance(name, str) or not name):
        at.child("name").problem(f"expected a non-empty string, got {name!r}")
    elif name in earlier:
        at.child("name").problem(f"field {name!r} is there twice")
    if data_type is not INVALID and data_type.numpy.hasobject:
        at.problem(f"field of variable length ({data_type.name})")

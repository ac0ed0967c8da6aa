"""Elements of a fixed number of bytes or characters: text, byte strings, opaque bytes."""

import base64
import binascii
import re
from typing import Any

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import FillValue
from frozarr.metadata.members import Members, as_int
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["FixedLengthUtf32", "NullTerminatedBytes", "RawBytes"]

_LONGEST = 2**31 - 1


def _length(members: Members, unit: int = 1) -> int | None:
    """Member ``length_bytes``, a positive multiple of `unit`."""
    length = members.take("length_bytes", as_int(1, _LONGEST))
    members.refuse_rest()
    if length is not None and length % unit:
        members.problems.add(
            (*members.loc, "length_bytes"), f"must be a multiple of {unit}, got {length}"
        )
        return None
    return length


def decode_base64(value: JSON, loc: Loc, problems: Problems) -> bytes | None:
    """Bytes of a base64 string, or a noted problem and None."""
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
    problems.add(loc, f"expected a base64 string, got {value!r}")
    return None


def encode_base64(data: bytes) -> str:
    """Standard base64, padded.

    Examples
    --------
    >>> encode_base64(b"ab")
    'YWI='
    """
    return base64.b64encode(data).decode("ascii")


@attrs.frozen
class FixedLengthUtf32:
    """Data type ``fixed_length_utf32``: text of at most `length` characters, NUL padded.

    Examples
    --------
    >>> FixedLengthUtf32(3).to_json()
    {'name': 'fixed_length_utf32', 'configuration': {'length_bytes': 12}}
    """

    name: str = attrs.field(default="fixed_length_utf32", init=False)
    length: int = attrs.field(validator=attrs.validators.ge(1), kw_only=False)
    """Characters (UTF-32 units)."""

    @classmethod
    def from_members(cls, members: Members) -> "FixedLengthUtf32 | None":
        """Type from its configuration, or noted problems."""
        length = _length(members, unit=4)
        return None if length is None else cls(length // 4)

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's ``U`` of the same length."""
        return np.dtype(f"U{self.length}")

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"length_bytes": 4 * self.length}}

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Text that fits; trailing NULs are padding."""
        if not isinstance(value, str):
            problems.add(loc, f"expected a string, got {value!r}")
            return None
        if len(value) > self.length:
            problems.add(loc, f"{value!r} is longer than {self.length} characters")
            return None
        return np.array(value, self.numpy)[()]

    def fill_to_json(self, fill: Any) -> JSON:
        """The text."""
        return str(fill)

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Text; 0, which old writers stored, is the empty one."""
        return self.parse_fill("" if value == 0 else value, loc, problems)

    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> FillValue:
        """Text; 0 is the empty one. ValueError if it is too long."""
        text = "" if isinstance(value, int) and value == 0 else str(value)
        return _cast(self.parse_fill, text)


def _cast(parse: Any, value: Any) -> Any:
    problems = Problems()
    found = parse(value, ("fill_value",), problems)
    problems.raise_if_any("array metadata")
    return found


@attrs.frozen
class NullTerminatedBytes:
    """Data type ``null_terminated_bytes``: at most `length` bytes, NUL padded (NumPy's ``S``).

    Not registered; zarr-python writes it.

    Examples
    --------
    >>> NullTerminatedBytes(4).numpy
    dtype('S4')
    """

    name: str = attrs.field(default="null_terminated_bytes", init=False)
    length: int = attrs.field(validator=attrs.validators.ge(1))
    """Bytes."""

    @classmethod
    def from_members(cls, members: Members) -> "NullTerminatedBytes | None":
        """Type from its configuration, or noted problems."""
        length = _length(members)
        return None if length is None else cls(length)

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's ``S`` of the same length."""
        return np.dtype(f"S{self.length}")

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"length_bytes": self.length}}

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Base64 of at most `length` bytes."""
        data = decode_base64(value, loc, problems)
        if data is not None and len(data) > self.length:
            problems.add(loc, f"{data!r} is longer than {self.length} bytes")
            data = None
        return None if data is None else np.array(data, self.numpy)[()]

    def fill_to_json(self, fill: Any) -> JSON:
        """Base64 of the bytes without padding."""
        return encode_base64(bytes(fill))

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Base64; 0 and the empty string, which old writers stored, are no bytes."""
        return self.parse_fill("" if value in (0, "") else value, loc, problems)

    def fill_to_json_v2(self, fill: Any) -> JSON:
        """Base64 of all bytes, padding included: tensorstore insists on it."""
        return encode_base64(bytes(fill).ljust(self.length, b"\0"))

    def cast_fill(self, value: object) -> FillValue:
        """Bytes (text as ASCII); 0 is none. ValueError if they are too long."""
        return _cast(self.parse_fill, encode_base64(_as_bytes(value)))


def _as_bytes(value: object) -> bytes:
    if isinstance(value, int) and value == 0:
        return b""
    if isinstance(value, str):
        return value.encode("ascii")
    if isinstance(value, np.void):
        return value.tobytes()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise ValueError(f"fill_value {value!r} is not bytes")


@attrs.frozen
class RawBytes:
    """Data types ``r<N>`` of the core spec and ``raw_bytes``: opaque bytes (NumPy's ``V``).

    Examples
    --------
    >>> RawBytes(3).to_json(), RawBytes(3, core=True).to_json()
    ({'name': 'raw_bytes', 'configuration': {'length_bytes': 3}}, 'r24')
    """

    length: int = attrs.field(validator=attrs.validators.ge(1))
    """Bytes."""
    core: bool = False
    """Written as ``r<bits>``, by which zarrs and tensorstore know it."""

    @property
    def name(self) -> str:
        """``raw_bytes``, or ``r`` and the number of bits."""
        return f"r{8 * self.length}" if self.core else "raw_bytes"

    @classmethod
    def from_members(cls, members: Members) -> "RawBytes | None":
        """Type ``raw_bytes`` from its configuration, or noted problems."""
        length = _length(members)
        return None if length is None else cls(length)

    @classmethod
    def from_name(cls, name: str) -> "RawBytes | None":
        """Type ``r<bits>``; None for another name."""
        found = re.fullmatch(r"r([1-9]\d*)", name)
        if found is None or int(found[1]) % 8 or int(found[1]) > 8 * _LONGEST:
            return None
        return cls(int(found[1]) // 8, core=True)

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's ``V`` of the same length."""
        return np.dtype(f"V{self.length}")

    def to_json(self) -> JSON:
        """Name, or object form, of format 3."""
        if self.core:
            return self.name
        return {"name": self.name, "configuration": {"length_bytes": self.length}}

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """A list of bytes as integers, or base64; exactly as many as an element has."""
        if isinstance(value, list | tuple):
            data = bytes_of_list(value, loc, problems)
        else:
            data = decode_base64(value, loc, problems)
        if data is not None and len(data) != self.length:
            problems.add(loc, f"expected {self.length} bytes, got {len(data)}")
            data = None
        return None if data is None else np.frombuffer(data, self.numpy)[0]

    def fill_to_json(self, fill: Any) -> JSON:
        """List of integers for ``r<bits>``, base64 for ``raw_bytes``."""
        data = np.asarray(fill, self.numpy).tobytes()
        return list(data) if self.core else encode_base64(data)

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Base64; 0 and the empty string, which old writers stored, are zero bytes."""
        if value in (0, ""):
            return np.zeros((), self.numpy)[()]
        return self.parse_fill(value, loc, problems)

    def fill_to_json_v2(self, fill: Any) -> JSON:
        """Base64."""
        return encode_base64(np.asarray(fill, self.numpy).tobytes())

    def cast_fill(self, value: object) -> FillValue:
        """Bytes, padded with zeros; 0 is all zeros. ValueError if they are too long."""
        data = _as_bytes(value).ljust(self.length, b"\0")
        return _cast(self.parse_fill, encode_base64(data))


def bytes_of_list(value: Any, loc: Loc, problems: Problems) -> bytes | None:
    """Bytes given as a list of integers, or noted problems."""
    entry = as_int(0, 255)
    parsed = [entry(v, (*loc, i), problems) for i, v in enumerate(value)]
    return None if None in parsed else bytes(v for v in parsed if v is not None)

"""Elements of a fixed number of bytes or characters: text, byte strings, opaque bytes."""

import base64
import binascii
from typing import Any

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import MAX_ITEM_NBYTES, FillValue, given_fill
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import integer, list_of
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["FixedLengthUtf32", "NullTerminatedBytes", "RawBytes"]

_LONGEST = MAX_ITEM_NBYTES


def _length(members: Members, unit: int = 1) -> int | Invalid:
    """Member ``length_bytes``, a positive multiple of `unit`."""
    length = members.take("length_bytes", integer(1, _LONGEST))
    members.refuse_rest()
    if length is not INVALID and length % unit:
        return members.problem("length_bytes", f"must be a multiple of {unit}, got {length}")
    return length


def decode_base64(at: At) -> bytes | Invalid:
    """Bytes of a base64 string, or a noted problem."""
    if isinstance(at.value, str):
        try:
            return base64.b64decode(at.value, validate=True)
        except (binascii.Error, ValueError):
            pass
    return at.problem(f"expected a base64 string, got {at.value!r}")


def encode_base64(content: bytes) -> str:
    """Standard base64, padded.

    Examples
    --------
    >>> encode_base64(b"ab")
    'YWI='
    """
    return base64.b64encode(content).decode("ascii")


@attrs.frozen
class FixedLengthUtf32(Immutable):
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
    def from_members(cls, members: Members) -> "FixedLengthUtf32 | Invalid":
        """Type from its configuration, or noted problems."""
        length = _length(members, unit=4)
        return INVALID if length is INVALID else cls(length // 4)

    @property
    def numpy(self) -> AnyDtype:
        """NumPy's ``U`` of the same length."""
        return np.dtype(f"U{self.length}")

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"length_bytes": 4 * self.length}}

    def parse_fill(self, at: At) -> FillValue | Invalid:
        """Text that fits; trailing NULs are padding."""
        if not isinstance(at.value, str):
            return at.problem(f"expected a string, got {at.value!r}")
        if len(at.value) > self.length:
            return at.problem(f"{at.value!r} is longer than {self.length} characters")
        return np.array(at.value, self.numpy)[()]

    def fill_to_json(self, fill: object) -> JSON:
        """The text."""
        return str(fill)

    def parse_fill_v2(self, at: At) -> FillValue | Invalid:
        """Text; 0, which old writers stored, is the empty one."""
        return self.parse_fill(at.holding("") if at.value == 0 else at)

    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> FillValue:
        """Text; 0 is the empty one. ValueError if it is too long."""
        text = "" if isinstance(value, int) and value == 0 else str(value)
        return given_fill(self.parse_fill, text)


@attrs.frozen
class NullTerminatedBytes(Immutable):
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
    def from_members(cls, members: Members) -> "NullTerminatedBytes | Invalid":
        """Type from its configuration, or noted problems."""
        length = _length(members)
        return INVALID if length is INVALID else cls(length)

    @property
    def numpy(self) -> AnyDtype:
        """NumPy's ``S`` of the same length."""
        return np.dtype(f"S{self.length}")

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"length_bytes": self.length}}

    def parse_fill(self, at: At) -> FillValue | Invalid:
        """Base64 of at most `length` bytes."""
        content = decode_base64(at)
        if content is INVALID:
            return INVALID
        if len(content) > self.length:
            return at.problem(f"{content!r} is longer than {self.length} bytes")
        return np.array(content, self.numpy)[()]

    def fill_to_json(self, fill: Any) -> JSON:
        """Base64 of the bytes without padding."""
        return encode_base64(bytes(fill))

    def parse_fill_v2(self, at: At) -> FillValue | Invalid:
        """Base64; 0 and the empty string, which old writers stored, are no bytes."""
        return self.parse_fill(at.holding("") if at.value in (0, "") else at)

    def fill_to_json_v2(self, fill: Any) -> JSON:
        """Base64 of all bytes, padding included: tensorstore insists on it."""
        return encode_base64(bytes(fill).ljust(self.length, b"\0"))

    def cast_fill(self, value: object) -> FillValue:
        """Bytes (text as ASCII); 0 is none. ValueError if they are too long."""
        return given_fill(self.parse_fill, encode_base64(_as_bytes(value)))


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
class RawBytes(Immutable):
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
    def from_members(cls, members: Members) -> "RawBytes | Invalid":
        """Type from its configuration, or by its name ``r<bits>``; or noted problems."""
        if members.name == "raw_bytes":
            length = _length(members)
            return INVALID if length is INVALID else cls(length)
        members.refuse_rest()
        bits = int(members.name[1:])
        if bits % 8 or bits > 8 * _LONGEST:
            return members.unavailable(f"unknown name {members.name!r}: bits must be whole bytes")
        return cls(bits // 8, core=True)

    @property
    def numpy(self) -> AnyDtype:
        """NumPy's ``V`` of the same length."""
        return np.dtype(f"V{self.length}")

    def to_json(self) -> JSON:
        """Name, or object form, of format 3."""
        if self.core:
            return self.name
        return {"name": self.name, "configuration": {"length_bytes": self.length}}

    def parse_fill(self, at: At) -> FillValue | Invalid:
        """A list of bytes as integers, or base64; exactly as many as an element has."""
        listed = isinstance(at.value, list | tuple)
        content = bytes_of_list(at) if listed else decode_base64(at)
        if content is INVALID:
            return INVALID
        if len(content) != self.length:
            return at.problem(f"expected {self.length} bytes, got {len(content)}")
        return np.frombuffer(content, self.numpy)[0]

    def fill_to_json(self, fill: Any) -> JSON:
        """List of integers for ``r<bits>``, base64 for ``raw_bytes``."""
        content = np.asarray(fill, self.numpy).tobytes()
        return list(content) if self.core else encode_base64(content)

    def parse_fill_v2(self, at: At) -> FillValue | Invalid:
        """Base64; 0 and the empty string, which old writers stored, are zero bytes."""
        if at.value in (0, ""):
            return np.zeros((), self.numpy)[()]
        return self.parse_fill(at)

    def fill_to_json_v2(self, fill: object) -> JSON:
        """Base64."""
        return encode_base64(np.asarray(fill, self.numpy).tobytes())

    def cast_fill(self, value: object) -> FillValue:
        """Bytes, padded with zeros; 0 is all zeros. ValueError if they are too long."""
        content = _as_bytes(value).ljust(self.length, b"\0")
        return given_fill(self.parse_fill, encode_base64(content))


_octets = list_of(integer(0, 255), "bytes")


def bytes_of_list(at: At) -> bytes | Invalid:
    """Bytes given as a list of integers, or noted problems."""
    entries = _octets(at)
    return INVALID if entries is INVALID else bytes(entries)

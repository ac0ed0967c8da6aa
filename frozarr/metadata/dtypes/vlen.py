"""Elements of any length: text and bytes. In memory numpy's StringDType, and objects."""

from typing import Any, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.dtypes.fixed import bytes_of_list, decode_base64, encode_base64
from frozarr.metadata.members import Members
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["AnyObject", "String", "VariableLengthBytes", "VlenType"]


@attrs.frozen
class String:
    """Data type ``string``: UTF-8 of any length.

    Examples
    --------
    >>> String().numpy
    StringDType()
    """

    name: str = attrs.field(default="string", init=False)

    @classmethod
    def from_members(cls, members: Members) -> "String":
        """Type from its (empty) configuration, or noted problems."""
        members.refuse_rest()
        return cls()

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's variable-width string."""
        found: np.dtype[Any] = np.dtypes.StringDType()
        return found

    def to_json(self) -> JSON:
        """``"string"``."""
        return self.name

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> str | None:
        """Text."""
        if not isinstance(value, str):
            problems.add(loc, f"expected a string, got {value!r}")
            return None
        try:
            value.encode()
        except UnicodeEncodeError as error:
            problems.add(loc, f"can't be UTF-8: {error}")
            return None
        return value

    def fill_to_json(self, fill: Any) -> JSON:
        """The text."""
        return str(fill)

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> str | None:
        """Text; 0, which zarr-python 2 stored, is the empty one."""
        return self.parse_fill("" if value == 0 else value, loc, problems)

    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> str:
        """Text; 0 is the empty one."""
        if isinstance(value, int) and value == 0:
            return ""
        if not isinstance(value, str):
            raise ValueError(f"fill_value {value!r} is not a string")
        problems = Problems()
        text = self.parse_fill(str(value), ("fill_value",), problems)
        problems.raise_if_any("array metadata")
        return text or ""


@attrs.frozen
class VariableLengthBytes:
    """Data type ``variable_length_bytes`` (also read as ``bytes`` and ``binary``).

    Examples
    --------
    >>> VariableLengthBytes().fill_to_json(b"ab")
    'YWI='
    """

    name: str = attrs.field(
        default="variable_length_bytes",
        validator=attrs.validators.in_(("variable_length_bytes", "bytes", "binary")),
    )

    @property
    def numpy(self) -> np.dtype[Any]:
        """Objects, each of them bytes."""
        return np.dtype(object)

    def to_json(self) -> JSON:
        """The name, as it was read."""
        return self.name

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> bytes | None:
        """Base64 (zarr-python), or a list of integers (zarrs)."""
        if isinstance(value, list | tuple):
            return bytes_of_list(value, loc, problems)
        return decode_base64(value, loc, problems)

    def fill_to_json(self, fill: Any) -> JSON:
        """Base64, or for the registered name ``bytes`` a list of integers."""
        return list(fill) if self.name == "bytes" else encode_base64(bytes(fill))

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> bytes | None:
        """Base64; 0, which zarr-python 2 stored, is no bytes."""
        return b"" if value == 0 else self.parse_fill(value, loc, problems)

    def fill_to_json_v2(self, fill: Any) -> JSON:
        """Base64."""
        return encode_base64(bytes(fill))

    def cast_fill(self, value: object) -> bytes:
        """Bytes; 0 is none of them."""
        if isinstance(value, int) and value == 0:
            return b""
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        raise ValueError(f"fill_value {value!r} is not bytes")


class _BytesEntry:
    """Entries of the registry: one class, several names."""

    name = "variable_length_bytes"

    @classmethod
    def from_members(cls, members: Members) -> VariableLengthBytes:
        """Type from its (empty) configuration, or noted problems."""
        members.refuse_rest()
        return VariableLengthBytes(cls.name)


class BytesEntry(_BytesEntry):
    """``bytes``."""

    name = "bytes"


class BinaryEntry(_BytesEntry):
    """``binary``."""

    name = "binary"


class VariableLengthBytesEntry(_BytesEntry):
    """``variable_length_bytes``."""


@attrs.frozen
class AnyObject:
    """Format 2 objects that an object codec other than ``vlen-utf8`` and ``vlen-bytes`` codes.

    Examples
    --------
    >>> AnyObject().numpy
    dtype('O')
    """

    name: str = attrs.field(default="object", init=False)

    @property
    def numpy(self) -> np.dtype[Any]:
        """Objects."""
        return np.dtype(object)

    def to_json(self) -> JSON:
        """No data type of format 3 stands for it."""
        raise ValueError("objects that are neither text nor bytes have no data type in format 3")

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> Any:  # noqa: ARG002 - any value
        """The JSON value itself; null and 0 read as None."""
        return _OBJECT_NONE if value in (None, 0) else value

    def fill_to_json(self, fill: Any) -> JSON:
        """The value."""
        found: JSON = None if fill is _OBJECT_NONE else fill
        return found

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Any value; 0 is None."""
        return _OBJECT_NONE if isinstance(value, int) and value == 0 else value


_OBJECT_NONE = ""
"""What reads where nothing was stored: an empty value, as vlen types have it."""

VlenType: TypeAlias = String | VariableLengthBytes | AnyObject

"""Elements of any length: text and bytes. In memory numpy's StringDType, and objects."""

from typing import Any, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import given_fill
from frozarr.metadata.dtypes.fixed import bytes_of_list, decode_base64, encode_base64
from frozarr.metadata.json import freeze, thaw
from frozarr.metadata.parsing.at import At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["AnyObject", "String", "VariableLengthBytes", "VlenType"]


@attrs.frozen
class String(Immutable):
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
    def numpy(self) -> AnyDtype:
        """NumPy's variable-width string."""
        dtype: AnyDtype = np.dtypes.StringDType()
        return dtype

    def to_json(self) -> JSON:
        """``"string"``."""
        return self.name

    def parse_fill(self, at: At) -> str | Invalid:
        """Text."""
        if not isinstance(at.value, str):
            return at.problem(f"expected a string, got {at.value!r}")
        try:
            at.value.encode()
        except UnicodeEncodeError as error:
            return at.problem(f"can't be UTF-8: {error}")
        return at.value

    def fill_to_json(self, fill: object) -> JSON:
        """The text."""
        return str(fill)

    def parse_fill_v2(self, at: At) -> str | Invalid:
        """Text; 0, which zarr-python 2 stored, is the empty one."""
        return self.parse_fill(at.holding("") if at.value == 0 else at)

    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> str:
        """Text; 0 is the empty one."""
        if isinstance(value, int) and value == 0:
            return ""
        if not isinstance(value, str):
            raise ValueError(f"fill_value {value!r} is not a string")
        return str(given_fill(self.parse_fill, str(value)))


@attrs.frozen
class VariableLengthBytes(Immutable):
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

    @classmethod
    def from_members(cls, members: Members) -> "VariableLengthBytes":
        """Type by its name; its configuration must be empty."""
        members.refuse_rest()
        return cls(members.name)

    @property
    def numpy(self) -> AnyDtype:
        """Objects, each of them bytes."""
        return np.dtype(object)

    def to_json(self) -> JSON:
        """The name, as it was read."""
        return self.name

    def parse_fill(self, at: At) -> bytes | Invalid:
        """Base64 (zarr-python), or a list of integers (zarrs)."""
        return bytes_of_list(at) if isinstance(at.value, list | tuple) else decode_base64(at)

    def fill_to_json(self, fill: Any) -> JSON:
        """Base64, or for the registered name ``bytes`` a list of integers."""
        return list(fill) if self.name == "bytes" else encode_base64(bytes(fill))

    def parse_fill_v2(self, at: At) -> bytes | Invalid:
        """Base64; 0, which zarr-python 2 stored, is no bytes."""
        return b"" if at.value == 0 else self.parse_fill(at)

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


@attrs.frozen
class AnyObject(Immutable):
    """Format 2 objects that an object codec other than ``vlen-utf8`` and ``vlen-bytes`` codes.

    Examples
    --------
    >>> AnyObject().numpy
    dtype('O')
    """

    name: str = attrs.field(default="object", init=False)

    @property
    def numpy(self) -> AnyDtype:
        """Objects."""
        return np.dtype(object)

    def to_json(self) -> JSON:
        """No data type of format 3 stands for it."""
        raise ValueError("objects that are neither text nor bytes have no data type in format 3")

    def parse_fill(self, at: At) -> Any:
        """The JSON value itself; null and 0 read as the empty text."""
        return _EMPTY if at.value in (None, 0) else thaw(freeze(at.value))

    def fill_to_json(self, fill: Any) -> JSON:
        """The value; null for the empty text."""
        document: JSON = None if fill == _EMPTY else fill
        return document

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Any value; 0 is the empty text."""
        return _EMPTY if isinstance(value, int) and value == 0 else value


_EMPTY = ""
"""What reads where nothing was stored, as types of variable length have it."""

VlenType: TypeAlias = String | VariableLengthBytes | AnyObject

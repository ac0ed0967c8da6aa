"""What every data type value offers, and fill values as frozen values."""

from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np

from frozarr.metadata.json import freeze, thaw
from frozarr.metadata.parsing.at import At, Invalid
from frozarr.metadata.parsing.problems import Problems
from frozarr.types import JSON, AnyDtype

__all__ = [
    "REGISTERED", "DataType", "FillValue", "Record", "fill_identity", "frozen_fill", "given_fill",
    "thawed_fill",
]  # fmt: skip

MAX_ITEM_NBYTES = 64 * 1024 * 1024
"""Bytes that an element of fixed length may have: fill values alone take several times that."""
FillValue: TypeAlias = Any
"""A numpy scalar of the data type; for variable-length types a str or bytes."""


REGISTERED = 2
"""What numpy's ``isbuiltin`` says of types that other packages add."""


@runtime_checkable
class DataType(Protocol):
    """A data type of the core spec or an extension, independent of byte order."""

    @property
    def name(self) -> str:
        """Registered name."""

    @property
    def numpy(self) -> AnyDtype:
        """NumPy type of elements in memory, native byte order."""

    def to_json(self) -> JSON:
        """Member ``data_type`` of a format 3 document."""

    def parse_fill(self, at: At) -> FillValue | Invalid:
        """Fill value from a format 3 document, or a noted problem."""

    def fill_to_json(self, fill: FillValue) -> JSON:
        """Member ``fill_value`` of a format 3 document."""

    def parse_fill_v2(self, at: At) -> FillValue | Invalid:
        """Fill value from a format 2 document (``null`` is dealt with by the document)."""

    def fill_to_json_v2(self, fill: FillValue) -> JSON:
        """Member ``fill_value`` of a format 2 document."""

    def cast_fill(self, value: object) -> FillValue:
        """Fill value given by a user, cast with numpy's rules; ValueError if it can't be."""


def given_fill(parse: Any, value: object) -> FillValue:
    """Fill value that a parser of documents makes of what a user gave.

    Raises
    ------
    MetadataError
        The parser notes a problem.
    """
    problems = Problems()
    fill = parse(At(value, problems, ("fill_value",)))
    problems.raise_if_any("array metadata")
    return fill


@attrs.frozen
class Record:
    """A numpy record (or opaque bytes) as a value: numpy's own scalar of it can be changed.

    Examples
    --------
    >>> record = Record.of(np.array((1, 2.5), "i2,f8")[()])
    >>> record.scalar()
    np.void((1, 2.5), dtype=[('f0', '<i2'), ('f1', '<f8')])
    >>> record.scalar()["f0"] = 9
    Traceback (most recent call last):
        ...
    ValueError: assignment destination is read-only
    """

    dtype: AnyDtype
    content: bytes

    @classmethod
    def of(cls, scalar: "np.void") -> "Record":
        """Value of a scalar."""
        return cls(scalar.dtype, scalar.tobytes())

    def scalar(self) -> Any:
        """NumPy's scalar, read-only."""
        return np.frombuffer(self.content, self.dtype)[0]


def frozen_fill(fill: FillValue) -> Any:
    """A fill value that nobody can change."""
    if isinstance(fill, np.void):
        return Record.of(fill)
    return freeze(fill) if isinstance(fill, list | dict) else fill


def thawed_fill(fill: Any) -> FillValue:
    """The fill value as users know it."""
    return fill.scalar() if isinstance(fill, Record) else thaw(fill)


def fill_identity(fill: FillValue) -> object:
    """What makes two fill values the same: their type and exact bits.

    NaN equals the same NaN, and 0.0 differs from -0.0.

    Examples
    --------
    >>> fill_identity(np.float32("nan")) == fill_identity(np.float32("nan"))
    True
    >>> fill_identity(np.float64(0.0)) == fill_identity(np.float64(-0.0))
    False
    """
    if isinstance(fill, Record):
        return (str(fill.dtype.descr), fill.content)
    if isinstance(fill, np.generic):
        return (fill.dtype.str, fill.tobytes())
    return (type(fill).__name__, fill)

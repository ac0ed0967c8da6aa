"""What every data type value offers."""

from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["REGISTERED", "DataType", "FillValue", "fill_identity"]

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
    def numpy(self) -> np.dtype[Any]:
        """NumPy type of elements in memory, native byte order."""

    def to_json(self) -> JSON:
        """Member ``data_type`` of a format 3 document."""

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Fill value from a format 3 document, or a noted problem and None."""

    def fill_to_json(self, fill: FillValue) -> JSON:
        """Member ``fill_value`` of a format 3 document."""

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Fill value from a format 2 document (``null`` is dealt with by the document)."""

    def fill_to_json_v2(self, fill: FillValue) -> JSON:
        """Member ``fill_value`` of a format 2 document."""

    def cast_fill(self, value: object) -> FillValue:
        """Fill value given by a user, cast with numpy's rules; ValueError if it can't be."""


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
    if isinstance(fill, np.generic):
        return (fill.dtype.str, fill.tobytes())
    return (type(fill).__name__, fill)

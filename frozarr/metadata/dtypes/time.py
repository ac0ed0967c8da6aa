"""Points in time and durations: ``numpy.datetime64``, ``numpy.timedelta64`` (zarr-extensions)."""

from typing import Literal

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import FillValue
from frozarr.metadata.dtypes.numeric import whole_number
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import integer, one_of
from frozarr.types import JSON, AnyDtype, Immutable

__all__ = ["TimeType"]

UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "μs", "ns", "ps", "fs", "as", "generic")
_NAT = -(2**63)


@attrs.frozen
class TimeType(Immutable):
    """Counts of a unit, 64 bits wide; the smallest is NaT.

    Examples
    --------
    >>> TimeType("numpy.datetime64", "s", 10).numpy
    dtype('<M8[10s]')
    """

    name: Literal["numpy.datetime64", "numpy.timedelta64"] = attrs.field(
        validator=attrs.validators.in_(("numpy.datetime64", "numpy.timedelta64"))
    )
    unit: str = attrs.field(validator=attrs.validators.in_(UNITS))
    scale_factor: int = attrs.field(default=1, validator=attrs.validators.ge(1))

    @classmethod
    def from_members(cls, members: Members) -> "TimeType | Invalid":
        """Type from its configuration, or noted problems."""
        unit = members.take("unit", one_of(*UNITS))
        scale = members.take("scale_factor", integer(1, 2**31 - 1))
        members.refuse_rest()
        if unit is INVALID or scale is INVALID:
            return INVALID
        return cls(members.name, unit, scale)  # type: ignore[arg-type]  # one of the two

    @classmethod
    def of(cls, dtype: AnyDtype) -> "TimeType":
        """Type whose elements numpy stores as ``M8[…]`` or ``m8[…]``."""
        unit, scale = np.datetime_data(dtype)
        name = "numpy.datetime64" if dtype.kind == "M" else "numpy.timedelta64"
        return cls(name, unit, scale)  # type: ignore[arg-type]  # one of the two

    @property
    def numpy(self) -> AnyDtype:
        """NumPy's type with unit and scale."""
        kind = "M8" if self.name == "numpy.datetime64" else "m8"
        if self.unit == "generic":
            return np.dtype(kind)
        return np.dtype(f"{kind}[{self.scale_factor}{self.unit.replace('μ', 'u')}]")

    def to_json(self) -> JSON:
        """Object form of format 3."""
        configuration: dict[str, JSON] = {"unit": self.unit, "scale_factor": self.scale_factor}
        return {"name": self.name, "configuration": configuration}

    def parse_fill(self, at: At) -> FillValue | Invalid:
        """Integer count, or ``"NaT"``."""
        count = integer(_NAT, 2**63 - 1)(at.holding(_NAT) if at.value == "NaT" else at)
        if count is INVALID:
            return INVALID
        return np.array([count], np.int64).view(self.numpy)[0]

    def fill_to_json(self, fill: object) -> JSON:
        """Integer count, or ``"NaT"``."""
        count = int(np.asarray(fill, self.numpy).reshape(1).view(np.int64)[0])
        return "NaT" if count == _NAT else count

    def parse_fill_v2(self, at: At) -> FillValue | Invalid:
        """As in format 3; old writers stored 0.0 too."""
        return self.parse_fill(whole_number(at))

    def fill_to_json_v2(self, fill: object) -> JSON:
        """Integer count; NaT as the smallest one, which all readers know."""
        return int(np.asarray(fill, self.numpy).reshape(1).view(np.int64)[0])

    def cast_fill(self, value: object) -> FillValue:
        """Count, ISO date, ``"NaT"`` or numpy scalar; ValueError if it is none of them."""
        try:
            # to numpy a duration is an integer, too
            if type(value) is not np.timedelta64 and isinstance(value, int | np.integer):
                return np.array([value], np.int64).view(self.numpy)[0]
            return np.array(value, self.numpy).reshape(1)[0]
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"fill_value {value!r} is not a {self.numpy} value: {error}"
            ) from error

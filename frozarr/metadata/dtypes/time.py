"""Points in time and durations: ``numpy.datetime64``, ``numpy.timedelta64`` (zarr-extensions)."""

from typing import Any, Literal

import attrs
import numpy as np

from frozarr.metadata.dtypes.base import FillValue
from frozarr.metadata.members import Members, as_int, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc

__all__ = ["TimeType"]

UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "μs", "ns", "ps", "fs", "as", "generic")
_NAT = -(2**63)


def _as_unit(value: JSON, loc: Loc, problems: Problems) -> str | None:
    return as_one_of(*UNITS)(value, loc, problems)


@attrs.frozen
class TimeType:
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
    def of(cls, dtype: np.dtype[Any]) -> "TimeType":
        """Type whose elements numpy stores as ``M8[…]`` or ``m8[…]``."""
        unit, scale = np.datetime_data(dtype)
        name = "numpy.datetime64" if dtype.kind == "M" else "numpy.timedelta64"
        return cls(name, unit, scale)  # type: ignore[arg-type]  # one of the two

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's type with unit and scale."""
        kind = "M8" if self.name == "numpy.datetime64" else "m8"
        if self.unit == "generic":
            return np.dtype(kind)
        return np.dtype(f"{kind}[{self.scale_factor}{self.unit.replace('μ', 'u')}]")

    def to_json(self) -> JSON:
        """Object form of format 3."""
        configuration: dict[str, JSON] = {"unit": self.unit, "scale_factor": self.scale_factor}
        return {"name": self.name, "configuration": configuration}

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """Integer count, or ``"NaT"``."""
        if value == "NaT":
            value = _NAT
        count = as_int(_NAT, 2**63 - 1)(value, loc, problems)
        if count is None:
            return None
        return np.array([count], np.int64).view(self.numpy)[0]

    def fill_to_json(self, fill: Any) -> JSON:
        """Integer count, or ``"NaT"``."""
        count = int(np.asarray(fill, self.numpy).reshape(1).view(np.int64)[0])
        return "NaT" if count == _NAT else count

    def parse_fill_v2(self, value: JSON, loc: Loc, problems: Problems) -> FillValue | None:
        """As in format 3; old writers stored 0.0 too."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return self.parse_fill(value, loc, problems)

    def fill_to_json_v2(self, fill: Any) -> JSON:
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


class DateTime:
    """Entry of the registry for ``numpy.datetime64``."""

    name: Literal["numpy.datetime64", "numpy.timedelta64"] = "numpy.datetime64"

    @classmethod
    def from_members(cls, members: Members) -> TimeType | None:
        """Type from its configuration, or noted problems."""
        unit = members.take("unit", _as_unit)
        scale = members.take("scale_factor", as_int(1, 2**31 - 1))
        members.refuse_rest()
        return None if unit is None or scale is None else TimeType(cls.name, unit, scale)


class TimeDelta(DateTime):
    """Entry of the registry for ``numpy.timedelta64``."""

    name = "numpy.timedelta64"

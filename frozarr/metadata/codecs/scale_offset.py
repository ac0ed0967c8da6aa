"""Codec ``scale_offset`` (zarr-extensions): numbers shifted and multiplied."""

from typing import Any, ClassVar

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.lookup import data_type_of
from frozarr.metadata.json import FrozenJSON, thaw
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import json_value
from frozarr.types import JSON, UNSET, AnyDtype, Unset

__all__ = ["ScaleOffsetCodec"]


@attrs.frozen(kw_only=True)
class ScaleOffsetCodec(Configured):
    """Codec ``scale_offset``: stores ``(x - offset) * scale``, in the array's own arithmetic.

    Examples
    --------
    >>> ScaleOffsetCodec(offset=5, scale=2).to_json()
    {'name': 'scale_offset', 'configuration': {'offset': 5, 'scale': 2}}
    """

    name: ClassVar[str] = "scale_offset"
    kind: ClassVar[CodecKind] = "array_array"
    offset: FrozenJSON | Unset = member(json_value, default=UNSET, absent=UNSET)
    """A fill value of the array's data type, in its JSON form; 0 if it is not given."""
    scale: FrozenJSON | Unset = member(json_value, default=UNSET, absent=UNSET)
    """As `offset`; 1 if it is not given."""

    def constants(self, dtype: AnyDtype, at: At) -> tuple[Any, Any] | Invalid:
        """Offset and scale as scalars of the element type, or noted problems."""
        data_type = data_type_of(dtype)
        if data_type is None or dtype.kind not in "iufc":
            return at.problem(f"{self.name} takes numbers, not {dtype}")
        offset, scale = (
            data_type.parse_fill(
                at.holding(_number(given, default, dtype), "configuration", name)
            )
            for name, given, default in (("offset", self.offset, 0), ("scale", self.scale, 1))
        )  # fmt: skip
        if offset is INVALID or scale is INVALID:
            return INVALID
        if not scale or not np.isfinite([offset, scale]).all():
            return at.child("configuration", "scale").problem(
                f"offset {offset} and scale {scale} can't be undone"
            )
        return offset, scale

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The same shape and type."""
        self.constants(spec.dtype, at)
        return spec


def _number(given: FrozenJSON | Unset, default: int, dtype: AnyDtype) -> JSON:
    """A number in the form that fill values of the data type have."""
    value: Any = default if given is UNSET else thaw(given)
    return [value, 0] if dtype.kind == "c" and isinstance(value, int | float) else value

"""The printable record behind ``array.info``."""

import html
from typing import Any

import attrs
import numpy as np

__all__ = ["ArrayInfo"]


@attrs.frozen(kw_only=True, repr=False)
class ArrayInfo:
    """What there is to know about an array, one field per line.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.create_array({}, shape=(4,), chunks=(2,), dtype="u1").info.chunk_shape
    (2,)
    """

    type: str
    zarr_format: int
    data_type: Any
    fill_value: Any
    shape: tuple[int, ...]
    shard_shape: tuple[int, ...] | None
    chunk_shape: Any
    order: str
    read_only: bool
    store_type: str
    filters: tuple[Any, ...]
    serializer: Any
    compressors: tuple[Any, ...]
    nbytes: int
    nbytes_stored: int | None = None
    storage_ratio: float | None = None
    """Decoded bytes per stored byte."""
    chunks_initialized: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields that are set."""
        return {
            field.name: getattr(self, field.name)
            for field in attrs.fields(type(self))
            if getattr(self, field.name) is not None
        }

    def _rows(self) -> list[tuple[str, str]]:
        return [
            (name.replace("_", " ").capitalize(), _text(v)) for name, v in self.to_dict().items()
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{name:<18} : {value}" for name, value in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self._rows()
        )
        return f"<table>{rows}</table>"


def _text(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # a time without a unit is a number that numpy does not show
        return f"{np.asarray(value).view(np.int64)} (no unit)"

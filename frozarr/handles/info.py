"""The printable record behind ``array.info``."""

import html
from typing import Any, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.dtypes.base import DataType, fill_identity, frozen_fill, thawed_fill

__all__ = ["ArrayInfo"]


_LABELS = {
    "read_only": "Read-only",
    "nbytes": "No. bytes",
    "nbytes_stored": "No. bytes stored",
    "chunks_initialized": "Chunks Initialized",
    "shards_initialized": "Shards Initialized",
}
"""What fields are called that don't go by their names."""


Sizes: TypeAlias = tuple[int | tuple[int, ...], ...]
"""Elements along each axis; where sizes differ, of each chunk in a row."""


def _as_tuples(shape: object) -> Any:
    """A shape, or the edges of a rectilinear grid, as tuples all the way down."""
    return tuple(map(_as_tuples, shape)) if isinstance(shape, list | tuple) else shape


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
    data_type: DataType
    stored_fill: object = attrs.field(alias="fill_value", converter=frozen_fill, eq=fill_identity)
    shape: tuple[int, ...]
    shard_shape: Sizes | None = attrs.field(converter=_as_tuples)
    chunk_shape: Sizes = attrs.field(converter=_as_tuples)
    order: str
    read_only: bool
    store_type: str
    filters: tuple[Codec | NumcodecsCodec, ...]
    serializer: Codec | None
    compressors: tuple[Codec | NumcodecsCodec, ...]
    nbytes: int
    nbytes_stored: int | None = None
    storage_ratio: float | None = None
    """Decoded bytes per stored byte."""
    chunks_initialized: int | None = None
    """Chunks in the objects that are stored, inner ones where there are shards."""
    shards_initialized: int | None = None
    """Shards that are stored; None without sharding."""
    other_writers: str
    """What holds if other processes change the same array."""

    def to_dict(self) -> dict[str, Any]:
        """The fields that are set."""
        return {
            field.alias: getattr(self, field.alias)
            for field in attrs.fields(type(self))
            if getattr(self, field.alias) is not None
        }

    @property
    def fill_value(self) -> Any:
        """Value of elements that are not stored."""
        return thawed_fill(self.stored_fill)

    def _rows(self) -> list[tuple[str, str]]:
        return [
            (_LABELS.get(name, name.replace("_", " ").capitalize()), _text(value))
            for name, value in self.to_dict().items()
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


def _text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # a time without a unit is a number that numpy does not show
        return f"{np.asarray(value).view(np.int64)} (no unit)"

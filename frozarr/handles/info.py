"""The printable record behind ``array.info``."""

import html
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

if TYPE_CHECKING:
    from frozarr.handles.array import ArrayHandle

__all__ = ["ArrayInfo", "array_info"]


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


def array_info(array: "ArrayHandle", stored: tuple[int, int] | None = None) -> ArrayInfo:
    """Record of an array.

    Parameters
    ----------
    stored
        Bytes and objects in the store, if they were counted.
    """
    nbytes, count = stored or (None, None)
    return ArrayInfo(
        type=type(array).__name__, zarr_format=array.metadata.zarr_format,
        data_type=array.metadata.data_type,
        fill_value=array.fill_value, shape=array.shape, shard_shape=array.chunking[1],
        chunk_shape=array.chunking[0], order=array.order, read_only=array.read_only,
        store_type=type(array.store).__name__, filters=array.filters,
        serializer=array.serializer, compressors=array.compressors, nbytes=array.nbytes,
        nbytes_stored=nbytes, storage_ratio=round(array.nbytes / nbytes, 1) if nbytes else None,
        chunks_initialized=None if count is None else f"{count}/{array.nshards}",
    )  # fmt: skip

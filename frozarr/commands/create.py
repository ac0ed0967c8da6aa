"""Creating arrays, as programs that give handles.

What their parameters mean is said in `frozarr.handles.parameters`, for `help` and for readers.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias, Unpack

from frozarr.commands.creation import (
    ArrayData,
    Creation,
    ProgressLike,
    as_progress,
    as_source,
    data_type_of,
    store_new,
)
from frozarr.config import ConfigLike, as_config
from frozarr.handles.array import ArrayHandle
from frozarr.io.programs.requests import Program
from frozarr.io.sources import SlicedSource
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.spec import ArrayLayout, ArrayOptions, ArraySpec, CodecLike
from frozarr.types import ShapeLike

__all__ = [
    "FilledArray", "NewArray", "create", "create_array", "empty", "full", "new_array", "ones",
    "zeros",
]  # fmt: skip

Format: TypeAlias = Literal[2, 3]


def create_array(
    store: StoreLike = None,
    *,
    name: str | None = None,
    shape: ShapeLike | None = None,
    data: ArrayData | None = None,
    storage_options: Mapping[str, object] | None = None,
    overwrite: bool = False,
    config: ConfigLike = None,
    write_data: bool = True,
    progress: ProgressLike = False,
    zarr_format: Format | None = 3,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:
    """Handle of a new array, its metadata stored.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    ValueError, TypeError, MetadataError
        Wrong arguments; nothing was stored.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.create_array({}, data=[[1, 2], [3, 4]])[:, 0]
    array([1, 3])
    """
    if data is not None and not (shape is None and options.get("dtype") is None):
        raise ValueError("give data, or shape and dtype, not both")
    new = new_array(
        store, name=name, shape=shape, data=data, storage_options=storage_options,
        overwrite=overwrite, config=config, write_data=write_data, progress=progress,
        zarr_format=zarr_format, **options,
    )  # fmt: skip
    return (yield from store_new(new))


def new_array(
    store: StoreLike = None,
    *,
    name: str | None = None,
    shape: ShapeLike | None = None,
    data: ArrayData | SlicedSource | None = None,
    storage_options: Mapping[str, object] | None = None,
    overwrite: bool = False,
    config: ConfigLike = None,
    write_data: bool = True,
    progress: ProgressLike = False,
    zarr_format: Format | None = 3,
    **options: Unpack[ArrayOptions],
) -> Creation:
    """What `create_array` stores, with everything checked; nothing is stored yet."""
    source = None
    if data is not None:
        source = as_source(data)
        shape = source.shape if shape is None else shape
        if options.get("dtype") is None:
            options["dtype"] = data_type_of(source)
    elif shape is None or options.get("dtype") is None:
        raise ValueError("give shape and dtype, or data")
    settings = as_config(config)
    chosen = settings.zarr_format if zarr_format is None else zarr_format
    return Creation(
        place=resolve(store, name, storage_options=storage_options),
        metadata=ArraySpec(shape=shape, zarr_format=chosen, **options).metadata(),
        config=settings, source=source if write_data else None, overwrite=overwrite,
        progress=as_progress(progress),
    )  # fmt: skip


def create(
    shape: ShapeLike,
    *,
    data: ArrayData | None = None,
    store: StoreLike = None,
    path: str | None = None,
    storage_options: Mapping[str, object] | None = None,
    overwrite: bool = False,
    config: ConfigLike = None,
    compressor: CodecLike | None = "auto",
    zarr_format: Format | None = 3,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:
    """Handle of a new array; the shape comes first and the store defaults to memory.

    Takes the parameters of `create_array`, where the type is ``float64`` by default, `compressor`
    for a single compressor, and `data` for values of that shape. In format 2 chunks are laid out in
    the config's order if none is given.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.create(10, chunks=5).dtype
    dtype('float64')
    """
    if not (isinstance(compressor, str) and compressor == "auto"):
        if "compressors" in options:
            raise ValueError("give compressor or compressors, not both")
        options["compressors"] = compressor
    if options.get("chunks", "auto") is None or options.get("chunks") is True:
        options["chunks"] = "auto"
    settings = as_config(config)
    zarr_format = settings.zarr_format if zarr_format is None else zarr_format
    if zarr_format == 2 and options.get("order") is None:
        options["order"] = settings.order
    source = None if data is None else as_source(data)
    if options.get("dtype") is None:
        options["dtype"] = "f8" if source is None else data_type_of(source)
    return store_new(new_array(
        store, name=path, shape=shape, data=source, storage_options=storage_options,
        overwrite=overwrite, config=settings, zarr_format=zarr_format, **options,
    ))  # fmt: skip


class NewArray(ArrayLayout, total=False):
    """Keyword arguments of `create` besides shape and fill value."""

    store: StoreLike
    path: str | None
    storage_options: Mapping[str, object] | None
    overwrite: bool
    config: ConfigLike
    compressor: CodecLike | None
    zarr_format: Format | None


class FilledArray(NewArray, total=False):
    """Keyword arguments of `create` besides the shape."""

    fill_value: object


def empty(shape: ShapeLike, **options: Unpack[FilledArray]) -> Program[ArrayHandle]:
    """Handle of a new array whose elements read as zero until they are written."""
    return create(shape, **options)


def zeros(shape: ShapeLike, **options: Unpack[NewArray]) -> Program[ArrayHandle]:
    """Handle of a new array of zeros; nothing but metadata is stored.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.zeros(2, dtype="i2")[...]
    array([0, 0], dtype=int16)
    """
    return full(shape, 0, **options)


def ones(shape: ShapeLike, **options: Unpack[NewArray]) -> Program[ArrayHandle]:
    """Handle of a new array of ones; nothing but metadata is stored."""
    return full(shape, 1, **options)


def full(shape: ShapeLike, fill_value: object, **options: Unpack[NewArray]) -> Program[ArrayHandle]:
    """Handle of a new array that holds one value; nothing but metadata is stored."""
    return create(shape, fill_value=fill_value, **options)

"""Creating arrays, as programs that give handles."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, Unpack

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.config import Config, as_config
from frozarr.errors import ContainsArrayError
from frozarr.handles.array import ArrayHandle
from frozarr.io.access import Access
from frozarr.io.bound import bind_array
from frozarr.io.kernels.bind import check_fill
from frozarr.io.programs.copy import Source, copy_regions
from frozarr.io.programs.nodes import create_node, load_node, stage_replacement
from frozarr.io.programs.requests import Discard, Program, Replace, asking, on
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.spec import ArrayLayout, ArrayMetadata, ArrayOptions, ArraySpec
from frozarr.types import DEFAULT, AnyArray

__all__ = [
    "CopiedArray", "array", "create", "create_array", "empty", "empty_like", "from_array", "full",
    "full_like", "like", "ones", "ones_like", "store_new", "zeros", "zeros_like",
]  # fmt: skip

Format: TypeAlias = Literal[2, 3]


def create_array(
    store: StoreLike = None,
    *,
    name: str | None = None,
    shape: Any = None,
    data: Any = None,
    storage_options: dict[str, Any] | None = None,
    overwrite: bool = False,
    config: Any = None,
    write_data: bool = True,
    zarr_format: Format | None = 3,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:
    """Handle of a new array, its metadata stored.

    Parameters
    ----------
    store
        A store, a path, a URL or a dictionary; None for a new store in memory.
    name
        Path of the array in the store; groups are made above it.
    shape, dtype
        Extents in elements, and anything numpy takes as a type. Given by `data` otherwise.
    data
        Values to write, instead of shape and dtype.
    chunks
        Elements of a chunk along each axis; ``"auto"``, False for a single chunk, -1 for a whole
        axis, lists of sizes for chunks of several sizes.
    shards
        Elements of a shard along each axis, a multiple of the chunk; ``"auto"``; None for none.
    filters, serializer, compressors
        Codecs: values from `frozarr.codecs`, their JSON, or numcodecs objects. By default little
        endian bytes and zstd at its default level.
    fill_value
        Value of elements not stored; zero by default.
    order
        Layout of chunks in format 2, ``"C"`` or ``"F"``.
    zarr_format
        3, or 2.
    attributes
        JSON values by name.
    chunk_key_encoding
        How chunks are named.
    dimension_names
        Names of the axes, in format 3.
    storage_options
        For the filesystem of a URL.
    overwrite
        Replace what stands there, once all arguments have been checked. Where the store can, the
        old node is exchanged for the new one (and its data) at once.
    config
        How the handle reads and writes; the current default if none is given.
    write_data
        Whether `data` is written, or only gives shape and dtype.

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
    values = None
    if data is not None:
        if shape is not None or options.get("dtype") is not None:
            raise ValueError("give data, or shape and dtype, not both")
        values = data if isinstance(data, ArrayHandle) else np.asarray(data)
        shape, options["dtype"] = values.shape, data_type_of_values(values)
    elif shape is None or options.get("dtype") is None:
        raise ValueError("give shape and dtype, or data")
    metadata = ArraySpec(shape=shape, zarr_format=zarr_format, **options).metadata()
    check_fill(metadata)
    settings = as_config(config)
    place = resolve(store, name, storage_options=storage_options)
    wanted = values if write_data else None
    return (yield from store_new(place, metadata, wanted, overwrite=overwrite, config=settings))


def data_type_of_values(values: Any) -> Any:
    """Type of given values; objects that are all text, or all bytes, have types of their own."""
    if isinstance(values, ArrayHandle):
        metadata = values.metadata
        if isinstance(metadata, ArrayV2Metadata):
            known = metadata.data_type.name in {"string", "variable_length_bytes"}
            return metadata.data_type if known else metadata.dtype
        return metadata.data_type
    if values.dtype != np.dtype(object):
        return values.dtype
    kinds = set(map(type, values.reshape(-1).tolist()))
    if kinds <= {str, np.str_}:
        return "string"
    return "variable_length_bytes" if kinds <= {bytes, np.bytes_} else values.dtype


def store_new(
    place: StorePath, metadata: ArrayMetadata, values: ArrayHandle | AnyArray | None, *,
    overwrite: bool, config: Config,
) -> Program[ArrayHandle]:  # fmt: skip
    """New array with its values; one that is replaced stays until the new one is complete."""
    store = place.store
    store.check_writable(place.path)
    made = ArrayHandle(metadata, place, config)
    if isinstance(values, ArrayHandle):
        _refuse_own_source(values, place, overwrite=overwrite)
    if values is not None and overwrite and (yield from on(store, load_node(place))) is not None:
        staged = yield from on(store, stage_replacement(place, metadata))
        if staged is not None:
            yield from _replace(made, staged, values)
            return made
    yield from on(store, create_node(place, metadata, overwrite=overwrite))
    if values is not None:
        yield from _copy(values, made)
    return made


def _replace(made: ArrayHandle, staged: StorePath, values: ArrayHandle | AnyArray) -> Program[None]:
    """Fill a staged array, and put it in its place."""
    store, path = made.store, made.path
    try:
        yield from _copy(values, attrs.evolve(made, store_path=staged))
        yield from on(store, asking(Replace(path, staged.path)))
    except BaseException:
        yield from on(store, asking(Discard(staged.path)))
        raise


def _copy(values: ArrayHandle | AnyArray, made: ArrayHandle) -> Program[None]:
    source = Source(values.bound, values.access) if isinstance(values, ArrayHandle) else values
    bound = bind_array(made.metadata, strings=made.config.strings)
    return copy_regions(source, bound, Access(made.store_path, made.config))


def _refuse_own_source(source: ArrayHandle, place: StorePath, *, overwrite: bool) -> None:
    if not overwrite or source.store.identity != place.store.identity:
        return
    ours, theirs = f"{place.path}/", f"{source.path}/"
    if ours.startswith(theirs) or theirs.startswith(ours) or "/" in {ours, theirs}:
        raise ContainsArrayError(
            f"{place}: can't replace a node by a copy of what it holds ({source.store_path}); "
            "write the copy elsewhere first",
            url=str(place),
        )


def create(
    shape: Any,
    *,
    store: StoreLike = None,
    path: str | None = None,
    storage_options: dict[str, Any] | None = None,
    overwrite: bool = False,
    config: Any = None,
    compressor: Any = "auto",
    zarr_format: Format | None = 3,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:
    """Handle of a new array; the shape comes first and the store defaults to memory.

    Takes the parameters of `create_array`, where the type is ``float64`` by default, and
    `compressor` for a single compressor.

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
    options.setdefault("dtype", "f8")
    return create_array(
        store, name=path, shape=shape, storage_options=storage_options, overwrite=overwrite,
        config=config, zarr_format=zarr_format, **options,
    )  # fmt: skip


class NewArray(ArrayLayout, total=False):
    """Keyword arguments of `create` besides shape and fill value."""

    store: StoreLike
    path: str | None
    storage_options: dict[str, Any] | None
    overwrite: bool
    config: Any
    compressor: Any
    zarr_format: Format | None


class FilledArray(NewArray, total=False):
    """Keyword arguments of `create` besides the shape."""

    fill_value: Any


def empty(shape: Any, **options: Unpack[FilledArray]) -> Program[ArrayHandle]:
    """Handle of a new array whose elements read as zero until they are written."""
    return create(shape, **options)


def zeros(shape: Any, **options: Unpack[NewArray]) -> Program[ArrayHandle]:
    """Handle of a new array of zeros; nothing but metadata is stored.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.zeros(2, dtype="i2")[...]
    array([0, 0], dtype=int16)
    """
    return full(shape, 0, **options)


def ones(shape: Any, **options: Unpack[NewArray]) -> Program[ArrayHandle]:
    """Handle of a new array of ones; nothing but metadata is stored."""
    return full(shape, 1, **options)


def full(shape: Any, fill_value: Any, **options: Unpack[NewArray]) -> Program[ArrayHandle]:
    """Handle of a new array that holds one value; nothing but metadata is stored."""
    return create(shape, fill_value=fill_value, **options)


# ---------------------------------------------------------------------- like others


def like(model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Creation arguments that a model gives, where they are not given."""
    arguments = dict(given)
    arguments.setdefault("shape", model.shape)
    if not isinstance(model, ArrayHandle):
        arguments.setdefault("dtype", data_type_of_values(np.asarray(model)))
        return arguments
    same_type = "dtype" not in arguments
    arguments.setdefault("zarr_format", model.metadata.zarr_format)
    chunks, shards = model.chunking_for(arguments["shape"])
    if "chunks" not in arguments and arguments["zarr_format"] == 3:
        arguments.setdefault("shards", shards)
    arguments.setdefault("chunks", chunks)
    if arguments["zarr_format"] == model.metadata.zarr_format:
        arguments.setdefault("filters", model.filters)
        arguments.setdefault("compressors", model.compressors)
        if same_type and model.serializer is not None:
            arguments.setdefault("serializer", model.serializer)
    arguments.setdefault("dtype", data_type_of_values(model))
    arguments.setdefault("fill_value", model.fill_value)
    return arguments


class LikeArray(NewArray, total=False):
    """Keyword arguments of the functions that make an array like another."""

    shape: Any


def empty_like(a: Any, **options: Unpack[LikeArray]) -> Program[ArrayHandle]:
    """Handle of a new array shaped, typed and chunked as another; see `empty`."""
    return full_like(a, **options)


def zeros_like(a: Any, **options: Unpack[LikeArray]) -> Program[ArrayHandle]:
    """Handle of a new array of zeros, shaped, typed and chunked as another."""
    return full_like(a, 0, **options)


def ones_like(a: Any, **options: Unpack[LikeArray]) -> Program[ArrayHandle]:
    """Handle of a new array of ones, shaped, typed and chunked as another."""
    return full_like(a, 1, **options)


def full_like(
    a: Any, fill_value: Any = DEFAULT, **options: Unpack[LikeArray]
) -> Program[ArrayHandle]:
    """Handle of a new array that holds one value, shaped, typed and chunked as another.

    The value is that of the other array, if none is given.
    """
    arguments = like(a, options)
    if fill_value is not DEFAULT:
        arguments["fill_value"] = fill_value
    return create(arguments.pop("shape"), **arguments)


_Kept: TypeAlias = Annotated[Any, "keep"]
"""A setting that is taken from the source where it has one."""


class CopiedArray(TypedDict, total=False):
    """Settings of `from_array`, with their defaults."""

    write_data: Annotated[bool, True]
    chunks: _Kept
    shards: _Kept
    filters: _Kept
    compressors: _Kept
    serializer: _Kept
    fill_value: Any
    order: Literal["C", "F"] | None
    attributes: Mapping[str, Any] | None
    chunk_key_encoding: Any
    dimension_names: Iterable[str | None] | None
    config: Any


class StoredCopy(CopiedArray, total=False):
    """Those, and how it is stored."""

    zarr_format: Annotated[Format | None, None]
    storage_options: dict[str, Any] | None
    overwrite: bool


def array(
    data: npt.ArrayLike | ArrayHandle, *, store: StoreLike = None, path: str | None = None,
    **options: Unpack[StoredCopy],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of a new array that holds the data; takes the parameters of `from_array`.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.array([1, 2, 3])[...]
    array([1, 2, 3])
    """
    return from_array(store, data=data, name=path, **options)


def from_array(
    store: StoreLike = None,
    *,
    data: ArrayHandle | npt.ArrayLike,
    write_data: bool = True,
    name: str | None = None,
    chunks: Any = "keep",
    shards: Any = "keep",
    filters: Any = "keep",
    compressors: Any = "keep",
    serializer: Any = "keep",
    fill_value: Any = DEFAULT,
    order: Literal["C", "F"] | None = None,
    zarr_format: Format | None = None,
    attributes: Mapping[str, Any] | None = None,
    chunk_key_encoding: Any = None,
    dimension_names: Iterable[str | None] | None = None,
    storage_options: dict[str, Any] | None = None,
    overwrite: bool = False,
    config: Any = None,
) -> Program[ArrayHandle]:
    """Handle of a new array that holds the data of another, or of anything numpy takes.

    ``"keep"`` takes a setting from `data` where it has one and it fits the format; otherwise it
    means ``"auto"``. Fill value, attributes and dimension names are kept, too. An array in a store
    is copied region by region, several at a time.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false; or `data` would be overwritten by its own copy.
    """
    source = data if isinstance(data, ArrayHandle) else np.asarray(data)
    kept: dict[str, Any] = {"zarr_format": zarr_format or 3}
    if isinstance(source, ArrayHandle):
        kept = _kept(source, zarr_format)
    settings = {
        "chunks": chunks, "shards": shards, "filters": filters, "compressors": compressors,
        "serializer": serializer,
    }  # fmt: skip
    for argument, value in settings.items():
        absent = None if argument == "shards" else "auto"
        keep = isinstance(value, str) and value == "keep"
        kept[argument] = kept.get(argument, absent) if keep else value
    given = {
        "fill_value": fill_value if fill_value is not DEFAULT else None, "order": order,
        "attributes": attributes, "chunk_key_encoding": chunk_key_encoding,
        "dimension_names": dimension_names,
    }  # fmt: skip
    kept.update({k: v for k, v in given.items() if v is not None})
    return create_array(
        store, name=name, data=source, storage_options=storage_options, overwrite=overwrite,
        config=config, write_data=write_data, **kept,
    )  # fmt: skip


def _kept(source: ArrayHandle, zarr_format: Format | None) -> dict[str, Any]:
    """Creation arguments that make an array like the source, as far as the format allows."""
    metadata = source.metadata
    wanted: Any = zarr_format or metadata.zarr_format
    kept: dict[str, Any] = {
        "zarr_format": wanted, "chunks": source.chunking[0], "shards": source.chunking[1],
        "fill_value": source.fill_value, "attributes": source.attrs,
    }  # fmt: skip
    if wanted != metadata.zarr_format:
        return kept
    kept |= {"filters": source.filters, "compressors": source.compressors}
    kept["chunk_key_encoding"] = metadata.chunk_key_encoding
    if isinstance(metadata, ArrayV2Metadata):
        kept["order"] = metadata.order
    elif isinstance(metadata, ArrayV3Metadata):
        kept |= {"serializer": source.serializer, "dimension_names": metadata.dimension_names}
    return kept

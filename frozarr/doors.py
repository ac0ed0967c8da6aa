"""The doors as programs: creating, opening, saving and loading arrays.

`frozarr` runs them on threads, `frozarr.aio` on the caller's event loop. A program gives a target
(metadata, place, config), of which either makes its own kind of handle.
"""

from collections.abc import Generator, Iterable, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.config import Config, as_config
from frozarr.creation import array_metadata
from frozarr.errors import ArrayNotFoundError, ContainsArrayError, NodeNotFoundError
from frozarr.handles import ArrayHandle
from frozarr.io import operations as ops
from frozarr.io.nodes import create_node, load_array, load_node, stage_replacement
from frozarr.io.programs import Program
from frozarr.io.requests import Discard, ListNames, On, Publish, Request
from frozarr.io.stores.path import AccessMode, StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.io.target import ArrayMetadata, Target
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.group import GroupMetadata
from frozarr.types import DEFAULT

__all__ = [
    "array", "create", "create_array", "empty", "empty_like", "from_array", "full", "full_like",
    "load", "ones", "ones_like", "open_array", "open_like", "open_node", "save", "save_array",
    "zeros", "zeros_like",
]  # fmt: skip

Door: TypeAlias = Generator[Request, Any, Target]
Format = Literal[2, 3]


def create_array(
    store: StoreLike = None,
    *,
    name: str | None = None,
    shape: Any = None,
    dtype: Any = None,
    data: Any = None,
    chunks: Any = "auto",
    shards: Any = None,
    filters: Any = "auto",
    compressors: Any = "auto",
    serializer: Any = "auto",
    fill_value: Any = DEFAULT,
    order: Literal["C", "F"] | None = None,
    zarr_format: Format | None = 3,
    attributes: Mapping[str, Any] | None = None,
    chunk_key_encoding: Any = None,
    dimension_names: Iterable[str | None] | None = None,
    storage_options: dict[str, Any] | None = None,
    overwrite: bool = False,
    config: Any = None,
    write_data: bool = True,
) -> Door:
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
        axis.
    filters, serializer, compressors
        Codecs: values from `frozarr.codecs`, their JSON, or numcodecs objects. By default little
        endian bytes and zstd at its default level.
    fill_value
        Value of elements not stored; zero by default.
    zarr_format
        3, or 2.
    overwrite
        Replace what stands there, once all arguments have been checked. Where the store can, the
        old node is exchanged for the new one (and its data) at once.
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
        if shape is not None or dtype is not None:
            raise ValueError("give data, or shape and dtype, not both")
        values = data if isinstance(data, ArrayHandle) else np.asarray(data)
        shape, dtype = values.shape, _data_type(values)
    elif shape is None or dtype is None:
        raise ValueError("give shape and dtype, or data")
    metadata = array_metadata(
        shape=shape, dtype=dtype, chunks=chunks, shards=shards, filters=filters,
        compressors=compressors, serializer=serializer, fill_value=fill_value, order=order,
        zarr_format=zarr_format, attributes=attributes, chunk_key_encoding=chunk_key_encoding,
        dimension_names=dimension_names,
    )  # fmt: skip
    settings = as_config(config)
    place = resolve(store, name, storage_options=storage_options)
    wanted = values if write_data else None
    return (yield from _store(place, metadata, wanted, overwrite, settings))


def _data_type(values: Any) -> Any:
    """Type of given data; objects that are all text, or all bytes, have types of their own."""
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


def _on(place: StorePath, program: Program, config: Config | None = None) -> On:
    """A program for the store of a place."""
    return On(place.store, program, (config or as_config(None)).workers)


def _store(
    place: StorePath, metadata: ArrayMetadata, values: Any, overwrite: bool, config: Config
) -> Door:
    """New array with its values; one that is replaced stays until the new one is complete."""
    place.store.check_writable(place.path)
    made = Target(metadata, place, config)
    if isinstance(values, ArrayHandle):
        _refuse_own_source(values, place, overwrite)
    staged = None
    if values is not None and overwrite and (yield _on(place, load_node(place))) is not None:
        staged = yield _on(place, stage_replacement(place, metadata))
    if staged is None:
        yield _on(place, create_node(place, metadata, overwrite=overwrite))
        yield from _copy(values, made)
        return made
    try:
        yield from _copy(values, attrs.evolve(made, place=staged))
        yield _on(place, _one(Publish(staged.path, place.path)))
    except BaseException:
        yield _on(place, _one(Discard(staged.path)))
        raise
    return made


def _one(request: Request) -> Program:
    """The program of a single request; its answer."""
    answer = yield request
    return answer


def _refuse_own_source(source: ArrayHandle, place: StorePath, overwrite: bool) -> None:
    if not overwrite or source.store.identity != place.store.identity:
        return
    ours, theirs = f"{place.path}/", f"{source.path}/"
    if ours.startswith(theirs) or theirs.startswith(ours) or "/" in {ours, theirs}:
        raise ContainsArrayError(
            f"{place}: can't replace a node by a copy of what it holds ({source.store_path}); "
            "write the copy elsewhere first",
            url=str(place),
        )


def _copy(values: Any, made: Target) -> Program:
    """Write all values, chunk by chunk if they come from an array in a store."""
    if values is None:
        return
    regions: Iterable[Any] = [...]
    if isinstance(values, ArrayHandle):
        regions = ArrayHandle(made).iter_shard_regions()
    for region in regions:
        part = values
        if isinstance(values, ArrayHandle):
            source = values.target
            chosen = ops.select(source, region, "basic")
            part = yield _on(source.place, ops.read(source, chosen), source.config)
        selection = ops.select(made, region, "basic")
        yield _on(made.place, ops.write(made, selection, part), made.config)


def create(
    shape: Any, *, store: StoreLike = None, path: str | None = None, dtype: Any = "f8",
    chunks: Any = "auto", compressor: Any = "auto", **kwargs: Any,
) -> Door:  # fmt: skip
    """Handle of a new array; the shape comes first and the store defaults to memory.

    Takes the parameters of `create_array`, and `compressor` for a single compressor.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.create(10, chunks=5).dtype
    dtype('float64')
    """
    if not (isinstance(compressor, str) and compressor == "auto"):
        if "compressors" in kwargs:
            raise ValueError("give compressor or compressors, not both")
        kwargs["compressors"] = compressor
    return create_array(
        store, name=path, shape=shape, dtype=dtype,
        chunks="auto" if chunks is None or chunks is True else chunks, **kwargs,
    )  # fmt: skip


def array(data: npt.ArrayLike | ArrayHandle, *, store: StoreLike = None, **kwargs: Any) -> Door:
    """Handle of a new array that holds the data.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.array([1, 2, 3])[...]
    array([1, 2, 3])
    """
    name = kwargs.pop("path", None)
    return from_array(store, data=data, name=name, **kwargs)


def empty(shape: Any, **kwargs: Any) -> Door:
    """Handle of a new array whose elements read as zero until they are written."""
    return create(shape, **kwargs)


def zeros(shape: Any, **kwargs: Any) -> Door:
    """Handle of a new array of zeros; nothing but metadata is stored.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.zeros(2, dtype="i2")[...]
    array([0, 0], dtype=int16)
    """
    return create(shape, fill_value=0, **kwargs)


def ones(shape: Any, **kwargs: Any) -> Door:
    """Handle of a new array of ones; nothing but metadata is stored."""
    return create(shape, fill_value=1, **kwargs)


def full(shape: Any, fill_value: Any, **kwargs: Any) -> Door:
    """Handle of a new array that holds one value; nothing but metadata is stored."""
    return create(shape, fill_value=fill_value, **kwargs)


def _like(model: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Creation arguments that a model gives, where they are not given."""
    given = dict(kwargs)
    given.setdefault("shape", model.shape)
    if isinstance(model, ArrayHandle):
        same_type = "dtype" not in given
        given.setdefault("zarr_format", model.metadata.zarr_format)
        if "chunks" not in given and given["zarr_format"] == 3:
            given.setdefault("shards", model.chunking_for(given["shape"])[1])
        given.setdefault("chunks", model.chunking_for(given["shape"])[0])
        if given["zarr_format"] == model.metadata.zarr_format:
            given.setdefault("filters", model.filters)
            given.setdefault("compressors", model.compressors)
            if same_type and model.serializer is not None:
                given.setdefault("serializer", model.serializer)
        given.setdefault("dtype", _data_type(model))
        given.setdefault("fill_value", model.fill_value)
    else:
        given.setdefault("dtype", _data_type(np.asarray(model)))
    return given


def empty_like(a: Any, **kwargs: Any) -> Door:
    """Handle of a new array shaped, typed and chunked as another; see `empty`."""
    given = _like(a, kwargs)
    return empty(given.pop("shape"), **given)


def zeros_like(a: Any, **kwargs: Any) -> Door:
    """Handle of a new array of zeros, shaped, typed and chunked as another."""
    given = _like(a, kwargs)
    given.pop("fill_value", None)
    return zeros(given.pop("shape"), **given)


def ones_like(a: Any, **kwargs: Any) -> Door:
    """Handle of a new array of ones, shaped, typed and chunked as another."""
    given = _like(a, kwargs)
    given.pop("fill_value", None)
    return ones(given.pop("shape"), **given)


def full_like(a: Any, fill_value: Any = DEFAULT, **kwargs: Any) -> Door:
    """Handle of a new array that holds one value, shaped, typed and chunked as another."""
    given = _like(a, kwargs)
    inherited = given.pop("fill_value", DEFAULT)
    return create(
        given.pop("shape"), fill_value=inherited if fill_value is DEFAULT else fill_value, **given
    )


def open_like(a: Any, path: str, **kwargs: Any) -> Door:
    """Handle of the array at a path, made like another if there is none."""
    return open_array(path=path, **_like(a, kwargs))


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
) -> Door:
    """Handle of a new array that holds the data of another, or of anything numpy takes.

    ``"keep"`` takes a setting from `data` where it has one and it fits the format; otherwise it
    means ``"auto"``. Fill value, attributes and dimension names are kept, too.

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
        "fill_value": source.fill_value, "attributes": dict(source.attrs),
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


def open_array(
    store: StoreLike = None,
    *,
    path: str | None = None,
    mode: AccessMode | None = None,
    zarr_format: Format | None = None,
    storage_options: dict[str, Any] | None = None,
    config: Any = None,
    **kwargs: Any,
) -> Door:
    """Handle of an array.

    Parameters
    ----------
    mode
        ``r`` read only, ``r+`` read and write what exists, ``a`` (default) make it if it does not
        exist and a shape is given, ``w`` make it and replace what exists, ``w-`` make it and fail
        if anything exists. A read-only store defaults to ``r``.
    zarr_format
        2 or 3; None looks for 3, then 2.
    **kwargs
        Parameters of `create` for the modes that make an array.

    Raises
    ------
    ArrayNotFoundError
        No array there (a FileNotFoundError); names store and path.
    ContainsArrayError, ContainsGroupError
        Mode ``w-``, and there is a node.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> _ = frozarr.create_array(values, data=[1, 2, 3])
    >>> frozarr.open_array(values, mode="r").read_only
    True
    """
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    mode = mode or ("r" if place.read_only else "a")
    if mode in {"r", "r+", "a"}:
        try:
            metadata = yield _on(place, load_array(place, zarr_format))
            return Target(metadata, place, as_config(config))
        except ArrayNotFoundError:
            if mode != "a" or "shape" not in kwargs:
                raise
    if "shape" not in kwargs:
        raise ValueError(f"mode {mode!r} makes an array, which needs a shape and a dtype")
    return (yield from create(
        kwargs.pop("shape"), store=place, zarr_format=zarr_format or 3, overwrite=mode == "w",
        config=config, **kwargs,
    ))  # fmt: skip


def open_node(
    store: StoreLike = None,
    *,
    mode: AccessMode | None = None,
    path: str | None = None,
    zarr_format: Format | None = None,
    storage_options: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Door:
    """Handle of the array at a place; see `open_array`.

    Examples
    --------
    >>> import frozarr
    >>> frozarr.open({}, mode="w", shape=4, dtype="u1").shape
    (4,)
    """
    return open_array(
        store, mode=mode, path=path, zarr_format=zarr_format, storage_options=storage_options,
        **kwargs,
    )  # fmt: skip


def save_array(
    store: StoreLike,
    arr: npt.ArrayLike | ArrayHandle,
    *,
    path: str | None = None,
    zarr_format: Format | None = None,
    storage_options: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Door:
    """Store an array, replacing what is there; its handle.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> _ = frozarr.save_array(values, [1.5, 2.5])
    >>> frozarr.load(values)
    array([1.5, 2.5])
    """
    return from_array(
        store, data=arr, name=path, zarr_format=zarr_format, storage_options=storage_options,
        **{"overwrite": True, **kwargs},
    )  # fmt: skip


def save(
    store: StoreLike,
    *args: npt.ArrayLike | ArrayHandle,
    path: str | None = None,
    zarr_format: Format | None = None,
    **kwargs: npt.ArrayLike | ArrayHandle,
) -> Program:
    """Store one array, or several in a group: ``arr_0``, ``arr_1``, … and by keyword.

    Raises
    ------
    ValueError
        No arrays given.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> frozarr.save(values, x=[1, 2], y=[3.0])
    >>> frozarr.load(values)["y"]
    array([3.])
    """
    if not args and not kwargs:
        raise ValueError("give at least one array to save")
    if len(args) == 1 and not kwargs:
        yield from save_array(store, args[0], path=path, zarr_format=zarr_format)
        return
    place = resolve(store, path)
    group = GroupMetadata(zarr_format=zarr_format or 3)
    named = {**{f"arr_{i}": a for i, a in enumerate(args)}, **kwargs}
    yield _on(place, create_node(place, group, overwrite=True))
    for name, values in named.items():
        yield from save_array(place, values, path=name, zarr_format=zarr_format or 3)


def load(
    store: StoreLike,
    *,
    path: str | None = None,
    zarr_format: Format | None = None,
    storage_options: dict[str, Any] | None = None,
) -> Program:
    """The array at a place as a numpy array; a dictionary of them for a group.

    Raises
    ------
    NodeNotFoundError
        Nothing there (a FileNotFoundError); names store and path.
    """
    place = resolve(store, path, mode="r", storage_options=storage_options)
    config = as_config(None)
    found = yield _on(place, load_node(place, zarr_format))
    if found is None:
        raise NodeNotFoundError(f"{place}: no array or group at path {place.path!r}")
    if not isinstance(found, GroupMetadata):
        return (yield from _values(Target(found, place, config)))
    loaded = {}
    for name in (yield _on(place, _one(ListNames(place.path)))):
        child = place / name
        node = yield _on(place, load_node(child, zarr_format))
        if node is not None and not isinstance(node, GroupMetadata):
            loaded[name] = yield from _values(Target(node, child, config))
    return loaded


def _values(target: Target) -> Program:
    """All values of an array."""
    chosen = ops.select(target, ..., "numpy")
    found = yield _on(target.place, ops.read(target, chosen), target.config)
    return np.asarray(found)

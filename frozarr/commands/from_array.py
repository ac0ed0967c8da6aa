"""Creating arrays that hold the data of others, as programs that give handles."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, Unpack

from frozarr.commands.create import new_array
from frozarr.commands.creation import (
    ArrayData,
    ArraySource,
    Creation,
    ProgressLike,
    as_source,
    store_new,
)
from frozarr.config import ConfigLike
from frozarr.handles.array import ArrayHandle
from frozarr.io.programs.requests import Program
from frozarr.io.sources import SlicedSource
from frozarr.io.stores.resolve import StoreLike
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.auto_chunks import rectilinear
from frozarr.metadata.spec import ChunksLike, CodecLike, CodecsLike, KeyEncodingLike
from frozarr.types import DEFAULT

__all__ = ["CopiedArray", "StoredCopy", "array", "from_array", "new_copy"]

Format: TypeAlias = Literal[2, 3]


class CopiedArray(TypedDict, total=False):
    """Settings of `from_array`, with their defaults."""

    write_data: Annotated[bool, True]
    progress: Annotated[ProgressLike, False]
    chunks: Annotated[ChunksLike, "keep"]
    shards: Annotated[ChunksLike, "keep"]
    filters: Annotated[CodecsLike, "keep"]
    compressors: Annotated[CodecsLike, "keep"]
    serializer: Annotated[CodecsLike, "keep"]
    codecs: Iterable[CodecLike] | None
    fill_value: object
    order: Literal["C", "F"] | None
    attributes: Mapping[str, object] | None
    chunk_key_encoding: KeyEncodingLike
    dimension_names: Iterable[str | None] | None
    config: ConfigLike


class StoredCopy(CopiedArray, total=False):
    """Those, and how it is stored."""

    zarr_format: Annotated[Format | None, None]
    storage_options: Mapping[str, object] | None
    overwrite: bool


def array(
    data: ArrayData, *, store: StoreLike = None, path: str | None = None,
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
    data: ArrayData,
    write_data: bool = True,
    name: str | None = None,
    chunks: ChunksLike = "keep",
    shards: ChunksLike = "keep",
    filters: CodecsLike = "keep",
    compressors: CodecsLike = "keep",
    serializer: CodecsLike = "keep",
    codecs: Iterable[CodecLike] | None = None,
    fill_value: object = DEFAULT,
    order: Literal["C", "F"] | None = None,
    zarr_format: Format | None = None,
    attributes: Mapping[str, object] | None = None,
    chunk_key_encoding: KeyEncodingLike = None,
    dimension_names: Iterable[str | None] | None = None,
    storage_options: Mapping[str, object] | None = None,
    overwrite: bool = False,
    config: ConfigLike = None,
    progress: ProgressLike = False,
) -> Program[ArrayHandle]:
    """Handle of a new array that holds the data of another, or of anything numpy takes.

    ``"keep"`` takes a setting from `data` where it has one and it fits the format; otherwise it
    means ``"auto"``. Fill value, attributes and dimension names of arrays here are kept, too. What
    has a shape, a dtype and slicing (arrays here, and those of h5py, zarr, dask, netCDF4, xarray)
    is copied region by region, several at a time, in bounded memory.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false; or `data` would be overwritten by its own copy.
    """
    new = new_copy(
        store, data, name=name, storage_options=storage_options, overwrite=overwrite, config=config,
        write_data=write_data, progress=progress, chunks=chunks, shards=shards, filters=filters,
        compressors=compressors, serializer=serializer, codecs=codecs, fill_value=fill_value,
        order=order, zarr_format=zarr_format, attributes=attributes,
        chunk_key_encoding=chunk_key_encoding, dimension_names=dimension_names,
    )  # fmt: skip
    return (yield from store_new(new))


def new_copy(
    store: StoreLike, data: ArrayData, *, name: str | None = None, **options: Unpack[StoredCopy]
) -> Creation:
    """What `from_array` stores, with everything checked; nothing is stored yet."""
    source = as_source(data)
    given: dict[str, Any] = {**options}
    arguments = _kept(source, given.pop("zarr_format", None))
    if given.get("codecs") is not None:  # the whole chain: nothing of the source's is kept
        for part in ("filters", "compressors", "serializer"):
            arguments.pop(part, None)
    for argument in ("chunks", "shards", "filters", "compressors", "serializer"):
        value = given.pop(argument, "keep")
        absent = None if argument == "shards" else "auto"
        keep = isinstance(value, str) and value == "keep"
        arguments[argument] = arguments.get(argument, absent) if keep else value
    if given.get("fill_value") is DEFAULT:
        del given["fill_value"]
    arguments.update({name: value for name, value in given.items() if value is not None})
    return new_array(store, name=name, data=source, **arguments)


def _kept(source: ArraySource, zarr_format: Format | None) -> dict[str, Any]:
    """Creation arguments that make an array like the source, as far as the format allows."""
    if isinstance(source, SlicedSource):
        sharded = {} if source.shards is None or zarr_format == 2 else {"shards": source.shards}
        chunked = {} if source.chunks is None else {"chunks": source.chunks}
        return {"zarr_format": zarr_format, **chunked, **sharded}
    if not isinstance(source, ArrayHandle):
        return {"zarr_format": zarr_format}
    metadata = source.metadata
    wanted: object = zarr_format or metadata.zarr_format
    kept: dict[str, Any] = {
        "zarr_format": wanted, "chunks": source.chunking[0], "shards": source.chunking[1],
        "fill_value": source.fill_value, "attributes": source.attrs,
    }  # fmt: skip
    if wanted == 2:
        kept["shards"] = None
        kept["chunks"] = "auto" if rectilinear(kept["chunks"]) else kept["chunks"]
    if wanted != metadata.zarr_format:
        return kept
    kept |= {"filters": source.filters, "compressors": source.compressors}
    kept["chunk_key_encoding"] = metadata.chunk_key_encoding
    if isinstance(metadata, ArrayV2Metadata):
        kept["order"] = metadata.order
    elif isinstance(metadata, ArrayV3Metadata):
        kept |= {"serializer": source.serializer, "dimension_names": metadata.dimension_names}
    return kept

"""Creating arrays that are like another one, as programs that give handles."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Unpack

from frozarr.commands.create import NewArray, create
from frozarr.commands.creation import ArrayData, as_source, data_type_of
from frozarr.handles.array import ArrayHandle
from frozarr.io.programs.requests import Program
from frozarr.metadata.auto_chunks import rectilinear
from frozarr.metadata.spec import normalize_shape
from frozarr.types import DEFAULT, ShapeLike

__all__ = ["empty_like", "full_like", "like", "ones_like", "zeros_like"]


def like(model: ArrayData, given: Mapping[str, Any]) -> dict[str, Any]:
    """Creation arguments that a model gives, where they are not given."""
    arguments = {
        name: value
        for name, value in given.items()
        if value is not None or name not in {"shape", "zarr_format"}
    }
    source = as_source(model)
    arguments.setdefault("shape", source.shape)
    if not isinstance(model, ArrayHandle):
        arguments.setdefault("dtype", data_type_of(source))
        return arguments
    arguments.setdefault("zarr_format", model.metadata.zarr_format)
    if len(normalize_shape(arguments["shape"])) == model.ndim:
        arguments = {**_same_grid(model, arguments), **arguments}
    same_format = arguments["zarr_format"] == model.metadata.zarr_format
    if same_format and "codecs" not in arguments:
        arguments.setdefault("compressors", model.compressors)
    if arguments.get("dtype") is not None:  # what else there is fits the model's type
        return arguments
    if same_format and "codecs" not in arguments:
        arguments.setdefault("filters", model.filters)
        if model.serializer is not None:
            arguments.setdefault("serializer", model.serializer)
    arguments["dtype"] = data_type_of(model)
    arguments.setdefault("fill_value", model.fill_value)
    return arguments


def _same_grid(model: ArrayHandle, given: Mapping[str, Any]) -> dict[str, Any]:
    """Chunks and shards of a model, as far as the format has them."""
    chunks, shards = model.chunking_for(given["shape"])
    if given["zarr_format"] == 2:
        return {} if rectilinear(chunks) else {"chunks": chunks}
    return {"chunks": chunks} if "chunks" in given else {"chunks": chunks, "shards": shards}


class LikeArray(NewArray, total=False):
    """Keyword arguments of the functions that make an array like another."""

    shape: Annotated[ShapeLike | None, None]
    zarr_format: Annotated[Literal[2, 3] | None, None]


def empty_like(a: ArrayData, **options: Unpack[LikeArray]) -> Program[ArrayHandle]:
    """Handle of a new array shaped, typed and chunked as another; see `empty`."""
    return full_like(a, **options)


def zeros_like(a: ArrayData, **options: Unpack[LikeArray]) -> Program[ArrayHandle]:
    """Handle of a new array of zeros, shaped, typed and chunked as another."""
    return full_like(a, 0, **options)


def ones_like(a: ArrayData, **options: Unpack[LikeArray]) -> Program[ArrayHandle]:
    """Handle of a new array of ones, shaped, typed and chunked as another."""
    return full_like(a, 1, **options)


def full_like(
    a: ArrayData, fill_value: object = DEFAULT, **options: Unpack[LikeArray]
) -> Program[ArrayHandle]:
    """Handle of a new array that holds one value, shaped, typed and chunked as another.

    The value is that of the other array, if none is given.
    """
    arguments = like(a, options)
    if fill_value is not DEFAULT:
        arguments["fill_value"] = fill_value
    return create(arguments.pop("shape"), **arguments)

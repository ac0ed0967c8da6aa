"""Handles that take the parameters of the older API as well."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Literal, TypeVar

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.caller import by_their_names, warn_caller
from frozarr.commands.create import create
from frozarr.compat.arguments import creation_arguments
from frozarr.config import ConfigLike
from frozarr.handles import asynchronous, blocking, methods
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import awaiting
from frozarr.handles.faces import blocking as as_method
from frozarr.handles.parameters import documented, refuse_unknown
from frozarr.io.access import ShapeChange
from frozarr.io.buffers import BufferPrototype
from frozarr.io.programs.requests import Program
from frozarr.io.runners.loop import run_async
from frozarr.io.runners.threads import run
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.documents import parse_array
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.spec import (
    ArrayMetadata,
    ChunksLike,
    CodecLike,
    CodecsLike,
    DataTypeLike,
    KeyEncodingLike,
)
from frozarr.types import DEFAULT, ShapeLike

__all__ = ["Array", "AsyncArray"]

F = TypeVar("F", bound=Callable[..., object])


def _prototyped(setter: Callable[..., Program[None]]) -> Callable[..., Program[None]]:
    """The program of a write whose value is first put into the memory of a prototype."""

    @wraps(setter)
    def program(
        array: object, selection: object, value: object,
        prototype: BufferPrototype | None = None, *, fields: object = None,
    ) -> Program[None]:  # fmt: skip
        if prototype is not None and isinstance(value, np.ndarray):
            value = prototype.nd_buffer.from_numpy_array(np.asarray(value)).as_ndarray_like()
        more: Any = {} if fields is None else {"fields": fields}
        return setter(array, selection, value, **more)

    first, second, *_ = inspect.signature(setter).parameters.values()
    rest = list(inspect.signature(program, follow_wrapped=False).parameters.values())[2:]
    program.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what `inspect` looks for
        [first, second, *rest], return_annotation=inspect.signature(setter).return_annotation
    )

    @wraps(program)
    def named(*args: Any, **kwargs: Any) -> Program[None]:
        if second.name in kwargs:  # of a mask
            kwargs["selection"] = kwargs.pop(second.name)
        return program(*args, **kwargs)

    return named


def _getitem(
    array: ArrayHandle, selection: Any, *, prototype: BufferPrototype | None = None
) -> Program[Any]:
    """What ``array[selection]`` gives, in the memory of a prototype."""
    fields, rest = methods.split_fields(selection)
    return methods.get_selection(array, rest, "numpy", fields, None, prototype)


def _creating(
    store: StoreLike, *, shape: ShapeLike, dtype: DataTypeLike, zarr_format: Literal[2, 3] = 3,
    fill_value: object = DEFAULT, attributes: Mapping[str, object] | None = None,
    chunk_shape: ChunksLike = None, chunk_key_encoding: KeyEncodingLike = None,
    codecs: Iterable[CodecLike] | None = None,
    dimension_names: Iterable[str | None] | None = None, chunks: ChunksLike = None,
    dimension_separator: Literal[".", "/"] | None = None, order: Literal["C", "F"] | None = None,
    filters: CodecsLike = None, compressor: CodecLike | None = "auto", overwrite: bool = False,
    config: ConfigLike = None, data: npt.ArrayLike | None = None,
) -> Program[ArrayHandle]:  # fmt: skip
    """New array; the older spelling of `create_array`, with its parameters' old names.

    `chunk_shape`, `chunk_key_encoding`, `codecs` and `dimension_names` are for format 3;
    `dimension_separator`, `filters` and `compressor` for format 2.

    Raises
    ------
    ValueError
        A parameter of the other format, with what to use instead.
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    """
    given = creation_arguments(
        zarr_format=zarr_format, shape=shape, dtype=dtype, fill_value=fill_value,
        attributes=attributes, chunk_shape=chunk_shape, chunk_key_encoding=chunk_key_encoding,
        codecs=codecs, dimension_names=dimension_names, chunks=chunks,
        dimension_separator=dimension_separator, order=order, filters=filters,
        compressor=compressor, config=config,
    )  # fmt: skip
    return create(store=store, data=data, overwrite=overwrite, **given)


_CREATION = frozenset(inspect.signature(_creating).parameters)


def _signed(*without: str) -> Callable[[F], F]:
    """A decorator of ``create``: it takes the parameters of `_creating` but for some."""
    all_of_them = inspect.signature(_creating).parameters.values()
    parameters = [parameter for parameter in all_of_them if parameter.name not in without]

    def decorate(function: F) -> F:
        cls = inspect.Parameter("cls", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        shown = inspect.signature(function).replace(parameters=[cls, *parameters])
        function.__signature__ = shown  # type: ignore[attr-defined]  # what `inspect` looks for
        function.__doc__ = documented(_creating.__doc__, parameters)
        return function

    return decorate


def _parts(
    metadata: ArrayMetadata | Mapping[str, Any] | ArrayHandle, place: StoreLike, config: Any
) -> dict[str, Any]:
    """Fields of a handle from a handle, or from metadata (as a value or a document) and a place."""
    if isinstance(metadata, ArrayHandle):
        return {
            "metadata": metadata.metadata, "store_path": metadata.store_path,
            "config": metadata.config, "shape_change": metadata.shape_change,
        }  # fmt: skip
    where = resolve(place)
    if isinstance(metadata, Mapping):
        metadata = parse_array(thaw(FrozenMap(metadata)), where=str(where))
    return {"metadata": metadata, "store_path": where, "config": config}


@by_their_names
@attrs.frozen(repr=False, init=False)
class Array(blocking.Array):
    """An array in a store; see `frozarr.Array`.

    Parameters
    ----------
    metadata
        Metadata, as a value or a document; or another handle, and nothing else.
    store_path
        Where the array is.
    config
        How it is read and written; the current default if none is given.
    """

    def __init__(
        self, metadata: ArrayMetadata | Mapping[str, object] | ArrayHandle,
        store_path: StoreLike = None, config: ConfigLike = None,
        **more: ShapeChange,
    ) -> None:  # fmt: skip
        parts: dict[str, Any] = {**_parts(metadata, store_path, config), **more}
        self.__attrs_init__(**parts)

    @classmethod
    @_signed("data")
    def create(cls, store: StoreLike, **arguments: Any) -> "Array":  # noqa: D102 - `_signed` documents it
        warn_caller("Array.create: use create_array", DeprecationWarning)
        refuse_unknown("create", arguments, _CREATION)
        return cls.of(run(_creating(store, **arguments)))

    set_basic_selection = as_method(_prototyped(methods.set_basic_selection))
    set_orthogonal_selection = as_method(_prototyped(methods.set_orthogonal_selection))
    set_coordinate_selection = as_method(_prototyped(methods.set_coordinate_selection))
    set_mask_selection = as_method(_prototyped(methods.set_mask_selection))
    set_block_selection = as_method(_prototyped(methods.set_block_selection))


@by_their_names
@attrs.frozen(repr=False, init=False)
class AsyncArray(asynchronous.AsyncArray):
    """An array in a store, for use from any event loop; see `frozarr.AsyncArray`.

    Takes the parameters of `Array`.
    """

    def __init__(
        self, metadata: ArrayMetadata | Mapping[str, Any] | ArrayHandle,
        store_path: StoreLike = None, config: ConfigLike = None,
        **more: ShapeChange,
    ) -> None:  # fmt: skip
        parts: dict[str, Any] = {**_parts(metadata, store_path, config), **more}
        self.__attrs_init__(**parts)

    @classmethod
    @_signed()
    async def create(cls, store: StoreLike, **arguments: Any) -> "AsyncArray":  # noqa: D102 - `_signed` documents it
        warn_caller("AsyncArray.create: use aio.create_array", DeprecationWarning)
        refuse_unknown("create", arguments, _CREATION)
        return cls.of(await run_async(_creating(store, **arguments)))

    getitem = awaiting(_getitem)
    setitem = awaiting(_prototyped(methods.setitem))
    set_basic_selection = awaiting(_prototyped(methods.set_basic_selection))
    set_orthogonal_selection = awaiting(_prototyped(methods.set_orthogonal_selection))
    set_coordinate_selection = awaiting(_prototyped(methods.set_coordinate_selection))
    set_mask_selection = awaiting(_prototyped(methods.set_mask_selection))
    set_block_selection = awaiting(_prototyped(methods.set_block_selection))

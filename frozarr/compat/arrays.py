"""Handles that take the parameters of the older API as well."""

import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import attrs
import numpy as np

from frozarr.commands.create import create
from frozarr.compat.arguments import creation_arguments
from frozarr.config import Config
from frozarr.handles import asynchronous, blocking, methods
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import awaiting
from frozarr.handles.faces import blocking as as_method
from frozarr.io.access import ShapeChange
from frozarr.io.buffers import BufferPrototype
from frozarr.io.programs.requests import Program
from frozarr.io.runners.loop import run_async
from frozarr.io.runners.threads import run
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.documents import parse_array
from frozarr.metadata.spec import ArrayMetadata

__all__ = ["Array", "AsyncArray"]


def _prototyped(setter: Callable[..., Program[None]]) -> Callable[..., Program[None]]:
    """The program of a write whose value is first put into the memory of a prototype."""

    @wraps(setter)
    def program(
        array: Any, selection: Any, value: Any, prototype: BufferPrototype | None = None, *,
        fields: Any = None,
    ) -> Program[None]:  # fmt: skip
        if prototype is not None and np.ndim(value):
            value = prototype.nd_buffer.from_numpy_array(np.asarray(value)).as_ndarray_like()
        more: Any = {} if fields is None else {"fields": fields}
        return setter(array, selection, value, **more)

    del program.__wrapped__  # its own parameters are shown
    return program


def _getitem(
    array: ArrayHandle, selection: Any, *, prototype: BufferPrototype | None = None
) -> Program[Any]:
    """What ``array[selection]`` gives, in the memory of a prototype."""
    fields, rest = methods.split_fields(selection)
    return methods.get_selection(array, rest, "numpy", fields, None, prototype)


def _creating(
    store: StoreLike, values: Any, overwrite: bool, config: Any, arguments: dict[str, Any]
) -> Program[ArrayHandle]:
    """Program of ``create``: everything is checked before anything is stored."""
    given = creation_arguments(**arguments)
    return create(store=store, data=values, overwrite=overwrite, config=config, **given)


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
        metadata = parse_array(metadata, where=str(where))
    return {"metadata": metadata, "store_path": where, "config": config}


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
        self, metadata: ArrayMetadata | Mapping[str, Any] | ArrayHandle,
        store_path: StoreLike = None, config: Config | Mapping[str, Any] | None = None,
        **more: ShapeChange,
    ) -> None:  # fmt: skip
        parts: dict[str, Any] = {**_parts(metadata, store_path, config), **more}
        self.__attrs_init__(**parts)

    @classmethod
    def create(
        cls, store: StoreLike, *, overwrite: bool = False, config: Any = None, **arguments: Any
    ) -> "Array":
        """New array; the older spelling of `create_array`, with its parameters' old names.

        Raises
        ------
        ValueError
            A parameter of the other format, with what to use instead.
        ContainsArrayError, ContainsGroupError
            There is a node and `overwrite` is false.
        """
        warnings.warn("Array.create: use create_array", DeprecationWarning, stacklevel=2)
        return cls.of(run(_creating(store, None, overwrite, config, arguments)))

    set_basic_selection = as_method(_prototyped(methods.set_basic_selection))
    set_orthogonal_selection = as_method(_prototyped(methods.set_orthogonal_selection))
    set_coordinate_selection = as_method(_prototyped(methods.set_coordinate_selection))
    set_mask_selection = as_method(_prototyped(methods.set_mask_selection))
    set_block_selection = as_method(_prototyped(methods.set_block_selection))


@attrs.frozen(repr=False, init=False)
class AsyncArray(asynchronous.AsyncArray):
    """An array in a store, for use from any event loop; see `frozarr.AsyncArray`.

    Takes the parameters of `Array`.
    """

    def __init__(
        self, metadata: ArrayMetadata | Mapping[str, Any] | ArrayHandle,
        store_path: StoreLike = None, config: Config | Mapping[str, Any] | None = None,
        **more: ShapeChange,
    ) -> None:  # fmt: skip
        parts: dict[str, Any] = {**_parts(metadata, store_path, config), **more}
        self.__attrs_init__(**parts)

    @classmethod
    async def create(
        cls, store: StoreLike, *, data: Any = None, overwrite: bool = False, config: Any = None,
        **arguments: Any,
    ) -> "AsyncArray":  # fmt: skip
        """New array; the older spelling of `aio.create_array`, which also takes its values."""
        warnings.warn("AsyncArray.create: use aio.create_array", DeprecationWarning, stacklevel=2)
        return cls.of(await run_async(_creating(store, data, overwrite, config, arguments)))

    getitem = awaiting(_getitem)
    setitem = awaiting(_prototyped(methods.setitem))
    set_basic_selection = awaiting(_prototyped(methods.set_basic_selection))
    set_orthogonal_selection = awaiting(_prototyped(methods.set_orthogonal_selection))
    set_coordinate_selection = awaiting(_prototyped(methods.set_coordinate_selection))
    set_mask_selection = awaiting(_prototyped(methods.set_mask_selection))
    set_block_selection = awaiting(_prototyped(methods.set_block_selection))

"""Handles that take the parameters of the older API as well."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import attrs
import numpy as np

from frozarr.commands.create import store_new
from frozarr.compat.arguments import creation_arguments
from frozarr.config import as_config
from frozarr.handles import asynchronous, blocking, methods
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import awaiting
from frozarr.handles.faces import blocking as as_method
from frozarr.io.buffers import BufferPrototype
from frozarr.io.kernels.bind import check_fill
from frozarr.io.programs.requests import Program
from frozarr.io.runners.loop import run_async
from frozarr.io.runners.threads import run
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.spec import ArraySpec

__all__ = ["Array", "AsyncArray"]


def _prototyped(setter: Callable[..., Program[None]]) -> Callable[..., Program[None]]:
    """The program of a write whose value is first put into the memory of a prototype."""

    @wraps(setter)
    def program(
        array: Any, selection: Any, value: Any, *,
        prototype: BufferPrototype | None = None, fields: Any = None,
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
    metadata = ArraySpec(**creation_arguments(**arguments)).metadata()
    check_fill(metadata)
    settings = as_config(config)
    given = None if values is None else np.asarray(values)
    return store_new(resolve(store), metadata, given, overwrite=overwrite, config=settings)


@attrs.frozen(repr=False)
class Array(blocking.Array):
    """An array in a store; see `frozarr.Array`."""

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


@attrs.frozen(repr=False)
class AsyncArray(asynchronous.AsyncArray):
    """An array in a store, for use from any event loop; see `frozarr.AsyncArray`."""

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

"""Frozen handles whose methods take the parameters that only the older API has."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import attrs
import numpy as np

from frozarr.handles import asynchronous, blocking, methods
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import awaiting
from frozarr.handles.faces import blocking as as_method
from frozarr.io.buffers import BufferPrototype
from frozarr.io.programs.requests import Program

__all__ = ["OlderArray", "OlderAsyncArray"]


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


@attrs.frozen(repr=False)
class OlderArray(blocking.Array):
    """An array; see `frozarr.Array`."""

    set_basic_selection = as_method(_prototyped(methods.set_basic_selection))
    set_orthogonal_selection = as_method(_prototyped(methods.set_orthogonal_selection))
    set_coordinate_selection = as_method(_prototyped(methods.set_coordinate_selection))
    set_mask_selection = as_method(_prototyped(methods.set_mask_selection))
    set_block_selection = as_method(_prototyped(methods.set_block_selection))


@attrs.frozen(repr=False)
class OlderAsyncArray(asynchronous.AsyncArray):
    """An array for use from any event loop; see `frozarr.AsyncArray`."""

    getitem = awaiting(_getitem)
    setitem = awaiting(_prototyped(methods.setitem))
    set_basic_selection = awaiting(_prototyped(methods.set_basic_selection))
    set_orthogonal_selection = awaiting(_prototyped(methods.set_orthogonal_selection))
    set_coordinate_selection = awaiting(_prototyped(methods.set_coordinate_selection))
    set_mask_selection = awaiting(_prototyped(methods.set_mask_selection))
    set_block_selection = awaiting(_prototyped(methods.set_block_selection))

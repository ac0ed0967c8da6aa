"""What stands at the top level, giving the handles of this package."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from frozarr import api
from frozarr.api import load, migrate, save
from frozarr.compat.arguments import OLDER, todays_arguments
from frozarr.compat.arrays import Array
from frozarr.errors import ContainsGroupError
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import taken
from frozarr.handles.group import GroupHandle
from frozarr.handles.parameters import documented, refuse_unknown

__all__ = [
    "array", "create", "create_array", "empty", "empty_like", "from_array", "full", "full_like",
    "load", "migrate", "ones", "ones_like", "open", "open_array", "open_like", "save",
    "save_array", "zeros",
    "zeros_like",
]  # fmt: skip


def _here(function: Callable[..., ArrayHandle | GroupHandle]) -> Callable[..., Array]:
    """The function with a handle of this package, taking the older spellings, too."""
    shown = inspect.signature(function)
    older = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Any)
        for name in OLDER
        if name not in shown.parameters
    ]
    own = [name for name in OLDER if name in shown.parameters]

    @wraps(function)
    def call(*args: object, **kwargs: object) -> Array:
        if not kwargs.keys() <= known:
            refuse_unknown(function.__name__, kwargs, known)
        kept = {name: kwargs.pop(name) for name in own if name in kwargs}
        node = function(*args, **todays_arguments(kwargs, opening="mode" in own), **kept)
        if isinstance(node, GroupHandle):
            raise ContainsGroupError(
                f"{node.store_path} is a group; frozarr.open gives its handle",
                url=str(node.store_path),
            )
        return Array.of(node)

    call.__signature__ = shown.replace(  # type: ignore[attr-defined]  # what `inspect` looks for
        parameters=[*shown.parameters.values(), *older], return_annotation=Array
    )
    call.__module__ = __name__
    call.__doc__ = documented(function.__doc__, [*shown.parameters.values(), *older])
    known = taken(call) or frozenset()
    return call


array = _here(api.array)
create = _here(api.create)
create_array = _here(api.create_array)
empty = _here(api.empty)
empty_like = _here(api.empty_like)
from_array = _here(api.from_array)
full = _here(api.full)
full_like = _here(api.full_like)
ones = _here(api.ones)
ones_like = _here(api.ones_like)
open = _here(api.open)  # noqa: A001 - the name users know
open_array = _here(api.open_array)
open_like = _here(api.open_like)
save_array = _here(api.save_array)
zeros = _here(api.zeros)
zeros_like = _here(api.zeros_like)

"""What stands at the top level, giving the handles of this package."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from frozarr import api
from frozarr.api import load, save
from frozarr.compat.arrays import Array
from frozarr.handles.blocking import Array as FrozenArray

__all__ = [
    "array", "create", "create_array", "empty", "empty_like", "from_array", "full", "full_like",
    "load", "ones", "ones_like", "open", "open_array", "open_like", "save", "save_array", "zeros",
    "zeros_like",
]  # fmt: skip

P = ParamSpec("P")


def _here(function: Callable[P, FrozenArray]) -> Callable[P, Array]:
    """The function with a handle of this package."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Array:
        return Array.of(function(*args, **kwargs))

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

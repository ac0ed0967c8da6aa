"""The doors for blocking callers; see `frozarr.doors` for what each does."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from frozarr import doors
from frozarr.arrays import Array
from frozarr.io.programs import Program
from frozarr.io.run_sync import run

__all__ = [
    "array", "create", "create_array", "empty", "empty_like", "from_array", "full", "full_like",
    "load", "ones", "ones_like", "open", "open_array", "open_like", "save", "save_array", "zeros",
    "zeros_like",
]  # fmt: skip

P = ParamSpec("P")


def _handle(door: Callable[P, Program]) -> Callable[P, Array]:
    """The door with a handle behind it."""

    @wraps(door)
    def call(*args: P.args, **kwargs: P.kwargs) -> Array:
        return Array(run(door(*args, **kwargs)))

    return call


def _value(door: Callable[P, Program]) -> Callable[P, Any]:
    """The door with what its program gives behind it."""

    @wraps(door)
    def call(*args: P.args, **kwargs: P.kwargs) -> Any:
        return run(door(*args, **kwargs))

    return call


array = _handle(doors.array)
create = _handle(doors.create)
create_array = _handle(doors.create_array)
empty = _handle(doors.empty)
empty_like = _handle(doors.empty_like)
from_array = _handle(doors.from_array)
full = _handle(doors.full)
full_like = _handle(doors.full_like)
load = _value(doors.load)
ones = _handle(doors.ones)
ones_like = _handle(doors.ones_like)
open = _handle(doors.open_node)  # noqa: A001 - the name users know
open_array = _handle(doors.open_array)
open_like = _handle(doors.open_like)
save = _value(doors.save)
save_array = _handle(doors.save_array)
zeros = _handle(doors.zeros)
zeros_like = _handle(doors.zeros_like)

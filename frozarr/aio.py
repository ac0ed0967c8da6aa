"""What stands at the top level, for asynchronous callers: ``await aio.open_array(...)``.

The names and parameters are those of `frozarr` itself.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from frozarr.commands import create as creating
from frozarr.commands import from_array as copying
from frozarr.commands import like
from frozarr.commands import open as opening
from frozarr.commands import save as saving
from frozarr.handles.array import ArrayHandle
from frozarr.handles.asynchronous import AsyncArray
from frozarr.handles.faces import awaitable, shown_as
from frozarr.io.programs.requests import Program
from frozarr.io.runners.loop import run_async

__all__ = [
    "AsyncArray", "array", "create", "create_array", "empty", "empty_like", "from_array", "full",
    "full_like", "load", "ones", "ones_like", "open", "open_array", "open_like", "save",
    "save_array", "zeros", "zeros_like",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")


def _handle(program: Callable[P, Program[ArrayHandle]]) -> Callable[P, Awaitable[AsyncArray]]:
    """A coroutine function that runs the program and gives a handle."""

    @wraps(program)
    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncArray:
        return AsyncArray.of(await run_async(program(*args, **kwargs)))

    return shown_as(call, program, lambda _: Awaitable[AsyncArray])


def _value(program: Callable[P, Program[T]]) -> Callable[P, Awaitable[T]]:
    """A coroutine function that runs the program and gives what it returns."""

    @wraps(program)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return await run_async(program(*args, **kwargs))

    return shown_as(call, program, awaitable)


array = _handle(copying.array)
create = _handle(creating.create)
create_array = _handle(creating.create_array)
empty = _handle(creating.empty)
empty_like = _handle(like.empty_like)
from_array = _handle(copying.from_array)
full = _handle(creating.full)
full_like = _handle(like.full_like)
load = _value(saving.load)
ones = _handle(creating.ones)
ones_like = _handle(like.ones_like)
open = _handle(opening.open_node)  # noqa: A001 - the name users know
open_array = _handle(opening.open_array)
open_like = _handle(opening.open_like)
save = _value(saving.save)
save_array = _handle(saving.save_array)
zeros = _handle(creating.zeros)
zeros_like = _handle(like.zeros_like)

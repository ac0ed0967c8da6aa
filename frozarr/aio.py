"""What stands at the top level, for asynchronous callers: ``await aio.open_array(...)``.

The names and parameters are those of `frozarr` itself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar, cast

from frozarr.commands import create as creating
from frozarr.commands import from_array as copying
from frozarr.commands import groups as grouping
from frozarr.commands import like
from frozarr.commands import migrate as migrating
from frozarr.commands import open as opening
from frozarr.commands import save as saving
from frozarr.commands.async_group import AsyncGroup, of_async_face
from frozarr.commands.group_methods import NodeHandle
from frozarr.commands.transaction import AsyncTransaction
from frozarr.handles.array import ArrayHandle
from frozarr.handles.asynchronous import AsyncArray
from frozarr.handles.faces import awaitable, function_of, taken
from frozarr.handles.group import GroupHandle
from frozarr.handles.parameters import refuse_unknown
from frozarr.io.programs.requests import Program
from frozarr.io.runners.coroutines import in_thread
from frozarr.io.runners.loop import run_async
from frozarr.io.stores.resolve import slow_imports
from frozarr.lazy import only

__all__ = [
    "AsyncArray", "AsyncGroup", "array", "consolidate_metadata", "copy", "create", "create_array",
    "create_group", "create_hierarchy", "empty", "empty_like", "from_array", "full", "full_like",
    "group", "load", "migrate", "ones", "ones_like", "open", "open_array", "open_consolidated",
    "open_group", "open_like", "save", "save_array", "save_group", "transaction", "tree", "zeros",
    "zeros_like",
]  # fmt: skip

__dir__ = only(__all__)

P = ParamSpec("P")
T = TypeVar("T")


def _handle(
    program: Callable[P, Program[ArrayHandle]], name: str = ""
) -> Callable[P, Awaitable[AsyncArray]]:
    """A coroutine function that runs the program and gives a handle."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncArray:
        if known is not None and not kwargs.keys() <= known:
            refuse_unknown(shown.__name__, kwargs, known)
        await _imported(args, kwargs)
        return AsyncArray.of(await run_async(program(*args, **kwargs)))

    shown = function_of(call, program, __name__, name, lambda _: Awaitable[AsyncArray])
    known = taken(shown)
    return shown


def _group(
    program: Callable[P, Program[GroupHandle]], name: str = ""
) -> Callable[P, Awaitable[AsyncGroup]]:
    """A coroutine function that runs the program and gives the handle of a group."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncGroup:
        if known is not None and not kwargs.keys() <= known:
            refuse_unknown(shown.__name__, kwargs, known)
        await _imported(args, kwargs)
        return AsyncGroup.of(await run_async(program(*args, **kwargs)))

    shown = function_of(call, program, __name__, name, lambda _: Awaitable[AsyncGroup])
    known = taken(shown)
    return shown


def _node(
    program: Callable[P, Program[NodeHandle]], name: str = ""
) -> Callable[P, Awaitable[AsyncArray | AsyncGroup]]:
    """A coroutine function that runs the program and gives the handle of an array or group."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncArray | AsyncGroup:
        if known is not None and not kwargs.keys() <= known:
            refuse_unknown(shown.__name__, kwargs, known)
        await _imported(args, kwargs)
        node = await run_async(program(*args, **kwargs))
        return AsyncGroup.of(node) if isinstance(node, GroupHandle) else AsyncArray.of(node)

    shown = function_of(call, program, __name__, name, lambda _: Awaitable[AsyncArray | AsyncGroup])
    known = taken(shown)
    return shown


def _nodes(
    program: Callable[P, Program[dict[str, NodeHandle]]], name: str = ""
) -> Callable[P, Awaitable[dict[str, AsyncArray | AsyncGroup]]]:
    """A coroutine function that runs the program and gives handles by path."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> dict[str, AsyncArray | AsyncGroup]:
        if known is not None and not kwargs.keys() <= known:
            refuse_unknown(shown.__name__, kwargs, known)
        await _imported(args, kwargs)
        made = of_async_face(await run_async(program(*args, **kwargs)))
        return cast("dict[str, AsyncArray | AsyncGroup]", made)

    result = Awaitable[dict[str, AsyncArray | AsyncGroup]]
    shown = function_of(call, program, __name__, name, lambda _: result)
    known = taken(shown)
    return shown


def _value(program: Callable[P, Program[T]], name: str = "") -> Callable[P, Awaitable[T]]:
    """A coroutine function that runs the program and gives what it returns."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        if known is not None and not kwargs.keys() <= known:
            refuse_unknown(shown.__name__, kwargs, known)
        await _imported(args, kwargs)
        return await run_async(program(*args, **kwargs))

    shown = function_of(call, program, __name__, name, awaitable)
    known = taken(shown)
    return shown


async def _imported(args: Sequence[object], kwargs: Mapping[str, object]) -> None:
    """Have packages that take long to import imported in a thread, so that the loop goes on."""
    for place in (*args[:1], kwargs.get("store")):
        load = slow_imports(place)
        if load is not None:
            await in_thread(load)


consolidate_metadata = _group(grouping.consolidate_metadata)
create_group = _group(grouping.create_group)
group = _group(grouping.group)
open_consolidated = _group(grouping.open_consolidated)
open_group = _group(grouping.open_group)
copy = _node(grouping.copy)
create_hierarchy = _nodes(grouping.create_hierarchy)
save_group = _value(grouping.save_group)
tree = _value(grouping.show_tree, "tree")
array = _handle(copying.array)
create = _handle(creating.create)
create_array = _handle(creating.create_array)
empty = _handle(creating.empty)
empty_like = _handle(like.empty_like)
from_array = _handle(copying.from_array)
full = _handle(creating.full)
full_like = _handle(like.full_like)
load = _value(saving.load)
migrate = _value(migrating.migrate)
ones = _handle(creating.ones)
ones_like = _handle(like.ones_like)
open = _node(grouping.open_node, "open")  # noqa: A001 - the name users know
open_array = _handle(opening.open_array)
open_like = _handle(opening.open_like)
save = _value(saving.save)
transaction = AsyncTransaction
save_array = _handle(saving.save_array)
zeros = _handle(creating.zeros)
zeros_like = _handle(like.zeros_like)

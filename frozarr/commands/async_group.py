"""Groups for asynchronous callers: the same programs, run on the caller's loop."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar, cast

import attrs

from frozarr.caller import by_their_names
from frozarr.commands import group_creation as creation
from frozarr.commands import group_methods as methods
from frozarr.commands.group import converted, with_handles
from frozarr.commands.group_methods import NodeHandle
from frozarr.handles.array import ArrayHandle
from frozarr.handles.asynchronous import AsyncArray
from frozarr.handles.faces import awaitable, awaiting, shown_as
from frozarr.handles.group import GroupHandle
from frozarr.io.programs.requests import Program

__all__ = ["AsyncGroup", "of_async_face"]

P = ParamSpec("P")
T = TypeVar("T")


def of_async_face(value: object) -> object:
    """What a program gave, handles as those that are awaited."""
    return converted(value, AsyncArray, AsyncGroup)


def _awaiting(
    program: Callable[Concatenate[GroupHandle, P], Program[T]], result: object = None
) -> Callable[Concatenate[GroupHandle, P], Awaitable[T]]:
    """The program as a method; what it gives is shown as its own annotation, or another."""
    made = awaiting(with_handles(program, of_async_face))
    return shown_as(made, program, lambda own: awaitable(own if result is None else result))


def _of_array(
    program: Callable[Concatenate[GroupHandle, P], Program[ArrayHandle]],
) -> Callable[Concatenate[GroupHandle, P], Awaitable[AsyncArray]]:
    typed = cast("Callable[Concatenate[GroupHandle, P], Program[AsyncArray]]", program)
    return _awaiting(typed, AsyncArray)


def _of_group(
    program: Callable[Concatenate[GroupHandle, P], Program[GroupHandle]],
) -> "Callable[Concatenate[GroupHandle, P], Awaitable[AsyncGroup]]":
    typed = cast("Callable[Concatenate[GroupHandle, P], Program[AsyncGroup]]", program)
    return _awaiting(typed, "AsyncGroup")


def _of_node(
    program: Callable[Concatenate[GroupHandle, P], Program[NodeHandle]],
) -> "Callable[Concatenate[GroupHandle, P], Awaitable[AsyncArray | AsyncGroup]]":
    typed = cast("Callable[Concatenate[GroupHandle, P], Program[AsyncArray | AsyncGroup]]", program)
    return _awaiting(typed, "AsyncArray | AsyncGroup")


@by_their_names
@attrs.frozen(repr=False)
class AsyncGroup(GroupHandle):
    """A group in a store, for use from any event loop.

    Examples
    --------
    >>> import asyncio
    >>> from frozarr import aio
    >>> async def main():
    ...     group = await aio.create_group({})
    ...     await group.create_array("a", data=[1, 2, 3])
    ...     array = await group.getitem("a")
    ...     return await array.getitem(slice(2))
    >>> asyncio.run(main())
    array([1, 2])
    """

    create_array = _of_array(creation.create_array)
    empty = _of_array(creation.empty)
    empty_like = _of_array(creation.empty_like)
    full = _of_array(creation.full)
    full_like = _of_array(creation.full_like)
    ones = _of_array(creation.ones)
    ones_like = _of_array(creation.ones_like)
    zeros = _of_array(creation.zeros)
    zeros_like = _of_array(creation.zeros_like)
    create_group = _of_group(creation.create_group)
    require_array = _of_array(creation.require_array)
    require_group = _of_group(creation.require_group)
    require_groups = _awaiting(creation.require_groups)
    nmembers = _awaiting(methods.nmembers)
    snapshot = _awaiting(methods.snapshot)
    tree = _awaiting(methods.tree)
    info_complete = _awaiting(methods.info_complete)
    create_hierarchy = _awaiting(creation.create_hierarchy)
    move = _awaiting(creation.move)
    get = _awaiting(methods.get)
    getitem = _of_node(methods.getitem)
    delitem = _awaiting(methods.delete)
    contains = _awaiting(methods.contains)
    update_attributes = _of_group(methods.update_attributes)
    _members = _awaiting(methods.members)

    async def members(
        self, max_depth: int | None = 0
    ) -> "AsyncIterator[tuple[str, AsyncArray | AsyncGroup]]":
        """Paths and handles of what is below, sorted by path.

        Parameters
        ----------
        max_depth
            0 for what is right below the group, None for all.
        """
        for path, node in await self._members(max_depth):
            assert isinstance(node, AsyncArray | AsyncGroup)  # noqa: S101 - as `of_async_face` has it
            yield path, node

    async def keys(self) -> AsyncIterator[str]:
        """Names of what is right below."""
        async for name, _ in self.members():
            yield name

    async def arrays(self) -> AsyncIterator[tuple[str, AsyncArray]]:
        """Names and arrays right below."""
        async for name, node in self.members():
            if isinstance(node, AsyncArray):
                yield name, node

    async def groups(self) -> AsyncIterator[tuple[str, "AsyncGroup"]]:
        """Names and groups right below."""
        async for name, node in self.members():
            if isinstance(node, AsyncGroup):
                yield name, node

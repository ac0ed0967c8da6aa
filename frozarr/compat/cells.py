"""What the older API calls an array or a group: a cell that holds a frozen handle, and swaps it."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property, wraps
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs
import numpy as np

from frozarr.caller import by_their_names
from frozarr.commands.group import Group
from frozarr.compat.meanings import described
from frozarr.compat.places import StorePath
from frozarr.handles.array import ArrayHandle
from frozarr.handles.blocking import Array
from frozarr.handles.group import GroupHandle

__all__ = ["Cell", "Node", "handle_of", "showing"]

H = TypeVar("H", bound=Array | Group)
C = TypeVar("C", bound=type)

_SPECIAL = frozenset({
    "__array__", "__bool__", "__contains__", "__dask_tokenize__", "__delitem__", "__getitem__",
    "__iter__", "__len__", "__setitem__", "_repr_html_",
})  # fmt: skip
_INSIDE = frozenset({
    "access", "bound", "consolidated", "info_with", "of", "shape_change", "with_metadata",
})  # fmt: skip
"""Members of handles that are no user's."""


@attrs.define(eq=False)
class Cell(Generic[H]):
    """A handle, shared by all that show the same node: a change by one of them is seen by all."""

    handle: H


class Info:
    """What there is to know about a node; fields by the names that older programs use, too."""

    def __init__(self, info: Any, kind: str) -> None:
        self._info = attrs.evolve(info, type=kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._info, name.removeprefix("_"))

    def __repr__(self) -> str:
        return repr(self._info)

    def _repr_html_(self) -> str:
        html: str = self._info._repr_html_()
        return html


class Node(Generic[H]):
    """What users hold: members of the handle in a cell, as it is at the moment."""

    __slots__ = ("__weakref__", "cell")
    _faces: ClassVar[Callable[[], tuple[Callable[[Cell[Any]], Any], Callable[[Cell[Any]], Any]]]]
    """Gives what makes a node of an array's cell, and of a group's."""

    def __init__(self, cell: Cell[H]) -> None:
        self.cell = cell

    @classmethod
    def of(cls, handle: Any) -> Self:
        """The node of a handle, or of another node, whose cell is shared.

        Parameters
        ----------
        handle
            Of the library's, or one of this package.
        """
        return cls(handle)

    @property
    def frozen(self) -> H:
        """The frozen handle, as it is at the moment."""
        return self.cell.handle

    @classmethod
    def shown(cls, value: Any) -> Any:
        """A value as users see it: nodes for handles, however deep.

        Parameters
        ----------
        value
            What a handle gave.
        """
        if isinstance(value, np.ndarray | np.generic):  # what most calls give
            return value
        match value:
            case ArrayHandle():
                return cls._faces()[0](Cell(Array.of(value)))
            case GroupHandle():
                return cls._faces()[1](Cell(Group.of(value)))
            case tuple() if type(value) is tuple:
                return tuple([cls.shown(entry) for entry in value])
            case dict():
                return {name: cls.shown(entry) for name, entry in value.items()}
            case AsyncIterator():
                return _each_awaited(cls.shown, value)
            case Iterator():
                return map(cls.shown, value)
        return value

    @property
    def store_path(self) -> StorePath:
        """Where the node is, with asynchronous verbs."""
        return StorePath(self.frozen.store, self.frozen.path)

    @property
    def info(self) -> Info:
        """A printable record; nothing is read."""
        return Info(self.frozen.info, type(self).__name__)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        mine, theirs = self.frozen, other.frozen
        return (mine.metadata, mine.store_path) == (theirs.metadata, theirs.store_path)

    def __hash__(self) -> int:
        return hash((self.frozen.store.identity, self.frozen.path))

    def __repr__(self) -> str:
        _, _, rest = repr(self.frozen).partition(" ")
        return f"<{type(self).__name__} {rest}"

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self).shown, (self.frozen,))


async def _each_awaited(show: Callable[[Any], Any], values: AsyncIterator[Any]) -> Any:
    async for value in values:
        yield show(value)


def handle_of(value: Any) -> Any:
    """The handle in a cell; anything else as it is."""
    return value.frozen if isinstance(value, Node) else value


def showing(face: type) -> Callable[[C], C]:
    """A decorator of a class of nodes: what it does not define itself, a class of handles does.

    Parameters
    ----------
    face
        The class of handles whose members are shown.
    """

    def decorate(cls: C) -> C:
        own = {name for base in cls.__mro__ if issubclass(base, Node) for name in vars(base)}
        for name in dir(face):
            if name in own - _SPECIAL | _INSIDE or (name[0] == "_" and name not in _SPECIAL):
                continue
            if name not in vars(cls):
                setattr(cls, name, _member(face, name))
        for name, member in list(vars(cls).items()):
            function = member.__func__ if isinstance(member, classmethod) else member
            if name[0] != "_" and inspect.isfunction(function):
                described(function)
        return by_their_names(cls)

    return decorate


def _member(face: type, name: str) -> object:
    member = inspect.getattr_static(face, name)
    if isinstance(member, property | cached_property):
        getter = member.fget if isinstance(member, property) else member.func
        return property(_method(getter, name), doc=member.__doc__)
    if isinstance(member, classmethod | staticmethod):
        raise TypeError(f"{face.__name__}.{name}: nodes make themselves")
    if inspect.isfunction(member):
        return _method(member, name)

    def field(self: Node[Any]) -> Any:
        return getattr(self.frozen, name)

    return property(field, doc=f"See ``{face.__name__}.{name}``.")


def _method(member: Any, name: str) -> Callable[..., Any]:
    """A method of a handle, called on the handle in a cell."""
    if inspect.iscoroutinefunction(member):

        @wraps(member)
        async def awaited(self: Node[Any], /, *args: Any, **kwargs: Any) -> Any:
            given = {key: handle_of(value) for key, value in kwargs.items()}
            return self.shown(await member(self.frozen, *map(handle_of, args), **given))

        return awaited

    @wraps(member)
    def method(self: Node[Any], /, *args: Any, **kwargs: Any) -> Any:
        given = {key: handle_of(value) for key, value in kwargs.items()}
        return self.shown(member(self.frozen, *map(handle_of, args), **given))

    method.__name__ = name
    return method

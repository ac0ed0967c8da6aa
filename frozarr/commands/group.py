"""Groups for callers that block."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

import attrs

from frozarr.caller import by_their_names
from frozarr.commands import group_creation as creation
from frozarr.commands import group_methods as methods
from frozarr.commands.group_methods import Named, NodeHandle
from frozarr.handles.array import ArrayHandle
from frozarr.handles.blocking import Array
from frozarr.handles.faces import blocking, shown_as
from frozarr.handles.group import GroupHandle
from frozarr.io.programs.requests import Program

if TYPE_CHECKING:
    from frozarr.commands.async_group import AsyncGroup

__all__ = ["Group", "converted", "of_face", "with_handles"]

P = ParamSpec("P")
T = TypeVar("T")


def of_face(value: object) -> object:
    """What a program gave, handles as those of callers that block."""
    return converted(value, Array, Group)


def converted(value: object, array: type[ArrayHandle], group: type[GroupHandle]) -> object:
    """What a program gave, handles in it as those of some classes."""
    match value:
        case ArrayHandle():
            return array.of(value)
        case GroupHandle():
            return group.of(value)
        case tuple() if type(value) is tuple:
            return tuple([converted(entry, array, group) for entry in value])
        case dict():
            return {name: converted(entry, array, group) for name, entry in value.items()}
    return value


def with_handles(
    program: Callable[Concatenate[GroupHandle, P], Program[T]],
    convert: Callable[[object], object],
) -> Callable[Concatenate[GroupHandle, P], Program[T]]:
    """The program, whose handles are those of a face."""

    def converting(group: GroupHandle, /, *args: P.args, **kwargs: P.kwargs) -> Program[T]:
        return cast("T", convert((yield from program(group, *args, **kwargs))))

    return shown_as(converting, program, lambda result: Program[result])  # type: ignore[valid-type]  # seen at run time


def _blocking(
    program: Callable[Concatenate[GroupHandle, P], Program[T]], result: object = None
) -> Callable[Concatenate[GroupHandle, P], T]:
    """The program as a method; what it gives is shown as its own annotation, or another."""
    made = blocking(with_handles(program, of_face))
    return shown_as(made, program, lambda own: own if result is None else result)


def _of_array(
    program: Callable[Concatenate[GroupHandle, P], Program[ArrayHandle]],
) -> Callable[Concatenate[GroupHandle, P], Array]:
    typed = cast("Callable[Concatenate[GroupHandle, P], Program[Array]]", program)
    return _blocking(typed, Array)


def _of_group(
    program: Callable[Concatenate[GroupHandle, P], Program[GroupHandle]],
) -> "Callable[Concatenate[GroupHandle, P], Group]":
    typed = cast("Callable[Concatenate[GroupHandle, P], Program[Group]]", program)
    return _blocking(typed, "Group")


def _of_node(
    program: Callable[Concatenate[GroupHandle, P], Program[NodeHandle]],
) -> "Callable[Concatenate[GroupHandle, P], Array | Group]":
    typed = cast("Callable[Concatenate[GroupHandle, P], Program[Array | Group]]", program)
    return _blocking(typed, "Array | Group")


def _of_members(
    program: Callable[Concatenate[GroupHandle, P], Program[Named]],
) -> "Callable[Concatenate[GroupHandle, P], tuple[tuple[str, Array | Group], ...]]":
    typed = cast(
        "Callable[Concatenate[GroupHandle, P], Program[tuple[tuple[str, Array | Group], ...]]]",
        program,
    )
    return _blocking(typed, "tuple[tuple[str, Array | Group], ...]")


@by_their_names
@attrs.frozen(repr=False)
class Group(GroupHandle):
    """A group in a store: what it holds is found by path, ``group["a/b"]``.

    Made by `create_group`, `open_group` and their kin.

    Examples
    --------
    >>> import frozarr
    >>> group = frozarr.create_group({})
    >>> array = group.create_array("a/b", data=[[1, 2], [3, 4]])
    >>> group.update_attributes({"title": "spam"}).attrs
    {'title': 'spam'}
    >>> group.tree()
    /
    └── a
        └── b (2, 2) int64
    >>> [path for path, _ in group.members(max_depth=None)], "a/c" in group, len(group)
    (['a', 'a/b'], False, 1)
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
    require_groups = _blocking(creation.require_groups)
    members = _of_members(methods.members)
    nmembers = _blocking(methods.nmembers)
    snapshot = _blocking(methods.snapshot)
    tree = _blocking(methods.tree)
    info_complete = _blocking(methods.info_complete)
    create_hierarchy = _blocking(creation.create_hierarchy)
    move = _blocking(creation.move)
    get = _blocking(methods.get)
    update_attributes = _of_group(methods.update_attributes)
    __getitem__ = _of_node(methods.getitem)
    __delitem__ = _blocking(methods.delete)
    __contains__ = _blocking(methods.contains)
    __len__ = _blocking(methods.length)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return self.keys()

    def keys(self) -> Iterator[str]:
        """Names of what is right below."""
        return (name for name, _ in self.members())

    def values(self) -> "Iterator[Array | Group]":
        """Arrays and groups right below."""
        return (node for _, node in self.members())

    def items(self) -> "Iterator[tuple[str, Array | Group]]":
        """Names and what is there."""
        return iter(self.members())

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Names and arrays right below."""
        return ((name, node) for name, node in self.members() if isinstance(node, Array))

    def array_keys(self) -> Iterator[str]:
        """Names of the arrays right below."""
        return (name for name, _ in self.arrays())

    def array_values(self) -> Iterator[Array]:
        """Arrays right below."""
        return (array for _, array in self.arrays())

    def groups(self) -> Iterator[tuple[str, "Group"]]:
        """Names and groups right below."""
        return ((name, node) for name, node in self.members() if isinstance(node, Group))

    def group_keys(self) -> Iterator[str]:
        """Names of the groups right below."""
        return (name for name, _ in self.groups())

    def group_values(self) -> Iterator["Group"]:
        """Groups right below."""
        return (group for _, group in self.groups())

    @property
    def async_group(self) -> "AsyncGroup":
        """The same group for asynchronous callers."""
        # asyncio takes long to import, and most do without
        from frozarr.commands.async_group import AsyncGroup  # noqa: PLC0415

        return AsyncGroup.of(self)

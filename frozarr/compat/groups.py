"""Groups of the older API: cells around frozen handles, which are changed in place."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from frozarr.commands import async_group, group
from frozarr.compat.arguments import member_arguments
from frozarr.compat.arrays import Array, AsyncArray, async_nodes, nodes
from frozarr.compat.attributes import Attributes
from frozarr.compat.cells import Cell, Node, handle_of, showing
from frozarr.compat.consolidated import GroupMetadata, values_of
from frozarr.compat.settings import settled
from frozarr.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
)
from frozarr.handles.group import GroupHandle, Tree
from frozarr.io.programs.groups import load_group
from frozarr.io.programs.nodes import contains_error
from frozarr.io.runners.threads import run
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata import group as group_metadata
from frozarr.metadata.documents import parse
from frozarr.metadata.hierarchy import without_member
from frozarr.metadata.json import FrozenMap

__all__ = ["AsyncGroup", "Group"]


def _cell_of(given: Any, place: StoreLike = None) -> Cell[Any]:
    """The cell of a node; a new one for a handle, or for metadata and a place."""
    if isinstance(given, Cell | Node):
        shared: Cell[Any] = given if isinstance(given, Cell) else given.cell
        return shared
    if isinstance(given, GroupHandle):
        return Cell(group.Group.of(given))
    if isinstance(given, GroupMetadata):
        given = given.frozen
    return Cell(group.Group(given, resolve(place), settled(None)))


def _from_documents(place: StoreLike, data: Mapping[str, Any]) -> group.Group:
    """Handle of a group by its document; nothing is written."""
    where = resolve(place)
    name = "zarr.json" if data.get("zarr_format") == 3 else ".zgroup"
    rest = {key: value for key, value in data.items() if key != "attributes" or name == "zarr.json"}
    documents = {name: rest}
    if name == ".zgroup":
        documents[".zattrs"] = data.get("attributes", {})
    metadata = parse(documents, where=str(where))
    if not isinstance(metadata, group_metadata.GroupMetadata):
        raise contains_error(where, metadata)
    return group.Group(without_member(metadata), where, settled(None))


F = TypeVar("F", bound=Callable[..., object])


def _as(method: Callable[..., object]) -> Callable[[F], F]:
    """A decorator: a method shown with the parameters of a handle's, and the older ones."""
    own = inspect.signature(method)
    parameters = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    older = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Any)
        for name, default in (("compressor", "auto"), ("storage_options", None))
        if name not in own.parameters
    ]

    def decorate(function: F) -> F:
        shown = inspect.signature(function).replace(parameters=[*parameters, *older])
        function.__signature__ = shown  # type: ignore[attr-defined]  # what `inspect` looks for
        return function

    return decorate


class _GroupNode(Node[group.Group]):
    """What both faces of a group share."""

    __slots__ = ()

    @property
    def metadata(self) -> GroupMetadata:
        """What the group is, and what consolidated metadata say of all below it."""
        return GroupMetadata.of(self.frozen)

    @property
    def synchronizer(self) -> None:
        """None: stores keep writers apart."""


@showing(group.Group)
class Group(_GroupNode):
    """A group in a store; see `frozarr.Group`. Changes are made in place.

    Parameters
    ----------
    metadata
        An asynchronous group, whose cell is shared; or metadata.
    store_path
        Where the group is, if metadata are given.

    Examples
    --------
    >>> from frozarr import compat as zarr
    >>> root = zarr.create_group({})
    >>> root["a"] = [1, 2, 3]
    >>> root.attrs["title"] = "spam"
    >>> root["a"][1:], dict(root.attrs), list(root)
    (array([2, 3]), {'title': 'spam'}, ['a'])
    """

    __slots__ = ()
    _faces = nodes

    def __init__(self, metadata: Any, store_path: StoreLike = None) -> None:
        super().__init__(_cell_of(metadata, store_path))

    @classmethod
    def open(cls, store: StoreLike, zarr_format: Any = 3) -> "Group":
        """The group at a place; for zarr_format None, of either format."""
        from frozarr.compat.api.synchronous import open_group  # noqa: PLC0415 - which makes groups

        opened: Group = open_group(store, mode="r+", zarr_format=zarr_format)
        return opened

    @classmethod
    def from_store(
        cls, store: StoreLike, *, attributes: Mapping[str, Any] | None = None,
        zarr_format: Any = 3, overwrite: bool = False,
    ) -> "Group":  # fmt: skip
        """A new group."""
        from frozarr.compat.api.synchronous import create_group  # noqa: PLC0415 - it makes groups

        made: Group = create_group(
            store, attributes=attributes, zarr_format=zarr_format, overwrite=overwrite
        )
        return made

    @property
    def async_group(self) -> "AsyncGroup":
        """The same group for asynchronous callers."""
        return AsyncGroup(self.cell)

    _async_group = async_group

    @property
    def attrs(self) -> Attributes:
        """Attributes; what is set is stored."""
        return Attributes(self)

    # ------------------------------------------------------------------ what is below

    def __setitem__(self, path: str, value: Any) -> None:
        if isinstance(value, Group):
            raise TypeError(f"{path!r}: a group can't be set; frozarr.copy copies one")
        self.frozen.create_array(path, data=handle_of(value), overwrite=True)

    def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> tuple[tuple[str, Any], ...]:
        """Paths and nodes below, sorted by path."""
        found: tuple[tuple[str, Any], ...] = self.shown(
            _asked(self.frozen, use_consolidated_for_children).members(max_depth)
        )
        return found

    def get(self, path: str, default: Any = None) -> Any:
        """The node at a path, or something else if nothing is there."""
        return self.shown(self.frozen.get(path, default))

    def get_array(self, path: str) -> Array:
        """The array at a path.

        Raises
        ------
        ArrayNotFoundError, ContainsGroupError
            Nothing, or a group, is there.
        """
        node = self.get(path)
        if node is None:
            raise ArrayNotFoundError(f"{self}: no array at path {path!r}")
        if not isinstance(node, Array):
            raise ContainsGroupError(f"{node}: a group is at {path!r}, not an array")
        return node

    def get_group(self, path: str) -> "Group":
        """The group at a path.

        Raises
        ------
        GroupNotFoundError, ContainsArrayError
            Nothing, or an array, is there.
        """
        node = self.get(path)
        if node is None:
            raise GroupNotFoundError(f"{self}: no group at path {path!r}")
        if not isinstance(node, Group):
            raise ContainsArrayError(f"{node}: an array is at {path!r}, not a group")
        return node

    def tree(
        self, expand: bool | None = None, level: int | None = None, *, max_nodes: int = 500,
        plain: bool = False,
    ) -> Tree:  # fmt: skip
        """A drawing of what is below."""
        return shortened(self.frozen.tree(level), expand, max_nodes, plain=plain)

    # ------------------------------------------------------------------ changes

    @_as(group.Group.create_array)
    def create_array(self, name: str, **arguments: Any) -> Array:
        """A new array below the group; see `frozarr.Group.create_array`.

        Parameters
        ----------
        arguments
            Those of `create_array`, and its older ones.
        """
        return self._made("create_array", name, arguments)

    create = create_array

    @_as(group.Group.require_array)
    def require_array(self, name: str, *, shape: Any, **arguments: Any) -> Array:
        """The array at a path, made if there is none; see `frozarr.Group.require_array`.

        Parameters
        ----------
        arguments
            Those of `create_array`.
        """
        try:
            return self._made("require_array", name, {"shape": shape, **arguments})
        except ContainsGroupError as error:  # as older programs catch it
            raise TypeError(str(error)) from error

    def require_group(self, name: str, *, overwrite: bool = False) -> "Group":
        """The group at a path, made if there is none.

        Raises
        ------
        TypeError
            An array is there.
        """
        try:
            return Group(self.frozen.require_group(name, overwrite=overwrite))
        except ContainsArrayError as error:  # as older programs catch it
            raise TypeError(str(error)) from error

    def _made(self, method: str, name: str, arguments: Mapping[str, Any]) -> Array:
        made = getattr(self.frozen, method)(name, **member_arguments(arguments))
        return Array(made)

    def create_hierarchy(
        self, nodes: Mapping[str, Any], *, overwrite: bool = False
    ) -> Iterator[tuple[str, Any]]:
        """Arrays and groups below this one, by their metadata."""
        made = self.frozen.create_hierarchy(values_of(nodes), overwrite=overwrite)
        return iter([(path, self.shown(node)) for path, node in made.items()])

    def update_attributes(self, new_attributes: Mapping[str, Any]) -> "Group":
        """Set some attributes, the others stay; the group itself."""
        self.change_attributes(new_attributes)
        return self

    async def update_attributes_async(self, new_attributes: Mapping[str, Any]) -> "Group":
        """Set some attributes, the others stay; the group itself."""
        await self.async_group.update_attributes(new_attributes)
        return self

    def change_attributes(self, new: Mapping[str, Any], remove: Iterable[str] = ()) -> None:
        """Set some attributes and remove others, in one write.

        Parameters
        ----------
        new
            JSON values by name.
        remove
            Names of those that are to go.
        """
        values = FrozenMap(new, ("attributes",))  # NaN, too, as older programs store it
        self.cell.handle = self.frozen.update_attributes(values, remove=remove)

    def refresh(self) -> None:
        """Read the stored metadata again."""
        handle = self.frozen
        metadata, _ = run(load_group(handle.store_path, handle.metadata.zarr_format), handle.store)
        self.cell.handle = group.Group(without_member(metadata), handle.store_path, handle.config)


def _asked(handle: Any, use_consolidated: bool) -> Any:
    """The handle, or one that asks the store instead of consolidated metadata."""
    if use_consolidated or handle.consolidated is None:
        return handle
    return type(handle)(handle.metadata, handle.store_path, handle.config)


def shortened(drawing: Tree, expand: bool | None, max_nodes: int, *, plain: bool) -> Tree:
    """A drawing with a bounded number of lines."""
    if expand is False:
        raise ValueError("expand=False: a drawing can't be folded; give level=1")
    del plain  # drawings have no markup
    return Tree(drawing.hierarchy, drawing.name, drawing.max_depth, max_nodes)


@showing(async_group.AsyncGroup)
class AsyncGroup(_GroupNode):
    """A group in a store, for use from any event loop; see `frozarr.AsyncGroup`.

    Takes the parameters of `Group`.
    """

    __slots__ = ()
    _faces = async_nodes

    def __init__(self, metadata: Any, store_path: StoreLike = None) -> None:
        super().__init__(_cell_of(metadata, store_path))

    @property
    def frozen(self) -> async_group.AsyncGroup:  # type: ignore[override]  # for those who wait
        """The frozen handle, as it is at the moment."""
        return async_group.AsyncGroup.of(self.cell.handle)

    @classmethod
    async def open(
        cls, store: StoreLike, zarr_format: Any = 3, use_consolidated: Any = None
    ) -> "AsyncGroup":
        """The group at a place; for zarr_format None, of either format."""
        from frozarr.compat.api.asynchronous import open_group  # noqa: PLC0415 - it makes groups

        opened: AsyncGroup = await open_group(
            store, mode="r+", zarr_format=zarr_format, use_consolidated=use_consolidated
        )
        return opened

    @classmethod
    async def from_store(
        cls, store: StoreLike, *, attributes: Mapping[str, Any] | None = None,
        overwrite: bool = False, zarr_format: Any = 3,
    ) -> "AsyncGroup":  # fmt: skip
        """A new group."""
        from frozarr.compat.api.asynchronous import create_group  # noqa: PLC0415 - it makes groups

        made: AsyncGroup = await create_group(
            store, attributes=attributes, zarr_format=zarr_format, overwrite=overwrite
        )
        return made

    @classmethod
    def from_dict(cls, store_path: StoreLike, data: Mapping[str, Any]) -> "AsyncGroup":
        """A group by its metadata document; nothing is written."""
        return cls(_from_documents(store_path, data))

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes as a plain dictionary; `update_attributes` stores others."""
        values: dict[str, Any] = self.cell.handle.attrs.asdict()
        return values

    async def getitem(self, key: str) -> "AsyncArray | AsyncGroup":
        """The array or group at a path.

        Raises
        ------
        KeyError
            Nothing is there.
        """
        node: AsyncArray | AsyncGroup = self.shown(await self.frozen.getitem(key))
        return node

    async def get(self, key: str, default: Any = None) -> Any:
        """The array or group at a path, or something else if nothing is there."""
        return self.shown(await self.frozen.get(key, default))

    async def delitem(self, key: str) -> None:
        """Remove the array or group at a path, and all below it."""
        await self.frozen.delitem(key)

    async def contains(self, member: str) -> bool:
        """Whether there is an array or group at a path."""
        return await self.frozen.contains(member)

    async def require_group(self, name: str, overwrite: bool = False) -> "AsyncGroup":
        """The group at a path, made if there is none."""
        return AsyncGroup(await self.frozen.require_group(name, overwrite=overwrite))

    async def setitem(self, key: str, value: Any) -> None:
        """Store an array at a path."""
        await self.frozen.create_array(key, data=handle_of(value), overwrite=True)

    async def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> AsyncIterator[tuple[str, Any]]:
        """Paths and nodes below, sorted by path."""
        asked = _asked(self.frozen, use_consolidated_for_children)
        async for path, node in asked.members(max_depth):
            yield path, self.shown(node)

    async def array_keys(self) -> AsyncIterator[str]:
        """Names of the arrays right below."""
        async for name, _ in self.frozen.arrays():
            yield name

    async def array_values(self) -> AsyncIterator[AsyncArray]:
        """Arrays right below."""
        async for _, node in self.frozen.arrays():
            yield self.shown(node)

    async def group_keys(self) -> AsyncIterator[str]:
        """Names of the groups right below."""
        async for name, _ in self.frozen.groups():
            yield name

    async def group_values(self) -> AsyncIterator["AsyncGroup"]:
        """Groups right below."""
        async for _, node in self.frozen.groups():
            yield self.shown(node)

    async def get_array(self, path: str) -> AsyncArray:
        """The array at a path; see `Group.get_array`."""
        node = self.shown(await self.frozen.getitem(path))
        if not isinstance(node, AsyncArray):
            raise ContainsGroupError(f"{node}: a group is at {path!r}, not an array")
        return node

    async def get_group(self, path: str) -> "AsyncGroup":
        """The group at a path; see `Group.get_group`."""
        node = self.shown(await self.frozen.getitem(path))
        if not isinstance(node, AsyncGroup):
            raise ContainsArrayError(f"{node}: an array is at {path!r}, not a group")
        return node

    async def tree(
        self, expand: bool | None = None, level: int | None = None, *, max_nodes: int = 500,
        plain: bool = False,
    ) -> Tree:  # fmt: skip
        """A drawing of what is below; see `Group.tree`."""
        return shortened(await self.frozen.tree(level), expand, max_nodes, plain=plain)

    @_as(group.Group.create_array)
    async def create_array(self, name: str, **arguments: Any) -> AsyncArray:
        """A new array below the group; see `frozarr.Group.create_array`.

        Parameters
        ----------
        arguments
            Those of `create_array`, and its older ones.
        """
        return AsyncArray(await self.frozen.create_array(name, **member_arguments(arguments)))

    create = create_array

    async def create_hierarchy(
        self, nodes: Mapping[str, Any], *, overwrite: bool = False
    ) -> AsyncIterator[tuple[str, Any]]:
        """Arrays and groups below this one, by their metadata."""
        made = await self.frozen.create_hierarchy(values_of(nodes), overwrite=overwrite)
        for path, node in made.items():
            yield path, self.shown(node)

    @_as(group.Group.require_array)
    async def require_array(self, name: str, *, shape: Any, **arguments: Any) -> AsyncArray:
        """The array at a path, made if there is none; see `frozarr.Group.require_array`.

        Parameters
        ----------
        arguments
            Those of `create_array`.
        """
        given = member_arguments({"shape": shape, **arguments})
        return AsyncArray(await self.frozen.require_array(name, **given))

    async def update_attributes(self, new_attributes: Mapping[str, Any]) -> "AsyncGroup":
        """Set some attributes, the others stay; the group itself."""
        values = FrozenMap(new_attributes, ("attributes",))
        self.cell.handle = group.Group.of(await self.frozen.update_attributes(values))
        return self

"""Arrays of the older API: cells around frozen handles, which are changed in place."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from frozarr.caller import warn_caller
from frozarr.compat.array_create import creating, refuse_others, signed
from frozarr.compat.attributes import Attributes
from frozarr.compat.cells import Cell, Node, handle_of, showing
from frozarr.compat.older import OlderArray, OlderAsyncArray
from frozarr.compat.settings import settled
from frozarr.handles import blocking
from frozarr.handles.array import ArrayHandle
from frozarr.handles.asynchronous import AsyncIndexer
from frozarr.io.programs.nodes import load_array
from frozarr.io.runners.loop import run_async
from frozarr.io.runners.threads import run
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.documents import parse_array
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.types import Shape, ShapeLike

if TYPE_CHECKING:
    from frozarr.compat.groups import AsyncGroup, Group

__all__ = ["Array", "AsyncArray", "AsyncOIndex", "AsyncVIndex", "OIndex", "VIndex"]


def nodes() -> "tuple[type[Array], type[Group]]":
    from frozarr.compat.groups import Group  # noqa: PLC0415 - groups hold arrays

    return Array, Group


def async_nodes() -> "tuple[type[AsyncArray], type[AsyncGroup]]":
    from frozarr.compat.groups import AsyncGroup  # noqa: PLC0415 - groups hold arrays

    return AsyncArray, AsyncGroup


def _cell_of(given: Any, place: StoreLike, config: Any) -> Cell[Any]:
    """The cell of a node; a new one for a handle, or for metadata and a place."""
    if isinstance(given, Cell | Node):
        shared: Cell[Any] = given if isinstance(given, Cell) else given.cell
        return shared
    if isinstance(given, ArrayHandle):
        return Cell(blocking.Array.of(given))
    where = resolve(place)
    if isinstance(given, Mapping):
        given = parse_array(thaw(FrozenMap(given)), where=str(where))
    return Cell(blocking.Array(given, where, settled(config)))


class _ArrayNode(Node[blocking.Array]):
    """What both faces of an array share."""

    __slots__ = ()

    @property
    def compressors(self) -> tuple[Any, ...]:
        """Codecs from bytes to bytes; objects of numcodecs in format 2."""
        return self._codecs(self.frozen.compressors)

    @property
    def filters(self) -> tuple[Any, ...]:
        """Codecs from array to array; objects of numcodecs in format 2."""
        return self._codecs(self.frozen.filters)

    @property
    def compressor(self) -> Any:
        """The compressor of format 2; deprecated, use `compressors`.

        Raises
        ------
        TypeError
            The array has format 3, which has any number of them.
        """
        codec = self.frozen.compressor
        return None if codec is None else self._codecs((codec,))[0]

    def _codecs(self, codecs: tuple[Any, ...]) -> tuple[Any, ...]:
        if not isinstance(self.frozen.metadata, ArrayV2Metadata):
            return codecs
        import numcodecs  # noqa: PLC0415 - takes long to import

        return tuple([numcodecs.get_codec(codec.to_json()) for codec in codecs])

    def with_config(self, config: Any) -> Any:
        """The same array, read and written with other settings.

        Parameters
        ----------
        config
            A config, or the settings that are to differ.
        """
        return self.shown(self.frozen.with_config(settled(config)))


@showing(OlderArray)
class Array(_ArrayNode):
    """An array in a store; see `frozarr.Array`. Changes are made in place.

    Parameters
    ----------
    metadata
        An asynchronous array, whose cell is shared; or metadata, as a value or a document.
    store_path
        Where the array is, if metadata are given.
    config
        How it is read and written; the current default if none is given.

    Examples
    --------
    >>> from frozarr import compat as zarr
    >>> z = zarr.zeros(4, chunks=2, dtype="i4")
    >>> z.append([7, 8]), z.shape
    ((6,), (6,))
    >>> z.shape = 5
    >>> z[3:]
    array([0, 7], dtype=int32)
    """

    __slots__ = ()
    _faces = nodes

    def __init__(self, metadata: Any, store_path: StoreLike = None, config: Any = None) -> None:
        super().__init__(_cell_of(metadata, store_path, config))

    @classmethod
    @signed("data")
    def create(cls, store: StoreLike, **arguments: Any) -> "Array":  # noqa: D102 - `signed` documents it
        warn_caller("Array.create: use create_array", DeprecationWarning)
        refuse_others(arguments)
        return cls(run(creating(store, **arguments)))

    @classmethod
    def open(cls, store: StoreLike, *, config: Any = None) -> "Array":
        """The array at a place.

        Raises
        ------
        ArrayNotFoundError
            There is none; names store and path.
        """
        return cls(blocking.Array.open(store, config=settled(config)))

    @classmethod
    def from_dict(cls, store_path: StoreLike, data: Mapping[str, Any]) -> "Array":
        """An array by its metadata document; nothing is written."""
        return cls(blocking.Array.from_dict(store_path, data))

    @property
    def async_array(self) -> "AsyncArray":
        """The same array for asynchronous callers."""
        return AsyncArray(self.cell)

    _async_array = async_array

    @property
    def attrs(self) -> Attributes:
        """Attributes; what is set is stored."""
        return Attributes(self)

    @property
    def shape(self) -> Shape:
        """Extents in elements; setting them resizes the array."""
        return self.frozen.shape

    @shape.setter
    def shape(self, new_shape: ShapeLike) -> None:
        self.resize(new_shape)

    @property
    def oindex(self) -> "OIndex":
        """Orthogonal indexing with brackets."""
        return OIndex(self.frozen, "orthogonal")

    @property
    def vindex(self) -> "VIndex":
        """Coordinate and mask indexing with brackets."""
        return VIndex(self.frozen, "coordinate")

    def resize(self, *new_shape: Any, **options: Any) -> None:
        """Change the shape; chunks that lie wholly outside are removed.

        Parameters
        ----------
        options
            See `frozarr.Array.resize`.
        """
        self.cell.handle = self.frozen.resize(*new_shape, **options)

    def append(self, data: Any, axis: int = 0) -> Shape:
        """Add elements at the end of an axis; the new shape.

        Parameters
        ----------
        data
            What is added; other extents must be the array's.
        """
        self.cell.handle = self.frozen.append(handle_of(data), axis)
        return self.frozen.shape

    def update_attributes(self, new_attributes: Mapping[str, Any]) -> "Array":
        """Set some attributes, the others stay; the array itself."""
        self.change_attributes(new_attributes)
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
        metadata = run(load_array(handle.store_path), handle.store)
        self.cell.handle = blocking.Array(metadata, handle.store_path, handle.config)


@showing(OlderAsyncArray)
class AsyncArray(_ArrayNode):
    """An array in a store, for use from any event loop; see `frozarr.AsyncArray`.

    Takes the parameters of `Array`.
    """

    __slots__ = ()
    _faces = async_nodes

    def __init__(self, metadata: Any, store_path: StoreLike = None, config: Any = None) -> None:
        super().__init__(_cell_of(metadata, store_path, config))

    @classmethod
    @signed()
    async def create(cls, store: StoreLike, **arguments: Any) -> "AsyncArray":  # noqa: D102 - `signed` documents it
        warn_caller("AsyncArray.create: use api.asynchronous.create_array", DeprecationWarning)
        refuse_others(arguments)
        return cls(await run_async(creating(store, **arguments)))

    @classmethod
    async def open(
        cls, store: StoreLike, zarr_format: Any = 3, *, config: Any = None
    ) -> "AsyncArray":
        """The array at a place; for zarr_format None, of either format."""
        return cls(await OlderAsyncArray.open(store, zarr_format, config=settled(config)))

    @classmethod
    def from_dict(cls, store_path: StoreLike, data: Mapping[str, Any]) -> "AsyncArray":
        """An array by its metadata document; nothing is written."""
        return cls(blocking.Array.from_dict(store_path, data))

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes as a plain dictionary; `update_attributes` stores others."""
        return self.frozen.attrs.asdict()

    @property
    def oindex(self) -> "AsyncOIndex":
        """Orthogonal indexing: ``await array.oindex.getitem(selection)``."""
        return AsyncOIndex(self.frozen, "orthogonal")

    @property
    def vindex(self) -> "AsyncVIndex":
        """Coordinate and mask indexing."""
        return AsyncVIndex(self.frozen, "coordinate")

    async def resize(self, new_shape: ShapeLike, delete_outside_chunks: bool = True) -> None:
        """Change the shape; chunks that lie wholly outside are removed.

        Parameters
        ----------
        delete_outside_chunks
            Whether they are; else they are there again when the array grows.
        """
        changed = await OlderAsyncArray.of(self.frozen).resize(new_shape, delete_outside_chunks)
        self.cell.handle = blocking.Array.of(changed)

    async def append(self, data: Any, axis: int = 0) -> Shape:
        """Add elements at the end of an axis; the new shape.

        Parameters
        ----------
        data
            What is added; other extents must be the array's.
        """
        changed = await OlderAsyncArray.of(self.frozen).append(handle_of(data), axis)
        self.cell.handle = blocking.Array.of(changed)
        return self.frozen.shape

    async def update_attributes(self, new_attributes: Mapping[str, Any]) -> "AsyncArray":
        """Set some attributes, the others stay; the array itself."""
        values = FrozenMap(new_attributes, ("attributes",))
        changed = await OlderAsyncArray.of(self.frozen).update_attributes(values)
        self.cell.handle = blocking.Array.of(changed)
        return self


class OIndex(blocking.Indexer):
    """Orthogonal indexing with brackets."""


class VIndex(blocking.Indexer):
    """Coordinate and mask indexing with brackets."""


class AsyncOIndex(AsyncIndexer):
    """Orthogonal indexing for asynchronous callers."""

    async def getitem(self, selection: Any) -> Any:
        """Elements of the selection."""
        return await super().getitem(selection)


class AsyncVIndex(AsyncIndexer):
    """Coordinate and mask indexing for asynchronous callers."""

    async def getitem(self, selection: Any) -> Any:
        """Elements of the selection."""
        return await super().getitem(selection)

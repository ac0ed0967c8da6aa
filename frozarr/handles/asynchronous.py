"""Arrays for asynchronous callers: the same programs, run on the caller's loop."""

from typing import Literal

import attrs

from frozarr.caller import by_their_names
from frozarr.config import ConfigLike
from frozarr.handles import methods
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import awaiting, awaiting_change
from frozarr.handles.parameters import explained
from frozarr.indexing import SelectionLike, SelectionMode
from frozarr.io.programs.nodes import load_array
from frozarr.io.runners.coroutines import in_thread
from frozarr.io.runners.loop import run_async
from frozarr.io.stores.resolve import StoreLike, resolve, slow_imports
from frozarr.types import AnyArray

__all__ = ["AsyncArray", "AsyncIndexer"]


@by_their_names
@attrs.frozen(repr=False)
class AsyncArray(ArrayHandle):
    """An array in a store, for use from any event loop.

    Requests of one call run at the same time, ``config.concurrency`` at most; decoding happens in
    threads. A cancelled call has ended when the cancellation is seen, and writes nothing more.

    Examples
    --------
    >>> import asyncio
    >>> from frozarr import aio
    >>> async def main():
    ...     array = await aio.create_array({}, data=[1, 2, 3])
    ...     await array.setitem(0, 7)
    ...     return await array.getitem(slice(2))
    >>> asyncio.run(main())
    array([7, 2])
    """

    @classmethod
    @explained
    async def open(
        cls, store: StoreLike, zarr_format: Literal[2, 3] | None = 3, *, config: ConfigLike = None
    ) -> "AsyncArray":
        """Handle of the array at a place; for zarr_format None, of either format.

        Raises
        ------
        ArrayNotFoundError
            There is none; names store and path.
        """
        load = slow_imports(store)
        if load is not None:
            await in_thread(load)
        place = resolve(store)
        metadata = await run_async(load_array(place, zarr_format), place.store)
        return cls(metadata, place, config)

    # ------------------------------------------------------------------ what is stored

    nshards_initialized = awaiting(methods.nshards_initialized)
    nchunks_initialized = awaiting(methods.nchunks_initialized)
    nbytes_stored = awaiting(methods.nbytes_stored)
    info_complete = awaiting(methods.info_complete)

    # ------------------------------------------------------------------ reading and writing

    getitem = awaiting(methods.getitem)
    setitem = awaiting(methods.setitem)
    get_basic_selection = awaiting(methods.get_basic_selection)
    set_basic_selection = awaiting(methods.set_basic_selection)
    get_orthogonal_selection = awaiting(methods.get_orthogonal_selection)
    set_orthogonal_selection = awaiting(methods.set_orthogonal_selection)
    get_coordinate_selection = awaiting(methods.get_coordinate_selection)
    set_coordinate_selection = awaiting(methods.set_coordinate_selection)
    get_mask_selection = awaiting(methods.get_mask_selection)
    set_mask_selection = awaiting(methods.set_mask_selection)
    get_block_selection = awaiting(methods.get_block_selection)
    set_block_selection = awaiting(methods.set_block_selection)

    @property
    def oindex(self) -> "AsyncIndexer":
        """Orthogonal indexing: ``await array.oindex.getitem(selection)``."""
        return AsyncIndexer(self, "orthogonal")

    @property
    def vindex(self) -> "AsyncIndexer":
        """Coordinate and mask indexing."""
        return AsyncIndexer(self, "coordinate")

    @property
    def blocks(self) -> "AsyncIndexer":
        """Block indexing."""
        return AsyncIndexer(self, "block")

    # ------------------------------------------------------------------ changes

    resize = awaiting_change(methods.resize)
    append = awaiting_change(methods.append)
    update_attributes = awaiting_change(methods.update_attributes)


@attrs.frozen
class AsyncIndexer:
    """One kind of selection, for reading and writing."""

    array: ArrayHandle
    mode: SelectionMode

    async def getitem(self, selection: SelectionLike) -> AnyArray:
        """Elements of the selection."""
        fields, rest = methods.split_fields(selection)
        program = methods.get_selection(self.array, rest, self.mode, fields)
        return await run_async(program, self.array.store)

    async def setitem(self, selection: SelectionLike, value: object) -> None:
        """Set elements of the selection."""
        fields, rest = methods.split_fields(selection)
        program = methods.set_selection(self.array, rest, value, self.mode, fields)
        await run_async(program, self.array.store)

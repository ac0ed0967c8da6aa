"""Arrays for callers that block."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.caller import by_their_names
from frozarr.config import ConfigLike
from frozarr.handles import methods
from frozarr.handles.array import ArrayHandle
from frozarr.handles.faces import blocking, blocking_change
from frozarr.handles.parameters import explained
from frozarr.indexing import SelectionLike, SelectionMode
from frozarr.io.programs.nodes import load_array
from frozarr.io.runners.threads import run
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.types import AnyArray

if TYPE_CHECKING:
    from frozarr.handles.asynchronous import AsyncArray

__all__ = ["Array", "Indexer"]


@by_their_names
@attrs.frozen(repr=False)
class Array(ArrayHandle):
    """An array in a store.

    Made by `create_array`, `open_array` and their kin. Indexing reads and writes:
    ``array[1:5, ::2]``, ``array.oindex[[3, 1], :]``, ``array.vindex[rows, columns]``,
    ``array.blocks[0]``; ``array.plan[...]`` shows what a read would touch.

    Examples
    --------
    >>> import frozarr
    >>> array = frozarr.create_array({}, shape=(4, 6), chunks=(2, 3), dtype="i4")
    >>> array[1, 2:4] = [7, 8]
    >>> array[1]
    array([0, 0, 7, 8, 0, 0], dtype=int32)
    >>> larger = array.resize((8, 6))
    >>> array.shape, larger.shape
    ((4, 6), (8, 6))
    """

    @classmethod
    @explained
    def open(cls, store: StoreLike, *, config: ConfigLike = None) -> "Array":
        """Handle of the array at a place.

        Raises
        ------
        ArrayNotFoundError
            There is none; names store and path.
        """
        place = resolve(store)
        return cls(run(load_array(place), place.store), place, config)

    @property
    def async_array(self) -> "AsyncArray":
        """The same array for asynchronous callers."""
        # asyncio takes long to import, and most do without
        from frozarr.handles.asynchronous import AsyncArray  # noqa: PLC0415

        return AsyncArray.of(self)

    # ------------------------------------------------------------------ what is stored

    nshards_initialized = property(blocking(methods.nshards_initialized))
    nchunks_initialized = property(blocking(methods.nchunks_initialized))
    nbytes_stored = blocking(methods.nbytes_stored)
    info_complete = blocking(methods.info_complete)

    # ------------------------------------------------------------------ reading and writing

    __getitem__ = blocking(methods.getitem)
    __setitem__ = blocking(methods.setitem)
    get_basic_selection = blocking(methods.get_basic_selection)
    set_basic_selection = blocking(methods.set_basic_selection)
    get_orthogonal_selection = blocking(methods.get_orthogonal_selection)
    set_orthogonal_selection = blocking(methods.set_orthogonal_selection)
    get_coordinate_selection = blocking(methods.get_coordinate_selection)
    set_coordinate_selection = blocking(methods.set_coordinate_selection)
    get_mask_selection = blocking(methods.get_mask_selection)
    set_mask_selection = blocking(methods.set_mask_selection)
    get_block_selection = blocking(methods.get_block_selection)
    set_block_selection = blocking(methods.set_block_selection)

    @property
    def oindex(self) -> "Indexer":
        """Orthogonal indexing with brackets."""
        return Indexer(self, "orthogonal")

    @property
    def vindex(self) -> "Indexer":
        """Coordinate and mask indexing with brackets."""
        return Indexer(self, "coordinate")

    @property
    def blocks(self) -> "Indexer":
        """Block indexing with brackets."""
        return Indexer(self, "block")

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> AnyArray:
        if copy is False:
            raise ValueError("an array in a store can't be viewed without a copy (copy=False)")
        values = np.asarray(self[...])
        return values if dtype is None else values.astype(dtype, copy=False)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d array")
        return self.shape[0]

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        """Entries along the first axis; one row of chunks is read at a time."""
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        step = self.metadata.chunk_spec.shape[0]
        for start in range(0, self.shape[0], step):
            yield from self[start : start + step]

    # ------------------------------------------------------------------ changes

    resize = blocking_change(methods.resize)
    append = blocking_change(methods.append)
    update_attributes = blocking_change(methods.update_attributes)


@attrs.frozen
class Indexer:
    """Brackets for one kind of selection."""

    array: ArrayHandle
    mode: SelectionMode

    def __getitem__(self, selection: SelectionLike) -> AnyArray:
        fields, rest = methods.split_fields(selection)
        program = methods.get_selection(self.array, rest, self.mode, fields)
        return run(program, self.array.store)

    def __setitem__(self, selection: SelectionLike, value: object) -> None:
        fields, rest = methods.split_fields(selection)
        program = methods.set_selection(self.array, rest, value, self.mode, fields)
        run(program, self.array.store)

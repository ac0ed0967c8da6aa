"""Arrays for asynchronous callers: the same programs, run on the caller's loop."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy.typing as npt

from frozarr.config import as_config
from frozarr.creation import array_metadata, legacy_arguments
from frozarr.handles import ArrayHandle, split_fields
from frozarr.indexing.selection import SelectionMode
from frozarr.info import ArrayInfo, array_info
from frozarr.io import operations as ops
from frozarr.io.buffers import BufferPrototype
from frozarr.io.nodes import create_node, load_array
from frozarr.io.programs import Program
from frozarr.io.run_async import run_async
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.io.target import Target

__all__ = ["AsyncArray"]


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
    async def create(cls, store: StoreLike, *, data: Any = None, **kwargs: Any) -> "AsyncArray":
        """New array; the older spelling of `frozarr.aio.create_array`."""
        warnings.warn(
            "AsyncArray.create: use frozarr.aio.create_array", DeprecationWarning, stacklevel=2
        )
        overwrite, config = kwargs.pop("overwrite", False), kwargs.pop("config", None)
        metadata = array_metadata(**legacy_arguments(**kwargs))
        place = resolve(store)
        made = cls(Target(metadata, place, as_config(config)))
        place.store.check_writable(place.path)
        await run_async(create_node(place, metadata, overwrite=overwrite), place.store)
        if data is not None:
            await made.setitem(..., data)
        return made

    @classmethod
    async def open(
        cls, store: StoreLike, zarr_format: Literal[2, 3] | None = 3, *, config: Any = None
    ) -> "AsyncArray":
        """Handle of the array at a place; for zarr_format None, of either format.

        Raises
        ------
        ArrayNotFoundError
            There is none; names store and path.
        """
        place = resolve(store)
        metadata = await run_async(load_array(place, zarr_format), place.store)
        return cls(Target(metadata, place, as_config(config)))

    async def _run(self, program: Program) -> Any:
        return await run_async(program, self.store, self.config.workers)

    # ------------------------------------------------------------------ what is stored

    async def nshards_initialized(self) -> int:
        """Number of objects that are stored; the store is listed."""
        count: int = await self._run(ops.stored_objects(self.target))
        return count

    async def nchunks_initialized(self) -> int:
        """Number of chunks in the objects that are stored; the store is listed."""
        count: int = await self._run(ops.stored_chunks(self.target))
        return count

    async def nbytes_stored(self) -> int:
        """Bytes of all values below the array's path; the store is listed."""
        nbytes: int = await self._run(ops.stored_nbytes(self.target))
        return nbytes

    async def info_complete(self) -> ArrayInfo:
        """A printable record with what is stored; the store is listed."""
        return array_info(
            self, stored=(await self.nbytes_stored(), await self.nshards_initialized())
        )

    # ------------------------------------------------------------------ reading and writing

    async def getitem(self, selection: Any, *, prototype: BufferPrototype | None = None) -> Any:
        """What ``array[selection]`` gives."""
        fields, rest = split_fields(selection)
        return await self._run(self._reading(rest, "numpy", fields, None, prototype))

    async def setitem(
        self, selection: Any, value: Any, *, prototype: BufferPrototype | None = None
    ) -> None:
        """What ``array[selection] = value`` does."""
        fields, rest = split_fields(selection)
        await self._run(self._writing(rest, value, "numpy", fields, prototype))

    async def get_basic_selection(
        self, selection: Any = ..., *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Elements chosen by integers and slices; a scalar if all are integers."""
        return await self._run(self._reading(selection, "basic", fields, out, prototype))

    async def set_basic_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set elements chosen by integers and slices."""
        await self._run(self._writing(selection, value, "basic", fields, prototype))

    async def get_orthogonal_selection(
        self, selection: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Elements chosen axis by axis: integers, slices, integer or Boolean arrays."""
        return await self._run(self._reading(selection, "orthogonal", fields, out, prototype))

    async def set_orthogonal_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set elements chosen axis by axis; of repeated indices the last in C order wins."""
        await self._run(self._writing(selection, value, "orthogonal", fields, prototype))

    async def get_coordinate_selection(
        self, selection: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Single elements: one integer array per axis, broadcast together."""
        return await self._run(self._reading(selection, "coordinate", fields, out, prototype))

    async def set_coordinate_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set single elements; of repeated ones the last in C order wins."""
        await self._run(self._writing(selection, value, "coordinate", fields, prototype))

    async def get_mask_selection(
        self, mask: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Elements where a Boolean array of the array's shape is true, 1-d in C order."""
        return await self._run(self._reading(mask, "mask", fields, out, prototype))

    async def set_mask_selection(
        self, mask: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set elements where a Boolean array of the array's shape is true."""
        await self._run(self._writing(mask, value, "mask", fields, prototype))

    async def get_block_selection(
        self, selection: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Whole chunks: integers and slices in units of the chunk grid."""
        return await self._run(self._reading(selection, "block", fields, out, prototype))

    async def set_block_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set whole chunks."""
        await self._run(self._writing(selection, value, "block", fields, prototype))

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

    async def resize(self, *new_shape: Any, delete_outside_chunks: bool = True) -> "AsyncArray":
        """Handle of the array with another shape; see `Array.resize`."""
        program = self._resizing(new_shape, delete_outside_chunks=delete_outside_chunks)
        return self._with_metadata(await self._run(program))

    async def append(self, data: npt.ArrayLike, axis: int = 0) -> "AsyncArray":
        """Handle of the array grown by `data` along an axis; see `Array.append`."""
        return self._with_metadata(await self._run(ops.append(self.target, data, axis)))

    async def update_attributes(self, new: Mapping[str, Any]) -> "AsyncArray":
        """Handle of the array with these attributes added or replaced."""
        return self._with_metadata(await self._run(self._merging(new)))


@attrs.frozen
class AsyncIndexer:
    """One kind of selection, for reading and writing."""

    array: AsyncArray
    mode: SelectionMode

    async def getitem(self, selection: Any) -> Any:
        """Elements of the selection."""
        fields, rest = split_fields(selection)
        return await self.array._run(self.array._reading(rest, self.mode, fields))  # noqa: SLF001 - the array's own

    async def setitem(self, selection: Any, value: Any) -> None:
        """Set elements of the selection."""
        fields, rest = split_fields(selection)
        await self.array._run(self.array._writing(rest, value, self.mode, fields))  # noqa: SLF001 - the array's own

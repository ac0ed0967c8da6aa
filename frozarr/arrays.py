"""Arrays as thin frozen handles: metadata, a place in a store, a config."""

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
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
from frozarr.io.run_sync import run
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.io.target import ArrayMetadata, Target

if TYPE_CHECKING:
    from frozarr.async_arrays import AsyncArray

__all__ = ["Array"]


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

    # ------------------------------------------------------------------ making handles

    @classmethod
    def create(cls, store: StoreLike, **kwargs: Any) -> "Array":
        """New array; the older spelling of `frozarr.create_array`, with its parameters' old names.

        Raises
        ------
        ValueError
            A parameter of the other format, with what to use instead.
        ContainsArrayError, ContainsGroupError
            There is a node and `overwrite` is false.
        """
        warnings.warn("Array.create: use frozarr.create_array", DeprecationWarning, stacklevel=2)
        overwrite, config = kwargs.pop("overwrite", False), kwargs.pop("config", None)
        metadata = array_metadata(**legacy_arguments(**kwargs))
        return cls.store_new(resolve(store), metadata, overwrite=overwrite, config=config)

    @classmethod
    def store_new(
        cls, place: StorePath, metadata: ArrayMetadata, *, overwrite: bool = False,
        config: Any = None,
    ) -> "Array":  # fmt: skip
        """Store the documents of a new array; its handle.

        Raises
        ------
        ContainsArrayError, ContainsGroupError
            There is a node and `overwrite` is false.
        """
        target = Target(metadata, place, as_config(config))
        place.store.check_writable(place.path)
        run(create_node(place, metadata, overwrite=overwrite), place.store)
        return cls(target)

    @classmethod
    def open(cls, store: StoreLike, *, config: Any = None) -> "Array":
        """Handle of the array at a place.

        Raises
        ------
        ArrayNotFoundError
            There is none; names store and path.
        """
        place = resolve(store)
        return cls(Target(run(load_array(place), place.store), place, as_config(config)))

    def _run(self, program: Program) -> Any:
        return run(program, self.store, workers=self.config.workers)

    @property
    def async_array(self) -> "AsyncArray":
        """The same array for asynchronous callers."""
        # asyncio takes long to import, and most do without
        from frozarr.async_arrays import AsyncArray  # noqa: PLC0415

        return AsyncArray(self.target)

    # ------------------------------------------------------------------ what is stored

    @property
    def nshards_initialized(self) -> int:
        """Number of objects that are stored; the store is listed."""
        count: int = self._run(ops.stored_objects(self.target))
        return count

    @property
    def nchunks_initialized(self) -> int:
        """Number of chunks in the objects that are stored; the store is listed."""
        count: int = self._run(ops.stored_chunks(self.target))
        return count

    def nbytes_stored(self) -> int:
        """Bytes of all values below the array's path; the store is listed."""
        nbytes: int = self._run(ops.stored_nbytes(self.target))
        return nbytes

    def info_complete(self) -> ArrayInfo:
        """A printable record with what is stored; the store is listed."""
        return array_info(self, stored=(self.nbytes_stored(), self.nshards_initialized))

    # ------------------------------------------------------------------ reading and writing

    def _get(
        self, selection: Any, mode: SelectionMode, fields: Any, out: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        return self._run(self._reading(selection, mode, fields, out, prototype))

    def _set(
        self, selection: Any, value: Any, mode: SelectionMode, fields: Any,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        self._run(self._writing(selection, value, mode, fields, prototype))

    def __getitem__(self, selection: Any) -> Any:
        fields, rest = split_fields(selection)
        return self._get(rest, "numpy", fields)

    def __setitem__(self, selection: Any, value: Any) -> None:
        fields, rest = split_fields(selection)
        self._set(rest, value, "numpy", fields)

    def get_basic_selection(
        self, selection: Any = ..., *, out: Any = None,
        prototype: BufferPrototype | None = None, fields: Any = None,
    ) -> Any:  # fmt: skip
        """Elements chosen by integers and slices; a scalar if all are integers.

        Raises
        ------
        BoundsCheckError, NegativeStepError, SelectionError
            See `parse_selection`.
        """
        return self._get(selection, "basic", fields, out, prototype)

    def set_basic_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set elements chosen by integers and slices; ValueError if the value doesn't broadcast."""
        self._set(selection, value, "basic", fields, prototype)

    def get_orthogonal_selection(
        self, selection: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Elements chosen axis by axis: integers, slices, integer or Boolean arrays."""
        return self._get(selection, "orthogonal", fields, out, prototype)

    def set_orthogonal_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set elements chosen axis by axis; of repeated indices the last in C order wins."""
        self._set(selection, value, "orthogonal", fields, prototype)

    def get_coordinate_selection(
        self, selection: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Single elements: one integer array per axis, broadcast together."""
        return self._get(selection, "coordinate", fields, out, prototype)

    def set_coordinate_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set single elements; of repeated ones the last in C order wins."""
        self._set(selection, value, "coordinate", fields, prototype)

    def get_mask_selection(
        self, mask: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Elements where a Boolean array of the array's shape is true, 1-d in C order."""
        return self._get(mask, "mask", fields, out, prototype)

    def set_mask_selection(
        self, mask: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set elements where a Boolean array of the array's shape is true."""
        self._set(mask, value, "mask", fields, prototype)

    def get_block_selection(
        self, selection: Any, *, out: Any = None, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        """Whole chunks: integers and slices in units of the chunk grid."""
        return self._get(selection, "block", fields, out, prototype)

    def set_block_selection(
        self, selection: Any, value: Any, *, fields: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> None:  # fmt: skip
        """Set whole chunks."""
        self._set(selection, value, "block", fields, prototype)

    @property
    def oindex(self) -> "_Indexer":
        """Orthogonal indexing with brackets."""
        return _Indexer(self, "orthogonal")

    @property
    def vindex(self) -> "_Indexer":
        """Coordinate and mask indexing with brackets."""
        return _Indexer(self, "coordinate")

    @property
    def blocks(self) -> "_Indexer":
        """Block indexing with brackets."""
        return _Indexer(self, "block")

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
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

    def resize(self, *new_shape: Any, delete_outside_chunks: bool = True) -> "Array":
        """Handle of the array with another shape.

        Chunks wholly outside are deleted; those on the border stay whole, so growing again
        restores what they hold. The shape is stored first, then chunks are deleted.

        Raises
        ------
        ValueError
            Another number of axes.
        ConflictError
            Somebody changed the stored document since this handle was opened.
        """
        program = self._resizing(new_shape, delete_outside_chunks=delete_outside_chunks)
        return self._with_metadata(self._run(program))

    def append(self, data: npt.ArrayLike, axis: int = 0) -> "Array":
        """Handle of the array grown by `data` along an axis.

        The data are stored first and the shape last: if anything fails, the array is as it was.

        Raises
        ------
        ValueError
            Extents along other axes differ; both shapes are named.
        ConflictError
            Somebody changed the stored document since this handle was opened.
        """
        return self._with_metadata(self._run(ops.append(self.target, data, axis)))

    def update_attributes(self, new: Mapping[str, Any]) -> "Array":
        """Handle of the array with these attributes added or replaced.

        Raises
        ------
        MetadataError
            A value that JSON can't hold; nothing was stored.
        ConflictError
            Somebody changed the stored document since this handle was opened.
        """
        return self._with_metadata(self._run(self._merging(new)))


@attrs.frozen
class _Indexer:
    """Brackets for one kind of selection."""

    array: Array
    mode: SelectionMode

    def __getitem__(self, selection: Any) -> Any:
        fields, rest = split_fields(selection)
        return self.array._get(rest, self.mode, fields)  # noqa: SLF001 - the array's own brackets

    def __setitem__(self, selection: Any, value: Any) -> None:
        fields, rest = split_fields(selection)
        self.array._set(rest, value, self.mode, fields)  # noqa: SLF001 - the array's own brackets

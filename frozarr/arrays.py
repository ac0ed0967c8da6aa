"""Arrays as thin frozen handles: metadata, a place in a store, a config.

A handle is a snapshot of the metadata over live bytes. Whatever changes the metadata returns a new
handle and leaves the old one as it was.
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.config import Config, as_config
from frozarr.creation import array_metadata, legacy_arguments
from frozarr.errors import MetadataError, SelectionError
from frozarr.indexing import Selection
from frozarr.indexing.selection import SelectionMode
from frozarr.info import ArrayInfo, array_info
from frozarr.io import operations as ops
from frozarr.io.array_plan import ArrayPlan
from frozarr.io.buffers import BufferPrototype
from frozarr.io.nodes import create_node, load_array
from frozarr.io.run_sync import run, run_all
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.io.target import ArrayMetadata, Target
from frozarr.metadata.array_v2 import ArrayV2Metadata, parse_array_v2
from frozarr.metadata.array_v3 import ArrayV3Metadata, parse_array_v3
from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.json import FrozenMap, dumps
from frozarr.types import Shape

__all__ = ["Array"]


@attrs.frozen(repr=False)
class Array:
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

    target: Target

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

    @classmethod
    def from_dict(cls, store_path: StoreLike, data: Mapping[str, Any]) -> "Array":
        """Handle for a metadata document of either format; nothing is written.

        Raises
        ------
        MetadataError
            Bad or missing fields, all of them named.
        """
        place = resolve(store_path)
        document = dict(data)
        metadata: ArrayMetadata
        if document.get("zarr_format") == 2:
            attributes = document.pop("attributes", None)
            metadata = parse_array_v2(document, attributes, where=str(place))
        else:
            metadata = parse_array_v3(document, where=str(place))
        return cls(Target(metadata, place, as_config(None)))

    def with_config(self, config: "Config | Mapping[str, Any]") -> "Array":
        """The same array, read and written with other settings."""
        return Array(attrs.evolve(self.target, config=_merged(self.config, config)))

    def _with_metadata(self, metadata: ArrayMetadata) -> "Array":
        return Array(Target(metadata, self.target.place, self.target.config))

    # ------------------------------------------------------------------ what it is

    @property
    def metadata(self) -> ArrayMetadata:
        """What the array is, as a frozen value."""
        return self.target.metadata

    @property
    def config(self) -> Config:
        """How reads and writes are carried out."""
        return self.target.config

    @property
    def store_path(self) -> StorePath:
        """Store and path."""
        return self.target.place

    @property
    def store(self) -> Store:
        """The store."""
        return self.target.place.store

    @property
    def path(self) -> str:
        """Path in the store."""
        return self.target.place.path

    @property
    def name(self) -> str:
        """Path with a leading slash, as h5py has it."""
        return f"/{self.path}"

    @property
    def basename(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def read_only(self) -> bool:
        """Writes are refused."""
        return self.store.read_only

    @property
    def shape(self) -> Shape:
        """Extents in elements."""
        return self.metadata.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy type of the elements."""
        return self.metadata.dtype

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, decoded."""
        return self.size * self.dtype.itemsize

    @property
    def fill_value(self) -> Any:
        """Value of elements that are not stored; None if format 2 leaves it undefined."""
        return self.metadata.fill_value

    @property
    def order(self) -> str:
        """Memory layout: format 2 documents state it, for format 3 the config does."""
        return self.metadata.order or self.config.order

    @property
    def attrs(self) -> FrozenMap:
        """Attributes, deep-frozen; `update_attributes` gives a handle with others."""
        return self.metadata.attributes

    @property
    def dimension_names(self) -> tuple[str | None, ...] | None:
        """Names of the axes, if the document has them."""
        return self.metadata.dimension_names

    @property
    def chunks(self) -> Shape:
        """Shape of a chunk (of an inner chunk where there are shards), in elements."""
        return self.metadata.inner_shape

    @property
    def shards(self) -> Shape | None:
        """Shape of a shard, in elements; None without sharding."""
        return self.metadata.chunk_spec.shape if self.metadata.sharding else None

    @property
    def _codecs(self) -> tuple[Codec, ...]:
        """The chain of a chunk, of an inner chunk where there are shards."""
        if isinstance(self.metadata, ArrayV2Metadata):
            return ()
        sharding = self.metadata.sharding
        return self.metadata.codecs if sharding is None else sharding.codecs

    @property
    def filters(self) -> tuple[Codec | NumcodecsCodec, ...]:
        """Codecs from array to array."""
        if isinstance(self.metadata, ArrayV2Metadata):
            return self.metadata.filters
        return codecs_of_kind(self._codecs, "array_array")

    @property
    def serializer(self) -> Codec | None:
        """Codec from array to bytes; None in format 2."""
        if isinstance(self.metadata, ArrayV2Metadata):
            return None
        return codecs_of_kind(self._codecs, "array_bytes")[0]

    @property
    def compressors(self) -> tuple[Codec | NumcodecsCodec, ...]:
        """Codecs from bytes to bytes."""
        if isinstance(self.metadata, ArrayV2Metadata):
            return (self.metadata.compressor,) if self.metadata.compressor else ()
        return codecs_of_kind(self._codecs, "bytes_bytes")

    @property
    def compressor(self) -> NumcodecsCodec | None:
        """The compressor of format 2; deprecated, use `compressors`.

        Raises
        ------
        TypeError
            The array has format 3, which has any number of them.
        """
        warnings.warn("Array.compressor: use compressors", DeprecationWarning, stacklevel=2)
        if isinstance(self.metadata, ArrayV3Metadata):
            raise TypeError("format 3 arrays have any number of compressors; use `compressors`")
        return self.metadata.compressor

    # ------------------------------------------------------------------ the grid

    @property
    def cdata_shape(self) -> Shape:
        """Number of chunks along each axis, overhanging ones counted whole."""
        return tuple(-(-n // c) for n, c in zip(self.shape, self.chunks, strict=True))

    @property
    def nchunks(self) -> int:
        """Number of chunks."""
        return math.prod(self.cdata_shape)

    @property
    def shard_grid_shape(self) -> Shape:
        """Number of stored objects along each axis."""
        return self.metadata.chunk_grid.grid_shape(self.shape)

    @property
    def nshards(self) -> int:
        """Number of objects that a full array stores."""
        return math.prod(self.shard_grid_shape)

    @property
    def nshards_initialized(self) -> int:
        """Number of objects that are stored; the store is listed."""
        return ops.count_stored(self.target, self.store.keys_below(self.path))

    @property
    def nchunks_initialized(self) -> int:
        """Number of chunks in the objects that are stored; the store is listed."""
        return self.nshards_initialized * self._chunks_per_shard

    @property
    def _chunks_per_shard(self) -> int:
        stored = self.metadata.chunk_spec.shape
        return math.prod(n // c for n, c in zip(stored, self.chunks, strict=True))

    @property
    def read_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Per axis, the elements of each chunk, the last one clipped to the array."""
        return _clipped_sizes(self.shape, self.chunks)

    @property
    def write_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Per axis, the elements of each stored object, the last one clipped to the array."""
        return _clipped_sizes(self.shape, self.metadata.chunk_spec.shape)

    def iter_chunk_coords(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[Shape]:
        """Coords of chunks in C order: all, or a box of the grid in chunks."""
        return ops.iterate_grid(self.cdata_shape, origin, selection_shape)

    def iter_chunk_regions(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[tuple[slice, ...]]:
        """Regions of the array that chunks cover, clipped to its shape."""
        for coords in self.iter_chunk_coords(origin=origin, selection_shape=selection_shape):
            yield _region(coords, self.chunks, self.shape)

    def iter_shard_coords(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[Shape]:
        """Coords of stored objects in C order: all, or a box of their grid."""
        return ops.iterate_grid(self.shard_grid_shape, origin, selection_shape)

    def iter_shard_keys(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[str]:
        """Keys of stored objects, relative to the array."""
        for coords in self.iter_shard_coords(origin=origin, selection_shape=selection_shape):
            yield self.metadata.chunk_key_encoding.key(coords)

    def iter_chunk_keys(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[str]:
        """For each chunk the key of the object that holds it, relative to the array."""
        stored = self.metadata.chunk_spec.shape
        per_shard = [n // c for n, c in zip(stored, self.chunks, strict=True)]
        for coords in self.iter_chunk_coords(origin=origin, selection_shape=selection_shape):
            shard = tuple(c // n for c, n in zip(coords, per_shard, strict=True))
            yield self.metadata.chunk_key_encoding.key(shard)

    def iter_shard_regions(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[tuple[slice, ...]]:
        """Regions of the array that stored objects cover, clipped to its shape."""
        stored = self.metadata.chunk_spec.shape
        for coords in self.iter_shard_coords(origin=origin, selection_shape=selection_shape):
            yield _region(coords, stored, self.shape)

    # ------------------------------------------------------------------ reading and writing

    def _read(self, selection: Selection, out: Any, prototype: BufferPrototype | None) -> Any:
        job = ops.reading(self.target, selection, out=out, prototype=prototype)
        run_all(job.programs(), self.store, self.config.workers)
        return job.result()

    def _get(
        self, selection: Any, mode: SelectionMode, fields: Any, out: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Any:  # fmt: skip
        self._check_fields(fields)
        return self._read(ops.select(self.target, selection, mode), out, prototype)

    def _set(self, selection: Any, value: Any, mode: SelectionMode, fields: Any) -> None:
        self._check_fields(fields)
        job = ops.writing(self.target, ops.select(self.target, selection, mode), value)
        run_all(job.programs(), self.store, self.config.workers)

    def _check_fields(self, fields: Any) -> None:
        if fields is not None and len(fields):
            raise SelectionError(
                f"{self.target.place}: no fields {fields!r} in an array of dtype {self.dtype}"
            )

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
        self._set(selection, _on_prototype(value, prototype), "basic", fields)

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
        self._set(selection, _on_prototype(value, prototype), "orthogonal", fields)

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
        self._set(selection, _on_prototype(value, prototype), "coordinate", fields)

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
        self._set(mask, _on_prototype(value, prototype), "mask", fields)

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
        self._set(selection, _on_prototype(value, prototype), "block", fields)

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

    @property
    def plan(self) -> "_Planner":
        """``array.plan[selection]``: what a read would touch; nothing is read."""
        return _Planner(self)

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
        shape = ops.parse_shape(new_shape, self.ndim)
        self.store.check_writable(self.path)
        program = ops.resizing(self.target, shape, delete_outside_chunks=delete_outside_chunks)
        return self._with_metadata(run(program, self.store))

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
        values = np.asarray(data)
        grown, region = ops.grown_shape(self.target, values, axis)
        self.store.check_writable(self.path)
        larger = self._with_metadata(self.metadata.with_shape(grown))
        job = ops.writing(larger.target, ops.select(larger.target, region, "basic"), values)
        run(ops.checking(self.target), self.store)
        run_all(job.programs(), self.store, self.config.workers)
        run(ops.publishing(self.target, larger.metadata), self.store)
        return larger

    def update_attributes(self, new: Mapping[str, Any]) -> "Array":
        """Handle of the array with these attributes added or replaced.

        Raises
        ------
        MetadataError
            A value that JSON can't hold; nothing was stored.
        ConflictError
            Somebody changed the stored document since this handle was opened.
        """
        if not isinstance(new, Mapping):
            raise MetadataError(f"attributes must be a mapping, got {type(new).__name__}")
        return self._with_attributes(self.attrs.merged(new))

    def _with_attributes(self, attributes: FrozenMap) -> "Array":
        self.store.check_writable(self.path)
        metadata = self.metadata.with_attributes(attributes)
        run(ops.publishing(self.target, metadata), self.store)
        return self._with_metadata(metadata)

    # ------------------------------------------------------------------ for people

    def nbytes_stored(self) -> int:
        """Bytes of all values below the array's path; the store is listed."""
        return self.store.blocking.getsize_prefix(self.path)

    @property
    def info(self) -> ArrayInfo:
        """A printable record; nothing is read."""
        return array_info(self)

    def info_complete(self) -> ArrayInfo:
        """A printable record with what is stored; the store is listed."""
        return array_info(self, stored=(self.nbytes_stored(), self.nshards_initialized))

    def __repr__(self) -> str:
        return f"<Array {self.target.place} shape={self.shape} dtype={self.dtype}>"

    def _repr_html_(self) -> str:
        return self.info._repr_html_()

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        documents = dumps(self.metadata.documents()).decode()
        return ("frozarr.Array", self.store.identity, self.path, documents)


def _clipped_sizes(shape: Shape, chunks: Shape) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(min(c, n - i) for i in range(0, n, c)) for n, c in zip(shape, chunks, strict=True)
    )


def _region(coords: Shape, chunks: Shape, shape: Shape) -> tuple[slice, ...]:
    return tuple(
        slice(c * size, min((c + 1) * size, extent))
        for c, size, extent in zip(coords, chunks, shape, strict=True)
    )


def split_fields(selection: Any) -> tuple[Any, Any]:
    """Field names in a selection, and the rest of it.

    Examples
    --------
    >>> split_fields(("x", slice(2)))
    ('x', slice(None, 2, None))
    """
    entries = selection if isinstance(selection, tuple) else (selection,)
    names = [e for e in entries if isinstance(e, str)]
    if (
        not names
        and isinstance(selection, list)
        and selection
        and all(isinstance(e, str) for e in selection)
    ):
        return selection, ...
    if not names:
        return None, selection
    rest = tuple(e for e in entries if not isinstance(e, str))
    return (names[0] if len(names) == 1 else names), (rest[0] if len(rest) == 1 else rest or ...)


def _merged(base: Config, config: "Config | Mapping[str, Any]") -> Config:
    return config if isinstance(config, Config) else base.evolve(**dict(config))


def _on_prototype(value: Any, prototype: BufferPrototype | None) -> Any:
    """The value in the memory of a prototype's arrays, where one is asked for."""
    if prototype is None or np.ndim(value) == 0:
        return value
    return prototype.nd_buffer.from_numpy_array(np.asarray(value)).as_ndarray_like()


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


@attrs.frozen
class _Planner:
    """Brackets that plan instead of reading."""

    array: Array
    mode: SelectionMode = "numpy"

    @property
    def oindex(self) -> "_Planner":
        """Plans of orthogonal selections."""
        return _Planner(self.array, "orthogonal")

    @property
    def vindex(self) -> "_Planner":
        """Plans of coordinate selections."""
        return _Planner(self.array, "coordinate")

    @property
    def blocks(self) -> "_Planner":
        """Plans of block selections."""
        return _Planner(self.array, "block")

    def __getitem__(self, selection: Any) -> ArrayPlan:
        target = self.array.target
        chosen = ops.select(target, selection, self.mode)
        return ArrayPlan(target, ops.reading_plan(target, chosen))

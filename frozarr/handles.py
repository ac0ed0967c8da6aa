"""What synchronous and asynchronous array handles share: all that needs no I/O.

A handle is a snapshot of the metadata over live bytes. Whatever changes the metadata returns a new
handle and leaves the old one as it was.
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Self

import attrs
import numpy as np

from frozarr.config import Config, as_config
from frozarr.errors import MetadataError, SelectionError
from frozarr.indexing.selection import SelectionMode
from frozarr.info import ArrayInfo, array_info
from frozarr.io import operations as ops
from frozarr.io.array_plan import ArrayPlan
from frozarr.io.buffers import BufferPrototype
from frozarr.io.programs import Program
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.io.target import ArrayMetadata, Target
from frozarr.metadata.array_v2 import ArrayV2Metadata, parse_array_v2
from frozarr.metadata.array_v3 import ArrayV3Metadata, parse_array_v3
from frozarr.metadata.axes import AxisGrid
from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.grids import ChunkGrid, RegularGrid
from frozarr.metadata.json import FrozenMap, dumps
from frozarr.metadata.rectilinear import RectilinearGrid
from frozarr.types import Shape

__all__ = ["ArrayHandle", "Planner", "split_fields"]


@attrs.frozen(repr=False)
class ArrayHandle:
    """An array in a store, as far as it is known without asking the store."""

    target: Target

    @classmethod
    def from_dict(cls, store_path: StoreLike, data: Mapping[str, Any]) -> Self:
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

    def with_config(self, config: "Config | Mapping[str, Any]") -> Self:
        """The same array, read and written with other settings."""
        return type(self)(attrs.evolve(self.target, config=_merged(self.config, config)))

    def _with_metadata(self, metadata: ArrayMetadata) -> Self:
        return type(self)(Target(metadata, self.target.place, self.target.config))

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
        """NumPy type of the elements that reads return."""
        return self.target.dtype

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
        """Shape of a chunk (of an inner chunk where there are shards), in elements.

        Raises
        ------
        NotImplementedError
            Chunks have several shapes; `read_chunk_sizes` has them.
        """
        return self._one_shape(self._read_grid, "chunks", "read_chunk_sizes")

    @property
    def shards(self) -> Shape | None:
        """Shape of a shard, in elements; None without sharding.

        Raises
        ------
        NotImplementedError
            Shards have several shapes; `write_chunk_sizes` has them.
        """
        if self.metadata.sharding is None:
            return None
        return self._one_shape(self.metadata.chunk_grid, "shards", "write_chunk_sizes")

    def _one_shape(self, grid: ChunkGrid, name: str, instead: str) -> Shape:
        if not grid.uniform:
            raise NotImplementedError(
                f"{self.target.place}: {name} of a {grid.name} grid have several shapes; use "
                f"{instead}"
            )
        return grid.chunk_shape

    @property
    def _read_grid(self) -> ChunkGrid:
        """The grid of chunks: inner ones where there are shards."""
        if self.metadata.sharding is None:
            return self.metadata.chunk_grid
        return RegularGrid(self.metadata.inner_shape)

    @property
    def chunking(self) -> tuple[Any, Any]:
        """Arguments ``chunks`` and ``shards`` that make an array with the same grid."""
        return self.chunking_for(self.shape)

    def chunking_for(self, shape: Any) -> tuple[Any, Any]:
        """Arguments ``chunks`` and ``shards`` that make an array of a shape with such a grid."""
        metadata = self.metadata
        if len(np.atleast_1d(shape)) == self.ndim:
            metadata = metadata.with_shape(tuple(np.atleast_1d(shape).tolist()))
        grid = metadata.chunk_grid
        stored = list(grid.edges) if isinstance(grid, RectilinearGrid) else grid.chunk_shape
        if self.metadata.sharding is None:
            return stored, None
        return self.metadata.inner_shape, stored

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
        return self._read_grid.grid_shape(self.shape)

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
    def read_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Per axis, the elements of each chunk, the last one clipped to the array."""
        return _clipped_sizes(self._read_grid, self.shape)

    @property
    def write_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Per axis, the elements of each stored object, the last one clipped to the array."""
        return _clipped_sizes(self.metadata.chunk_grid, self.shape)

    def iter_chunk_coords(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[Shape]:
        """Coords of chunks in C order: all, or a box of the grid in chunks."""
        return ops.iterate_grid(self.cdata_shape, origin, selection_shape)

    def iter_chunk_regions(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[tuple[slice, ...]]:
        """Regions of the array that chunks cover, clipped to its shape."""
        axes = self._read_grid.axes(self.shape)
        for coords in self.iter_chunk_coords(origin=origin, selection_shape=selection_shape):
            yield _region(coords, axes)

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
        chunks = self._read_grid.axes(self.shape)
        stored = self.metadata.chunk_grid.axes(self.shape)
        for coords in self.iter_chunk_coords(origin=origin, selection_shape=selection_shape):
            shard = tuple(
                whole.locate(axis.start(c))
                for c, axis, whole in zip(coords, chunks, stored, strict=True)
            )
            yield self.metadata.chunk_key_encoding.key(shard)

    def iter_shard_regions(
        self, *, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[tuple[slice, ...]]:
        """Regions of the array that stored objects cover, clipped to its shape."""
        axes = self.metadata.chunk_grid.axes(self.shape)
        for coords in self.iter_shard_coords(origin=origin, selection_shape=selection_shape):
            yield _region(coords, axes)

    # ------------------------------------------------------------------ plans and programs

    @property
    def plan(self) -> "Planner":
        """``array.plan[selection]``: what a read would touch; nothing is read."""
        return Planner(self.target)

    def _reading(
        self, selection: Any, mode: SelectionMode, fields: Any, out: Any = None,
        prototype: BufferPrototype | None = None,
    ) -> Program:  # fmt: skip
        target = self._of_fields(fields)
        return ops.read(target, ops.select(self.target, selection, mode), out, prototype)

    def _writing(
        self, selection: Any, value: Any, mode: SelectionMode, fields: Any,
        prototype: BufferPrototype | None = None,
    ) -> Program:  # fmt: skip
        target = self._of_fields(fields)
        chosen = ops.select(self.target, selection, mode)
        return ops.write(target, chosen, _on_prototype(value, prototype))

    def _of_fields(self, fields: Any) -> Target:
        """The array, or some of its fields."""
        if fields is None or (not isinstance(fields, str) and not len(fields)):
            return self.target
        names = (fields,) if isinstance(fields, str) else tuple(fields)
        known = self.metadata.dtype.names or ()
        if any(name not in known for name in names) or len(set(names)) < len(names):
            raise SelectionError(
                f"{self.target.place}: no fields {list(names)} in an array of dtype {self.dtype}; "
                f"it has {list(known)}"
            )
        return self.target.with_fields(fields if isinstance(fields, str) else names)

    def _resizing(self, new_shape: tuple[Any, ...], *, delete_outside_chunks: bool) -> Program:
        shape = ops.parse_shape(new_shape, self.ndim)
        return ops.resizing(self.target, shape, delete_outside_chunks=delete_outside_chunks)

    def _merging(self, new: Mapping[str, Any]) -> Program:
        if not isinstance(new, Mapping):
            raise MetadataError(f"attributes must be a mapping, got {type(new).__name__}")
        return ops.set_attributes(self.target, self.attrs.merged(new))

    # ------------------------------------------------------------------ for people

    @property
    def info(self) -> ArrayInfo:
        """A printable record; nothing is read."""
        return array_info(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.target.place} shape={self.shape} dtype={self.dtype}>"

    def _repr_html_(self) -> str:
        return self.info._repr_html_()

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        documents = dumps(self.metadata.documents()).decode()
        return ("frozarr.Array", self.store.identity, self.path, documents)


def _clipped_sizes(grid: ChunkGrid, shape: Shape) -> tuple[tuple[int, ...], ...]:
    found = []
    for axis in grid.axes(shape):
        chunks = np.arange(axis.nchunks)
        clipped = np.minimum(axis.sizes(chunks), axis.extent - axis.starts(chunks))
        found.append(tuple(clipped.tolist()))
    return tuple(found)


def _region(coords: Shape, axes: tuple[AxisGrid, ...]) -> tuple[slice, ...]:
    return tuple(
        slice(axis.start(c), min(axis.start(c + 1), axis.extent))
        for c, axis in zip(coords, axes, strict=True)
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
class Planner:
    """Brackets that plan instead of reading."""

    target: Target
    mode: SelectionMode = "numpy"

    @property
    def oindex(self) -> "Planner":
        """Plans of orthogonal selections."""
        return Planner(self.target, "orthogonal")

    @property
    def vindex(self) -> "Planner":
        """Plans of coordinate selections."""
        return Planner(self.target, "coordinate")

    @property
    def blocks(self) -> "Planner":
        """Plans of block selections."""
        return Planner(self.target, "block")

    def __getitem__(self, selection: Any) -> ArrayPlan:
        chosen = ops.select(self.target, selection, self.mode)
        return ArrayPlan(self.target, ops.reading_plan(self.target, chosen))

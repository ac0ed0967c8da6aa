"""What handles of arrays share: all that needs no I/O.

A handle is a snapshot of the metadata over live bytes. Whatever changes the metadata returns a new
handle and leaves the old one as it was.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Self

import attrs
import numpy as np

from frozarr.caller import warn_caller
from frozarr.config import Config, as_config
from frozarr.errors import SelectionError
from frozarr.handles.info import ArrayInfo
from frozarr.handles.parameters import explained
from frozarr.handles.plan import Planner
from frozarr.indexing import AxisGrid, grid_shape
from frozarr.io.access import Access, ShapeChange
from frozarr.io.bound import BoundArray, bind_array, element_type
from frozarr.io.programs.arrays import naming
from frozarr.io.programs.groups import ToldBy
from frozarr.io.programs.stored import StoredCounts
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.chain import codecs_of_kind
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.documents import parse_array
from frozarr.metadata.grids import ChunkGrid, RectilinearGrid, RegularGrid
from frozarr.metadata.json import FrozenMap, dumps
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyDtype, Immutable, Shape

__all__ = ["ArrayHandle"]


@attrs.frozen(repr=False)
class ArrayHandle(Immutable):
    """An array in a store, as far as it is known without asking the store."""

    metadata: ArrayMetadata
    """What the array is, as a frozen value."""
    store_path: StorePath
    """Store and path."""
    config: Config = attrs.field(default=None, converter=as_config)
    """How reads and writes are carried out."""
    shape_change: ShapeChange = attrs.field(factory=ShapeChange, eq=False, repr=False, kw_only=True)
    """Whether `resize` or `append` was called on this handle, which then refuses writes."""

    told_by: ToldBy | None = attrs.field(default=None, eq=False, repr=False, kw_only=True)
    """The consolidated metadata that tell of this array, and are told what changes."""

    @classmethod
    def of(cls, handle: "ArrayHandle") -> Self:
        """The same array behind this kind of handle.

        Parameters
        ----------
        handle
            Of any kind.
        """
        return cls(
            handle.metadata, handle.store_path, handle.config, shape_change=handle.shape_change,
            told_by=handle.told_by,
        )  # fmt: skip

    @classmethod
    def from_dict(cls, store_path: StoreLike, data: Mapping[str, Any]) -> Self:
        """Handle for a metadata document of either format; nothing is written.

        Parameters
        ----------
        store_path
            Where the array is: a store, a place in one, a path, a URL or a dictionary.
        data
            The document.

        Raises
        ------
        MetadataError
            Bad or missing fields, all of them named.
        """
        place = resolve(store_path)
        return cls(parse_array(data, where=str(place)), place)

    def with_config(self, config: "Config | Mapping[str, Any]") -> Self:
        """The same array, read and written with other settings.

        Parameters
        ----------
        config
            A config, or the settings that are to differ.
        """
        other = config if isinstance(config, Config) else self.config.evolve(**dict(config))
        return attrs.evolve(self, config=other)

    def with_metadata(self, metadata: ArrayMetadata) -> Self:
        """The same place seen with other metadata; nothing is stored.

        Parameters
        ----------
        metadata
            What the array is.
        """
        same_shape = metadata.shape == self.shape
        change = self.shape_change if same_shape else ShapeChange()
        return attrs.evolve(self, metadata=metadata, shape_change=change)

    # ------------------------------------------------------------------ what it is

    @cached_property
    def bound(self) -> BoundArray:
        """The metadata bound to kernels: what programs read and write by."""
        with naming(self.store_path, self.metadata):
            return bind_array(
                self.metadata, strings=self.config.strings,
                variable_nbytes=self.config.variable_chunk_nbytes,
            )  # fmt: skip

    @cached_property
    def access(self) -> Access:
        """Place, config, and what is kept between calls."""
        return Access(self.store_path, self.config, self.shape_change)

    @property
    def store(self) -> Store:
        """The store."""
        return self.store_path.store

    @property
    def path(self) -> str:
        """Path in the store."""
        return self.store_path.path

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
    def dtype(self) -> AnyDtype:
        """NumPy type of the elements that reads return."""
        return element_type(self.metadata.dtype, None, self.config.strings)

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
        metadata = self.metadata
        return metadata.dimension_names if isinstance(metadata, ArrayV3Metadata) else None

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
                f"{self.store_path}: {name} of a {grid.name} grid have several shapes; use "
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
        """Arguments ``chunks`` and ``shards`` that make an array of a shape with such a grid.

        Parameters
        ----------
        shape
            Extents in elements.
        """
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
        warn_caller("Array.compressor: use compressors", DeprecationWarning)
        if isinstance(self.metadata, ArrayV3Metadata):
            raise TypeError("format 3 arrays have any number of compressors; use `compressors`")
        return self.metadata.compressor

    # ------------------------------------------------------------------ the grid

    @property
    def cdata_shape(self) -> Shape:
        """Number of chunks along each axis, overhanging ones counted whole."""
        return grid_shape(self._read_grid, self.shape)

    @property
    def nchunks(self) -> int:
        """Number of chunks."""
        return math.prod(self.cdata_shape)

    @property
    def shard_grid_shape(self) -> Shape:
        """Number of stored objects along each axis."""
        return grid_shape(self.metadata.chunk_grid, self.shape)

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

    @explained
    def iter_chunk_coords(
        self, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[Shape]:
        """Coords of chunks in C order: all, or a box of the grid in chunks."""
        return iterate_grid(self.cdata_shape, origin, selection_shape)

    @explained
    def iter_chunk_regions(
        self, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[tuple[slice, ...]]:
        """Regions of the array that chunks cover, clipped to its shape."""
        axes = self._read_grid.axes(self.shape)
        for coords in self.iter_chunk_coords(origin, selection_shape):
            yield _region(coords, axes)

    @explained
    def iter_shard_coords(
        self, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[Shape]:
        """Coords of stored objects in C order: all, or a box of their grid."""
        return iterate_grid(self.shard_grid_shape, origin, selection_shape)

    @explained
    def iter_shard_keys(
        self, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[str]:
        """Keys of stored objects, relative to the array."""
        for coords in self.iter_shard_coords(origin, selection_shape):
            yield self.metadata.chunk_key_encoding.key(coords)

    @explained
    def iter_chunk_keys(
        self, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[str]:
        """For each chunk the key of the object that holds it, relative to the array."""
        chunks = self._read_grid.axes(self.shape)
        stored = self.metadata.chunk_grid.axes(self.shape)
        for coords in self.iter_chunk_coords(origin, selection_shape):
            shard = tuple(
                whole.locate(axis.start(c))
                for c, axis, whole in zip(coords, chunks, stored, strict=True)
            )
            yield self.metadata.chunk_key_encoding.key(shard)

    @explained
    def iter_shard_regions(
        self, origin: Shape | None = None, selection_shape: Shape | None = None
    ) -> Iterator[tuple[slice, ...]]:
        """Regions of the array that stored objects cover, clipped to its shape."""
        axes = self.metadata.chunk_grid.axes(self.shape)
        for coords in self.iter_shard_coords(origin, selection_shape):
            yield _region(coords, axes)

    # ------------------------------------------------------------------ plans

    @property
    def plan(self) -> Planner:
        """``array.plan[selection]``: what a read would touch; nothing is read."""
        return Planner(self.bound, self.access)

    # ------------------------------------------------------------------ for people

    @property
    def info(self) -> ArrayInfo:
        """A printable record; nothing is read."""
        return self.info_with(None)

    def info_with(self, stored: StoredCounts | None) -> ArrayInfo:
        """A printable record.

        Parameters
        ----------
        stored
            What is stored, if it was counted.
        """
        chunks, shards = self.chunking
        counted: dict[str, Any] = {}
        if stored is not None:
            counted = {
                "nbytes_stored": stored.nbytes, "chunks_initialized": stored.chunks,
                "shards_initialized": stored.objects if shards is not None else None,
                "storage_ratio": round(self.nbytes / stored.nbytes, 1) if stored.nbytes else None,
            }  # fmt: skip
        return ArrayInfo(
            type=type(self).__name__, zarr_format=self.metadata.zarr_format,
            data_type=self.metadata.data_type, fill_value=self.fill_value, shape=self.shape,
            shard_shape=shards, chunk_shape=chunks, order=self.order, read_only=self.read_only,
            store_type=type(self.store).__name__, filters=self.filters,
            serializer=self.serializer, compressors=self.compressors, nbytes=self.nbytes,
            other_writers=self.store.promises, **counted,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.store_path} shape={self.shape} dtype={self.dtype}>"

    def _repr_html_(self) -> str:
        return self.info._repr_html_()

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        documents = dumps(self.metadata.documents()).decode()
        return ("frozarr.Array", self.store.identity, self.path, documents)


def iterate_grid(
    grid: Shape, origin: Shape | None, selection_shape: Shape | None
) -> Iterator[Shape]:
    """Chunk coords of a box of the grid in C order; the whole grid by default.

    Raises
    ------
    SelectionError
        The box reaches outside the grid, or has another number of axes.
    """
    start = origin if origin is not None else (0,) * len(grid)
    if len(start) != len(grid):
        raise SelectionError(f"origin {start} has {len(start)} axes, the grid has {len(grid)}")
    extent = (
        tuple(selection_shape)
        if selection_shape is not None
        else tuple(n - s for n, s in zip(grid, start, strict=True))
    )
    if len(extent) != len(grid) or any(
        s < 0 or e < 0 or s + e > n for s, e, n in zip(start, extent, grid, strict=False)
    ):
        raise SelectionError(f"box at {start} of shape {extent} does not fit the grid {grid}")
    return itertools.product(*(range(s, s + e) for s, e in zip(start, extent, strict=True)))


def _clipped_sizes(grid: ChunkGrid, shape: Shape) -> tuple[tuple[int, ...], ...]:
    sizes = []
    for axis in grid.axes(shape):
        chunks = np.arange(axis.nchunks)
        clipped = np.minimum(axis.sizes(chunks), axis.extent - axis.starts(chunks))
        sizes.append(tuple(clipped.tolist()))
    return tuple(sizes)


def _region(coords: Shape, axes: tuple[AxisGrid, ...]) -> tuple[slice, ...]:
    return tuple(
        slice(axis.start(c), min(axis.start(c + 1), axis.extent))
        for c, axis in zip(coords, axes, strict=True)
    )

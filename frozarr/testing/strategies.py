"""Hypothesis strategies for what arrays are made of."""

from typing import Final, Literal

import hypothesis.strategies as st
import numpy as np
from hypothesis.extra import numpy as npst

from frozarr.config import Config
from frozarr.metadata.codecs.base import Codec
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.compressors import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.keys import DefaultKeys, V2Keys
from frozarr.metadata.spec import ArrayMetadata, array_metadata
from frozarr.types import AnyArray, AnyDtype, Shape

__all__ = [
    "basic_selections", "bytes_codecs", "chunk_shapes", "configs", "dtypes", "metadata",
    "orthogonal_selections", "point_selections", "shapes", "sharded_metadata", "sharding_codecs",
    "values_of",
]  # fmt: skip

DTYPES = (
    "bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16",
)  # fmt: skip


def shapes(max_ndim: int = 3, max_side: int = 12) -> st.SearchStrategy[Shape]:
    """Shapes, 0-d and zero-length axes included."""
    return st.lists(st.integers(0, max_side), max_size=max_ndim).map(tuple)


def chunk_shapes(shape: Shape, max_side: int = 6) -> st.SearchStrategy[Shape]:
    """Chunk shapes for arrays of a shape."""
    return st.tuples(*(st.integers(1, max_side) for _ in shape))


def dtypes() -> st.SearchStrategy[AnyDtype]:
    """NumPy types of the core data types."""
    return st.sampled_from(DTYPES).map(np.dtype)


_ENDIANS: Final[tuple[Literal["little", "big"], ...]] = ("little", "big")
_ORDERS: Final[tuple[Literal["<", ">"], ...]] = ("<", ">")


def values_of(dtype: AnyDtype, shape: Shape) -> st.SearchStrategy[AnyArray]:
    """Arrays of any bits that numpy makes of the type, NaN and infinities included."""
    return npst.arrays(dtype, shape)


def configs() -> st.SearchStrategy[Config]:
    """Settings that change how work is cut, never what comes out."""
    return st.builds(
        Config,
        workers=st.integers(1, 3),
        batch_nbytes=st.sampled_from([1, 64, 2**20]),
        write_empty_chunks=st.booleans(),
        order=st.sampled_from("CF"),
        inner_order=st.sampled_from(["morton", "lexicographic", "colexicographic"]),
        coalesce_gap_nbytes=st.sampled_from([None, 0, 7]),
        coalesce_max_nbytes=st.sampled_from([1, 50, 2**24]),
        index_cache_nbytes=st.sampled_from([0, 100, 2**20]),
    )


def bytes_codecs() -> st.SearchStrategy[tuple[Codec, ...]]:
    """Chains of up to two bytes-to-bytes codecs."""
    one: st.SearchStrategy[Codec] = st.one_of(
        st.builds(ZstdCodec, level=st.integers(-3, 5), checksum=st.booleans()),
        st.builds(GzipCodec, level=st.integers(0, 5)),
        st.builds(
            BloscCodec,
            cname=st.sampled_from(["lz4", "zstd", "blosclz", "lz4hc", "zlib"]),
            clevel=st.integers(0, 9),
            shuffle=st.sampled_from(["noshuffle", "shuffle", "bitshuffle"]),
            typesize=st.integers(1, 8),
        ),
        st.just(Crc32cCodec()),
    )
    return st.lists(one, max_size=2).map(tuple)


@st.composite
def metadata(draw: st.DrawFn, shape: Shape | None = None) -> ArrayMetadata:
    """Metadata of small arrays of both formats, over types, codecs, grids and key encodings."""
    if shape is None:
        shape = draw(shapes())
    dtype = draw(dtypes())
    fill = draw(st.one_of(st.none(), values_of(dtype, ()).map(lambda v: v[()])))
    attributes = draw(st.dictionaries(st.text(max_size=5), st.integers() | st.text(), max_size=2))
    chunks = draw(chunk_shapes(shape))
    if draw(st.booleans()):
        compressor = draw(st.sampled_from([
            None, {"id": "zstd", "level": 1}, {"id": "zlib", "level": 1}, {"id": "lz4"},
            {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
            {"id": "bz2", "level": 1}, {"id": "lzma"}, {"id": "gzip", "level": 1},
        ]))  # fmt: skip
        shuffle = {"id": "shuffle", "elementsize": dtype.itemsize}
        order = draw(st.sampled_from(_ORDERS))
        return array_metadata(
            shape=shape, dtype=dtype.newbyteorder(order), chunks=chunks, zarr_format=2,
            fill_value=fill, order=draw(st.sampled_from("CF")), compressors=compressor,
            filters=draw(st.sampled_from([None, [shuffle]])),
            chunk_key_encoding=draw(st.sampled_from("./")), attributes=attributes,
        )  # fmt: skip
    axes = draw(st.permutations(range(len(shape))))
    endian = draw(st.sampled_from(_ENDIANS)) if dtype.itemsize > 1 else None
    return array_metadata(
        shape=shape, dtype=dtype, chunks=chunks, fill_value=fill, attributes=attributes,
        filters=draw(st.sampled_from([None, [TransposeCodec(tuple(axes))]])),
        serializer=BytesCodec(endian=endian), compressors=draw(bytes_codecs()),
        chunk_key_encoding=draw(st.sampled_from([
            DefaultKeys(), DefaultKeys(separator="."), V2Keys(), V2Keys(separator="/"),
        ])),
        dimension_names=draw(st.none() | st.tuples(*(st.none() | st.text() for _ in shape))),
    )  # fmt: skip


@st.composite
def sharding_codecs(draw: st.DrawFn, inner: Shape, itemsize: int, depth: int = 1) -> ShardingCodec:
    """Sharding with random inner and index chains; nested once at most."""
    nested = tuple(n * draw(st.integers(1, 2)) for n in inner)
    endian = draw(st.sampled_from(_ENDIANS)) if itemsize > 1 else None
    axes = draw(st.permutations(range(len(inner))))
    chain = draw(bytes_codecs())
    serializer: Codec = BytesCodec(endian=endian)
    shape = inner
    if depth and draw(st.integers(0, 3)) == 0:
        serializer, shape = draw(sharding_codecs(inner, itemsize, depth=0)), nested
    before: tuple[Codec, ...] = (
        (TransposeCodec(tuple(axes)),)
        if draw(st.booleans()) and isinstance(serializer, BytesCodec)
        else ()
    )
    index_endian = draw(st.sampled_from(_ENDIANS))
    return ShardingCodec(
        chunk_shape=shape, codecs=(*before, serializer, *chain),
        index_codecs=(
            BytesCodec(endian=index_endian), *draw(st.sampled_from([(Crc32cCodec(),), ()])),
        ),
        index_location=draw(st.sampled_from(["start", "end"])),
    )  # fmt: skip


@st.composite
def sharded_metadata(draw: st.DrawFn, min_ndim: int = 0) -> ArrayMetadata:
    """Metadata of small format 3 arrays whose chunks are shards, over types, codecs and nesting."""
    shape = draw(shapes().filter(lambda s: len(s) >= min_ndim))
    dtype = draw(dtypes())
    fill = draw(st.one_of(st.none(), values_of(dtype, ()).map(lambda v: v[()])))
    codec = draw(sharding_codecs(draw(chunk_shapes(shape, 3)), dtype.itemsize))
    # codecs around sharding are legal and rare: such shards are read whole
    around = draw(st.sampled_from([(), (), (), (GzipCodec(level=1),)]))
    return array_metadata(
        shape=shape, dtype=dtype, fill_value=fill, serializer=codec, compressors=around,
        chunks=tuple(n * draw(st.integers(1, 3)) for n in codec.chunk_shape),
    )  # fmt: skip


def _slices(extent: int) -> st.SearchStrategy[slice]:
    bound = st.none() | st.integers(-extent - 3, extent + 3)
    return st.builds(slice, bound, bound, st.none() | st.integers(1, 5))


def _indices(extent: int) -> st.SearchStrategy[object]:
    if not extent:
        return st.just(np.zeros(0, np.int64))
    lists = st.lists(st.integers(-extent, extent - 1), max_size=8)
    masks = st.lists(st.booleans(), min_size=extent, max_size=extent)
    return lists.map(lambda v: np.array(v, np.int64)) | masks.map(lambda v: np.array(v, bool))


@st.composite
def basic_selections(draw: st.DrawFn, shape: Shape) -> tuple[object, ...]:
    """Integers, slices and ellipses; always in bounds."""
    entries: list[object] = [
        draw(_slices(n) | st.integers(-n, n - 1) if n else _slices(n)) for n in shape
    ]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(entries)))
        until = draw(st.integers(at, len(entries)))
        entries[at:until] = [...]
    return tuple(entries)


@st.composite
def orthogonal_selections(draw: st.DrawFn, shape: Shape) -> tuple[object, ...]:
    """Integers, slices, index arrays and Boolean arrays, one per axis."""
    return tuple(
        draw(st.one_of(_slices(n), _indices(n), *([st.integers(-n, n - 1)] if n else [])))
        for n in shape
    )


@st.composite
def point_selections(draw: st.DrawFn, shape: Shape) -> tuple[object, ...]:
    """One integer array per axis, of one shape; the array must have an element."""
    points = draw(npst.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=5))
    return tuple(
        draw(npst.arrays(np.int64, points, elements=st.integers(-n, n - 1))) for n in shape
    )

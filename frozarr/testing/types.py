"""Hypothesis strategies over every data type, codec, grid and shard that can go together."""

import attrs
import hypothesis.strategies as st
import numpy as np
from hypothesis.extra import numpy as npst

from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.dtypes.small import SMALL_INTEGERS
from frozarr.metadata.spec import ArrayMetadata, array_metadata
from frozarr.testing.strategies import bytes_codecs, chunk_shapes, shapes
from frozarr.types import JSON, AnyArray, AnyDtype, Shape

__all__ = ["all_dtypes", "any_metadata", "values_for"]

_FIXED = (
    "bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16",
    "U3", "S3", "V3", "M8[s]", "M8[10us]", "m8[D]",
)  # fmt: skip
_ML = ("bfloat16", "float8_e5m2", "float8_e4m3", "int4", "uint2", "float4_e2m1fn")
_VARIABLE = ("string", "variable_length_bytes")
_RECORDS: tuple[object, ...] = (
    [("a", "i2"), ("b", "f8"), ("c", "S2")],
    [("x", "u1"), ("n", [("y", "c8"), ("z", "U2")]), ("t", "M8[s]")],
)


def all_dtypes() -> st.SearchStrategy[object]:
    """What can be given as ``dtype=`` in format 3."""
    return st.one_of(
        st.sampled_from(_FIXED), st.sampled_from(_ML), st.sampled_from(_RECORDS),
        st.sampled_from(_VARIABLE), st.just("r16"),
    )  # fmt: skip


def values_for(data_type: DataType, dtype: AnyDtype, shape: Shape) -> st.SearchStrategy[AnyArray]:
    """Arrays of a data type, any bits that it can have."""
    if dtype.kind == "T":
        return _objects(st.text(max_size=6), shape).map(lambda a: a.astype(dtype))
    if dtype.kind == "O":
        return _objects(st.binary(max_size=6), shape)
    if data_type.name in SMALL_INTEGERS:
        low, high = SMALL_INTEGERS[data_type.name]
        return npst.arrays(np.int8, shape, elements=st.integers(low, high)).map(
            lambda a: a.astype(dtype)
        )
    if data_type.name in _ML:
        bits = {"float4_e2m1fn": 4}.get(data_type.name, 8 * dtype.itemsize)
        words = np.dtype(f"u{dtype.itemsize}")
        return npst.arrays(words, shape, elements=st.integers(0, 2**bits - 1)).map(
            lambda a: a.view(dtype)
        )
    if dtype.kind == "V" and dtype.names is None:
        octets = npst.arrays(np.uint8, (*shape, dtype.itemsize))
        return octets.map(lambda a: a.view(dtype).reshape(shape))
    return npst.arrays(dtype, shape)


def _objects(elements: st.SearchStrategy[object], shape: Shape) -> st.SearchStrategy[AnyArray]:
    count = int(np.prod(shape, dtype=np.int64))

    def filled(entries: list[object]) -> AnyArray:
        objects = np.empty(count, object)
        objects[:] = entries
        return objects.reshape(shape)

    return st.lists(elements, min_size=count, max_size=count).map(filled)


def _named(name: str, **configuration: JSON) -> dict[str, JSON]:
    return {"name": name, "configuration": configuration}


def _filters(dtype: object, ndim: int) -> list[list[dict[str, JSON]] | None]:
    """Array filters that keep every value of a type."""
    transpose = _named("transpose", order=list(range(ndim))[::-1])
    filters: list[list[dict[str, JSON]] | None] = [
        None,
        [transpose],
        [_named("reshape", shape=[-1])],
    ]
    kind = np.dtype(dtype) if isinstance(dtype, str) and dtype in _FIXED else None
    if kind is None:
        return filters[:2] if dtype in _VARIABLE else filters
    if kind.kind in "iu":
        other = kind.name[1:] if kind.kind == "u" else f"u{kind.name}"
        filters.append([_named("numcodecs.delta", dtype=kind.newbyteorder("<").str)])
        filters.append([_named("cast_value", data_type=other, out_of_range="wrap")])
        filters.append([transpose, _named("cast_value", data_type=other, out_of_range="wrap")])
    if kind.kind == "f":
        filters.append(
            [_named("numcodecs.bitround", keepbits={2: 10, 4: 23, 8: 52}[kind.itemsize])]
        )
    if kind.kind == "b":
        filters.append([_named("numcodecs.packbits")])
    return filters


def _serializers(dtype: object) -> list[object]:
    if dtype in _VARIABLE:
        return ["auto"]
    serializers: list[object] = ["auto", _named("bytes", endian="big")]
    if dtype in _ML or (
        isinstance(dtype, str) and dtype in _FIXED and np.dtype(dtype).kind in "biufcMm"
    ):
        serializers.append(_named("packbits", padding_encoding="first_byte"))
    return serializers


_MORE_CODECS = (
    "zlib", "lz4", "bz2", "lzma", "shuffle", "crc32", "adler32", "fletcher32", "jenkins_lookup3",
    "zstd", "gzip", "blosc",
)  # fmt: skip


@st.composite
def _grids(draw: st.DrawFn, shape: Shape) -> tuple[object, object]:
    """Arguments ``chunks`` and ``shards``: regular, sharded, rectilinear, and both."""
    chunks = draw(chunk_shapes(shape, 4))
    kind = draw(st.sampled_from(("regular", "sharded", "rectilinear", "rectilinear shards")))
    if kind == "regular" or not shape:
        return chunks, None
    if kind == "sharded":
        return chunks, tuple(c * draw(st.integers(1, 3)) for c in chunks)
    edges = []
    for extent, unit in zip(shape, chunks, strict=True):
        step = unit if kind == "rectilinear shards" else 1
        sizes: list[int | list[int]] = []
        covered = 0
        while covered < extent or not sizes:
            size, count = step * draw(st.integers(1, 4)), draw(st.integers(1, 2))
            sizes.append([size, count] if count > 1 else size)
            covered += size * count
        edges.append(sizes)
    return (edges, None) if kind == "rectilinear" else (chunks, edges)


@st.composite
def any_metadata(draw: st.DrawFn, shape: Shape | None = None) -> ArrayMetadata:
    """Metadata of small format 3 arrays over all types, codecs, grids and shards."""
    shape = draw(shapes(max_ndim=3, max_side=8)) if shape is None else shape
    dtype = draw(all_dtypes())
    chunks, shards = draw(_grids(shape))
    filters = draw(st.sampled_from(_filters(dtype, len(shape))))
    serializer = draw(st.sampled_from(_serializers(dtype)))
    if filters and any(f["name"] == "numcodecs.packbits" for f in filters):
        serializer = "auto"
    # shuffle needs whole elements
    uneven = dtype in _VARIABLE or (
        isinstance(serializer, dict) and serializer["name"] == "packbits"
    )
    names = [name for name in _MORE_CODECS if not (uneven and name == "shuffle")]
    more = st.sampled_from(names).map(lambda name: (_named(f"numcodecs.{name}"),))
    plain = array_metadata(
        shape=shape, dtype=dtype, chunks=chunks, shards=shards, filters=filters,
        serializer=serializer, compressors=draw(bytes_codecs() | more),
        chunk_key_encoding=draw(st.sampled_from((None, "v2", "fanout"))),
    )  # fmt: skip
    fill = draw(values_for(plain.data_type, plain.dtype, ()))[()]
    return draw(st.sampled_from((plain, _with_fill(plain, fill))))


def _with_fill(metadata: ArrayMetadata, fill: object) -> ArrayMetadata:
    filled: ArrayMetadata = attrs.evolve(metadata, fill_value=fill)
    return filled

"""The law of values: hashable, picklable, equal after a round trip, nothing mutable within reach.

It runs over every public attrs class of the pure layers and of the handles. A class that no
example reaches fails the last test.
"""

import copy
import enum
import importlib
import pickle
import pkgutil
import types

import attrs
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import frozarr
from frozarr import compat, indexing
from frozarr.config import Config
from frozarr.handles.group import Consolidated
from frozarr.io.access import ShapeChange
from frozarr.io.bound import BoundArray
from frozarr.io.byte_requests import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from frozarr.io.stores.base import Store
from frozarr.metadata import registry
from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.codecs.chain import IgnoredCodec
from frozarr.metadata.dtypes.base import Record
from frozarr.metadata.dtypes.vlen import AnyObject
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.json import FrozenList, FrozenMap
from frozarr.metadata.spec import ArraySpec
from frozarr.storage import LocalStore
from frozarr.testing.arrays import stored_array
from frozarr.testing.strategies import basic_selections, orthogonal_selections, point_selections
from frozarr.testing.types import any_metadata

MODULES = ("frozarr.indexing", "frozarr.metadata", "frozarr.handles")
ALONE = ("frozarr.config", "frozarr.io.byte_requests", "frozarr.io.stores.path")
PLAIN = (
    type(None), bool, int, float, complex, str, bytes, np.dtype, type, types.EllipsisType, slice,
    types.FunctionType, enum.Enum,
)  # fmt: skip


def values_within(value):
    """A value, and all attrs values that it holds; AssertionError for anything that can change."""
    if isinstance(value, PLAIN):
        return
    if isinstance(value, np.ndarray):
        assert not value.flags.writeable, value
        if isinstance(value.base, np.ndarray):
            assert not value.base.flags.writeable, value
    elif isinstance(value, np.generic):
        assert not isinstance(value, np.void) or not value.flags.writeable
    elif isinstance(value, FrozenMap):
        for entry in value.values():
            yield from values_within(entry)
    elif isinstance(value, tuple | frozenset | FrozenList):
        for entry in value:
            yield from values_within(entry)
    elif isinstance(value, Store | ShapeChange | Consolidated):
        return  # stores are places, and what a handle was used for is no part of its value
    elif attrs.has(type(value)):
        yield value
        if isinstance(value, BoundArray):
            return  # kernels are made of it anew
        for field in attrs.fields(type(value)):
            if field.eq or field.init:
                yield from values_within(getattr(value, field.name))
    else:
        raise AssertionError(f"{type(value).__name__} can change: {value!r}")


def check_value(value):
    """The law, for a value and all that it holds; the classes met."""
    met = set()
    for part in values_within(value):
        met.add(type(part))
        pickled = pickle.loads(pickle.dumps(part))
        assert pickled == part
        assert hash(pickled) == hash(part)
        assert copy.deepcopy(part) == part
        list(values_within(pickled))
        field = attrs.fields(type(part))[0] if attrs.fields(type(part)) else None
        if field is not None:
            with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
                setattr(part, field.name, getattr(part, field.name, None))
    return met


@given(any_metadata(), st.data())
def test_of_arrays_and_their_parts(metadata, data):
    check_value(metadata)
    check_value(stored_array(metadata, {}).info)


@given(st.data())
def test_of_selections_and_plans(data):
    shape = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple))
    edges = tuple(data.draw(st.sampled_from([3, (2, (3, 4))])) for _ in shape)
    grid = indexing.RectilinearGrid(edges)
    mode, strategy = data.draw(st.sampled_from([
        ("basic", basic_selections), ("orthogonal", orthogonal_selections),
        ("coordinate", point_selections),
    ]))  # fmt: skip
    selection = indexing.parse_selection(data.draw(strategy(shape)), shape, mode)
    check_value(selection)
    for plan in (
        indexing.plan_read(grid, shape, selection), indexing.plan_write(grid, shape, selection),
    ):  # fmt: skip
        check_value(plan)
        for batch in plan.batches(3):
            check_value(batch)
        for part in indexing.same_shape(plan):
            check_value(part)


def test_arrays_that_users_gave_are_not_shared():
    rows = np.array([3, 1])
    selection = indexing.parse_selection((rows,), (5,), "orthogonal")
    plan = indexing.plan_read(indexing.RegularGrid((2,)), (5,), selection)
    rows[0] = 0
    assert selection.axes[0].indices.tolist() == [3, 1]
    assert plan.coords().tolist() == [[0], [1]]


def selected(mode, selection, shape=(7, 7)):
    grid = indexing.RectilinearGrid((3, (2, (5, 1))))
    return indexing.plan_read(grid, shape, indexing.parse_selection(selection, shape, mode))


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


def all_sorts(tmp_path):
    """Values that, with what they hold, are of every public class."""
    store = LocalStore(tmp_path)
    array = frozarr.create_array(store, shape=(7, 7), dtype="i4", chunks=(2, 2), shards=(4, 4))
    for options in (
        {"dtype": "u1", "compressors": [named("gzip", level=1), named("blosc", cname="lz4", clevel=1), named("crc32c")]},
        {"dtype": "f8", "serializer": named("bytes", endian="big"), "filters": [
            named("transpose", order=[0]), named("scale_offset", scale=2),
            named("cast_value", data_type="float32"), named("reshape", shape=[[0]])]},
        {"dtype": "bool", "serializer": named("packbits")},
        {"dtype": "f4", "filters": [named("numcodecs.bitround", keepbits=3)]},
        {"dtype": "string"}, {"dtype": "variable_length_bytes"}, {"dtype": "c8"},
        {"dtype": "M8[s]"}, {"dtype": "U3"}, {"dtype": "S3"}, {"dtype": "V3"},
        {"dtype": "bfloat16"}, {"dtype": "int4"}, {"dtype": [("a", "i2"), ("b", "f8")]},
        {"dtype": "i4", "chunks": [[3, 4]], "chunk_key_encoding": named("fanout")},
        {"dtype": "i4", "chunk_key_encoding": named("v2")},
        {"dtype": "i4", "chunk_key_encoding": named(
            "suffix", suffix=".tif", **{"base-encoding": {"name": "default"}})},
        {"dtype": "i4", "zarr_format": 2, "filters": {"id": "delta", "dtype": "<i4"}},
        {"dtype": object, "zarr_format": 2, "filters": {"id": "json2"}},
        {"dtype": "i4", "attributes": {"a": [1, {"b": None}]}, "dimension_names": ["x"]},
    ):  # fmt: skip
        yield frozarr.create_array({}, shape=7, **options).metadata
        yield ArraySpec(shape=7, **options)
    yield from (array, array.info, array.oindex, array.plan, array.plan[1:, [2, 5]])
    yield from (array.plan.vindex[[1, 6], [0, 0]], array.async_array, array.async_array.oindex)
    group = frozarr.create_group(tmp_path / "group")
    group.create_array("a/x", shape=3, dtype="i4")
    yield from (group, group.async_group, group.info, group.tree(), group.snapshot())
    yield compat.StorePath(store)
    yield from (Config(), Record.of(np.zeros(1, "i2,i2")[0]), GroupMetadata(attributes={"a": []}))
    yield from (RangeByteRequest(0, 3), OffsetByteRequest(1), SuffixByteRequest(2))
    yield from (ChunkSpec((2,), np.dtype("i4")), AnyObject())
    yield IgnoredCodec("later", named("later", a=[1]))
    yield registry.BUILT_IN.extended("codecs", "zstd", "a:b")
    for plan in (
        selected("basic", np.s_[1:, 3]), selected("orthogonal", ([1, 5], slice(None))),
        selected("coordinate", ([1, 5], [0, 0])),
    ):  # fmt: skip
        yield plan
        for axis in getattr(plan, "axes", ()):
            yield axis.columns()
            yield tuple(axis.segments())
    yield indexing.parse_selection(([3, 1],), (7,), "coordinate")
    mask = indexing.parse_selection(np.arange(5000) % 3 == 0, (5000,), "mask")
    yield (mask, indexing.plan_mask(indexing.RegularGrid((2500,)), (5000,), mask))
    yield indexing.parse_selection((3, slice(2), [1]), (7, 7, 7), "orthogonal")
    yield indexing.coalesce(np.array([0, 9]), np.array([1, 2]), gap=0, maximum=5)
    yield indexing.locate(np.array([[0, 5], [5, 5]], np.uint64), np.array([1, 0]))
    yield (indexing.RegularGrid((3,)), indexing.RectilinearGrid(((2, 3),)))


def public_classes():
    """All attrs classes with a public name in the public modules."""
    packages = [importlib.import_module(name) for name in MODULES]
    names = [*MODULES, *ALONE]
    for package in packages:
        names += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    for name in names:
        for cls in vars(importlib.import_module(name)).values():
            if (
                isinstance(cls, type) and attrs.has(cls) and not cls.__name__.startswith("_")
                and cls.__module__.startswith((*MODULES, *ALONE)) and cls is not Consolidated
            ):  # fmt: skip
                yield cls


def test_every_public_class(tmp_path):
    met = set()
    for value in all_sorts(tmp_path):
        met |= check_value(value)
    bases = {base for cls in met for base in cls.__mro__[1:]}
    missing = {
        f"{cls.__module__}.{cls.__name__}" for cls in public_classes() if cls not in met | bases
    }
    assert not missing

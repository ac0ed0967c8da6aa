"""Laws over every data type, codec, grid and shard that can go together."""

import json

import hypothesis.strategies as st
import numpy as np
from hypothesis import assume, example, given

import frozarr
from frozarr.errors import MetadataError
from frozarr.indexing import RunsAxis, parse_selection, plan_read, same_shape
from frozarr.io.kernels.base import as_bytes_view
from frozarr.io.kernels.bind import bind_chain
from frozarr.io.kernels.fill import as_scalar
from frozarr.io.kernels.vlen import COUNTS_NULS, Objects, packed_ascii, unpacked_ascii
from frozarr.io.programs import arrays as ops
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.metadata.grids import RectilinearGrid
from frozarr.metadata.json import dumps, loads
from frozarr.testing.arrays import stored_array
from frozarr.testing.oracle import assert_same_array, assign_same
from frozarr.testing.strategies import (
    basic_selections,
    configs,
    metadata,
    orthogonal_selections,
    point_selections,
)
from frozarr.testing.types import any_metadata, values_for


def full_of_fill(value):
    expected = np.empty(value.shape, value.dtype)
    expected[...] = as_scalar(value.fill, value.dtype)
    return expected


def as_array(found, value):
    """A result, or the scalar that it is; numpy would drop what bytes end with."""
    return (
        found
        if isinstance(found, np.ndarray)
        else as_scalar(found, value.dtype).astype(value.dtype)
    )


@given(any_metadata())
def test_documents_round_trip(value):
    document = loads(dumps(value.to_json()))
    again = parse_array_v3(document)
    assert again == value
    assert again.to_json() == value.to_json()
    assert json.loads(dumps(value.to_json())) == document


@given(any_metadata(), st.data())
def test_chunks_round_trip(value, data):
    for shape in value.chunk_grid.chunk_shapes_met():
        chain = bind_chain(value, shape)
        chunk = data.draw(values_for(value.data_type, value.dtype, chain.stored_shape))
        staging = chain.staging(1)
        staging[0, ...] = chunk
        encoded = chain.encode(staging[0, ...])
        found = chain.decode(bytes(encoded)).astype(staging.dtype, copy=False)
        assert_same_array(found, staging[0, ...])


TEXTS = st.one_of(
    st.text(st.characters(codec="ascii"), min_size=1, max_size=9), st.text(max_size=9),
    st.text("a\0é", max_size=3), st.just("z" * 300),
)  # fmt: skip


@example(["0\0"])
@example(["", "\0", "a\0b"])
@given(
    st.lists(st.text(st.characters(codec="ascii", min_codepoint=1), min_size=1, max_size=9))
    | st.lists(TEXTS)
)
def test_text_in_columns_is_what_one_by_one_gives(texts):
    array = np.array(texts, np.dtypes.StringDType())
    coding = Objects.of("vlen-utf8", array.shape)
    expected = bytes(coding.codec.encode(array.astype(object)))
    packed = packed_ascii(array)
    assert packed is None or packed.tobytes() == expected
    assert bytes(as_bytes_view(coding.encode(array))) == expected
    unpacked = unpacked_ascii(np.frombuffer(expected, np.uint8)[4:], len(texts)) if texts else None
    assert unpacked is None or unpacked.tolist() == texts
    assert coding.decode(expected).tolist() == texts
    short = all(0 < len(t) <= 9 and t.isascii() and "\0" not in t for t in texts)
    assert not texts or not short or unpacked is not None
    assert not texts or not short or not COUNTS_NULS or packed is not None


@given(st.binary(max_size=40), st.integers(1, 5))
def test_columns_never_show_what_one_by_one_would_not(data, count):
    found = unpacked_ascii(np.frombuffer(data, np.uint8), count)
    if found is not None:
        head = count.to_bytes(4, "little")
        codec = Objects.of("vlen-utf8", (count,)).codec
        assert codec.decode(head + data).tolist() == found.tolist()


@given(any_metadata(), configs(), st.data())
def test_read_after_write(value, config, data):
    array = stored_array(value, config, path="a")
    expected = full_of_fill(value)
    assert_same_array(as_array(array[...], value), expected)
    for _ in range(data.draw(st.integers(1, 3))):
        modes = ["basic", "orthogonal"]
        if value.shape and 0 not in value.shape:
            modes.append("coordinate")
        mode = data.draw(st.sampled_from(modes))
        strategy = {
            "basic": basic_selections, "orthogonal": orthogonal_selections,
            "coordinate": point_selections,
        }[mode]  # fmt: skip
        selection = data.draw(strategy(value.shape))
        shape = ops.select(array.bound, array.access, selection, mode).shape
        assign_same(
            array, expected, selection, mode,
            data.draw(values_for(value.data_type, value.dtype, shape)),
        )  # fmt: skip
        again = frozarr.open_array(array.store, path="a", config=config)
        assert_same_array(as_array(again[...], value), expected)
        wanted = data.draw(basic_selections(value.shape))
        assert_same_array(as_array(again[wanted], value), as_array(expected[wanted], value))


@given(any_metadata(), st.data())
def test_fields_are_read_and_written_on_their_own(value, data):
    assume(value.dtype.names is not None)
    array = stored_array(value, path="")
    expected = full_of_fill(value)
    array[...] = expected[...] = data.draw(values_for(value.data_type, value.dtype, value.shape))
    name = data.draw(st.sampled_from(value.dtype.names))
    selection = data.draw(basic_selections(value.shape))
    new = np.zeros(expected[selection].shape, value.dtype[name])
    array.set_basic_selection(selection, new, fields=name)
    expected[name][selection] = new
    assert_same_array(array[...], expected if value.shape else expected[()])
    found = array.get_basic_selection(selection, fields=name)
    kind = value.dtype[name]
    assert_same_array(np.asarray(found, kind), np.asarray(expected[name][selection], kind))


@given(st.lists(st.integers(0, 12), min_size=1, max_size=2).map(tuple), st.data())
def test_parts_of_one_shape_tile_a_plan(shape, data):
    edges = [
        data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=6).map(lambda s, n=n: [*s, max(1, n)]))
        for n in shape
    ]  # fmt: skip
    grid = RectilinearGrid(edges)
    mode, strategy = data.draw(st.sampled_from([
        ("basic", basic_selections), ("orthogonal", orthogonal_selections),
        ("coordinate", point_selections),
    ]))  # fmt: skip
    assume(mode != "coordinate" or 0 not in shape)
    selection = parse_selection(data.draw(strategy(shape)), shape, mode)
    plan = plan_read(grid, shape, selection)
    parts = list(same_shape(plan))
    coords = [tuple(c) for part in parts for c in part.coords().tolist()]
    assert sorted(coords) == sorted(map(tuple, plan.coords().tolist()))
    assert len(set(coords)) == len(coords)
    assert sum(int(part.counts().sum()) for part in parts) == int(plan.counts().sum())
    whole = dict(zip(map(tuple, plan.coords().tolist()), plan.whole().tolist(), strict=True))
    for part in parts:
        assert len({part.chunk_shape for part in parts}) <= len(parts)
        for coord, is_whole in zip(part.coords().tolist(), part.whole().tolist(), strict=True):
            assert whole[tuple(coord)] == is_whole
            sizes = [
                axis.sizes(np.array([c]))[0]
                for axis, c in zip(grid.axes(shape), coord, strict=True)
            ]
            assert tuple(sizes) == part.chunk_shape


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=2, max_size=5), st.data())
def test_runs_are_what_they_stand_for(runs, data):
    """Arithmetic over runs gives what a list of all chunks gives."""
    sizes = np.repeat([s for s, _ in runs], [n for _, n in runs])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    extent = data.draw(st.integers(0, int(starts[-1])))
    axis = RunsAxis(extent, tuple(runs))
    chunks, indices = np.arange(len(sizes)), np.arange(extent)
    assert axis.sizes(chunks).tolist() == sizes.tolist()
    assert axis.starts(np.arange(len(sizes) + 1)).tolist() == starts.tolist()
    assert (
        axis.locate_all(indices).tolist()
        == (np.searchsorted(starts, indices, "right") - 1).tolist()
    )
    assert axis.nchunks == int((starts[:-1] < extent).sum())
    covered = [
        axis.start(axis.locate(i)) <= i < axis.start(axis.locate(i) + 1) for i in indices.tolist()
    ]
    assert all(covered)


@given(metadata())
def test_formats_convert_there_and_back(value):
    """What format 3 can say of a format 2 array is enough to get it back."""
    assume(value.zarr_format == 2)
    try:
        converted = frozarr.to_v3(value, fill_value=0)
    except MetadataError as error:
        assert "no counterpart" in str(error) or "big-endian" in str(error)
        return
    back = frozarr.to_v2(parse_array_v3(converted.to_json()))
    expected = value.to_json()
    if value.fill_value is None:
        expected["fill_value"] = back.to_json()["fill_value"]
    if not value.shape or len(value.shape) == 1:
        expected["order"] = "C"  # one axis has one order
    if value.dtype.itemsize == 1 and value.compressor and value.compressor.name == "blosc":
        expected["compressor"] = back.to_json()["compressor"]
    assert parse_array_v2(back.to_json()).to_json() == expected

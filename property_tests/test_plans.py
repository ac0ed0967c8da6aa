"""Laws of plans: they tile the selection exactly, and moving by plan is what NumPy does."""

import math
import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from frozarr.indexing import (
    PointPlan,
    RectilinearGrid,
    RegularGrid,
    chunk_regions,
    gather,
    grid_shape,
    parse_selection,
    plan_mask,
    plan_read,
    plan_write,
    scatter,
)
from frozarr.indexing.plan import split_box
from frozarr.metadata.keys import DefaultKeys, V2Keys, plan_keys
from frozarr.testing.strategies import (
    basic_selections,
    chunk_shapes,
    orthogonal_selections,
    point_selections,
    shapes,
)


def cut(values, chunk_shape, overhang=-1):
    """All chunks of an array by coords, overhang filled."""
    grid = grid_shape(RegularGrid(chunk_shape), values.shape)
    chunks = {}
    for coords in np.ndindex(*grid):
        chunk = np.full(chunk_shape, overhang, values.dtype)
        region = tuple(slice(i * c, (i + 1) * c) for i, c in zip(coords, chunk_shape, strict=True))
        part = values[region]
        chunk[tuple(slice(0, n) for n in part.shape)] = part
        chunks[coords] = chunk
    return chunks


def orthogonal(values, selection):
    """NumPy's answer to an orthogonal selection, and the flat positions it chooses."""
    positions = np.arange(values.size).reshape(values.shape)
    chosen = [
        np.atleast_1d(np.arange(n)[entry]) for n, entry in zip(values.shape, selection, strict=True)
    ]
    index = np.ix_(*chosen) if chosen else ()
    shape = [
        len(c) for c, entry in zip(chosen, selection, strict=True) if not isinstance(entry, int)
    ]
    return values[index].reshape(shape), positions[index].reshape(-1)


@st.composite
def cases(draw):
    """Shape, chunk shape, selection, mode, batch size."""
    shape = draw(shapes())
    modes = ["basic", "orthogonal", "mask"]
    if shape and 0 not in shape:
        modes.append("coordinate")
    mode = draw(st.sampled_from(modes))
    if mode == "basic":
        selection = draw(basic_selections(shape))
    elif mode == "orthogonal":
        selection = draw(orthogonal_selections(shape))
    elif mode == "coordinate":
        selection = draw(point_selections(shape))
    else:
        bits = draw(st.lists(st.booleans(), min_size=math.prod(shape), max_size=math.prod(shape)))
        selection = np.array(bits, bool).reshape(shape)
    return (
        shape,
        draw(chunk_shapes(shape)),
        selection,
        mode,
        draw(st.sampled_from([1, 2, 7, 10**6])),
    )


def expected(values, selection, mode):
    if mode == "orthogonal":
        return orthogonal(values, selection)
    positions = np.arange(values.size).reshape(values.shape)
    return np.asarray(values[selection]), np.asarray(positions[selection]).reshape(-1)


@given(cases())
@example(((), (), (), "basic", 1))
@example(((0,), (3,), (slice(None),), "basic", 1))
@example(((10,), (4,), (slice(1, 9, 2),), "basic", 2))
@example(((10,), (4,), (np.array([9, 0, 0, 5]),), "orthogonal", 10**6))
@example(((6, 6), (4, 5), (np.array([5, 0, 5]), np.array([1, 1, 4])), "orthogonal", 3))
def test_scatter_is_indexing(case):
    shape, chunk_shape, selection, mode, limit = case
    values = np.arange(math.prod(shape)).reshape(shape)
    plan = plan_read(RegularGrid(chunk_shape), shape, parse_selection(selection, shape, mode))
    answer, _ = expected(values, selection, mode)
    chunks = cut(values, chunk_shape)
    out = np.full(plan.full_shape, -7)
    touched = 0
    for batch in plan.batches(limit):
        assert 0 < len(batch) <= limit
        touched += len(batch)
        scatter(batch, np.stack([chunks[tuple(c)] for c in batch.coords().tolist()]), out)
    assert touched == len(plan)
    assert plan.out_shape == answer.shape
    np.testing.assert_array_equal(out.reshape(plan.out_shape), answer)


@given(cases())
@example(((4,), (2,), (np.array([1, 1, 3, 1]),), "coordinate", 1))
@example(((4,), (2,), (np.array([3, 1, 1]),), "orthogonal", 1))
def test_gather_is_assignment_and_the_last_wins(case):
    shape, chunk_shape, selection, mode, limit = case
    values = np.arange(math.prod(shape)).reshape(shape)
    plan = plan_write(RegularGrid(chunk_shape), shape, parse_selection(selection, shape, mode))
    answer, positions = expected(values, selection, mode)
    new = 1000 + np.arange(answer.size).reshape(plan.full_shape)
    chunks = cut(values, chunk_shape)
    for batch in plan.batches(limit):
        coords = [tuple(c) for c in batch.coords().tolist()]
        staging = np.stack([chunks[c] for c in coords])
        gather(batch, new, staging)
        chunks.update(zip(coords, staging, strict=True))
    flat = values.reshape(-1).copy()
    for position, value in zip(positions.tolist(), new.reshape(-1).tolist(), strict=True):
        flat[position] = value
    for coords, chunk in cut(flat.reshape(shape), chunk_shape).items():
        np.testing.assert_array_equal(chunks[coords], chunk)


@given(cases())
def test_counts_and_coverage(case):
    shape, chunk_shape, selection, mode, _ = case
    values = np.arange(math.prod(shape)).reshape(shape)
    plan = plan_write(RegularGrid(chunk_shape), shape, parse_selection(selection, shape, mode))
    _, positions = expected(values, selection, mode)
    chosen = set(positions.tolist())
    chunks = cut(values, chunk_shape)
    stored = {c: {int(v) for v in chunk.reshape(-1) if v >= 0} for c, chunk in chunks.items()}
    touched = [tuple(c) for c in plan.coords().tolist()]
    assert len(set(touched)) == len(touched) == len(plan)
    assert set(touched) == {c for c, held in stored.items() if held & chosen}
    for coords, count, whole in zip(touched, plan.counts(), plan.whole(), strict=True):
        assert count == len(stored[coords] & chosen)
        assert whole == (stored[coords] <= chosen)


@given(cases())
def test_keys_are_those_of_the_coords(case):
    shape, chunk_shape, selection, mode, _ = case
    plan = plan_read(RegularGrid(chunk_shape), shape, parse_selection(selection, shape, mode))
    for encoding in (DefaultKeys(), DefaultKeys(separator="."), V2Keys(), V2Keys(separator="/")):
        keys = plan_keys(plan, encoding)
        coords = [tuple(c) for c in plan.coords().tolist()]
        assert keys == [encoding.key(c) for c in coords]
        assert [encoding.parse(k, len(shape)) for k in keys] == coords


@given(cases())
def test_plans_pickle(case):
    shape, chunk_shape, selection, mode, _ = case
    plan = plan_read(RegularGrid(chunk_shape), shape, parse_selection(selection, shape, mode))
    again = pickle.loads(pickle.dumps(plan))
    np.testing.assert_array_equal(again.coords(), plan.coords())
    assert again.out_shape == plan.out_shape


@given(st.lists(st.integers(0, 6), max_size=4).map(tuple), st.integers(1, 40))
def test_split_box_tiles(shape, limit):
    seen = np.zeros(shape, int)
    for rows in split_box(shape, limit):
        assert math.prod(hi - lo for lo, hi in rows) <= limit
        seen[tuple(slice(lo, hi) for lo, hi in rows)] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("step", [1, 7, 2**40])
def test_cost_follows_what_is_touched(step):
    shape = (2**62,)
    selection = parse_selection(slice(3, 2**62, step), shape, "basic")
    plan = plan_read(RegularGrid((1000,)), shape, selection)
    assert len(plan) == (-(-(2**62 - 3) // step) if step > 1000 else -(-(2**62) // 1000))
    first = next(iter(plan.batches(4)))
    assert len(first) == 4
    assert len(pickle.dumps(plan)) < 2000


def test_a_plan_over_a_billion_chunks_is_small():
    shape = (10**6, 10**6)
    plan = plan_read(RegularGrid((10, 100)), shape, parse_selection(..., shape, "basic"))
    assert len(plan) == 10**9
    assert len(pickle.dumps(plan)) < 2000


def test_points_in_a_grid_too_large_to_number():
    shape = (2**62, 2**62)
    points = (np.array([2**62 - 1, 0, 2**62 - 1]), np.array([5, 0, 4]))
    plan = plan_read(RegularGrid((1, 10)), shape, parse_selection(points, shape, "coordinate"))
    assert isinstance(plan, PointPlan)
    assert plan.coords().tolist() == [[0, 0], [2**62 - 1, 0]]
    assert plan.position.tolist() == [1, 0, 2]


@given(st.data())
def test_regions_tile_an_array(data):
    shape = data.draw(st.lists(st.integers(0, 9), max_size=3).map(tuple))
    edges = tuple(data.draw(st.sampled_from([1, 2, 4, (2, (3, 4)), (5, 1, 9)])) for _ in shape)
    limit = data.draw(st.integers(1, 300))
    axes = RectilinearGrid(edges).axes(shape)
    visits = np.zeros(shape, int)
    whole = [{axis.start(c) for c in range(axis.nchunks)} | {axis.extent} for axis in axes]
    for region in chunk_regions(axes, limit):
        visits[region] += 1
        chunks = 1
        for part, axis, starts in zip(region, axes, whole, strict=True):
            assert {part.start, part.stop} <= starts
            chunks *= axis.locate(part.stop - 1) - axis.locate(part.start) + 1
        assert visits[region].size <= limit or chunks == 1
    assert (visits == 1).all()


@given(st.data())
def test_a_mask_is_planned_as_its_points_are(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    chunk_shape = tuple(data.draw(st.integers(1, 5)) for _ in shape)
    seed, share = data.draw(st.integers(0, 99)), data.draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    mask = np.random.default_rng(seed).random(shape) < share
    selection = parse_selection(mask, shape, "mask")
    grid = RegularGrid(chunk_shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frozarr.indexing.mask._LEAST_VOLUME", 1)
        patch.setattr("frozarr.indexing.mask._LEAST_LENGTH", 1)
        patch.setattr("frozarr.indexing.mask._LEAST_SHARE", 0)
        plan = plan_mask(grid, shape, selection)
    points = plan_write(grid, shape, selection)
    assert len(plan) == len(points)
    assert plan.coords().tolist() == points.coords().tolist()
    assert plan.counts().tolist() == points.counts().tolist()
    assert plan.whole().tolist() == points.whole().tolist()
    whole = plan.points(0, len(plan))
    for name in ("bounds", "offset", "position", "stored"):
        assert getattr(whole, name).tolist() == getattr(points, name).tolist(), name
    size = data.draw(st.integers(1, 4))
    batches = list(plan.batches(size))
    assert [b.coords().tolist() for b in batches] == [
        b.coords().tolist() for b in points.batches(size)
    ]
    assert sum(len(b.position) for b in batches) == mask.sum()

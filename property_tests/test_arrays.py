"""Laws of arrays: what was written is read, in every way a program can be run."""

import math

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

import frozarr
from frozarr.config import Config
from frozarr.io.access import Access
from frozarr.io.bound import bind_array
from frozarr.io.programs import arrays as ops
from frozarr.io.programs.nodes import create_node
from frozarr.io.programs.requests import Get, GetInto
from frozarr.io.runners.record import record
from frozarr.storage import LocalStore, MemoryStore, StorePath
from frozarr.testing.arrays import stored_array
from frozarr.testing.oracle import assert_same_array, assign_same, check_same
from frozarr.testing.strategies import (
    basic_selections,
    configs,
    metadata,
    orthogonal_selections,
    point_selections,
    values_of,
)


@given(metadata(), configs(), st.data())
def test_read_after_write(value, config, data):
    array = stored_array(value, config)
    dtype = value.dtype.newbyteorder("=")
    expected = np.full(value.shape, value.fill, value.dtype)
    assert_same_array(array[...], expected if value.shape else expected[()])
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
        new = data.draw(values_of(dtype, shape))
        assign_same(array, expected, selection, mode, new)
    assert_same_array(array[...], expected if value.shape else expected[()])
    assert_same_array(frozarr.open_array(array.store, path="a/b")[...], np.asarray(array[...]))
    check_same(array, expected, data.draw(basic_selections(value.shape)))


@given(metadata(), st.data())
def test_threads_and_record_agree(value, data):
    """One logic, several interpreters: the same keys, the same bytes."""
    new = data.draw(values_of(value.dtype.newbyteorder("="), value.shape))
    config = Config(workers=3, batch_nbytes=data.draw(st.sampled_from([1, 50, 10**6])))
    threaded = stored_array(value, config)
    threaded[...] = new
    values = {}
    place = StorePath(MemoryStore(values), "a/b")
    record(create_node(place, value), values)
    bound, access = bind_array(value), Access(place, config)
    chosen = ops.select(bound, access, ..., "basic")
    for program in ops.writing(bound, access, chosen, new).programs():
        record(program, values)
    stored = {key: bytes(part) for key, part in values.items()}
    assert stored == threaded.store.store_dict
    job = ops.reading(bound, access, chosen)
    asked = []
    for program in job.programs():
        _, requests = record(program, values)
        asked += [k for r in requests if isinstance(r, Get | GetInto) for k in r.keys]
    assert len(asked) == len(set(asked)) == math.prod(threaded.cdata_shape)
    assert_same_array(job.result(), threaded[...])


@given(value=metadata(), data=st.data())
def test_local_is_memory(value, data, tmp_path_factory):
    new = data.draw(values_of(value.dtype.newbyteorder("="), value.shape))
    memory = stored_array(value, Config())
    local = stored_array(value, Config(), LocalStore(tmp_path_factory.mktemp("store")))
    for array in (memory, local):
        array[...] = new
    assert_same_array(local[...], memory[...])
    assert local.store.blocking.list_prefix("") == memory.store.blocking.list_prefix("")
    for key in memory.store.blocking.list_prefix(""):
        assert local.store.blocking.get(key) == memory.store.blocking.get(key)


@given(metadata(), st.data())
def test_out_is_filled_in_place(value, data):
    array = stored_array(value, Config())
    array[...] = data.draw(values_of(value.dtype.newbyteorder("="), value.shape))
    selection = data.draw(basic_selections(value.shape))
    expected = np.asarray(array.get_basic_selection(selection))
    for order in "CF":
        room = np.zeros(expected.shape, value.dtype, order)
        assert array.get_basic_selection(selection, out=room) is room
        assert_same_array(room, expected)


@given(metadata(), st.integers(1, 5))
def test_split_plans_cover_and_do_not_overlap(value, parts):
    array = stored_array(value, Config())
    whole = array.plan[...]
    pieces = whole.split(parts)
    assert len(pieces) <= parts
    keys = [key for piece in pieces for key in piece.keys()]
    assert sorted(keys) == sorted(whole.keys())
    assert all(len(piece) for piece in pieces)

"""Handles of which `resize` or `append` was called: they have a shape of the past."""

import asyncio
import pickle

import numpy as np
import pytest

import frozarr
from frozarr.errors import ConflictError, StaleHandleError


def changed(call):
    array = frozarr.create_array({}, data=np.arange(6).reshape(3, 2), chunks=(2, 2))
    new = array.resize(4, 2) if call == "resize" else array.append([[6, 7]])
    return array, new


WRITES = (
    lambda a: a.__setitem__(slice(3, 4), 1),
    lambda a: a.set_basic_selection(0, 1),
    lambda a: a.set_coordinate_selection(([0], [0]), 1),
    lambda a: a.oindex.__setitem__([0], 1),
    lambda a: a.resize(9, 2),
    lambda a: a.append([[1, 2]]),
    lambda a: a.update_attributes({"a": 1}),
    lambda a: asyncio.run(a.async_array.setitem(0, 1)),
    lambda a: a.with_config({"workers": 1}).__setitem__(0, 1),
    lambda a: pickle.loads(pickle.dumps(a)).__setitem__(0, 1),
)


@pytest.mark.parametrize("call", ["resize", "append"])
@pytest.mark.parametrize("write", WRITES)
def test_writes_are_refused(call, write):
    array, new = changed(call)
    with pytest.raises(StaleHandleError, match=rf"a = a\.{call}\(\.\.\.\)") as refused:
        write(array)
    assert isinstance(refused.value, ConflictError)
    assert "nothing was written" in str(refused.value)
    assert new[:3].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_the_idiom_everyone_knows_loses_no_row():
    array = frozarr.zeros((2, 4))
    n = array.shape[0]
    array.resize((n + 1, 4))
    with pytest.raises(StaleHandleError, match="Use the handle that resize returned"):
        array[n : n + 1] = np.ones((1, 4))


def test_reads_stay_a_snapshot():
    array, new = changed("append")
    new[0] = 9
    assert array[...].tolist() == [[9, 9], [2, 3], [4, 5]]
    assert len(new) == 4


def test_what_changes_no_shape_leaves_the_handle_as_it_was():
    array = frozarr.zeros((2, 4))
    assert array.resize((2, 4)) == array
    array.append(np.zeros((0, 4)))
    array.update_attributes({"a": 1})
    array[0] = 1
    with pytest.raises(frozarr.errors.ShapeMismatchError):
        array.append(np.zeros((1, 3)))
    array[1] = 1
    assert array[...].sum() == 8


def test_the_new_handle_is_used_on():
    array, new = changed("resize")
    new[3] = 5
    newer = new.resize(5, 2)
    newer[4] = 6
    assert newer[3:].tolist() == [[5, 5], [6, 6]]
    assert array != new


def test_a_conflict_says_which_handle_to_use():
    array = frozarr.zeros((2, 4))
    other = frozarr.open_array(array.store)
    array = array.append(np.ones((1, 4)))
    with pytest.raises(ConflictError, match=r"a = a\.append\(\.\.\.\)"):
        other.append(np.ones((1, 4)))
    array.update_attributes({"x": 1})
    with pytest.raises(ConflictError, match=r"a = a\.update_attributes\(\.\.\.\)|a\.update_attr"):
        array.update_attributes({"y": 1})


def test_single_points_take_one_value_each():
    array = frozarr.zeros((2, 2))
    for points in (array.set_coordinate_selection, array.vindex.__setitem__):
        with pytest.raises(frozarr.errors.ShapeMismatchError, match="1 values for 2 points"):
            points(([0, 1], [0, 1]), [7])
        points(([0, 1], [0, 1]), 7)
        points(([0, 1], [0, 1]), [[7], [8]])
        assert array[...].tolist() == [[7, 0], [0, 8]]
    rows, columns = np.arange(2)[:, None], np.arange(2)
    with pytest.raises(ValueError, match="2 values for 4 points"):
        array.vindex[rows, columns] = [1, 2]
    array[[0, 1], [0, 1]] = [3]  # NumPy's brackets broadcast
    array.vindex[np.eye(2, dtype=bool)] = [4]  # and so do masks
    assert array[...].tolist() == [[4, 0], [0, 4]]


def test_handles_of_the_same_shape_share_what_was_changed():
    array = frozarr.create_array({}, data=np.arange(10), chunks=3)
    described = array.update_attributes({"x": 1})
    longer = described.append([7, 7, 7])
    for stale in (array, described):
        with pytest.raises(StaleHandleError, match="append"):
            stale[9] = -1
    longer.update_attributes({"y": 1})[9] = -1
    assert longer[9:].tolist() == [-1, 7, 7, 7]

"""Bad input: a clear error of its own class, and nothing changed."""

import ml_dtypes
import numpy as np
import pytest

import frozarr
from frozarr.errors import (
    BoundsCheckError,
    MetadataError,
    NegativeStepError,
    ReadOnlyError,
    SelectionError,
    ShapeMismatchError,
    VindexInvalidSelectionError,
)
from frozarr.testing.oracle import check_same


@pytest.fixture
def array():
    made = frozarr.create_array({}, shape=(6, 5), chunks=(2, 2), dtype="i4")
    made[...] = np.arange(30).reshape(6, 5)
    return made


SMALL = {"workers": 1, "batch_nbytes": 1}


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        (6, BoundsCheckError), (-7, BoundsCheckError), ((0, 5), BoundsCheckError),
        (np.s_[::-1], NegativeStepError), ((1, 2, 3), SelectionError), (np.s_[..., ...], SelectionError),
        (None, SelectionError), (1.5, SelectionError), (b"a", SelectionError), (True, SelectionError),
        ("a", SelectionError), (np.zeros((2, 5), bool), SelectionError), (np.zeros(7, bool), SelectionError),
        (([0, 9], [0, 0]), BoundsCheckError), (([0, 1], [0, 1, 2]), SelectionError),
        (np.array([0.5]), SelectionError), (np.s_["a":2], SelectionError),
    ],
)  # fmt: skip
def test_selections(array, selection, error):
    before = dict(array.store.store_dict)
    with pytest.raises(error) as caught:
        array[selection]
    assert isinstance(caught.value, IndexError)
    with pytest.raises(error):
        array[selection] = 0
    assert array.store.store_dict == before


def test_zero_step_is_as_numpy(array):
    check_same(array, array[...], np.s_[::0])


def test_kinds_of_selection_are_checked(array):
    for call, error in (
        (lambda: array.vindex[:, 0], VindexInvalidSelectionError),
        (lambda: array.vindex[0], VindexInvalidSelectionError),
        (lambda: array.get_mask_selection(np.zeros((5, 6), bool)), VindexInvalidSelectionError),
        (lambda: array.oindex[[[0]], 0], SelectionError),
        (lambda: array.blocks[0, ::2], SelectionError),
        (lambda: array.blocks[3], BoundsCheckError),
        (lambda: array.blocks[[0]], SelectionError),
        (lambda: array.get_basic_selection(([0], 0)), SelectionError),
        (lambda: array.get_basic_selection(fields="x"), SelectionError),
        (lambda: array["x", 0], SelectionError),
    ):
        with pytest.raises(error):
            call()


@pytest.mark.parametrize(
    ("selection", "value"),
    [
        (np.s_[0:3], np.arange(5 * 4).reshape(4, 5)), (np.s_[0], np.arange(4)), (np.s_[...], np.zeros((6, 4))),
        (np.s_[0, 0], [1, 2]), (np.s_[:, :2], np.zeros((2, 6, 2))),
    ],
)  # fmt: skip
def test_values_that_do_not_broadcast(array, selection, value):
    before = dict(array.store.store_dict)
    with pytest.raises(ShapeMismatchError, match="nothing was written") as caught:
        array[selection] = value
    assert str(np.shape(value)) in str(caught.value)
    assert array.store.store_dict == before


def test_values_that_are_none(array):
    before = dict(array.store.store_dict)
    for value, error in (("text", ValueError), (2**40, OverflowError), (object(), TypeError)):
        with pytest.raises(error):
            array[0, 0] = value
    with pytest.raises(ValueError, match="3 values for 2 points"):
        array.vindex[[0, 1], [0, 1]] = [1, 2, 3]
    assert array.store.store_dict == before


def test_out_must_fit(array):
    for bad in (np.zeros((6, 4), "i4"), np.zeros((6, 5), "i8")):
        with pytest.raises(ShapeMismatchError):
            array.get_basic_selection(out=bad)
    with pytest.raises(TypeError):
        array.get_basic_selection(out=[1])
    closed = np.zeros((6, 5), "i4")
    closed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        array.get_basic_selection(out=closed)


def test_changes_that_do_not_fit(array):
    before = dict(array.store.store_dict)
    for call, error in (
        (lambda: array.resize(3), ShapeMismatchError), (lambda: array.resize((1, 2, 3)), ShapeMismatchError),
        (lambda: array.resize(-1, 2), ShapeMismatchError), (lambda: array.append([1, 2]), ShapeMismatchError),
        (lambda: array.append(np.zeros((2, 4))), ShapeMismatchError),
        (lambda: array.append(np.zeros((2, 5)), axis=2), ShapeMismatchError),
        (lambda: array.update_attributes({"a": object()}), MetadataError),
        (lambda: array.update_attributes([1]), MetadataError),
    ):  # fmt: skip
        with pytest.raises(error):
            call()
        assert array.store.store_dict == before


def test_read_only_is_refused_before_any_effect(array):
    closed = frozarr.open_array(array.store.store_dict, mode="r")
    before = dict(array.store.store_dict)
    for call in (
        lambda: closed.__setitem__(0, 1), lambda: closed.resize(1, 1), lambda: closed.append(np.zeros((1, 5))),
        lambda: closed.update_attributes({"a": 1}),
        lambda: frozarr.create_array(closed.store, name="b", shape=1, dtype="i4"),
        lambda: frozarr.create_array(closed.store, shape=1, dtype="i4", overwrite=True),
        lambda: frozarr.save_array(closed.store, [1]),
        lambda: frozarr.open_array(closed.store, mode="w", shape=1),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            call()
        assert array.store.store_dict == before
    assert closed.read_only


@pytest.mark.parametrize(("dtype", "given", "values"), [
    (str, {}, np.array(["a", "b", "\ud800"])),
    (str, {}, np.array(["a", None, "c"], np.dtypes.StringDType(na_object=None))),
    ("i4", {"filters": [named("reshape", shape=[-1]), named("cast_value", data_type="uint8")]}, [1, 2, 300]),
    ("i4", {"filters": [named("numcodecs.astype", encode_dtype="<i8", decode_dtype="<i4"),
                        named("cast_value", data_type="uint8")]}, [1, 2, 300]),
    ("u8", {"filters": [named("cast_value", data_type="float32")]}, [1, 2, 2**64 - 1]),
    ("u1", {}, [1, 300, -1]), ("V3", {}, np.array([b"a", b"", b"abcd"], object)),
    ([("n", [("p", "U2")]), ("v", "V2")], {}, np.array([(("abcd",), b"wx")] * 3, [("n", [("p", "U4")]), ("v", "V2")])),
    ([("n", [("p", "U2")]), ("v", "V2")], {}, [(("ab",), b"wxyz")] * 3),
    ([("k", ml_dtypes.int4)], {}, np.array([(1,), (2,), (9,)], [("k", "i2")])),
], ids=range(10))  # fmt: skip
def test_refused_before_any_effect(dtype, given, values):
    store = {}
    array = frozarr.create_array(store, shape=3, chunks=1, dtype=dtype, config=SMALL, **given)
    before = set(store)
    with pytest.raises((ValueError, TypeError, OverflowError)) as caught:
        array[:] = values
    assert set(store) == before
    assert any("nothing was written" in note for note in caught.value.__notes__)

"""What is wrong with values, types and attributes is found before anything is stored."""

import asyncio
import warnings

import numpy as np
import pytest

import frozarr
from frozarr import compat
from frozarr.errors import MetadataError
from frozarr.storage import LocalStore, MemoryStore


@pytest.fixture
def old(store):
    frozarr.create_array(store, data=[1, 2, 3])
    return {key: store.blocking.get(key).to_bytes() for key in store.blocking.list()}


def contents(store):
    return {key: store.blocking.get(key).to_bytes() for key in store.blocking.list()}


def old_create(store, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return asyncio.run(compat.AsyncArray.create(store, **arguments))


@pytest.mark.parametrize("data", [np.zeros(3), np.array(["a", "b"]), "a"])
def test_data_that_does_not_fit_the_shape_or_type(store, old, data):
    for overwrite in (True, False):
        with pytest.raises((ValueError, TypeError)):
            old_create(store, shape=(2,), dtype="i4", overwrite=overwrite, data=data)
        with pytest.raises((ValueError, TypeError)):
            frozarr.create((2,), store=store, dtype="i4", overwrite=overwrite, data=data)
    assert contents(store) == old
    with pytest.raises((ValueError, TypeError)):
        frozarr.create((2,), store=store, path="new", dtype="i4", data=data)
    assert contents(store) == old


def test_data_beside_a_shape():
    assert old_create({}, shape=(2,), dtype="i4", data=[1.0, 2.0]).shape == (2,)
    made = frozarr.create((2,), dtype="i2", data=[1, 2])
    assert (made.dtype, made[...].tolist()) == (np.int16, [1, 2])
    assert frozarr.create((2,), data=np.array([1, 2], "u1")).dtype == np.uint8


def test_saving_several_of_which_one_is_wrong(store, old):
    with pytest.raises(ValueError, match="no data type"):
        frozarr.save(store, np.zeros(3), np.array([{}, 1], object))
    assert contents(store) == old


def test_storage_options_are_of_the_store_not_an_array(tmp_path):
    frozarr.save(tmp_path / "a", np.arange(3), storage_options={})
    assert frozarr.load(tmp_path / "a").tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="remote URL"):
        frozarr.save(str(tmp_path / "b"), np.arange(3), storage_options={"anon": True})
    assert not (tmp_path / "b").exists()
    frozarr.save("memory://saved-here", np.arange(3), storage_options={})
    assert frozarr.load("memory://saved-here", storage_options={}).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("dtype", "fill"), [
    ("i4", 1.5), ("i4", np.nan), ("u1", np.inf), ("i2", np.int64(70000)), ("u8", np.int64(-1)),
    ("bool", 2), ("bool", 0.5), ("i4", np.array(1.5)), ("i4", 1j),
])  # fmt: skip
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_fill_values_that_do_not_fit(dtype, fill, zarr_format):
    store = MemoryStore()
    with pytest.raises((ValueError, TypeError, OverflowError)):
        frozarr.create_array(store, shape=2, dtype=dtype, fill_value=fill, zarr_format=zarr_format)
    assert not store.store_dict


@pytest.mark.parametrize(("dtype", "fill", "kept"), [
    ("i4", 2.0, 2), ("bool", 1, True), ("f4", 0.1, np.float32(0.1)), ("f4", 1e300, np.inf),
    ("u1", np.float64(255), 255), ("c8", 1, 1), ("f8", "NaN", np.nan),
])  # fmt: skip
def test_fill_values_that_fit(dtype, fill, kept):
    with np.errstate(over="ignore"):
        made = frozarr.create_array({}, shape=2, dtype=dtype, fill_value=fill)
    np.testing.assert_equal(made.fill_value, kept)


@pytest.mark.parametrize(("casting", "value", "fits"), [
    ("safe", 7, True), ("safe", [7, 8.0], True), ("safe", 7.5, False),
    ("safe", np.int64(7), False), ("safe", np.array([1, 2], "i1"), True),
    ("safe", np.array([1.0, 2]), False),
    ("same_kind", np.int64(70000), True), ("same_kind", 1.5, False),
    ("same_kind", np.array([1.5, 2], "f2"), False), ("same_kind", np.uint8(1), True),
    ("safe", -3, True), ("same_kind", -3.0, True),
    ("unsafe", np.array([1.5, 2]), True), ("unsafe", np.int64(70000), True),
])  # fmt: skip
def test_casting(casting, value, fits):
    array = frozarr.zeros(2, dtype="i2", config={"casting": casting})
    if fits:
        array[...] = value
        assert (array[...] == np.asarray(value).astype("i2")).all()
        return
    with pytest.raises(TypeError, match=casting) as refused:
        array[...] = value
    assert "nothing was written" in refused.value.__notes__[0]
    with pytest.raises(TypeError, match=casting):
        array.append(np.atleast_1d(value))
    assert array[...].tolist() == [0, 0]
    assert not array.nchunks_initialized


def test_casting_concerns_numbers_only():
    config = {"casting": "safe"}
    floats = frozarr.zeros(3, dtype="f4", config=config)
    floats[...] = [1.0, float("nan"), 0.5]
    floats[0] = float("nan")
    assert np.isnan(floats[...]).tolist() == [True, True, False]
    with pytest.raises(TypeError, match="safe"):
        floats[0] = 0.1
    text = frozarr.create_array({}, data=np.array(["a", "b"], object), config=config)
    text[0] = "c"
    table = frozarr.create_array({}, shape=2, dtype=[("a", "i2"), ("b", "f4")], config=config)
    table["b"] = [1.5, 2.5]
    with pytest.raises(TypeError, match="safe"):
        table["a"] = np.array([1.5, 2.5])
    with pytest.raises(ValueError, match="casting"):
        array = frozarr.zeros(2, config={"casting": "no"})
        array[...] = 1


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("value", [np.nan, -np.inf, [1, {"b": np.inf}], np.array([1, np.nan])])
def test_attributes_that_json_has_no_form_for(store, old, value, zarr_format):
    with pytest.raises(MetadataError, match=r"attributes\.a.*(NaN|Infinity)' or None"):
        frozarr.create_array(
            store, shape=2, dtype="i4", overwrite=True, attributes={"a": value},
            zarr_format=zarr_format,
        )  # fmt: skip
    with pytest.raises(MetadataError, match="NaN|Infinity"):
        frozarr.open_array(store).update_attributes({"a": value})
    assert contents(store) == old


def test_attributes_that_others_wrote_stay(tmp_path):
    """Other writers put NaN into documents; what they hold is kept, and can be removed."""
    import zarr

    theirs = zarr.create_array(
        tmp_path / "a", shape=2, dtype="i4", attributes={"x": np.nan, "y": 1}
    )
    assert theirs.attrs["y"] == 1
    array = frozarr.open_array(tmp_path / "a").resize(3)
    array = array.update_attributes({"z": 2})
    assert array.attrs["x"] != array.attrs["x"]
    array = array.update_attributes({}, remove=["x"])
    assert array.attrs == {"y": 1, "z": 2}
    assert "NaN" not in (tmp_path / "a" / "zarr.json").read_text()
    assert frozarr.from_array({}, data=array).attrs == array.attrs


def test_attributes_of_numpy():
    array = frozarr.zeros(2, attributes={
        "n": np.int64(3), "x": np.float32(0.5), "t": np.str_("m"), "b": np.True_,
        "r": np.array([[1, 2]], "i2"), "w": np.array(["a", "b"]),
    })  # fmt: skip
    assert array.attrs == {
        "n": 3, "x": 0.5, "t": "m", "b": True, "r": [[1, 2]], "w": ["a", "b"],
    }  # fmt: skip
    assert type(array.attrs["n"]) is int
    for value, hint in ((np.datetime64("2020-01-01"), "of a date"), (np.array([1j]), "tolist")):
        with pytest.raises(MetadataError, match=hint):
            array.update_attributes({"a": value})


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_removing_attributes(zarr_format):
    values = {}
    array = frozarr.zeros(2, store=values, attributes={"a": 1, "b": 2}, zarr_format=zarr_format)
    with pytest.raises(MetadataError, match=r"no attributes \['c'\] to remove"):
        array.update_attributes({}, remove=["c"])
    with pytest.raises(MetadataError, match="names of attributes"):
        array.update_attributes({}, remove="a")
    fewer = array.update_attributes({"a": 3}, remove=["a", "b"])
    assert fewer.attrs == {"a": 3} == frozarr.open_array(values).attrs
    assert asyncio.run(fewer.async_array.update_attributes({}, remove=["a"])).attrs == {}


@pytest.mark.parametrize("shape", [(1.5, 3), 1.5, ("2",), (np.float64(2.0),)])
def test_shapes_are_whole_numbers(shape):
    with pytest.raises(TypeError):
        frozarr.zeros(shape)
    with pytest.raises(TypeError):
        frozarr.zeros(2).resize(shape)


@pytest.mark.parametrize("zarr_format", [4, 1, "3", 7])
def test_formats_are_2_and_3(zarr_format, tmp_path):
    store = LocalStore(tmp_path)
    for call in (
        lambda: frozarr.zeros(2, store=store, zarr_format=zarr_format),
        lambda: frozarr.open_array(store, zarr_format=zarr_format),
        lambda: frozarr.load(store, zarr_format=zarr_format),
        lambda: frozarr.save(store, np.zeros(2), np.zeros(2), zarr_format=zarr_format),
        lambda: asyncio.run(frozarr.AsyncArray.open(store, zarr_format)),
        lambda: old_create(store, shape=2, dtype="i4", zarr_format=zarr_format),
    ):
        with pytest.raises(ValueError, match=r"2.*3|must be in \(2"):
            call()
    assert not list(tmp_path.iterdir())


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_is_written_can_be_read(store, old, zarr_format):
    other = MemoryStore()

    def attempt(attributes, store=store):
        return frozarr.create_array(
            store, name="x", shape=2, dtype="i4", attributes=attributes, zarr_format=zarr_format
        )

    with pytest.raises(MetadataError, match="nested deeper"):
        attempt({"a": nested(230)})
    with pytest.raises(MetadataError, match="exceeds"):
        attempt({"a": "x" * (65 << 20)})
    with pytest.raises(MetadataError, match="nested deeper"):
        frozarr.open_array(store).update_attributes({"a": nested(230)})
    assert contents(store) == old
    half = attempt({"a": "\ud800", "b": "\u00e9", "deep": nested(150)}, other)
    again = frozarr.open_array(other, path="x")
    assert again.attrs == half.attrs
    assert again.update_attributes({"c": 1}).attrs["a"] == "\ud800"
    for key in other.blocking.list():
        other.get_sync(key).to_bytes().decode()

"""Values of other libraries, copied region by region: in bounded memory, and told how far."""

import asyncio
import threading

import dask.array
import h5py
import netCDF4
import numpy as np
import pytest
import zarr

import frozarr
from frozarr.errors import ContainsArrayError
from frozarr.storage import LocalStore, MemoryStore
from frozarr.testing.latency import LatencyStore

VALUES = np.arange(60, dtype="f4").reshape(6, 10)


class Sliced:
    """An array that notes which regions are read, and by how many threads at once."""

    shape, dtype = VALUES.shape, VALUES.dtype

    def __init__(self, fail_at=None):
        self.regions = []
        self.at_once = self.most_at_once = 0
        self.fail_at = fail_at
        self._counting = threading.Lock()

    def __getitem__(self, region):
        with self._counting:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.regions.append(region)
        if self.fail_at is not None and len(self.regions) > self.fail_at:
            raise OSError("the source is gone")
        part = VALUES[region]
        with self._counting:
            self.at_once -= 1
        return part


def hdf5(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("a", data=VALUES, chunks=(3, 5))
    return h5py.File(tmp_path / "a.h5", "r")["a"]


OPEN = []
"""Files of netCDF4 that are read: its library crashes if one is let go of by another thread."""


def opened(path):
    OPEN.append(netCDF4.Dataset(path))
    return OPEN[-1]


def netcdf(tmp_path):
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("y", 6)
        file.createDimension("x", 10)
        file.createVariable("a", "f4", ("y", "x"))[:] = VALUES
    return opened(tmp_path / "a.nc")["a"]


def memmap(tmp_path):
    VALUES.tofile(tmp_path / "raw")
    return np.memmap(tmp_path / "raw", "f4", "r", shape=VALUES.shape)


SOURCES = {
    "h5py": hdf5,
    "netCDF4": netcdf,
    "memmap": memmap,
    "zarr": lambda path: zarr.create_array(path / "z", data=VALUES, chunks=(3, 5)),
    "dask": lambda _: dask.array.from_array(VALUES, chunks=(3, 5)),
    "sliced": lambda _: Sliced(),
    "frozarr": lambda _: frozarr.array(VALUES, chunks=(3, 5)),
    "lists": lambda _: VALUES.tolist(),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("how", ["from_array", "create_array", "array", "save_array", "async"])
def test_anything_with_shape_dtype_and_slicing(source, how, tmp_path):
    data = SOURCES[source](tmp_path)
    match how:
        case "from_array":
            made = frozarr.from_array({}, data=data)
        case "create_array":
            made = frozarr.create_array({}, data=data, chunks=(2, 10))
        case "array":
            made = frozarr.array(data)
        case "save_array":
            made = frozarr.save_array({}, data)
        case "async":
            made = frozarr.Array.of(asyncio.run(frozarr.aio.from_array({}, data=data)))
    assert (np.asarray(made) == VALUES).all()
    assert made.dtype == (np.float64 if source == "lists" else np.float32)
    if how == "from_array" and source in {"h5py", "zarr", "dask", "frozarr"}:
        assert made.chunks == (3, 5)


def test_shards_of_others_are_kept():
    theirs = zarr.create_array({}, data=VALUES, chunks=(1, 5), shards=(3, 10))
    made = frozarr.from_array({}, data=theirs)
    assert (made.chunks, made.shards) == ((1, 5), (3, 10))
    assert frozarr.from_array({}, data=theirs, zarr_format=2).chunks == (1, 5)


def test_regions_are_whole_chunks_of_the_copy_and_no_larger_than_needed(monkeypatch):
    from frozarr.io.policy import Policy
    from frozarr.io.programs import copy

    monkeypatch.setattr(copy, "POLICY", Policy(copy_region_nbytes=2 * 10 * 4))
    source = Sliced()
    frozarr.from_array({}, data=source, chunks=(1, 4))
    assert sorted(r[0].start for r in source.regions if r[0].stop) == [0, 2, 4]
    assert source.most_at_once == 1  # nothing says that threads may read it


def test_text_and_bytes_of_any_length(tmp_path):
    words = ["ein", "", "drei", "vïer"]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("t", data=words, dtype=h5py.string_dtype())
        file.create_dataset("b", (2,), dtype=h5py.special_dtype(vlen=bytes))[:] = [b"x", b"yz"]
        assert frozarr.from_array({}, data=file["t"])[...].tolist() == words
        assert frozarr.from_array({}, data=file["b"])[...].tolist() == [b"x", b"yz"]
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 4)
        file.createVariable("a", str, ("x",))[:] = np.array(words, object)
        assert frozarr.from_array({}, data=file["a"])[...].tolist() == words


@pytest.mark.parametrize("source", ["sliced", "frozarr", "memmap"])
def test_progress(source, tmp_path, capsys):
    told = []
    data = SOURCES[source](tmp_path)
    frozarr.from_array({}, data=data, chunks=(2, 10), progress=lambda *n: told.append(n))
    assert told[-1] == (240, 240)
    assert told == sorted(told)
    frozarr.create_array({}, data=data, progress=True)
    assert capsys.readouterr().err.endswith("\r100.0 % of 0.0 MB written\n")
    frozarr.create_array({}, data=data)
    assert capsys.readouterr().err == ""


def stores(tmp_path):
    return MemoryStore(), LocalStore(tmp_path / "local"), LatencyStore(delay=0.0)


def test_a_source_that_fails_leaves_what_was_there(tmp_path):
    for store in stores(tmp_path):
        with pytest.raises(OSError, match="the source is gone"):
            frozarr.from_array(store, data=Sliced(fail_at=0), name="a")
        assert not [k for k in store.blocking.list() if k.startswith("a")]
    for store in (MemoryStore(), LocalStore(tmp_path / "other")):
        old = frozarr.create_array(store, data=[1, 2, 3])
        with pytest.raises(OSError, match="the source is gone"):
            frozarr.from_array(store, data=Sliced(fail_at=0), overwrite=True)
        assert frozarr.open_array(store)[...].tolist() == old[...].tolist() == [1, 2, 3]


def test_an_array_is_not_replaced_by_a_copy_of_itself(tmp_path):
    for theirs in (zarr.create_array, frozarr.create_array):
        source = theirs(str(tmp_path / "a"), data=VALUES, overwrite=True)
        with pytest.raises(ContainsArrayError, match="copy of what it holds"):
            frozarr.from_array(tmp_path / "a", data=source, overwrite=True)
        assert (np.asarray(source[:]) == VALUES).all()


def test_a_source_may_need_the_loop_of_the_store(tmp_path):
    """What is read through fsspec's loop is read off it."""
    url = f"memory://{tmp_path.name}"
    theirs = frozarr.create_array(f"{url}/source", data=VALUES)

    class Blocking:
        shape, dtype = VALUES.shape, VALUES.dtype

        def __getitem__(self, region):
            return theirs[region]

    copied = frozarr.from_array(f"{url}/copy", data=Blocking())
    assert (copied[...] == VALUES).all()


# ------------------------------------------------------------------ what sources get wrong


def test_scaled_masked_and_unsigned_variables(tmp_path):
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 6)
        scaled = file.createVariable("s", "i2", ("x",), fill_value=-99)
        scaled.scale_factor, scaled.add_offset = 0.5, 10.0
        scaled[:] = np.ma.array([10.5, 11, 12.5, 0, 0, 30], mask=[0, 0, 0, 1, 1, 0])
        unsigned = file.createVariable("u", "i1", ("x",))
        unsigned.set_auto_maskandscale(False)
        unsigned[:] = np.array([1, 2, 3, 4, -56, -1], "i1")
        unsigned.setncattr("_Unsigned", "true")
    file = opened(tmp_path / "a.nc")
    copied = frozarr.from_array({}, data=file["s"], fill_value=-1)
    assert copied[...].tolist() == [10.5, 11, 12.5, -1, -1, 30]
    assert frozarr.from_array({}, data=file["u"])[...].tolist() == [1, 2, 3, 4, 200, 255]


def test_several_variables_of_a_library_that_knows_one_thread(tmp_path):
    values = np.random.default_rng(0).random((6, 100, 200)).astype("f4")
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("y", 100)
        file.createDimension("x", 200)
        for number, value in enumerate(values):
            file.createVariable(f"v{number}", "f4", ("y", "x"), zlib=True, chunksizes=(10, 20))[
                :
            ] = value
    file = opened(tmp_path / "a.nc")
    store = MemoryStore()
    frozarr.save(store, **{name: file[name] for name in file.variables})
    for number, value in enumerate(values):
        assert (frozarr.load(store, f"v{number}") == value).all()


def test_masked_elements_become_the_fill_value():
    masked = np.ma.array([1, 2, 3], mask=[0, 1, 0])
    assert frozarr.create_array({}, data=masked, fill_value=-5)[...].tolist() == [1, -5, 3]
    array = frozarr.zeros(3, dtype="i4")
    array[...] = masked
    array = array.append(np.ma.array([7, 8], mask=[1, 0]))
    assert array[...].tolist() == [1, 0, 3, 0, 8]
    array[:3] = np.ma.array([4, 5, 6])
    assert array[:3].tolist() == [4, 5, 6]
    undefined = frozarr.create(3, dtype="i4", zarr_format=2, fill_value=None)
    with pytest.raises(ValueError, match="filled"):
        undefined[...] = masked


class Lying:
    """An array that gives something else than it declares."""

    shape, dtype = (4, 4), np.dtype("i8")

    def __init__(self, part):
        self.part = part

    def __getitem__(self, region):
        if not region[0].stop:
            return np.zeros((0, 0), "i8")
        return self.part


@pytest.mark.parametrize(("part", "error"), [
    (np.arange(4), ValueError), (7, ValueError), (None, ValueError), (np.zeros((4, 4)) + 0.5, TypeError),
], ids=["row", "number", "none", "floats"])  # fmt: skip
def test_sources_that_give_something_else(part, error):
    store = MemoryStore()
    with pytest.raises(error, match=r"a Lying (gave|of dtype)"):
        frozarr.from_array(store, data=Lying(part))
    assert not store.store_dict


def test_sources_that_can_not_be_read(tmp_path):
    grown = dask.array.from_array(np.arange(4), chunks=2)
    with pytest.raises(ValueError, match="compute it first"):
        frozarr.from_array({}, data=grown[grown > 1])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        empty = file.create_dataset("e", data=h5py.Empty("f4"))
        with pytest.raises(ValueError, match="not known"):
            frozarr.from_array({}, data=empty)
    theirs = zarr.create_array({}, data=VALUES)
    with pytest.raises(TypeError, match="asynchronously"):
        frozarr.from_array({}, data=theirs.async_array)


def test_progress_of_nothing():
    told = []
    frozarr.from_array({}, data=frozarr.zeros((0, 3)), progress=lambda *n: told.append(n))
    assert told == [(0, 0)]


@pytest.mark.parametrize("kind", ["memory", "latency"])
def test_memory_is_bounded(kind, monkeypatch):
    """As many regions as the policy allows are alive at once, however many there are."""
    import gc
    import weakref

    from frozarr.io.policy import Policy
    from frozarr.io.programs import copy

    region_nbytes = 8 * 1000
    policy = Policy(copy_region_nbytes=region_nbytes, copy_nbytes=4 * region_nbytes)
    monkeypatch.setattr(copy, "POLICY", policy)
    alive, most = [], []

    class Part(np.ndarray):
        pass

    class Long:
        shape, dtype = (200_000,), np.dtype("f8")

        def __getitem__(self, region):
            part = np.arange(*region[0].indices(200_000)[:2], dtype="f8").view(Part)
            alive.append(weakref.ref(part))
            alive[:] = [ref for ref in alive if ref() is not None]
            most.append(len(alive))
            return part

    gc.collect()
    store = MemoryStore() if kind == "memory" else LatencyStore(delay=0.0005)
    copied = frozarr.from_array(store, data=Long(), chunks=1000, config={"workers": 16})
    assert len(most) >= 200
    assert max(most) <= 4 + 2  # and one that is made ready, one that is let go of
    assert copied[199_990:].tolist() == list(range(199_990, 200_000))

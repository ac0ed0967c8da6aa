"""What can't be done whole is refused before it is begun, or leaves what was there."""

import io

import numpy as np
import pytest

import frozarr
from frozarr.errors import ContainsArrayError, InvalidKeyError, MetadataError
from frozarr.storage import FsspecStore, LocalStore, MemoryStore, ZipStore


class Bad:
    """A source that can't be read."""

    shape, dtype = (10,), np.dtype("i8")

    def __getitem__(self, region):
        if region[0].stop:
            raise OSError("boom")
        return np.arange(0)


@pytest.fixture
def saved(store):
    frozarr.save(store, a=np.arange(10), b=np.ones(3))
    return {key: store.blocking.get(key).to_bytes() for key in store.blocking.list()}


def contents(store):
    return {key: store.blocking.get(key).to_bytes() for key in store.blocking.list()}


@pytest.mark.parametrize("arrays", [
    {"x": np.arange(3), "b": np.array(["\ud800"], object)}, {"zarr.json": [1], "b": [1]},
    {"a": Bad(), "c": [1]}, {"a/b": [1], "a": [2]}, {".zarray/x": [1], "y": [2]},
], ids="-".join)  # fmt: skip
def test_several_arrays_replace_a_group_or_nothing(store, saved, arrays):
    with pytest.raises((ValueError, OSError)):
        frozarr.save(store, **arrays)
    assert contents(store) == saved


def test_arrays_of_the_group_that_is_replaced(store, saved):
    a, b = (frozarr.open_array(store, path=path) for path in "ab")
    for arrays in ({"x": a, "y": b}, {"a": a, "c": [1]}):
        with pytest.raises(ContainsArrayError, match="copy of what it holds"):
            frozarr.save(store, **arrays)
    assert contents(store) == saved


def test_groups_in_groups_are_saved_at_once(store, saved):
    frozarr.save(store, **{"g/x": [1, 2], "g/h/y": [3.0], "z": [4]})
    for path, value in (("g/x", [1, 2]), ("g/h/y", [3.0]), ("z", [4])):
        assert frozarr.load(store, path).tolist() == value
    assert sorted(k for k in store.blocking.list() if k.endswith("zarr.json")) == [
        "g/h/y/zarr.json", "g/h/zarr.json", "g/x/zarr.json", "g/zarr.json", "z/zarr.json", "zarr.json",
    ]  # fmt: skip
    assert not frozarr.load(store, "g").keys() - {"x"}


def test_a_refusal_makes_no_groups(store):
    frozarr.create_array(store, name="a", data=[1])
    store.delete_sync("zarr.json")
    before = contents(store)
    with pytest.raises(ContainsArrayError, match="nothing can be created below"):
        frozarr.create_array(store, name="a/b/c", data=[1])
    with pytest.raises(InvalidKeyError, match="name of a document"):
        frozarr.create_array(store, name="g/zarr.json", data=[1])
    assert contents(store) == before


@pytest.mark.parametrize("kind", ["local", "memory", "fsspec"])
@pytest.mark.parametrize("path", [None, "folder"])
def test_what_is_no_part_of_a_node_stays(kind, path, tmp_path):
    kinds = {
        "local": lambda: LocalStore(tmp_path / "s"),
        "memory": MemoryStore,
        "fsspec": lambda: FsspecStore.from_url(f"memory://{tmp_path.name}"),
    }
    writers = {
        "save_array": lambda s: frozarr.save_array(s, np.arange(9), path=path),
        "save": lambda s: frozarr.save(s, path=path, x=np.arange(9), y=[1]),
        "save one": lambda s: frozarr.save(s, np.arange(9), path=path),
        "create_array": lambda s: frozarr.create_array(
            s, name=path, shape=9, dtype="i8", overwrite=True
        ),
    }
    head = f"{path}/" if path else ""
    for name, write in writers.items():
        store = kinds[kind]()
        store.blocking.set(f"{head}notes.txt", b"mine")
        store.blocking.set(f"{head}sub/more.txt", b"mine, too")
        store.blocking.set(f"{head}c/7", b"of an array that is no more")
        write(store)
        kept = contents(store)
        assert kept[f"{head}notes.txt"] == b"mine", name
        assert kept[f"{head}sub/more.txt"] == b"mine, too", name
        assert (f"{head}c/7" in kept) is (name == "save"), name
        write(store)  # now a node stands there, and all of its folder is replaced
        assert f"{head}notes.txt" not in contents(store), name
        store.blocking.delete_dir(path or "")


def test_a_corrupt_document_can_be_replaced(store):
    store.set_sync("zarr.json", b"{broken")
    store.set_sync("c/0", b"old")
    frozarr.save_array(store, np.arange(3))
    assert frozarr.load(store).tolist() == [0, 1, 2]
    assert not [k for k in store.blocking.list() if "tmp" in k]


def test_what_an_archive_can_not_undo_is_refused():
    archive = ZipStore(io.BytesIO(), mode="w")
    array = frozarr.create_array(archive, name="a", data=np.arange(10), chunks=5, compressors=None)
    before = contents(archive)
    for call in (
        lambda: frozarr.create_array(archive, name="a", data=np.arange(20.0), overwrite=True),
        lambda: frozarr.create_array(archive, name="a", shape=3, dtype="f4", overwrite=True),
        lambda: frozarr.save(archive, [1], path="a"),
        lambda: frozarr.open_array(archive, path="a", mode="w", shape=3, dtype="f4"),
        lambda: array.resize(3),
    ):
        with pytest.raises(NotImplementedError, match="nothing was changed"):
            call()
    with pytest.raises(OSError, match="boom"):
        frozarr.from_array(archive, name="b", data=Bad())
    assert contents(archive) == before
    kept = array.resize(3, delete_outside_chunks=False)
    assert kept.resize(10)[...].tolist() == list(range(10))
    made = frozarr.create_array(archive, name="c", data=np.arange(4), chunks=2)
    assert made[...].tolist() == [0, 1, 2, 3]
    with pytest.raises(ContainsArrayError):
        frozarr.create_array(archive, name="c", data=np.arange(4))


def test_an_entry_that_can_not_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    archive = ZipStore(tmp_path / "a.zip", mode="w")
    archive.set_sync("k", b"old")
    archive.set_sync("m", memoryview(b"abcdef")[::2])
    assert archive.get_sync("m").to_bytes() == b"ace"
    import zipfile

    write = zipfile._ZipWriteFile.write

    def full(self, data):
        write(self, bytes(data)[:2])
        raise OSError("disk full")

    monkeypatch.setattr(zipfile._ZipWriteFile, "write", full)
    for key in ("k", "new"):
        with pytest.raises(OSError, match="disk full"):
            archive.set_sync(key, b"something else")
    monkeypatch.undo()
    assert archive.get_sync("k").to_bytes() == b"old"
    archive.set_sync("later", b"1")
    archive.close()
    again = ZipStore(tmp_path / "a.zip")
    assert contents(again) == {"k": b"old", "m": b"ace", "later": b"1"}


def test_wide_floats_are_attributes(tmp_path):
    array = frozarr.save_array(tmp_path, [1, 2], path="x")
    array = frozarr.save_array(tmp_path, [1, 2], path="x", attributes={"a": np.longdouble(0.5)})
    assert array.attrs == {"a": 0.5}
    assert [p.name for p in tmp_path.iterdir()] == ["x", "zarr.json"] or sorted(
        p.name for p in tmp_path.iterdir()
    ) == ["x", "zarr.json"]


def test_words_for_what_is_not_understood():
    looped = []
    looped.append(looped)
    with pytest.raises(MetadataError, match="nested too deeply"):
        frozarr.zeros(2, attributes={"a": looped})
    array = frozarr.zeros(2, attributes={"a": 1})
    for remove in ([1, "zz"], [["a"]]):
        with pytest.raises(MetadataError, match="names of attributes"):
            array.update_attributes({}, remove=remove)
    with pytest.raises(InvalidKeyError, match="expected a string"):
        frozarr.create_array({}, data=[1], name=5)
    with pytest.raises(ValueError, match="order must be 'C' or 'F', got 'K'"):
        frozarr.zeros(2, order="K", zarr_format=2)
    with pytest.raises(TypeError, match="storage_options need a URL"):
        frozarr.create_array({}, data=[1], storage_options={"a": 1})
    assert frozarr.zeros(2).resize(np.array([5])).shape == (5,)
    with pytest.raises(TypeError, match="did you mean 'new_shape'"):
        frozarr.zeros(2).resize(new_shap=3)
    with pytest.raises(TypeError, match="did you mean 'fields'"):
        frozarr.zeros(2).get_basic_selection(0, feilds=1)
    with pytest.raises(TypeError, match="did you mean 'casting'"):
        frozarr.zeros(2, config={"casing": "safe"})


def test_copies_into_format_2():
    sharded = frozarr.create_array({}, data=np.arange(8), chunks=2, shards=4)
    assert frozarr.from_array({}, data=sharded, zarr_format=2).chunks == (2,)
    several = frozarr.create_array({}, data=np.arange(5), chunks=[[2, 3]])
    for make in (lambda: frozarr.from_array({}, data=several, zarr_format=2),
                 lambda: frozarr.zeros_like(several, zarr_format=2)):  # fmt: skip
        assert make().metadata.zarr_format == 2


def test_likes_of_another_type_or_rank():
    text = frozarr.create_array({}, data=np.array(["a", "b"], object), zarr_format=2)
    assert frozarr.zeros_like(text, dtype="f4").dtype == np.float32
    assert frozarr.empty_like(text, dtype="f4").fill_value == 0
    sharded = frozarr.create_array({}, data=[1, 2], chunks=1, shards=2)
    like = frozarr.empty_like(sharded, dtype="string")
    assert (like.fill_value, like.shards) == ("", (2,))
    assert frozarr.zeros_like(sharded, shape=()).shape == ()
    assert frozarr.zeros_like(sharded, shape=9).shards == (2,)


def test_two_creators_of_one_path_in_one_process():
    import sys
    import threading

    from frozarr.compat.storage import ManagedMemoryStore
    from frozarr.storage import FsspecStore

    keep = ManagedMemoryStore("creators")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for number in range(12):
            for make in (
                lambda n=number: FsspecStore.from_url(f"memory://creators{n}"),
                lambda n=number: ManagedMemoryStore("creators", path=f"p{n}"),
            ):
                wins, start = [], threading.Barrier(3)

                def create(extent, make=make, wins=wins, start=start):
                    place = make()
                    start.wait()
                    try:
                        frozarr.create_array(place, shape=extent, dtype="u1")
                    except ContainsArrayError:
                        return
                    wins.append(extent)

                threads = [threading.Thread(target=create, args=(4 + i,)) for i in range(3)]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
                assert len(wins) == 1
                assert frozarr.open_array(make()).shape == (wins[0],)
    finally:
        sys.setswitchinterval(interval)
    assert keep.name == "creators"


def test_local_and_memory_delete_alike(tmp_path):
    for store in (MemoryStore(), LocalStore(tmp_path)):
        store.set_sync("np", b"1")
        store.blocking.delete_dir("np")
        assert store.blocking.list() == ["np"]
        with pytest.raises(InvalidKeyError, match="reserved"):
            store.blocking.delete_dir(".frozarr-tmp")


# ------------------------------------------------------------------ by several at once


def at_once(*calls):
    """Run calls in threads that start together; the errors of those that fail."""
    import sys
    import threading

    errors, start, interval = [], threading.Barrier(len(calls)), sys.getswitchinterval()

    def run(call):
        start.wait()
        try:
            call()
        except Exception as error:
            errors.append(error)

    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=run, args=(call,)) for call in calls]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    finally:
        sys.setswitchinterval(interval)
    return errors


def fresh(kind, tmp_path, number):
    return MemoryStore() if kind == "memory" else LocalStore(tmp_path / str(number))


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_two_that_overwrite_an_empty_path(kind, tmp_path):
    first, second = np.full(100, 7, "i4"), np.full(60, 1.5, "f8")
    for number in range(25):
        store = fresh(kind, tmp_path, number)
        errors = at_once(
            lambda s=store: frozarr.save_array(s, first, path="x", chunks=10),
            lambda s=store: frozarr.save_array(s, second, path="x", chunks=20),
        )
        assert not [e for e in errors if isinstance(e, ValueError)]
        loaded = frozarr.load(store, "x")
        assert loaded.tolist() in (first.tolist(), second.tolist())


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_the_loser_of_a_race_leaves_the_winners_attributes(kind, tmp_path):
    for number in range(25):
        store = fresh(kind, tmp_path, number)
        at_once(*(
            lambda s=store, n=n: frozarr.create_array(
                s, name="x", shape=(n,), dtype="i4", zarr_format=2, attributes={"w": n}
            )
            for n in (3, 4)
        ))  # fmt: skip
        array = frozarr.open_array(store, path="x")
        assert array.attrs["w"] == array.shape[0]


def test_a_group_that_is_replaced_while_an_array_below_it_is_built(tmp_path):
    for number in range(15):
        store = LocalStore(tmp_path / str(number))
        frozarr.save(store, x=np.zeros(5), y=np.ones(3))
        errors = at_once(
            lambda s=store: frozarr.save(s, x=np.full(10, 1), y=np.full(10, 1)),
            lambda s=store: frozarr.save_array(s, np.full(40, 2), path="x", chunks=(1,)),
        )
        loaded = frozarr.load(store, "x").tolist()
        assert loaded in ([1] * 10, [2] * 40), errors


def test_archives_are_saved_to():
    archive = ZipStore(io.BytesIO(), mode="w")
    frozarr.save(archive, x=np.arange(5), y=np.arange(3.0))
    frozarr.save(archive, np.arange(4), path="z")
    frozarr.create_array(archive, name="w", data=[1], overwrite=True)
    assert {name: v.tolist() for name, v in frozarr.load(archive).items()} == {
        "x": [0, 1, 2, 3, 4], "y": [0, 1, 2], "z": [0, 1, 2, 3], "w": [1],
    }  # fmt: skip
    alone = ZipStore(io.BytesIO(), mode="w")
    frozarr.save(alone, np.arange(5))
    assert frozarr.load(alone).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "arrays", [{"/a": [1], "a": [2]}, {"": [1], "a": [2]}, {"a//b": [1], "a/b": [2]}]
)
def test_one_path_twice(store, saved, arrays):
    with pytest.raises(ValueError, match="can't be stored at or below"):
        frozarr.save(store, **arrays)
    assert contents(store) == saved


def test_a_source_of_zarr_python_at_the_place_itself():
    import zarr

    theirs = zarr.open_array("memory://own-source/x", mode="w", shape=(6,), chunks=(2,), dtype="i4")
    theirs[:] = np.arange(6) + 1
    with pytest.raises(ContainsArrayError, match="copy of what it holds"):
        frozarr.save("memory://own-source", theirs, path="x")
    assert theirs[:].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_disk_that_is_full_leaves_an_archive_readable():
    import os

    class Full(io.BytesIO):
        room = None

        def write(self, data):
            if self.room is not None and len(data) > 1000:
                super().write(bytes(data)[: self.room])
                raise OSError(28, "No space left on device")
            return super().write(data)

    file = Full()
    archive = ZipStore(file, mode="w")
    archive.set_sync("a", b"x")
    file.room = 300_000
    with pytest.raises(OSError, match="No space"):
        archive.set_sync("b", os.urandom(500_000))
    file.room = None
    archive.set_sync("c", b"y")
    archive.close()
    assert contents(ZipStore(file)) == {"a": b"x", "c": b"y"}


def test_archives_move_with_their_twins(tmp_path):
    import asyncio

    with ZipStore(tmp_path / "a.zip", mode="w") as store:
        store.set_sync("k", b"1")
    store = ZipStore(tmp_path / "a.zip")
    twin = store.with_read_only(True)
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="name the archive"):
        asyncio.run(store.move(tmp_path / "folder"))
    asyncio.run(store.move(tmp_path / "b.zip"))
    assert twin.url == store.url
    assert twin.get_sync("k").to_bytes() == b"1"


def test_masked_records_and_texts():
    records = np.ma.array(
        [(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")], mask=[(0, 1), (1, 0)]
    )
    with pytest.raises(ValueError, match="filled"):
        frozarr.from_array({}, data=records)
    plain = np.ma.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    assert frozarr.from_array({}, data=plain)[...].tolist() == [(1, 2.0)]
    texts = np.ma.array(["a", "bcd"], dtype=object, mask=[1, 0])
    assert frozarr.from_array({}, data=texts)[...].tolist() == ["", "bcd"]
    with pytest.raises(TypeError):
        frozarr.zeros(2).append([1], axis=None)


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_a_cancelled_creation_leaves_no_array(kind, tmp_path):
    import asyncio

    from frozarr import aio
    from frozarr.io.runners.locks import LOCKS

    async def main():
        for number in range(60):
            store = fresh(kind, tmp_path, number)
            values = np.full((60, 60), 9)
            task = asyncio.create_task(
                aio.from_array(store, data=values, name="x", chunks=(10, 10))
            )
            await asyncio.sleep(number * 1e-4)
            task.cancel()
            await asyncio.wait([task])
            try:
                left = frozarr.open_array(store, path="x")
            except FileNotFoundError:
                continue
            assert not task.cancelled()
            assert (left[...] == 9).all()

    asyncio.run(main())
    assert not LOCKS.held

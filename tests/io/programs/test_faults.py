"""A store whose n-th call fails: the result is right, or an error and old-or-new, then silence."""

import threading

import numpy as np
import pytest

import frozarr
from frozarr import Array
from frozarr.errors import ChunkDecodeError, ChunkNotFoundError, ConflictError, ContainsArrayError
from frozarr.storage import LocalStore, MemoryStore
from frozarr.testing.faulty import FaultyStore

EXPECTED = np.arange(24, dtype="i4").reshape(6, 4)


def make(values, zarr_format=3):
    array = frozarr.create_array(
        values, name="x", shape=(6, 4), chunks=(2, 2), dtype="i4", zarr_format=zarr_format,
        attributes={"a": 1}, fill_value=-1, config={"workers": 2, "batch_nbytes": 16},
    )  # fmt: skip
    array[...] = EXPECTED
    return array


def state(values):
    array = frozarr.open_array(values, path="x", mode="r")
    return array.metadata, array[...].tobytes()


CHANGES = {
    "append": lambda a: a.append(np.full((3, 4), 7, "i4")),
    "shrink": lambda a: a.resize(3, 2),
    "grow": lambda a: a.resize(8, 8),
    "update_attributes": lambda a: a.update_attributes({"b": 2}),
    "overwrite": lambda a: frozarr.create_array(
        a.store, name="x", shape=3, dtype="f8", overwrite=True, zarr_format=a.metadata.zarr_format
    ),
    "save": lambda a: frozarr.save_array(
        a.store, np.arange(5.0), path="x", zarr_format=a.metadata.zarr_format
    ),
}


@pytest.mark.parametrize("for_ever", [False, True])
@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("change", CHANGES)
def test_old_or_new_and_silence(change, zarr_format, for_ever):
    finished = {}
    CHANGES[change](make(finished, zarr_format))
    new = state(finished)
    for fail_at in range(200):
        values = {}
        array = make(values, zarr_format)
        old = state(values)
        store = FaultyStore(values, fail_at=fail_at, for_ever=for_ever)
        handle = Array(array.metadata, frozarr.storage.StorePath(store, "x"), array.config)
        try:
            CHANGES[change](handle)
        except OSError:
            writes = store.writes
            assert state(values) in {old, new}
            assert store.writes == writes
            assert not [k for k in values if "frozarr-tmp" in k] or for_ever
        else:
            if store.calls <= fail_at:
                assert state(values) == new
                return
    raise AssertionError("never finished")


@pytest.mark.parametrize("for_ever", [False, True])
def test_failed_write_leaves_chunks_old_or_new(for_ever):
    for fail_at in range(100):
        values = {}
        array = make(values)
        store = FaultyStore(values, fail_at=fail_at, for_ever=for_ever)
        handle = array.from_dict(frozarr.storage.StorePath(store, "x"), array.metadata.to_json())
        handle = handle.with_config({"workers": 2, "batch_nbytes": 16})
        try:
            handle[1:5] = 100 + EXPECTED[1:5]
            failed = False
        except OSError:
            failed = True
        writes = store.writes
        merged = EXPECTED.copy()
        merged[1:5] += 100
        found = frozarr.open_array(values, path="x")[...]
        for region in array.iter_chunk_regions():
            assert found[region].tolist() in (EXPECTED[region].tolist(), merged[region].tolist())
        assert store.writes == writes
        if not failed:
            np.testing.assert_array_equal(found, merged)
            return
    raise AssertionError("never finished")


def test_failed_read_is_an_error_never_fill_values():
    values = {}
    array = make(values)
    for fail_at in range(6):
        store = FaultyStore(values, fail_at=fail_at)
        handle = array.from_dict(frozarr.storage.StorePath(store, "x"), array.metadata.to_json())
        with pytest.raises(OSError, match="on purpose"):
            handle[...]


@pytest.mark.parametrize("compressors", [None, "auto", [{"name": "crc32c"}]])
def test_corrupt_chunks_are_errors_that_name_them(compressors):
    values = {}
    array = frozarr.create_array(
        values, name="x", shape=(8,), chunks=(4,), dtype="i4", compressors=compressors
    )
    array[...] = np.arange(8)
    good = bytes(values["x/c/1"])
    for bad in (b"", good[:-1], good + b"\0", good * 2, b"junk"):
        values["x/c/1"] = bad
        with pytest.raises(ChunkDecodeError, match="x/c/1") as caught:
            array[...]
        assert caught.value.key == "x/c/1"
        assert caught.value.url in str(caught.value)
        with pytest.raises(ChunkDecodeError):
            array[5] = 1  # a partial write must not make clean data of a corrupt chunk
        assert values["x/c/1"] == bad
        assert array[:4].tolist() == [0, 1, 2, 3]
    array[4:] = 5
    assert array[4:].tolist() == [5] * 4


def test_missing_chunks_can_be_errors():
    values = {}
    array = frozarr.create_array(values, shape=(8,), chunks=(2,), dtype="i4")
    array[:2] = 1
    strict = array.with_config({"read_missing_chunks": False})
    assert strict[:2].tolist() == [1, 1]
    with pytest.raises(ChunkNotFoundError, match="c/1") as caught:
        strict[...]
    assert set(caught.value.keys) <= {"c/1", "c/2", "c/3"}
    assert isinstance(caught.value, KeyError)


def test_no_update_within_a_chunk_is_lost():
    for _ in range(5):
        values = {}
        array = frozarr.create_array(values, shape=(64,), chunks=(64,), dtype="i4")
        handles = [frozarr.open_array(values) for _ in range(4)]
        start = threading.Barrier(4)

        def work(which, handles=handles, start=start):
            start.wait()
            for i in range(which, 64, 4):
                handles[which][i] = i + 1

        threads = [threading.Thread(target=work, args=(w,)) for w in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert array[...].tolist() == list(range(1, 65))


def test_exactly_one_creator_succeeds(tmp_path):
    for round_ in range(5):
        start = threading.Barrier(4)
        results = []

        def work(place=tmp_path / str(round_), start=start, results=results):
            start.wait()
            try:
                frozarr.create_array(place, name="a", shape=3, dtype="i4")
                results.append("made")
            except ContainsArrayError:
                results.append("refused")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["made", "refused", "refused", "refused"]


def test_stale_handles_cannot_publish():
    values = {}
    first = make(values)
    second = frozarr.open_array(values, path="x")
    newer = first.update_attributes({"b": 2})
    before = dict(values)
    for change in (
        lambda: second.update_attributes({"c": 3}), lambda: second.resize(1, 1),
        lambda: second.append(np.zeros((1, 4), "i4")),
    ):  # fmt: skip
        with pytest.raises(ConflictError, match="changed since"):
            change()
        assert values == before
    assert dict(newer.attrs) == {"a": 1, "b": 2}
    assert dict(second.attrs) == {"a": 1}


def test_locks_are_given_back_when_a_program_fails():
    values = {}
    array = make(values)
    broken = FaultyStore(values, fail_at=0)
    handle = array.from_dict(frozarr.storage.StorePath(broken, "x"), array.metadata.to_json())
    for _ in range(2):
        with pytest.raises(OSError):
            handle[0, 0] = 1
        broken.fail_at, broken.calls = 0, 0
    array[0, 0] = 5
    assert array[0, 0] == 5


def test_fork_after_use(tmp_path):
    import os

    array = frozarr.create_array(tmp_path, shape=(64, 64), chunks=(4, 4), dtype="i4",
                                 config={"workers": 2, "batch_nbytes": 512})  # fmt: skip
    array[...] = 1
    child = os.fork()
    if child == 0:
        os._exit(0 if int(array[...].sum()) == 64 * 64 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_no_thread_is_left_behind():
    before = threading.active_count()
    array = frozarr.create_array(
        MemoryStore(), shape=(1024, 1024), chunks=(64, 64), dtype="i4", config={"workers": 4}
    )
    array[...] = 1
    assert int(array[...].sum()) == 1024 * 1024
    assert threading.active_count() == before


def test_no_thread_can_be_started(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    array = frozarr.create_array({}, shape=(1024, 1024), chunks=(64, 64), dtype="i4")
    array[...] = 1
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert int(array[...].sum()) == 1024 * 1024


def test_folders_that_others_remove_are_made_again(tmp_path):
    """Setting keys next to deletions that prune the same folders loses nothing."""
    errors = []

    def work(i):
        store = LocalStore(tmp_path)
        try:
            for n in range(300):
                store.blocking.set(f"a/b/{i}/x", b"%d" % n)
                assert bytes(store.blocking.get(f"a/b/{i}/x")) == b"%d" % n
                store.blocking.delete_dir(f"a/b/{i}")
                assert not store.blocking.exists(f"a/b/{i}/x")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(p.name for p in tmp_path.rglob("*")) in ([], ["a"], ["a", "b"])


def test_a_refused_append_leaves_the_rows_of_the_winner(tmp_path):
    for store in (MemoryStore(), tmp_path):
        for _ in range(20):
            made = frozarr.create_array(store, shape=0, chunks=4, dtype="i4", overwrite=True)
            winners = []

            def append(number, array=made, winners=winners):
                try:
                    array.append(np.full(4, number, "i4"))
                except ConflictError:
                    return
                winners.append(number)

            threads = [threading.Thread(target=append, args=(n,)) for n in range(1, 5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(winners) == 1
            assert frozarr.open_array(store)[...].tolist() == winners * 4

"""What several processes may do to one array at the same time; real processes, real stores."""

import multiprocessing
import threading

import numpy as np
import pytest

import frozarr
from frozarr.errors import ConflictError, ContainsArrayError
from frozarr.testing.lying_server import LyingServer

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["frozarr", "numpy", "fsspec", __name__])
PROCESSES = 4


def open_place(place):
    """The store that processes share, or what leads to it."""
    kind, where, options = place
    if kind != "obstore":
        return {"store": where, "storage_options": options}
    import obstore.store

    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    return {"store": obstore.store.S3Store(bucket, prefix=prefix, **options)}


class AtomicServer(LyingServer):
    """Passes one change on at a time: the server behind it checks conditions, and then stores."""

    def __init__(self, upstream):
        super().__init__(upstream, lambda _: None)
        self.changing = threading.Lock()

    def fetch(self, asked, body, lie):
        if asked.method in {"GET", "HEAD"}:
            return super().fetch(asked, body, lie)
        with self.changing:
            return super().fetch(asked, body, lie)


@pytest.fixture
def atomic_server(s3_endpoint):
    with AtomicServer(s3_endpoint) as server:
        yield server


@pytest.fixture(params=["local", "s3", "obstore"])
def place(request, tmp_path):
    if request.param == "local":
        return "local", str(tmp_path / "store"), None
    url, options = request.getfixturevalue("s3")
    server = request.getfixturevalue("atomic_server")
    if request.param == "s3":
        return "s3", url, {**options, "endpoint_url": server.url}
    return "obstore", url, {
        "endpoint": server.url, "access_key_id": "x", "secret_access_key": "y",
        "region": "us-east-1", "client_options": {"allow_http": True},
    }  # fmt: skip


def run(target, place, *args):
    """What each of several processes that start together gave back."""
    barrier, queue = SERVER.Barrier(PROCESSES), SERVER.Queue()
    processes = [
        SERVER.Process(target=reporting, args=(target, barrier, queue, place, number, *args))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    answers = [queue.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    errors = [answer for _, answer in answers if isinstance(answer, BaseException)]
    if errors:
        raise errors[0]
    return [answer for _, answer in sorted(answers, key=lambda pair: pair[0])]


def reporting(target, barrier, queue, place, number, *args):
    try:
        barrier.wait(60)
        queue.put((number, target(place, number, *args)))
    except BaseException as error:
        queue.put((number, error))


def write_some(place, number, count):
    array = frozarr.open_array(**open_place(place), path="x")
    for i in range(count):
        array[i * PROCESSES + number] = 1 + i * PROCESSES + number


@pytest.mark.parametrize("shards", [None, 400])
def test_parts_of_one_chunk_or_shard(place, shards):
    count = 40 if place[0] == "local" else 10
    frozarr.create_array(
        **open_place(place), name="x", shape=400, dtype="i4", chunks=10 if shards else 400,
        shards=shards,
    )  # fmt: skip
    run(write_some, place, count)
    values = frozarr.open_array(**open_place(place), path="x")[: count * PROCESSES]
    assert values.tolist() == list(range(1, count * PROCESSES + 1))


def append_some(place, number, count):
    appended = []
    for i in range(count):
        while True:
            array = frozarr.open_array(**open_place(place), path="x")
            try:
                array.append(np.full(3, 100 * number + i + 1, "i4"))
            except ConflictError:
                continue
            appended.append(100 * number + i + 1)
            break
    return appended


def test_appends(place):
    frozarr.create_array(**open_place(place), name="x", shape=0, dtype="i4", chunks=4)
    confirmed = sum(run(append_some, place, 5), [])
    values = frozarr.open_array(**open_place(place), path="x")[...].reshape(-1, 3)
    assert (values == values[:, :1]).all()
    assert sorted(values[:, 0].tolist()) == sorted(confirmed)


def set_some(place, number, count):
    for i in range(count):
        while True:
            array = frozarr.open_array(**open_place(place), path="x")
            try:
                array.update_attributes({f"{number}-{i}": i})
            except ConflictError:
                continue
            break


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_attributes(place, zarr_format):
    frozarr.create_array(**open_place(place), name="x", shape=4, dtype="i4",
                         zarr_format=zarr_format)  # fmt: skip
    run(set_some, place, 4)
    attributes = frozarr.open_array(**open_place(place), path="x").attrs
    assert set(attributes) == {f"{n}-{i}" for n in range(PROCESSES) for i in range(4)}


def create(place, number, round_, formats):
    try:
        frozarr.create_array(
            **open_place(place), name=f"r{round_}", shape=number + 1, dtype="i4",
            attributes={"who": number}, zarr_format=formats[number % len(formats)],
        )  # fmt: skip
    except ContainsArrayError:
        return False
    return True


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("formats", [[2], [3], [2, 3]])
def test_creators(place, formats, same):
    if len(formats) == 2 and place[0] != "local":
        pytest.skip("object stores have no step that writes documents of two formats or neither")
    for round_ in range(2 if place[0] == "local" else 1):
        won = run(create_same if same else create, place, round_, formats)
        assert won.count(True) == 1
        array = frozarr.open_array(**open_place(place), path=f"r{round_}")
        winner = won.index(True)
        expected = (7, {"a": 1}) if same else (winner + 1, {"who": winner})
        assert (array.shape[0], dict(array.attrs)) == expected


def create_same(place, number, round_, formats):
    try:
        frozarr.create_array(
            **open_place(place), name=f"r{round_}", shape=7, dtype="i4", attributes={"a": 1},
            zarr_format=formats[0],
        )  # fmt: skip
    except ContainsArrayError:
        return False
    return True


def append_or_shrink(place, number, count):
    done = 0
    for i in range(count):
        array = frozarr.open_array(**open_place(place), path="x")
        try:
            if number % 2:
                array.append(np.full(8, i + 1, "i4"))
            else:
                array.resize(max(0, array.shape[0] - 8))
            done += 1
        except ConflictError:
            continue
    return done


def test_a_shrink_deletes_nothing_that_was_appended_after_it(tmp_path):
    place = ("local", str(tmp_path), None)
    frozarr.create_array(tmp_path, name="x", shape=0, dtype="i4", chunks=4)
    for _ in range(3):
        run(append_or_shrink, place, 30)
        values = frozarr.open_array(tmp_path, path="x")[...]
        assert (values > 0).all(), "rows that were confirmed read as the fill value"


def test_names_of_lock_files_are_never_seen(tmp_path):
    array = frozarr.create_array(tmp_path, name="x", shape=4, dtype="i4", chunks=2)
    array.append(np.arange(4))
    names = [path.name for path in tmp_path.rglob("*")]
    assert not any("frozarr" in name for name in names)


def overwrite(place, number, rounds):
    for _ in range(rounds):
        frozarr.create_array(
            **open_place(place), name="x", data=np.full(40 + number, number, "i4"), chunks=7,
            overwrite=True,
        )  # fmt: skip


def test_overwriters_leave_one_array_whole(tmp_path):
    place = ("local", str(tmp_path), None)
    frozarr.create_array(tmp_path, name="x", shape=3, dtype="i4")
    run(overwrite, place, 8)
    array = frozarr.open_array(tmp_path, path="x")
    number = array.shape[0] - 40
    assert array[...].tolist() == [number] * (40 + number)
    assert not [path for path in tmp_path.rglob("*") if "frozarr" in path.name]

"""Values that take several calls to read, and overwrites that take hours."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

import frozarr
from frozarr.io.stores.local import files, portable
from frozarr.storage import Get, GetInto, LocalStore, RangeByteRequest

GIB = 1 << 30


@pytest.fixture
def short_calls(monkeypatch):
    """System calls take and give no more than 1000 bytes."""
    read, write, pread = os.read, os.write, os.pread
    monkeypatch.setattr(os, "read", lambda fd, n: read(fd, min(n, 1000)))
    monkeypatch.setattr(os, "write", lambda fd, b: write(fd, memoryview(b)[:1000]))
    monkeypatch.setattr(portable, "_PREAD", lambda fd, n, at: pread(fd, min(n, 1000), at))
    monkeypatch.setattr(portable, "_READV", lambda fd, views: os.readv(fd, [views[0][:1000]]))
    monkeypatch.setattr(files, "WRITEV", lambda fd, views: os.writev(fd, [views[0][:1000]]))


@pytest.mark.skipif(not hasattr(os, "pread"), reason="the calls that are shortened are POSIX's")
@pytest.mark.parametrize("hint", [0, 10, 5000, 100_000])
def test_short_reads_are_not_the_end(tmp_path, short_calls, hint):
    store, value = LocalStore(tmp_path), bytes(np.arange(5000, dtype="u2").view("u1"))
    store.set_sync("a", value)
    assert (tmp_path / "a").stat().st_size == 10_000
    assert store.perform(Get(["a"], hint)) == [value]
    assert store.perform(Get(["a", "a"], hint)) == [value, value]
    assert store.get_sync("a", byte_range=RangeByteRequest(10, 9000)).to_bytes() == value[10:9000]
    rows = np.empty((1, 10_000), "u1")
    assert store.perform(GetInto(["a"], rows)).tolist() == [10_000]
    assert rows.tobytes() == value


@pytest.mark.skipif(not hasattr(os, "pread"), reason="the calls that are shortened are POSIX's")
@pytest.mark.parametrize("shards", [None, (2000,)])
@pytest.mark.parametrize("compressors", [None, "zstd"])
def test_arrays_by_short_calls(tmp_path, short_calls, shards, compressors):
    values = np.random.default_rng(0).integers(0, 1000, 4000)
    array = frozarr.create_array(
        tmp_path, data=values, chunks=1000, shards=shards, compressors=compressors
    )
    assert (array[...] == values).all()
    assert (array[990:2010] == values[990:2010]).all()
    array[5:15] = 7
    assert (array[20:] == values[20:]).all()


def memory_nbytes():
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        return 0


@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "stress" or memory_nbytes() < 10 * GIB,
    reason="takes half a minute and 6 GiB of memory: run by `make stress`",
)
def test_values_over_two_gibibytes(tmp_path):
    nbytes = 2 * GIB + GIB // 4
    array = frozarr.create_array(
        tmp_path, shape=nbytes, chunks=nbytes, dtype="u1", compressors=None, fill_value=1
    )
    (tmp_path / "c").mkdir()
    with (tmp_path / "c" / "0").open("wb") as file:  # sparse: takes no room on the disk
        file.truncate(nbytes)
        file.seek(nbytes - 3)
        file.write(b"abc")
    assert array[-5:].tolist() == [0, 0, 97, 98, 99]
    (whole,) = LocalStore(tmp_path).perform(Get(["c/0"], nbytes))
    assert len(whole) == nbytes


OVERWRITE = """
import sys, os, time
import numpy as np
import frozarr
class Slow:
    shape, dtype = (4,), np.dtype("i4")
    def __getitem__(self, region):
        if region[0].stop == 0:  # what type is it?
            return np.arange(0, dtype="i4")
        print("building", flush=True)
        sys.stdin.readline()
        return np.arange(4, dtype="i4")[region]
frozarr.from_array(sys.argv[1], data=Slow(), overwrite=True)
print("built", flush=True)
"""


@pytest.mark.skipif(portable.fcntl is None, reason="folders can't be locked here, as on Windows")
@pytest.mark.parametrize("dies", [False, True])
def test_an_overwrite_that_takes_hours_is_not_swept(tmp_path, dies):
    place = tmp_path / "a"
    frozarr.create_array(place, data=np.array([9, 9, 9, 9], "i4"))
    command = [sys.executable, "-c", OVERWRITE, str(place)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        overwrite_meanwhile(worker, place, dies)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def overwrite_meanwhile(worker, place, dies):
    tmp_path = place.parent
    assert worker.stdout.readline() == "building\n"
    hidden = [p for p in tmp_path.iterdir() if p != place]
    staged = [p for folder in hidden for p in folder.iterdir()]
    assert len(staged) == 1
    hours_ago = time.time() - 9000
    os.utime(staged[0], (hours_ago, hours_ago))
    if dies:
        worker.kill()
        worker.wait()
    # another writer, who sweeps what was left behind
    frozarr.create_array(place, data=np.array([8, 8, 8, 8], "i4"), overwrite=True)
    assert staged[0].exists() is not dies
    if not dies:
        worker.stdin.write("\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "built\n"
        assert worker.wait(20) == 0
        assert frozarr.open_array(place)[...].tolist() == [0, 1, 2, 3]

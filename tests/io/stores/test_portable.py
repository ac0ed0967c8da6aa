"""What systems do differently: directories that can't be opened, files in use, names, case."""

import errno
import os
import subprocess
import sys
import time

import pytest

import frozarr
from frozarr.errors import InvalidKeyError
from frozarr.io.programs.requests import Hold, LetGo
from frozarr.io.stores.local import portable
from frozarr.io.stores.local import store as local
from frozarr.storage import LocalStore


def test_a_folder_that_can_not_be_opened_is_no_value(tmp_path, monkeypatch):
    store = LocalStore(tmp_path)
    store.set_sync("a/b", b"1")
    opened = os.open

    def as_on_windows(path, *more, **named):
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path, *more, **named)

    monkeypatch.setattr(os, "open", as_on_windows)
    assert store.get_sync("a") is None
    assert store.get_sync("a", byte_range=frozarr.storage.SuffixByteRequest(1)) is None
    assert [
        v and v.to_bytes()
        for v in store.blocking.get_partial_values(None, [("a", None), ("a/b", None)])
    ] == [None, b"1"]


def test_files_in_use_are_waited_for(monkeypatch):
    waited, tries = [], []
    monkeypatch.setattr(portable.time, "sleep", waited.append)

    def busy(times):
        tries.append(1)
        if len(tries) <= times:
            raise PermissionError("in use")

    portable.patiently(lambda: busy(3), windows=True)
    assert waited == [0.001, 0.002, 0.005]
    tries.clear()
    with pytest.raises(PermissionError):
        portable.patiently(lambda: busy(99), windows=True)
    assert sum(waited) < 3
    tries.clear()
    with pytest.raises(PermissionError):
        portable.patiently(lambda: busy(1), windows=False)
    assert len(tries) == 1


@pytest.mark.parametrize(
    "name", ["con", "NUL", "nul.json", "com1", "LPT9.txt", "a.", "a ", "a:b", "a?", 'a"', "a|b"]
)
def test_names_that_windows_can_not_have(name, tmp_path, monkeypatch):
    store = LocalStore(tmp_path)
    frozarr.zeros(2, store=store, path=name)
    monkeypatch.setattr(local, "WINDOWS", True)
    with pytest.raises(InvalidKeyError, match="can't be a file's name on Windows"):
        frozarr.zeros(2, store=store, path=f"g/{name}")
    with pytest.raises(InvalidKeyError):
        store.set_sync(f"{name}/b", b"")
    assert frozarr.open_array(store, path=name).shape == (2,)
    array = frozarr.zeros(2, store=store, path="console", chunks=1)
    array[...] = 1
    array.resize(1)


def test_names_that_differ_by_their_case(tmp_path, monkeypatch):
    store = LocalStore(tmp_path)
    frozarr.zeros(2, store=store, path="g/A")
    frozarr.zeros(2, store=store, path="g/a")
    monkeypatch.setattr(local, "FOLDS_CASE", True)
    frozarr.zeros(2, store=store, path="g/A", overwrite=True)
    frozarr.zeros(2, store=store, path="G/b")  # this file system tells them apart
    monkeypatch.setattr(portable, "is_one_name", lambda folder, name: True)
    for path in ("G2/x", "g/B"):
        frozarr.zeros(2, store=store, path=path)
    for path in ("g2/y", "g/b", "G/B"):
        with pytest.raises(InvalidKeyError, match="takes .* for the same name"):
            frozarr.zeros(2, store=store, path=path)
        with pytest.raises(InvalidKeyError, match="takes .* for the same name"):
            frozarr.zeros(2, store=store, path=path, overwrite=True)


def test_swaps_hold_within_a_process_without_file_locks(tmp_path):
    """The calls that Windows lacks are hidden; the whole suites run so by `make portable`."""
    code = """
import threading
from tests import hidden_names
from frozarr.storage import LocalStore, Swap
import frozarr
store = LocalStore({root!r})
assert not store.swaps_between_processes
store.set_sync("n", b"0")
def count():
    for _ in range(50):
        while True:
            old = store.get_sync("n").to_bytes()
            if store.perform(Swap("n", old, str(int(old) + 1).encode())):
                break
threads = [threading.Thread(target=count) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
assert store.get_sync("n").to_bytes() == b"200"
array = frozarr.create_array(store, name="a", shape=64, chunks=4, shards=16, dtype="i4")
array[...] = range(64)
assert array[5:50:3].tolist() == list(range(5, 50, 3))
raw = frozarr.create_array(store, name="b", shape=64, chunks=4, compressors=None, dtype="i4")
raw[...] = range(64)
assert raw[...].tolist() == list(range(64))
"""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
    subprocess.run(
        [sys.executable, "-c", code.format(root=str(tmp_path))], check=True, cwd=root
    )  # fmt: skip


def test_links_in_circles_and_farms_of_links(tmp_path):
    """Each folder is listed once, whatever number of links lead to it; nothing is opened."""
    store = LocalStore(tmp_path / "root")
    store.blocking.set("a/b/c", b"1")
    (store.root / "a" / "circle").symlink_to("..")
    (store.root / "a" / "itself").symlink_to("itself")
    os.mkfifo(store.root / "a" / "fifo")
    farm = tmp_path / "farm"
    for level in range(25):  # 2 ** 25 paths lead to the last
        folder = farm / str(level)
        folder.mkdir(parents=True)
        for name in ("x", "y"):
            (folder / name).symlink_to(f"../{level + 1}")
    (farm / "25").mkdir()
    (farm / "25" / "file").write_bytes(b"2")
    (store.root / "farm").symlink_to(farm / "0")
    begun = time.perf_counter()
    keys = store.blocking.list()
    assert time.perf_counter() - begun < 5
    assert [key for key in keys if key.endswith(("/c", "file", "fifo"))] == [
        "a/b/c", "a/fifo", "farm" + 25 * "/x" + "/file",
    ]  # fmt: skip
    assert store.blocking.get("a/circle/a/b/c").to_bytes() == b"1"
    with pytest.raises(OSError, match="not a regular file"):
        store.blocking.get("a/fifo")


def test_nothing_in_the_making_is_listed_from_wherever(tmp_path):
    array = frozarr.create_array(tmp_path / "a" / "b", shape=4, chunks=2, dtype="u1")
    held = array.store.perform(Hold(""))
    (tmp_path / "a" / "b" / ".frozarr-tmp").mkdir()
    (tmp_path / "a" / "b" / ".frozarr-tmp" / "left").write_bytes(b"x")
    try:
        for root, prefix in [
            (tmp_path, "a/b/"),
            (tmp_path / "a", "b/"),
            (tmp_path / "a" / "b", ""),
        ]:
            store = LocalStore(root)
            assert store.blocking.list() == [f"{prefix}zarr.json"]
            assert not any("frozarr" in n for n in store.blocking.list_dir(prefix.rstrip("/")))
    finally:
        array.store.perform(LetGo("", held))

"""One array by two roots, or by a symbolic link: updates see each other."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import frozarr
from frozarr.errors import ConflictError
from frozarr.storage import LocalStore, Swap, WrapperStore


def roots(tmp_path):
    link = tmp_path.parent / f"{tmp_path.name}-link"
    if not link.exists():
        link.symlink_to(tmp_path)
    return {
        "above": (LocalStore(tmp_path), "g/x"),
        "itself": (LocalStore(tmp_path / "g" / "x"), ""),
        "link": (WrapperStore(LocalStore(link / "g")), "x"),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_locks_go_by_the_real_path(tmp_path):
    frozarr.create_array(tmp_path, name="g/x", data=np.arange(8), chunks=4)
    names = {
        tuple(store.lock_names([f"{path}/c/0" if path else "c/0"]))
        for store, path in roots(tmp_path).values()
    }
    assert len(names) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_locks_of_linked_folders_go_by_the_real_path(tmp_path):
    elsewhere, store = tmp_path / "elsewhere" / "c", LocalStore(tmp_path / "array")
    (elsewhere / "0").mkdir(parents=True)
    store.set_sync("zarr.json", b"{}")
    (tmp_path / "array" / "c").symlink_to(elsewhere)
    (elsewhere / "1").symlink_to(elsewhere / "0")
    assert store.lock_names(["c/0/7", "c/1/7", "c/7"]) == LocalStore(elsewhere).lock_names(
        ["0/7", "0/7", "7"]
    )


FORK = """
import os, sys
from frozarr.io.stores.local.portable import locked_folder
end, hold = os.pipe()
with locked_folder(sys.argv[1]):
    child = os.fork()
    if not child:
        os.close(hold)
        os.read(end, 1)
        os._exit(0)
with locked_folder(sys.argv[1]):
    os.write(hold, b"x")
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_under_a_lock_does_not_hold_it(tmp_path):
    subprocess.run([sys.executable, "-c", FORK, str(tmp_path)], check=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_partial_writes_by_two_roots(tmp_path):
    frozarr.create_array(
        tmp_path, name="g/x", shape=64, chunks=64, dtype="i4", compressors=None, fill_value=-1
    )
    for number in range(8):
        handles = [frozarr.open_array(s, path=p) for s, p in roots(tmp_path).values()]
        start = threading.Barrier(len(handles))

        def write(who, handle, number=number, start=start):
            start.wait()
            for element in range(who, 64, 3):
                handle[element] = number

        threads = [threading.Thread(target=write, args=pair) for pair in enumerate(handles)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert handles[0][...].tolist() == [number] * 64


COUNT = """
import sys
from frozarr.storage import LocalStore, Swap
store, key = LocalStore(sys.argv[1]), sys.argv[2]
for _ in range(40):
    while True:
        old = store.get_sync(key).to_bytes()
        if store.perform(Swap(key, old, str(int(old) + 1).encode())):
            break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked on Windows")
def test_compare_and_swap_by_two_roots_and_processes(tmp_path):
    LocalStore(tmp_path).set_sync("g/x/n", b"0")
    workers = [
        subprocess.Popen([sys.executable, "-c", COUNT, str(tmp_path / root), key])
        for root, key in (("", "g/x/n"), ("g", "x/n"), ("g/x", "n"))
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert LocalStore(tmp_path).get_sync("g/x/n").to_bytes() == b"120"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_attributes_by_two_roots(tmp_path):
    frozarr.create_array(tmp_path, name="g/x", shape=4, dtype="i4")
    done = []

    def update(store, path, who):
        for number in range(15):
            while True:
                try:
                    frozarr.open_array(store, path=path).update_attributes({f"{who}{number}": 1})
                except ConflictError:
                    continue
                done.append(f"{who}{number}")
                break

    threads = [
        threading.Thread(target=update, args=(*place, name))
        for name, place in roots(tmp_path).items()
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(frozarr.open_array(tmp_path, path="g/x").attrs) == set(done)
    assert len(done) == 45


def test_a_swap_that_fails_leaves_no_folder(tmp_path):
    store = LocalStore(tmp_path / "root")
    assert not store.perform(Swap("a/b/c", b"there is none", b"1"))
    assert not os.path.exists(tmp_path / "root" / "a")


def test_names_in_the_making_are_nobody_elses(tmp_path, monkeypatch):
    """Two containers count their processes from one: their temporary files don't meet."""
    from frozarr.io.stores.local import portable

    mine = portable.new_name()
    portable._maker.cache_clear()
    assert portable.new_name().rsplit("-", 1)[0] != mine.rsplit("-", 1)[0]


def test_the_root_of_a_mount_is_overwritten_in_place(tmp_path, monkeypatch):
    from frozarr.io.stores.local import store as local

    frozarr.create_array(tmp_path / "m", data=[1, 2, 3])
    monkeypatch.setattr(local, "same_device", lambda *_: False)
    frozarr.create_array(tmp_path / "m", data=[4.5], overwrite=True)
    assert frozarr.load(tmp_path / "m").tolist() == [4.5]
    assert [p.name for p in tmp_path.iterdir()] == ["m"]

"""Interrupts, wherever they strike, leave no key locked and no value torn."""

import subprocess
import sys
import textwrap
import threading

import pytest

from frozarr.io.runners.locks import LockTable

STORM = """
import random, signal, sys, threading, time
import numpy as np
import frozarr
from frozarr.io.runners.locks import LOCKS
from frozarr.storage import LocalStore, MemoryStore

rng = random.Random({seed})
store = LocalStore(sys.argv[1]) if {local} else MemoryStore()
array = frozarr.create_array(store, shape=64, chunks=8, dtype="i8", compressors=None)
array[...] = 0

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
interrupts, until = 0, time.monotonic() + 4
while time.monotonic() < until:
    value = rng.randrange(1, 1000)
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(2e-5, 1.5e-3))
        array[1:63] = value  # partial at both ends: those chunks are locked
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
    assert not LOCKS.held, LOCKS.held
    done = []
    other = threading.Thread(target=lambda: done.append(array.__setitem__(0, value)), daemon=True)
    other.start()
    other.join(20)
    assert done, "a lock was left behind"
    for chunk in range(8):  # a chunk is old or new
        part = array[max(1, chunk * 8) : min(63, chunk * 8 + 8)]
        assert len(set(part.tolist())) == 1, part
print(interrupts)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="timers that send signals are POSIX's")
@pytest.mark.parametrize("local", [False, True])
def test_a_storm_of_signals(local, tmp_path):
    code = textwrap.dedent(STORM).format(seed=7, local=local)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_a_key_whose_owner_forgot_it_is_free():
    """As after an interrupt that struck before the table was told."""
    table, gone, other = LockTable(), [], []
    table.acquire(gone, ["a", "b"])
    assert table.held == {"a", "b"}
    gone.clear()
    assert not table.held
    assert table.try_acquire(other, ["b", "c"])
    table.release(other)
    assert not table.held


def test_waiters_look_again_by_themselves():
    table, gone, got = LockTable(), [], []
    table.acquire(gone, ["a"])
    waiter = threading.Thread(target=lambda: got.append(table.acquire([], ["a"])))
    waiter.start()
    gone.clear()  # and nobody says so
    waiter.join(10)
    assert got == [None]

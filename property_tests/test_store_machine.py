"""A state machine: every store against a dictionary, on both faces."""

import asyncio
import shutil
import tempfile

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from frozarr.errors import RangeNotSatisfiableError
from frozarr.storage import (
    FsspecStore,
    LocalStore,
    MemoryStore,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    Swap,
    WrapperStore,
)
from frozarr.testing.latency import LatencyStore

KEYS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
VALUES = st.binary(max_size=20)
RANGES = st.one_of(
    st.builds(lambda a, n: RangeByteRequest(a, a + n), st.integers(0, 20), st.integers(1, 9)),
    st.builds(OffsetByteRequest, st.integers(0, 20)),
    st.builds(SuffixByteRequest, st.integers(0, 25)),
)


def part(value, request):
    match request:
        case RangeByteRequest(start, end):
            return value[start:end] if start < len(value) else None
        case OffsetByteRequest(offset):
            return value[offset:] if offset < len(value) else None
        case SuffixByteRequest(suffix):
            return value[max(0, len(value) - suffix) :]


class Blocking:
    def __init__(self, store):
        self.store = store.blocking

    def __getattr__(self, name):
        return getattr(self.store, name)


class Awaited:
    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        async def call(*args):
            found = getattr(self.store, name)(*args)
            return [e async for e in found] if hasattr(found, "__aiter__") else await found

        return lambda *args: asyncio.run(call(*args))


class StoreMachine(RuleBasedStateMachine):
    def make(self):
        raise NotImplementedError

    @initialize()
    def begin(self):
        self.model = {}
        self.store = self.make()
        self.faces = [Blocking(self.store), Awaited(self.store)]

    def fits(self, key):
        """Files can't lie below files."""
        return not any(
            other != key and (other.startswith(f"{key}/") or key.startswith(f"{other}/"))
            for other in self.model
        )

    @rule(key=KEYS, value=VALUES, face=st.integers(0, 1))
    def set(self, key, value, face):
        if self.fits(key):
            self.faces[face].set(key, value)
            self.model[key] = value

    @rule(key=KEYS, value=VALUES, face=st.integers(0, 1))
    def set_if_not_exists(self, key, value, face):
        if self.fits(key):
            self.faces[face].set_if_not_exists(key, value)
            self.model.setdefault(key, value)

    @rule(key=KEYS, face=st.integers(0, 1))
    def delete(self, key, face):
        if self.fits(key):
            self.faces[face].delete(key)
            self.model.pop(key, None)

    @rule(prefix=KEYS, face=st.integers(0, 1))
    def delete_dir(self, prefix, face):
        if prefix not in self.model:
            self.faces[face].delete_dir(prefix)
            self.model = {k: v for k, v in self.model.items() if not k.startswith(f"{prefix}/")}

    @rule(key=KEYS, face=st.integers(0, 1))
    def get(self, key, face):
        found = self.faces[face].get(key)
        assert (found and found.to_bytes() if found is None else found.to_bytes()) == (
            self.model.get(key)
        )
        assert self.faces[face].exists(key) == (key in self.model)

    @rule(key=KEYS, request=RANGES, face=st.integers(0, 1))
    def get_part(self, key, request, face):
        value = self.model.get(key)
        expected = None if value is None else part(value, request)
        if value is not None and expected is None:
            with pytest.raises(RangeNotSatisfiableError):
                self.faces[face].get(key, None, request)
            return
        found = self.faces[face].get(key, None, request)
        assert (None if found is None else found.to_bytes()) == expected

    @rule(key=KEYS, old=VALUES, new=VALUES, right=st.booleans())
    def swap(self, key, old, new, right):
        if self.fits(key):
            old = self.model.get(key) if right else old
            swapped = self.store.perform(Swap(key, old, new))
            assert swapped == (old == self.model.get(key))
            if swapped:
                self.model[key] = new

    @rule(prefix=st.just("") | KEYS, face=st.integers(0, 1))
    def listing(self, prefix, face):
        if prefix in self.model:
            return
        head = f"{prefix}/" if prefix else ""
        below = sorted(k for k in self.model if k.startswith(head))
        assert sorted(self.faces[face].list_prefix(prefix)) == below
        names = sorted({k[len(head) :].partition("/")[0] for k in below})
        assert sorted(self.faces[face].list_dir(prefix)) == names
        assert self.faces[face].is_empty(prefix) == (not below)
        assert self.faces[face].getsize_prefix(prefix) == sum(len(self.model[k]) for k in below)

    @invariant()
    def same_keys(self):
        if hasattr(self, "model"):
            assert self.store.blocking.list_prefix("") == sorted(self.model)


class InMemory(StoreMachine):
    def make(self):
        return MemoryStore()


class InFiles(StoreMachine):
    def make(self):
        self.root = tempfile.mkdtemp()
        return LocalStore(self.root)

    def teardown(self):
        shutil.rmtree(getattr(self, "root", ""), ignore_errors=True)


class AtADistance(StoreMachine):
    def make(self):
        return WrapperStore(LatencyStore(delay=0.0))


class InFsspec(StoreMachine):
    number = 0

    def make(self):
        type(self).number += 1
        store = FsspecStore.from_url(f"memory://machine-{self.number}/x")
        store.blocking.clear()
        return store


few = settings(max_examples=20, stateful_step_count=25)
TestMemory = InMemory.TestCase
TestFiles = InFiles.TestCase
TestDistance = AtADistance.TestCase
TestFsspec = InFsspec.TestCase
for case in (TestMemory, TestFiles, TestDistance, TestFsspec):
    case.settings = few

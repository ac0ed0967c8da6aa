"""A state machine over arrays: create, write, read, resize, append, attributes, reopen, stale handles."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import frozarr
from frozarr.errors import ConflictError
from frozarr.storage import LocalStore, MemoryStore
from frozarr.testing.arrays import stored_array
from frozarr.testing.oracle import assert_same_array
from frozarr.testing.strategies import basic_selections, metadata, values_of


class ArrayMachine(RuleBasedStateMachine):
    """An array beside a NumPy model.

    The model holds more than the array shows: what lies beyond the edge of border chunks stays,
    and comes back when the array grows again.
    """

    def make_store(self):
        return MemoryStore()

    @initialize(value=metadata(shape=(5, 4)), data=st.data())
    def create(self, value, data):
        batch = data.draw(st.sampled_from([1, 100, 10**6]))
        config = frozarr.Config(batch_nbytes=batch, workers=2)
        self.array = stored_array(value, config, self.make_store(), "x")
        self.model = np.full(value.shape, value.fill, value.dtype)
        self.attributes = dict(value.attributes)
        self.stale = []

    def random_values(self, data, shape):
        return data.draw(values_of(self.model.dtype.newbyteorder("="), shape))

    @rule(data=st.data())
    def write(self, data):
        selection = data.draw(basic_selections(self.model.shape))
        new = self.random_values(data, self.model[selection].shape)
        self.array[selection] = new
        self.model[selection] = new

    @rule(data=st.data())
    def write_the_fill_value(self, data):
        selection = data.draw(basic_selections(self.model.shape))
        self.array[selection] = self.array.metadata.fill
        self.model[selection] = self.array.metadata.fill

    @rule(data=st.data(), axis=st.integers(-2, 1))
    def append(self, data, axis):
        shape = list(self.model.shape)
        shape[axis] = data.draw(st.integers(0, 3))
        new = self.random_values(data, tuple(shape))
        before = self.array
        self.array = self.array.append(new, axis)
        self.model = np.concatenate([self.model, new], axis).astype(self.model.dtype)
        assert before.shape != self.array.shape or shape[axis] == 0
        self.remember(before)

    @rule(rows=st.integers(0, 8), columns=st.integers(0, 8))
    def resize(self, rows, columns):
        before = self.array
        self.array = before.resize(rows, columns)
        kept = tuple(
            slice(0, min(a, b)) for a, b in zip(before.shape, (rows, columns), strict=True)
        )
        grown = self.array[...]
        model = np.full((rows, columns), self.array.metadata.fill, self.model.dtype)
        model[kept] = self.model[kept]
        # beyond the old edge, border chunks may hold what was there once; chunks outside are gone
        chunks = self.array.chunks
        for axis, old in enumerate(before.shape):
            border = -(-old // chunks[axis]) * chunks[axis]
            beyond = [slice(None)] * 2
            beyond[axis] = slice(border, None)
            assert_same_array(grown[tuple(beyond)], model[tuple(beyond)])
        assert_same_array(grown[kept], model[kept])
        self.model = grown
        self.remember(before)

    @rule(name=st.sampled_from("abc"), value=st.integers() | st.lists(st.text(), max_size=2))
    def update_attributes(self, name, value):
        before = self.array
        self.array = before.update_attributes({name: value})
        self.attributes[name] = value
        assert (
            before.attrs.get(name) != self.array.attrs[name]
            or before.metadata == self.array.metadata
        )
        self.remember(before)

    def remember(self, handle):
        if handle.metadata != self.array.metadata:
            self.stale = [handle, *self.stale][:2]

    @precondition(lambda self: self.stale)
    @rule()
    def publishing_through_a_stale_handle_is_refused(self):
        for handle in self.stale:
            if handle.shape != self.array.shape:
                with pytest.raises(ConflictError):
                    handle.resize(handle.shape[0] + 1, 3)
                with pytest.raises(ConflictError):
                    handle.append(np.zeros((1, handle.shape[1]), handle.dtype))

    @rule()
    def reopen(self):
        again = frozarr.open_array(self.array.store, path="x", config=self.array.config)
        assert again == self.array
        assert hash(again) == hash(self.array)
        self.array = again

    @invariant()
    def same_as_the_model(self):
        if not hasattr(self, "array"):
            return
        assert_same_array(self.array[...], self.model)
        assert {k: v for k, v in self.array.attrs.items()} == frozarr.metadata.json.FrozenMap(
            self.attributes
        )

    @invariant()
    def nothing_but_chunks_and_documents(self):
        if not hasattr(self, "array"):
            return
        for key in self.array.store.blocking.list_prefix("x"):
            name = key.removeprefix("x/")
            coords = self.array.metadata.chunk_key_encoding.parse(name, 2)
            assert coords is not None or name in {"zarr.json", ".zarray", ".zattrs"}


class LocalArrayMachine(ArrayMachine):
    def make_store(self):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        return LocalStore(self.folder.name)

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestArrayMachine = ArrayMachine.TestCase
TestLocalArrayMachine = LocalArrayMachine.TestCase
TestArrayMachine.settings = settings(stateful_step_count=15)
TestLocalArrayMachine.settings = settings(stateful_step_count=12, max_examples=40)

"""One test class for all stores: subclass it, give it a `store` fixture, and run pytest.

Examples
--------
::

    class TestMyStore(StoreTests):
        @pytest.fixture
        def store(self):
            return MyStore()
"""

import asyncio
import pickle
import threading
from typing import Any, TypeAlias

import numpy as np
import pytest

from frozarr.errors import InvalidKeyError, ReadOnlyError
from frozarr.io.buffers import Buffer
from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
)
from frozarr.io.programs.requests import (
    Delete,
    Discard,
    Get,
    GetInto,
    ListNames,
    ListPrefix,
    Put,
    Replace,
    Sizes,
    Stage,
    Swap,
)
from frozarr.io.stores.base import Store
from frozarr.io.stores.verbs import HIDDEN

__all__ = ["StoreTests"]

Face: TypeAlias = Any
"""The verbs of a store by their names: those that block, or the others, awaited."""
BAD_KEYS = (
    "", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/./b", "a\\b", "a\0b", "a\nb",
    f"{HIDDEN}/x",
)  # fmt: skip


class _AsyncFace:
    """The asynchronous methods of a store, awaited, so that both faces run the same tests."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: object) -> object:
            return asyncio.run(self._collect(method(*args)))

        return call

    @staticmethod
    async def _collect(started: Any) -> Any:
        if hasattr(started, "__aiter__"):
            return [entry async for entry in started]
        return await started


class StoreTests:
    """The contract of a store, on both of its faces."""

    @pytest.fixture
    def store(self) -> Store:
        """A new, empty store."""
        raise NotImplementedError("subclasses give a store")

    @pytest.fixture(params=["blocking", "asynchronous"])
    def face(self, request: pytest.FixtureRequest, store: Store) -> Face:
        """Both faces of the store, under the same names."""
        return store.blocking if request.param == "blocking" else _AsyncFace(store)

    @pytest.fixture
    def deletes(self, store: Store) -> None:
        """For tests that delete what exists."""
        if not store.supports_deletes:
            pytest.skip("this store can't delete, by its nature")

    def test_set_get(self, face: Face) -> None:
        face.set("a/b", b"spam")
        assert face.get("a/b").to_bytes() == b"spam"
        face.set("a/b", Buffer.from_bytes(b"eggs and spam"))
        assert face.get("a/b").to_bytes() == b"eggs and spam"

    def test_empty_value(self, face: Face) -> None:
        face.set("a", b"")
        assert face.get("a").to_bytes() == b""
        assert face.getsize("a") == 0

    def test_large_value(self, face: Face) -> None:
        value = np.random.default_rng(0).bytes(300_000)
        face.set("a", value)
        assert face.get("a").to_bytes() == value

    def test_missing(self, face: Face) -> None:
        face.set("a/b", b"x")
        assert face.get("c") is None
        assert face.get("a") is None
        assert face.get("a/b/c") is None
        assert face.exists("a/b")
        assert not face.exists("a")
        with pytest.raises(FileNotFoundError):
            face.getsize("c")

    def test_value_is_copied(self, face: Face) -> None:
        value = bytearray(b"spam")
        face.set("a", value)
        value[0] = 0
        assert face.get("a").to_bytes() == b"spam"

    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            (RangeByteRequest(1, 3), b"bc"), (RangeByteRequest(2, 99), b"cdef"),
            (OffsetByteRequest(4), b"ef"), (OffsetByteRequest(0), b"abcdef"),
            (SuffixByteRequest(2), b"ef"), (SuffixByteRequest(99), b"abcdef"), (None, b"abcdef"),
        ],
    )  # fmt: skip
    def test_ranges(self, face: Face, request_: ByteRequest, expected: bytes) -> None:
        face.set("a", b"abcdef")
        assert face.get("a", None, request_).to_bytes() == expected
        assert face.get("b", None, request_) is None

    @pytest.mark.parametrize(
        "bad", [RangeByteRequest(2, 2), RangeByteRequest(-1, 2), RangeByteRequest(6, 7),
                OffsetByteRequest(6), SuffixByteRequest(-1)],
    )  # fmt: skip
    def test_impossible_ranges(self, face: Face, bad: ByteRequest) -> None:
        face.set("a", b"abcdef")
        with pytest.raises(ValueError, match="a"):
            face.get("a", None, bad)

    def test_get_partial_values(self, face: Face) -> None:
        face.set("a", b"abcdef")
        values = face.get_partial_values(
            None, [("a", RangeByteRequest(0, 2)), ("missing", None), ("a", None)]
        )
        assert [f and f.to_bytes() for f in values] == [b"ab", None, b"abcdef"]

    def test_set_if_not_exists(self, face: Face) -> None:
        face.set_if_not_exists("a", b"first")
        face.set_if_not_exists("a", b"second")
        assert face.get("a").to_bytes() == b"first"

    def test_delete(self, face: Face, deletes: None) -> None:  # noqa: ARG002 - skips
        face.set("a/b", b"x")
        face.delete("a/b")
        face.delete("a/b")
        assert not face.exists("a/b")
        assert face.is_empty()

    def test_listing(self, face: Face) -> None:
        for key in ("zarr.json", "a/zarr.json", "a/c/0/0", "a/c/0/1", "ab/zarr.json"):
            face.set(key, b"12")
        assert sorted(face.list()) == sorted(
            ["a/c/0/0", "a/c/0/1", "a/zarr.json", "ab/zarr.json", "zarr.json"]
        )
        assert sorted(face.list_prefix("a/")) == ["a/c/0/0", "a/c/0/1", "a/zarr.json"]
        assert sorted(face.list_prefix("a")) == sorted([*face.list_prefix("a/"), "ab/zarr.json"])
        assert sorted(face.list_prefix("a/c/0/1")) == ["a/c/0/1"]
        assert sorted(face.list_prefix("a/z")) == ["a/zarr.json"]
        assert sorted(face.list_prefix("")) == sorted(face.list())
        assert not face.list_prefix("b")
        assert sorted(face.list_dir("")) == ["a", "ab", "zarr.json"]
        assert sorted(face.list_dir("a")) == ["c", "zarr.json"]
        assert face.list_dir("missing") == []
        assert face.getsize_prefix("a") == 6
        assert not face.is_empty("a")
        assert face.is_empty("b")

    def test_delete_dir(self, face: Face, deletes: None) -> None:  # noqa: ARG002 - skips
        for key in ("a/b", "a/c/d", "ab"):
            face.set(key, b"x")
        face.delete_dir("a")
        assert face.list() == ["ab"]
        face.delete_dir("missing")

    def test_clear(self, face: Face, deletes: None) -> None:  # noqa: ARG002 - skips
        face.set("a/b", b"x")
        face.clear()
        assert face.list() == []
        face.set("a", b"y")
        assert face.list() == ["a"]

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_bad_keys(self, face: Face, key: str) -> None:
        for verb, *value in (
            ("get",), ("set", b"x"), ("delete",), ("exists",), ("set_if_not_exists", b"x"),
        ):  # fmt: skip
            with pytest.raises(InvalidKeyError):
                getattr(face, str(verb))(key, *value)
        assert face.list() == []

    def test_wrong_value(self, face: Face) -> None:
        with pytest.raises(TypeError):
            face.set("a", "text")
        assert face.list() == []

    def test_read_only(self, store: Store, face: Face) -> None:
        face.set("a", b"x")
        closed = store.with_read_only(True)
        assert closed.read_only
        assert not store.read_only
        faces: list[Face] = [closed.blocking, _AsyncFace(closed)]
        for each in faces:
            for verb, *arguments in (
                ("set", "a", b"y"), ("delete", "a"), ("clear",), ("delete_dir", "a"),
                ("set_if_not_exists", "b", b"y"),
            ):  # fmt: skip
                with pytest.raises(ReadOnlyError):
                    getattr(each, str(verb))(*arguments)
            assert each.get("a").to_bytes() == b"x"
        closed.with_read_only(False).blocking.set("a", b"y")
        assert face.get("a").to_bytes() == b"y"

    # ------------------------------------------------------------------ requests

    def test_bulk(self, store: Store, deletes: None) -> None:  # noqa: ARG002 - skips
        keys = [f"c/{i}/{j}" for i in range(4) for j in range(5)]
        store.perform(Put(keys, [key.encode() for key in keys]))
        asked = [*keys[3:9], "c/9/9", "d/0/0", "d/0/1", "c/0/9", "c/0/8", *keys[:2]]
        values = store.perform(Get(asked))
        assert [None if f is None else bytes(f) for f in values] == [
            k.encode() if k in keys else None for k in asked
        ]  # fmt: skip
        rows = np.zeros((len(asked), 5), np.uint8)
        sizes = store.perform(GetInto(asked, rows))
        assert sizes.tolist() == [5 if k in keys else -1 for k in asked]
        assert rows[0].tobytes() == keys[3].encode()
        store.perform(Delete(asked))
        assert store.perform(ListPrefix("")) == sorted(set(keys) - set(asked))

    def test_read_into_tells_sizes(self, store: Store) -> None:
        store.perform(Put(["a", "b", "c"], [b"123", b"12345", b""]))
        sizes = store.perform(GetInto(["a", "b", "c"], np.zeros((3, 4), np.uint8)))
        assert sizes.tolist() == [3, 5, 0]

    def test_sizes_and_names(self, store: Store) -> None:
        store.perform(Put(["a/b", "a/c/d", "e"], [b"1", b"", b"333"]))
        assert store.perform(Sizes(["a/b", "a/c/d", "x", "e"])) == [1, 0, None, 3]
        assert store.perform(ListNames("")) == ["a", "e"]
        assert store.perform(ListNames("a")) == ["b", "c"]
        assert store.perform(ListPrefix("a")) == ["a/b", "a/c/d"]

    def test_no_deletes(self, store: Store, face: Face) -> None:
        if store.supports_deletes:
            return
        face.set("a/b", b"x")
        face.delete("missing")
        with pytest.raises(NotImplementedError, match="a"):
            face.delete("a/b")
        with pytest.raises(NotImplementedError, match="a"):
            face.delete_dir("a")
        assert face.get("a/b").to_bytes() == b"x"

    def test_swap(self, store: Store, deletes: None) -> None:  # noqa: ARG002 - skips
        assert store.perform(Swap("a", None, b"1"))
        assert not store.perform(Swap("a", None, b"2"))
        assert not store.perform(Swap("a", b"0", b"2"))
        assert store.perform(Swap("a", b"1", b"2"))
        assert store.blocking.get("a").to_bytes() == b"2"  # type: ignore[union-attr]  # it exists
        assert store.perform(Swap("a", b"2", None))
        assert not store.blocking.exists("a")

    def test_swaps_of_many_threads(self, store: Store) -> None:
        store.blocking.set("n", b"0")

        def count() -> None:
            for _ in range(20):
                while True:
                    old = store.blocking.get("n").to_bytes()  # type: ignore[union-attr]  # it exists
                    if store.perform(Swap("n", old, str(int(old) + 1).encode())):
                        break

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.blocking.get("n").to_bytes() == b"80"  # type: ignore[union-attr]  # it exists

    def test_stage_and_publish(self, store: Store) -> None:
        store.perform(Put(["a/old", "a/c/0", "b"], [b"1", b"2", b"3"]))
        staged = store.perform(Stage("a"))
        if staged is None:
            return
        store.perform(Put([f"{staged}/new"], [b"4"]))
        assert store.perform(ListPrefix("")) == ["a/c/0", "a/old", "b"]
        store.perform(Replace("a", staged))
        assert store.perform(ListPrefix("")) == ["a/new", "b"]
        discarded = store.perform(Stage("a"))
        assert discarded is not None
        store.perform(Put([f"{discarded}/other"], [b"5"]))
        store.perform(Discard(discarded))
        assert store.perform(ListPrefix("")) == ["a/new", "b"]

    def test_same_place(self, store: Store) -> None:
        twin = store.with_read_only(store.read_only)
        assert twin == store
        assert hash(twin) == hash(store)
        assert store.with_read_only(True) != store
        assert repr(store).startswith(type(store).__name__)

    def test_pickle(self, store: Store) -> None:
        store.blocking.set("a", b"x")
        again = pickle.loads(pickle.dumps(store))  # noqa: S301 - our own bytes
        assert again.blocking.get("a").to_bytes() == b"x"

    def test_open(self, store: Store) -> None:
        opened = asyncio.run(type(store).open(*self.open_arguments(store)))
        assert isinstance(opened, type(store))

    def open_arguments(self, store: Store) -> tuple[object, ...]:  # noqa: ARG002 - for subclasses
        """Arguments that make such a store."""
        return ()

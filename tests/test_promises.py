"""What stores declare is what they do, and what the page says."""

import pytest

from frozarr.io.programs.requests import Discard, Hold, LetGo, Stage
from frozarr.storage import FsspecStore, LocalStore, MemoryStore, ZipStore
from frozarr.testing import LatencyStore
from tests import promises


def test_the_page_has_the_table():
    assert promises.PAGE.read_text() == promises.with_table(promises.PAGE.read_text())


@pytest.mark.parametrize("kind", ["local", "file", "memory", "zip", "latency", "fsspec"])
def test_declared_capabilities(kind, tmp_path):
    store = {
        "local": lambda: LocalStore(tmp_path / "s"),
        "file": lambda: FsspecStore.from_url(f"file://{tmp_path}/s"),
        "memory": MemoryStore,
        "zip": lambda: ZipStore(tmp_path / "a.zip", mode="w"),
        "latency": LatencyStore,
        "fsspec": lambda: FsspecStore.from_url(f"memory://{tmp_path.name}"),
    }[kind]()
    held = store.perform(Hold("x"))
    assert (held is not None) is store.holds_nodes
    store.perform(LetGo("x", held))
    staged = store.perform(Stage("x"))
    assert (staged is not None) is store.exchanges_nodes
    if staged is not None:
        store.perform(Discard(staged))
    versions = []
    from frozarr.storage import Get, Put

    store.perform(Put(["a"], [b"1"]))
    store.perform(Get(["a"], versions=versions))
    if store.swaps_between_processes:
        store.perform(Put(["a"], [b"2"]))
        assert store.perform(Put(["a"], [b"3"], versions)) == ["a"]
        assert store.blocking.get("a").to_bytes() == b"2"
    store.close()

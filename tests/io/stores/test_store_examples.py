"""Stores as the documentation shows them, under the shared test class."""

import importlib.util
import pathlib

import pytest

from frozarr.testing.stores import StoreTests

EXAMPLE = pathlib.Path(__file__).parents[3] / "examples" / "sqlite_store.py"


def sqlite_store():
    spec = importlib.util.spec_from_file_location("sqlite_store", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SqliteStore


SqliteStore = sqlite_store()


class TestSqliteStore(StoreTests):
    @pytest.fixture
    def store(self, tmp_path):
        return SqliteStore(tmp_path / "a.sqlite")

    def open_arguments(self, store):
        return (store.path,)

    def test_pickle(self, store):
        pytest.skip("the example is loaded from a file, which pickle can't import")


def test_it_is_short():
    assert len(EXAMPLE.read_text().splitlines()) <= 60

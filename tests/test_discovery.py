"""What a newcomer finds: names by completion, parameters by help, lines by warnings."""

import asyncio
import importlib
import inspect
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import frozarr
from frozarr import aio, compat
from frozarr.compat import storage as older_storage
from frozarr.handles.blocking import Indexer

FACES = (
    "frozarr", "frozarr.aio", "frozarr.buffer", "frozarr.codecs", "frozarr.compat",
    "frozarr.compat.storage", "frozarr.config", "frozarr.dtypes", "frozarr.errors",
    "frozarr.extensions", "frozarr.indexing", "frozarr.metadata", "frozarr.storage",
    "frozarr.testing", "frozarr.types",
)  # fmt: skip


@pytest.mark.parametrize("face", FACES)
def test_completion_shows_the_public_names_and_only_these(face):
    module = importlib.import_module(face)
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_packages_are_reached_from_the_top():
    code = (
        "import frozarr\n"
        "for name in ('indexing', 'metadata', 'extensions', 'testing', 'storage', 'compat', 'aio'):\n"
        "    assert getattr(frozarr, name).__name__ == f'frozarr.{name}', name\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_older_stores_are_those_here_and_two_more():
    assert set(older_storage.__all__) == {
        *frozarr.storage.__all__, "ManagedMemoryStore", "ObjectStore",
    }  # fmt: skip
    assert older_storage.StorePath is compat.StorePath
    assert older_storage.LocalStore is frozarr.storage.LocalStore


def functions():
    for module in (frozarr, aio, compat):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield pytest.param(value, id=f"{module.__name__}.{name}")
    for cls in (frozarr.Array, frozarr.AsyncArray, Indexer, compat.Array, compat.AsyncArray):
        for name, member in inspect.getmembers(cls, inspect.isroutine):
            if not name.startswith("_"):
                yield pytest.param(member, id=f"{cls.__module__}.{cls.__name__}.{name}")


PLAIN = {"register", "to_v2", "to_v3", "config"}  # documented where they are defined
"""Functions that are no programs."""


@pytest.mark.parametrize("function", list(functions()))
def test_docstrings_explain_every_parameter(function):
    if function.__name__ in PLAIN:
        return
    doc = inspect.getdoc(function)
    section = doc.partition("Parameters\n----------\n")[2]
    for parameter in list(inspect.signature(function).parameters.values()):
        if parameter.name in {"self", "cls", "array"} or parameter.kind is parameter.VAR_KEYWORD:
            continue
        lines = section.splitlines()
        heads = [n for n, line in enumerate(lines) if line.split(" : ")[0] == parameter.name]
        mine = [lines[n] for n in heads]
        assert len(mine) == 1, parameter.name
        explained = lines[heads[0] + 1]
        assert explained.startswith("    ")
        assert len(explained) > 12
        assert "As in" not in explained, parameter.name
        if parameter.default is not parameter.empty:
            assert repr(parameter.default) in mine[0]


def test_help_is_readable():
    doc = inspect.getdoc(frozarr.zeros)
    assert max(map(len, doc.splitlines())) <= 100
    assert frozarr.zeros.__module__ == "frozarr.api"
    assert frozarr.open.__name__ == "open"
    for function in (frozarr.zeros, frozarr.open, aio.open_array, compat.zeros):
        assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize("call", [
    lambda: frozarr.zeros(2, chunkz=1), lambda: frozarr.create_array({}, shape=2, dtype="i4", chunkz=1),
    lambda: frozarr.open_array({"zarr.json": b"{}"}, chunkz=1), lambda: frozarr.open({}, chunkz=1),
    lambda: frozarr.from_array({}, data=[1], chunkz=1), lambda: frozarr.save_array({}, [1], chunkz=1),
    lambda: frozarr.empty_like(np.zeros(2), chunkz=1), lambda: compat.open_array({}, chunkz=1),
    lambda: asyncio.run(aio.open_array({}, chunkz=1)), lambda: asyncio.run(aio.array([1], chunkz=1)),
])  # fmt: skip
def test_typos_are_errors_that_name_what_was_meant(call):
    with pytest.raises(TypeError, match="'chunkz'; did you mean 'chunks'"):
        call()
    with pytest.raises(TypeError, match=r"'qqqqqq'; it takes \["):
        frozarr.load({}, qqqqqq=1)


def here(caught):
    return [w for w in caught if w.filename == __file__]


def test_warnings_point_at_the_callers_line():
    import fsspec
    from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

    async def create():
        return await aio.create_array({}, shape=2, dtype="i4", order="C")

    async def older():
        return await compat.AsyncArray.create({}, shape=2, dtype="i4")

    array = frozarr.zeros(2, zarr_format=2)
    fs = AsyncFileSystemWrapper(fsspec.filesystem("memory"), asynchronous=False)
    for call in (
        lambda: frozarr.zeros(2, order="C"), lambda: compat.zeros(2, order="C"),
        lambda: frozarr.metadata.ArraySpec(shape=2, dtype="i4", order="C").metadata(),
        lambda: array.compressor, lambda: compat.Array.create({}, shape=2, dtype="i4"),
        lambda: asyncio.run(create()), lambda: asyncio.run(older()),
        *([] if fs.asynchronous else [lambda: frozarr.storage.FsspecStore(fs, path="/a")]),
    ):  # fmt: skip
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert len(here(caught)) == len(caught) == 1, [str(w) for w in caught]


def test_not_found_is_a_value_error_too():
    for call in (lambda: frozarr.open_array({}), lambda: frozarr.load({})):
        with pytest.raises(ValueError, match="no array"):
            call()
        with pytest.raises(FileNotFoundError, match="check the path|no array or group"):
            call()


def test_info_speaks_as_users_know_it():
    array = frozarr.create_array({}, shape=10, chunks=1, shards=2, dtype="i4")
    array[:5] = 1
    rows = dict(line.split(" : ", 1) for line in repr(array.info_complete()).splitlines())
    named = {name.strip(): value for name, value in rows.items()}
    assert named["Chunks Initialized"] == "6"
    assert named["Shards Initialized"] == "3"
    assert named["No. bytes"] == "40"
    assert named["No. bytes stored"] == str(array.nbytes_stored())
    assert named["Read-only"] == "False"
    assert asyncio.run(array.async_array.info_complete()).chunks_initialized == 6
    assert array.async_array.info.type == "AsyncArray"
    plain = frozarr.zeros(2)
    assert plain.info.chunks_initialized is None
    assert "Shards" not in repr(plain.info_complete())

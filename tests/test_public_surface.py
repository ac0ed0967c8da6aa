"""The public names, what importing costs, and what is written about them."""

import importlib
import pkgutil
import subprocess
import sys
import types

import pytest

import frozarr

NAMES = [
    "Array", "AsyncArray", "Config", "aio", "array", "buffer", "codecs", "compat", "config",
    "create", "create_array", "dtypes", "empty", "empty_like", "errors", "extensions", "from_array",
    "full", "full_like", "indexing", "load", "metadata", "ones", "ones_like", "open", "open_array", "open_like", "register", "save", "save_array", "storage", "to_v2", "to_v3",
    "zeros", "zeros_like",
]  # fmt: skip


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()


def test_names():
    assert sorted(frozarr.__all__) == NAMES == dir(frozarr)
    for name in NAMES:
        assert getattr(frozarr, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        frozarr.nonsense


def test_doors_are_not_shadowed_by_modules():
    assert python("import frozarr.handles.array, frozarr.api, frozarr; print(callable(frozarr.array), "
                  "callable(frozarr.create), callable(frozarr.config), callable(frozarr.open))") == ["True"] * 4  # fmt: skip


def test_every_public_name_is_documented():
    for module in pkgutil.walk_packages(frozarr.__path__, "frozarr."):
        loaded = importlib.import_module(module.name)
        assert loaded.__doc__, module.name
        for name in getattr(loaded, "__all__", ()):
            value = getattr(loaded, name)
            if isinstance(value, type | types.FunctionType) and value.__module__.startswith(
                "frozarr"
            ):
                assert value.__doc__, f"{module.name}.{name}"


def test_imports_are_lean():
    loaded = python("import sys, frozarr.indexing; print(*sys.modules)")
    assert not {"numcodecs", "fsspec", "zstandard", "asyncio", "crc32c"} & set(loaded)
    loaded = python(
        "import sys, frozarr; frozarr.create_array({}, data=[1, 2])[...]; print(*sys.modules)"
    )
    assert not {"numcodecs", "fsspec", "asyncio", "crc32c", "hypothesis"} & set(loaded)


def test_import_starts_no_thread():
    code = "import threading, frozarr.api; print(threading.active_count())"
    assert python(code) == ["1"]

"""The public names, what importing costs, and what is written about them."""

import importlib
import pathlib
import pkgutil
import re
import subprocess
import sys
import types

import pytest

import frozarr

HERE = pathlib.Path(__file__).parent
FACES = (
    "frozarr", "frozarr.aio", "frozarr.buffer", "frozarr.codecs", "frozarr.compat",
    "frozarr.dtypes", "frozarr.errors", "frozarr.extensions", "frozarr.indexing",
    "frozarr.metadata", "frozarr.storage", "frozarr.testing",
    "frozarr.types",
)  # fmt: skip
SNAPSHOT = HERE / "public_names.txt"


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()


def public_names():
    """One line per public name: the face, and the name in it."""
    for face in FACES:
        module = importlib.import_module(face)
        for name in sorted(module.__all__):
            assert getattr(module, name) is not None, f"{face}.{name}"
            yield f"{face}.{name}"


def test_names_are_those_of_the_snapshot():
    """Whoever changes a public name changes `public_names.txt`, and says why in CHANGELOG."""
    assert list(public_names()) == SNAPSHOT.read_text().splitlines()


def test_unknown_names():
    assert sorted(frozarr.__all__) == dir(frozarr)
    with pytest.raises(AttributeError, match="nonsense"):
        frozarr.nonsense


def test_the_page_of_laws_names_every_law():
    page = (HERE.parent / "docs" / "laws.md").read_text()
    for module in (HERE.parent / "property_tests").glob("test_*.py"):
        names = re.findall(
            r"^(?:def (test_\w+)|class (\w+)\(.*Machine\))", module.read_text(), re.M
        )
        for function, machine in names:
            assert f"{function or machine}" in page, f"{module.name}: {function or machine}"


def test_functions_are_not_shadowed_by_modules():
    assert python("import frozarr.handles.array, frozarr.api, frozarr; print(callable(frozarr.array), "
                  "callable(frozarr.create), callable(frozarr.config), callable(frozarr.open))") == ["True"] * 4  # fmt: skip


def test_every_public_name_is_documented():
    for module in pkgutil.walk_packages(frozarr.__path__, "frozarr."):
        if module.name == "frozarr.compat.as_zarr":
            continue  # refuses to be imported beside zarr-python
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

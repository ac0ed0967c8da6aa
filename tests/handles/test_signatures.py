"""What users see of functions and methods: the result that they get, and every parameter."""

import collections.abc
import inspect
import pathlib
import subprocess
import sys
import types
from typing import Self, get_args, get_origin

import pytest

import frozarr
from frozarr.aio import AsyncArray
from frozarr.handles.blocking import Array, Indexer

MAKERS = (
    "array", "create", "create_array", "empty", "empty_like", "from_array", "full", "full_like",
    "ones", "ones_like", "open_array", "open_like", "zeros", "zeros_like",
)  # fmt: skip
GROUPS = ("consolidate_metadata", "create_group", "group", "open_consolidated", "open_group")
OTHERS = (
    "copy", "create_hierarchy", "load", "open", "save", "save_array", "save_group", "tree", *GROUPS
)  # fmt: skip
SAMPLE = pathlib.Path(__file__).parent / "typed_program.py"


def public_methods(cls):
    for name, member in inspect.getmembers(cls):
        if callable(member) and not name.startswith("_"):
            yield pytest.param(member, id=f"{cls.__name__}.{name}")


def functions():
    for module in (frozarr, frozarr.aio):
        for name in MAKERS + OTHERS:
            yield pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("name", MAKERS)
def test_results_are_shown(name):
    assert inspect.signature(getattr(frozarr, name)).return_annotation is Array
    shown = inspect.signature(getattr(frozarr.aio, name)).return_annotation
    assert (get_origin(shown), get_args(shown)) == (collections.abc.Awaitable, (AsyncArray,))


def test_results_are_groups():
    for name in GROUPS:
        assert inspect.signature(getattr(frozarr, name)).return_annotation is frozarr.Group
    assert inspect.signature(frozarr.open).return_annotation == frozarr.Array | frozarr.Group
    assert inspect.signature(frozarr.Group.create_array).return_annotation is Array
    assert inspect.signature(frozarr.Group.__getitem__).return_annotation == "Array | Group"


def test_changes_give_handles_of_their_kind():
    for name in ("resize", "append", "update_attributes"):
        assert inspect.signature(getattr(Array, name)).return_annotation in (Self, "Self")
        (result,) = get_args(inspect.signature(getattr(AsyncArray, name)).return_annotation)
        assert result in (Self, "Self")


@pytest.mark.parametrize("function", [
    *functions(), *public_methods(Array), *public_methods(AsyncArray), *public_methods(Indexer),
])  # fmt: skip
def test_nothing_of_the_machinery_is_shown(function):
    signature = inspect.signature(function)
    text = str(signature)
    for word in ("Generator", "Program", "GetInto", "Unpack", "TypedDict"):
        assert word not in text
    assert function.__doc__
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            assert function.__name__ in {"save", "save_group"}, parameter  # arrays by their names
    if isinstance(function, types.FunctionType):
        assert signature.return_annotation is not signature.empty


def test_options_are_shown_one_by_one():
    shown = inspect.signature(frozarr.create_array).parameters
    assert {"shape", "dtype", "chunks", "shards", "compressors", "fill_value"} <= set(shown)
    assert {"store", "path", "chunks"} <= set(inspect.signature(frozarr.zeros).parameters)
    assert inspect.signature(frozarr.array).parameters["chunks"].default == "keep"


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_a_sample_program_type_checks(checker, tmp_path):
    command = [str(pathlib.Path(sys.executable).with_name(checker))]
    if checker == "mypy":
        command += ["--strict", "--cache-dir", str(tmp_path), "--config-file", ""]
    else:
        command += ["--level", "error", "--pythonpath", sys.executable]
    done = subprocess.run(
        [*command, str(SAMPLE)], check=False, capture_output=True, text=True, cwd=SAMPLE.parents[2]
    )
    assert done.returncode == 0, done.stdout + done.stderr

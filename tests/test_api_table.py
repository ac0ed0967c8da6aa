"""Every public member and parameter, against a checked-in table and against zarr-python's."""

import enum
import importlib
import inspect
import pathlib
import re
import types
import typing

import numpy as np
import numpy.typing as npt
import pytest
import zarr
from numpy.lib import NumpyVersion

from frozarr import compat
from frozarr.buffer import cpu

HERE = pathlib.Path(__file__).parent
TABLE = HERE / "api_table.txt"
DIFFERENCES = HERE.parent / "docs" / "differences.md"
MODULES = ("frozarr", "frozarr.aio", "frozarr.compat", "frozarr.metadata", "frozarr.indexing")
CLASSES = {
    "frozarr": ("Array", "AsyncArray", "Group", "AsyncGroup", "Config"),
    "frozarr.compat": ("Array", "AsyncArray", "Group", "AsyncGroup", "StorePath"),
    "frozarr.storage": (
        "Store", "StorePath", "LocalStore", "MemoryStore", "ZipStore", "FsspecStore",
        "ObspecStore", "VerbStore", "WrapperStore", "LoggingStore", "GpuMemoryStore",
    ),
    "frozarr.buffer": ("Buffer", "NDBuffer"),
}  # fmt: skip


def aliases():
    """Types that have a name, by which they are shown."""
    from frozarr.commands.creation import ArrayData, ProgressLike
    from frozarr.config import ConfigLike
    from frozarr.handles.methods import FieldNames, Output
    from frozarr.indexing import SelectionLike
    from frozarr.metadata import spec
    from frozarr.storage import StoreLike
    from frozarr.types import AnyArray, ShapeLike

    named = {
        "ArrayData": ArrayData, "ProgressLike": ProgressLike, "ConfigLike": ConfigLike,
        "FieldNames": FieldNames, "Output": Output, "SelectionLike": SelectionLike,
        "StoreLike": StoreLike, "AnyArray": AnyArray, "ShapeLike": ShapeLike,
        "ArrayLike": npt.ArrayLike, "DTypeLike": npt.DTypeLike,
    }  # fmt: skip
    named |= {
        name: getattr(spec, name)
        for name in ("CodecsLike", "CodecLike", "ChunksLike", "KeyEncodingLike", "DataTypeLike")
    }
    return named


MODULES_THERE = (
    "api.synchronous", "api.asynchronous", "abc.store", "abc.codec", "abc.buffer", "abc.metadata",
    "buffer", "codecs", "codecs.numcodecs", "dtype", "errors", "registry", "types",
)  # fmt: skip
"""Modules of zarr-python that have counterparts in `frozarr.compat`."""
NAMED = aliases()
ARRAY_LIKE = set(typing.get_args(npt.ArrayLike))


def shown_type(annotation):
    """A type as text, the same with every version of Python and NumPy."""
    for name, alias in NAMED.items():
        if annotation == alias:
            return name
        if annotation == typing.Optional[alias]:  # noqa: UP045 - of any type
            return f"{name} | None"
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, str):
        return annotation.strip('"')
    if isinstance(annotation, typing.TypeVar):
        return annotation.__name__
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        rest = parts
        if ARRAY_LIKE and ARRAY_LIKE <= set(parts):  # joined with others
            rest = [*(part for part in parts if part not in ARRAY_LIKE), npt.ArrayLike]
        texts = [shown_type(part) for part in rest]
        return " | ".join(
            [*sorted(t for t in texts if t != "None"), *[t for t in texts if t == "None"]]
        )
    if origin is np.ndarray:
        return f"NDArray[{', '.join(shown_type(part) for part in typing.get_args(parts[-1]))}]"
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, parts))}]"
    if origin is not None:
        return f"{getattr(origin, '__name__', origin)}[{', '.join(map(shown_type, parts))}]"
    if isinstance(annotation, list | tuple):
        return f"[{', '.join(map(shown_type, annotation))}]"
    return getattr(annotation, "__name__", str(annotation))


def shown_default(value):
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, type) or callable(value):
        return value.__name__
    if isinstance(value, tuple):
        return f"({', '.join(map(shown_default, value))})"
    return repr(value)


def row(name, function):
    """One line: a name, its parameters, what it gives."""
    signature = inspect.signature(function)
    parameters, starred = [], False
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            starred = True
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parameters.append("*")
            starred = True
        mark = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = mark + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {shown_type(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {shown_default(parameter.default)}"
        parameters.append(text)
    gives = (
        ""
        if signature.return_annotation is signature.empty
        else f" -> {shown_type(signature.return_annotation)}"
    )
    return f"{name}({', '.join(parameters)}){gives}"


def plain(member):
    return member.__func__ if isinstance(member, classmethod | staticmethod) else member


def members(cls):
    return {n: plain(inspect.getattr_static(cls, n)) for n in dir(cls) if not n.startswith("_")}


def table():
    for face in MODULES:
        module = importlib.import_module(face)
        for name in sorted(module.__all__):
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield row(f"{face}.{name}", value)
    for face, names in CLASSES.items():
        for name in names:
            cls = getattr(importlib.import_module(face), name)
            yield row(f"{face}.{name}", cls.__init__)
            for member, value in members(cls).items():
                if inspect.isroutine(value):
                    yield row(f"{face}.{name}.{member}", value)
                elif isinstance(value, property):
                    gives = inspect.signature(value.fget).return_annotation
                    yield f"{face}.{name}.{member}: {shown_type(gives)}"
                else:
                    yield f"{face}.{name}.{member}"


@pytest.mark.skipif(
    NumpyVersion(np.__version__) < "2.2.0", reason="NumPy's own types had other parts before 2.2"
)
def test_every_member_and_parameter_is_that_of_the_table():
    """Whoever changes one changes `api_table.txt` (``python -m tests.test_api_table``) with it."""
    assert list(table()) == TABLE.read_text().splitlines()


def test_every_parameter_has_a_type():
    for line in table():
        if "(" in line and line.startswith(
            ("frozarr.Array", "frozarr.zeros", "frozarr.create", "frozarr.aio")
        ):
            for parameter in re.findall(r"[(,] ?(\w+)(?=[,)]| = )", line.partition(" -> ")[0]):
                assert False, f"{line}: {parameter}"  # noqa: B011, PT015 - names the row


# ------------------------------------------------------------------ against zarr-python


def parameters(function):
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p for p in given if p.name not in {"self", "cls"}}


def same_default(theirs, ours):
    """Defaults by value; where theirs is required, ours may be optional."""
    if theirs is inspect.Parameter.empty:
        return True
    names = {repr(theirs).removesuffix("_FILL_VALUE"), repr(theirs)}
    return repr(ours) in names


def differences_of(label, theirs, ours):
    known = parameters(ours)
    for name, parameter in parameters(theirs).items():
        if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
            continue
        if name not in known:
            yield f"{label}({name}=)"
        elif (
            parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            and known[name].kind is parameter.KEYWORD_ONLY
        ):
            yield f"{label}({name}) by position"
        elif not same_default(parameter.default, known[name].default):
            yield f"{label}({name}={parameter.default!r})"


def differences():
    """Names, parameters, kinds and defaults of zarr-python that `frozarr.compat` does not have so."""
    for name in zarr.__all__:
        theirs = getattr(zarr, name)
        if not hasattr(compat, name):
            yield name
        elif inspect.isfunction(theirs):
            yield from differences_of(name, theirs, getattr(compat, name))
    for module in MODULES_THERE:
        theirs = importlib.import_module(f"zarr.{module}")
        ours = importlib.import_module(f"frozarr.compat.{module}")
        yield from (f"{module}.{name}" for name in theirs.__all__ if not hasattr(ours, name))
    nodes = ("Array", "AsyncArray", "Group", "AsyncGroup")
    pairs = [(name, getattr(zarr, name), getattr(compat, name)) for name in nodes]
    for name in zarr.storage.__all__:
        theirs, ours = getattr(zarr.storage, name), getattr(compat.storage, name)
        if isinstance(theirs, type):
            yield from differences_of(f"storage.{name}", theirs.__init__, ours.__init__)
            pairs.append((f"storage.{name}", theirs, ours))
    for name in ("Buffer", "NDBuffer"):
        pairs.append((f"buffer.{name}", getattr(zarr.core.buffer.cpu, name), getattr(cpu, name)))
    for label, theirs, ours in pairs:
        known = members(ours)
        for name, member in members(theirs).items():
            if name not in known:
                yield f"{label}.{name}"
            elif inspect.isroutine(member):
                yield from differences_of(f"{label}.{name}", member, known[name])


def generic(difference):
    """What all stores have is said once."""
    return re.sub(r"^storage\.\w+Store\.", "Store.", difference)


@pytest.mark.skipif(
    NumpyVersion(zarr.__version__) < "3.4.0",
    reason="compared with zarr-python 3.4, which needs Python 3.12",
)
def test_differences_from_zarr_python_are_declared():
    section = DIFFERENCES.read_text().partition("## Names and parameters\n")[2]
    declared = set(re.findall(r"`([^`]+)`", section))
    there = {generic(difference) for difference in differences()}
    assert sorted(there - declared) == []
    assert sorted(declared - there) == []


if __name__ == "__main__":
    TABLE.write_text("\n".join(table()) + "\n")

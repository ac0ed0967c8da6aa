"""What parameters mean, said once; docstrings of functions are completed from here."""

import difflib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TypeVar

__all__ = ["PARAMETERS", "documented", "explained", "refuse_unknown"]

F = TypeVar("F", bound=Callable[..., object])

PARAMETERS: dict[str, str] = {
    "array": ("The array."),
    "store": (
        "A store, a path, a URL, a dictionary, a mapper of fsspec or a client of obstore; "
        "None for a new store in memory."
    ),
    "path": ("Path of the array in the store; groups are made above a new one."),
    "a": ("The array that the new one is to be like: one in a store, or anything numpy takes."),
    "arr": ("What to store: an array in a store, or anything numpy takes."),
    "args": ("Arrays that go by ``arr_0``, ``arr_1``, …; a single one is stored by itself."),
    "name": ("Path of the array in the store; groups are made above it."),
    "storage_options": ("Options of the filesystem that a URL leads to."),
    "mode": (
        "``r`` read only, ``r+`` read and write what exists, ``a`` make it if it does not "
        "exist and a shape is given, ``w`` make it and replace what exists, ``w-`` make it "
        "and fail if anything exists. By default ``a``, and ``r`` for a read-only store."
    ),
    "shape": ("Extents in elements, one per axis; an integer for a single axis."),
    "dtype": (
        "Type of the elements: anything numpy takes, a data type value, its name or its JSON; "
        "by default that of `data`, or ``float64``."
    ),
    "data": (
        "Values: anything numpy takes; or an array in a store, or of h5py, zarr, dask, netCDF4, "
        "xarray and whatever else has a shape, a dtype and slicing, which is read region by "
        "region, several at a time, in bounded memory."
    ),
    "chunks": (
        'Elements of a chunk along each axis: ``"auto"``, one size for all axes, -1 for a '
        "whole axis, False for a single chunk, lists of sizes for chunks of several sizes."
    ),
    "shards": (
        'Elements of a shard along each axis, a multiple of the chunk: ``"auto"``, one size '
        "for all axes, or a mapping with ``shape`` and ``index_location``; None for none."
    ),
    "filters": (
        "Codecs from array to array: values of `frozarr.codecs`, their JSON, or objects of "
        "numcodecs."
    ),
    "serializer": ("Codec from array to bytes; little endian by default. Format 3 only."),
    "compressors": (
        "Codecs from bytes to bytes, or one of them by its name; zstd by default, None for none."
    ),
    "compressor": ("A single compressor, instead of `compressors`; None for none."),
    "fill_value": (
        "Value of elements that are not stored; the type's zero by default, and in format 2 "
        "None for an undefined one."
    ),
    "order": ('Layout of chunks in format 2, ``"C"`` or ``"F"``.'),
    "zarr_format": ("2 or 3; when something is opened, None looks for 3 and then 2."),
    "attributes": ("JSON values by name."),
    "chunk_key_encoding": (
        'How chunks are named: a value, its JSON, or a pair such as ``("v2", "/")``.'
    ),
    "dimension_names": ("Names of the axes, None for one without a name. Format 3 only."),
    "overwrite": ("Replace what stands there, once all arguments have been checked."),
    "config": (
        "How the handle reads and writes: a `Config` or settings that differ from the current "
        "default."
    ),
    "write_data": ("Whether the values are written, or only give shape and type."),
    "progress": (
        "True for a line on standard error that tells how far the writing is; or a function "
        "that is called with the decoded bytes written and those in all."
    ),
    "selection": ("Integers, slices, ``...`` and index arrays, as the kind of selection has them."),
    "mask": ("Boolean array of the array's shape."),
    "value": (
        "What to write: a scalar, or what broadcasts to the selection; cast by numpy's rules "
        "and those of ``config.casting``."
    ),
    "out": ("Array or NDBuffer of exactly the result's shape and dtype, filled and returned."),
    "fields": ("Fields of a structured type: one by its name, or several; None for all."),
    "prototype": ("In whose memory the result is to be (a device's); by default numpy's."),
    "chunk_shape": ("The older name of `chunks`."),
    "codecs": ("The whole chain of format 3, instead of filters, serializer and compressors."),
    "dimension_separator": (
        'What stands between the coords of a chunk in its key, ``"."`` or ``"/"``. Format 2 only.'
    ),
    "write_empty_chunks": (
        "Store chunks that hold nothing but the fill value, too; by default as the config has it."
    ),
    "origin": (
        "First coords of a box of the grid, in chunks (or shards); by default the first of all."
    ),
    "selection_shape": (
        "Extents of the box in chunks (or shards); by default the rest of the grid."
    ),
}
"""For each name what it means, and its units."""


def documented(
    doc: str | None, parameters: Iterable[inspect.Parameter], more: Mapping[str, str] = PARAMETERS
) -> str:
    r"""A docstring with a section that explains all parameters, each with its default.

    What the docstring itself says of a parameter is kept; what it leaves out is said as in `more`.

    Examples
    --------
    >>> def zeros(shape, order="C"): ...
    >>> whole = documented("New array.", inspect.signature(zeros).parameters.values())
    >>> print(whole.partition("shape\n")[2])
        Extents in elements, one per axis; an integer for a single axis.
    order : default 'C'
        Layout of chunks in format 2, ``"C"`` or ``"F"``.
    """
    head, said, rest = _divided(inspect.cleandoc(doc or ""))
    lines = []
    for parameter in parameters:
        if parameter.name in {"self", "cls"} or parameter.kind is parameter.VAR_KEYWORD:
            continue
        text = said.get(parameter.name) or more.get(parameter.name)
        if text is not None:
            lines += [parameter.name + _default(parameter), *_indented(text)]
    section = ["", "Parameters", "----------", *lines] if lines else []
    return "\n".join([head, *section, *(["", rest] if rest else [])])


def explained(function: F, more: Mapping[str, str] = PARAMETERS) -> F:
    """A decorator: the function, its docstring completed by `documented`."""
    parameters = inspect.signature(function).parameters.values()
    function.__doc__ = documented(function.__doc__, parameters, more)
    return function


def _divided(doc: str) -> tuple[str, dict[str, str], str]:
    """What stands before a docstring's parameters, what it says of each, and what stands after."""
    parts = re.split(r"\n\n(?=[A-Z]\w+\n-+\n)", doc)
    said: dict[str, str] = {}
    others = [part for part in parts[1:] if not part.startswith("Parameters\n")]
    for part in parts[1:]:
        if part.startswith("Parameters\n"):
            entries = re.split(r"\n(?=\S)", part.split("\n", 2)[2])
            for entry in entries:
                names, _, text = entry.partition("\n")
                plain = inspect.cleandoc(text)
                said |= {n.strip(): plain for n in names.partition(":")[0].split(",")}
    return parts[0], said, "\n\n".join(others)


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return ""
    return f" : default {parameter.default!r}"


@cache  # most texts are shown many times, and wrapping them takes most of the time
def _indented(text: str) -> list[str]:
    lines = [wrapped for line in text.splitlines() for wrapped in textwrap.wrap(line, 92) or [""]]
    return [f"    {line}".rstrip() for line in lines]


def refuse_unknown(function: str, given: Mapping[str, object], known: Iterable[str]) -> None:
    """Refuse arguments that a function does not have, with the name that was probably meant.

    Examples
    --------
    >>> refuse_unknown("zeros", {"chunkz": 2}, ["shape", "chunks"])
    Traceback (most recent call last):
        ...
    TypeError: zeros() got an unexpected keyword argument 'chunkz'; did you mean 'chunks'?
    """
    names = set(known)
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, sorted(names), 1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it takes {sorted(names)}"
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")

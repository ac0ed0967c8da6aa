"""The parameters of the older ``Array.create``."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeVar

import numpy.typing as npt

from frozarr.commands.create import create
from frozarr.compat.arguments import creation_arguments
from frozarr.config import ConfigLike
from frozarr.handles.array import ArrayHandle
from frozarr.handles.parameters import documented, refuse_unknown
from frozarr.io.programs.requests import Program
from frozarr.io.stores.resolve import StoreLike
from frozarr.metadata.spec import (
    ChunksLike,
    CodecLike,
    CodecsLike,
    DataTypeLike,
    KeyEncodingLike,
)
from frozarr.types import DEFAULT, ShapeLike

__all__ = ["creating", "refuse_others", "signed"]

F = TypeVar("F", bound=Callable[..., object])


def creating(
    store: StoreLike, *, shape: ShapeLike, dtype: DataTypeLike, zarr_format: Literal[2, 3] = 3,
    fill_value: object = DEFAULT, attributes: Mapping[str, object] | None = None,
    chunk_shape: ChunksLike = None, chunk_key_encoding: KeyEncodingLike = None,
    codecs: Iterable[CodecLike] | None = None,
    dimension_names: Iterable[str | None] | None = None, chunks: ChunksLike = None,
    dimension_separator: Literal[".", "/"] | None = None, order: Literal["C", "F"] | None = None,
    filters: CodecsLike = None, compressor: CodecLike | None = "auto", overwrite: bool = False,
    config: ConfigLike = None, data: npt.ArrayLike | None = None,
) -> Program[ArrayHandle]:  # fmt: skip
    """New array; the older spelling of `create_array`, with its parameters' old names.

    `chunk_shape`, `chunk_key_encoding`, `codecs` and `dimension_names` are for format 3;
    `dimension_separator`, `filters` and `compressor` for format 2.

    Raises
    ------
    ValueError
        A parameter of the other format, with what to use instead.
    ContainsArrayError, ContainsGroupError
        There is a node and `overwrite` is false.
    """
    given = creation_arguments(
        zarr_format=zarr_format, shape=shape, dtype=dtype, fill_value=fill_value,
        attributes=attributes, chunk_shape=chunk_shape, chunk_key_encoding=chunk_key_encoding,
        codecs=codecs, dimension_names=dimension_names, chunks=chunks,
        dimension_separator=dimension_separator, order=order, filters=filters,
        compressor=compressor, config=config,
    )  # fmt: skip
    return create(store=store, data=data, overwrite=overwrite, **given)


_KNOWN = frozenset(inspect.signature(creating).parameters)


def refuse_others(given: Mapping[str, object]) -> None:
    """Refuse what ``Array.create`` does not take."""
    if not given.keys() <= _KNOWN:
        refuse_unknown("create", given, _KNOWN)


def signed(*without: str) -> Callable[[F], F]:
    """A decorator of ``create``: it takes the parameters of `creating` but for some."""
    all_of_them = inspect.signature(creating).parameters.values()
    parameters = [parameter for parameter in all_of_them if parameter.name not in without]

    def decorate(function: F) -> F:
        cls = inspect.Parameter("cls", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        shown = inspect.signature(function).replace(parameters=[cls, *parameters])
        function.__signature__ = shown  # type: ignore[attr-defined]  # what `inspect` looks for
        function.__doc__ = documented(creating.__doc__, parameters)
        return function

    return decorate

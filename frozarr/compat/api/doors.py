"""How functions of the library become those of the older API: other arguments in, nodes out."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from frozarr.compat.arguments import OLDER, todays_arguments
from frozarr.compat.cells import Node, handle_of
from frozarr.compat.meanings import MEANINGS
from frozarr.compat.settings import settled
from frozarr.handles.faces import awaitable
from frozarr.handles.parameters import documented, refuse_unknown
from frozarr.metadata.dtypes.lookup import user_data_type
from frozarr.types import AnyDtype

__all__ = ["door", "np_type", "shown_like"]

F = TypeVar("F", bound=Callable[..., Any])


def door(
    function: Callable[..., Any], node: type[Node[Any]], module: str, result: object = None,
    name: str = "",
) -> Callable[..., Any]:  # fmt: skip
    """The function, taking the older spellings, too, and giving nodes.

    Parameters
    ----------
    function
        One of `frozarr.api` or `frozarr.aio`.
    node
        Whose face it is: a class of nodes.
    module
        That the function stands in from now on.
    result
        What it is shown to give; by default what the other gives.
    name
        Of the function, if it is another.
    """
    shown = inspect.signature(function)
    own = list(shown.parameters.values())
    older = _older(shown) if "config" in shown.parameters else []
    named = name or function.__name__
    prepare = _preparing(named, shown, older)

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return node.shown(await function(*map(handle_of, args), **prepare(kwargs)))

        call: Callable[..., Any] = awaited
    else:

        @wraps(function)
        def blocking(*args: Any, **kwargs: Any) -> Any:
            return node.shown(function(*map(handle_of, args), **prepare(kwargs)))

        call = blocking
    returns = shown.return_annotation
    if result is not None:
        returns = awaitable(result) if inspect.iscoroutinefunction(function) else result
    chosen = own if named == "create_array" else map(_of_any_format, own)
    parameters = [*chosen, *older]
    rest = [p for p in parameters if p.kind is p.VAR_KEYWORD]
    parameters = [p for p in parameters if p.kind is not p.VAR_KEYWORD] + rest
    call.__signature__ = shown.replace(  # type: ignore[attr-defined]  # what `inspect` looks for
        parameters=parameters, return_annotation=returns
    )
    call.__module__ = module
    call.__name__ = call.__qualname__ = named
    call.__doc__ = documented(function.__doc__, parameters, MEANINGS)
    return call


def _older(shown: inspect.Signature) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Any)
        for name in (*OLDER, *(["compressor"] if "compressors" in shown.parameters else []))
        if name not in shown.parameters
    ]


def _of_any_format(parameter: inspect.Parameter) -> inspect.Parameter:
    """Formats default to the one that is set."""
    if parameter.name == "zarr_format" and parameter.default == 3:
        return parameter.replace(default=None)
    return parameter


def _preparing(
    name: str, shown: inspect.Signature, older: list[inspect.Parameter]
) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    """What makes today's arguments of those that were given."""
    own = [parameter for parameter in OLDER if parameter in shown.parameters]
    known = frozenset([*shown.parameters, *[parameter.name for parameter in older]])
    any_name = any(p.kind is p.VAR_KEYWORD for p in shown.parameters.values())
    named_format = name == "create_array"  # its default is 3, whatever is set

    def prepare(kwargs: dict[str, Any]) -> Mapping[str, Any]:
        if not any_name and not kwargs.keys() <= known:
            refuse_unknown(name, kwargs, known)
        kept = {key: kwargs.pop(key) for key in own if key in kwargs}
        if older:
            kwargs = todays_arguments(
                kwargs, opening="mode" in own, takes_compressor="compressor" in shown.parameters
            )
        arguments = {key: handle_of(value) for key, value in kwargs.items()}
        if "config" in shown.parameters:
            arguments["config"] = settled(arguments.get("config"))
        if "zarr_format" in shown.parameters and not named_format:
            arguments.setdefault("zarr_format", None)
        return {**arguments, **kept}

    return prepare


def shown_like(function: Callable[..., Any], **more: object) -> Callable[[F], F]:
    """A decorator: a function shown with the parameters of another, and some with defaults."""
    shown = inspect.signature(function)
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Any)
        for name, default in more.items()
    ]

    def decorate(own: F) -> F:
        parameters = [*shown.parameters.values(), *extra]
        own.__signature__ = shown.replace(parameters=parameters)  # type: ignore[attr-defined]  # for `inspect`
        own.__doc__ = documented(own.__doc__, parameters, MEANINGS)
        return own

    return decorate


def np_type(dtype: Any) -> AnyDtype:
    """Type of numpy that a ``dtype=`` argument means."""
    return user_data_type(dtype)[1] if not isinstance(dtype, np.dtype) else dtype

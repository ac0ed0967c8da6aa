"""One program, two faces: a method or function that blocks, and one that is awaited.

What users see of either (`help`, `inspect.signature`, annotations) is what they get, not the
program behind it.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import (
    Annotated,
    Any,
    Concatenate,
    ParamSpec,
    Self,
    TypeVar,
    Unpack,
    get_args,
    get_origin,
)

import attrs

from frozarr.handles.array import ArrayHandle
from frozarr.handles.parameters import documented, refuse_unknown
from frozarr.io.programs.requests import Program
from frozarr.io.runners.threads import run
from frozarr.metadata.spec import ArraySpec

__all__ = [
    "awaitable", "awaiting", "awaiting_change", "blocking", "blocking_change", "shown_as",
    "taken",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
H = TypeVar("H", bound=ArrayHandle)


def blocking(
    program: Callable[Concatenate[Any, P], Program[T]],
) -> Callable[Concatenate[Any, P], T]:
    """The program as a method of a handle, for callers that block."""

    @wraps(program)
    def method(array: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs and not kwargs.keys() <= known:
            refuse_unknown(method.__name__, kwargs, known)
        return run(program(array, *args, **kwargs), array.store)

    known = _options_of(program)
    return shown_as(method, program, lambda result: result)


def awaiting(
    program: Callable[Concatenate[Any, P], Program[T]],
) -> Callable[Concatenate[Any, P], Awaitable[T]]:
    """The program as a method of a handle that is awaited."""
    from frozarr.io.runners.loop import run_async  # noqa: PLC0415 - brings asyncio

    @wraps(program)
    async def method(array: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs and not kwargs.keys() <= known:
            refuse_unknown(method.__name__, kwargs, known)
        return await run_async(program(array, *args, **kwargs), array.store)

    known = _options_of(program)
    return shown_as(method, program, awaitable)


def blocking_change(
    program: Callable[Concatenate[Any, P], Program[Any]],
) -> Callable[Concatenate[H, P], H]:
    """As `blocking`, for programs that give the handle of a changed array."""

    @wraps(program)
    def method(array: H, /, *args: P.args, **kwargs: P.kwargs) -> H:
        if kwargs and not kwargs.keys() <= known:
            refuse_unknown(method.__name__, kwargs, known)
        changed: H = run(program(array, *args, **kwargs), array.store)
        return changed

    known = _options_of(program)
    return shown_as(method, program, lambda _: Self)


def awaiting_change(
    program: Callable[Concatenate[Any, P], Program[Any]],
) -> Callable[Concatenate[H, P], Awaitable[H]]:
    """As `awaiting`, for programs that give the handle of a changed array."""
    from frozarr.io.runners.loop import run_async  # noqa: PLC0415 - brings asyncio

    @wraps(program)
    async def method(array: H, /, *args: P.args, **kwargs: P.kwargs) -> H:
        if kwargs and not kwargs.keys() <= known:
            refuse_unknown(method.__name__, kwargs, known)
        changed: H = await run_async(program(array, *args, **kwargs), array.store)
        return changed

    known = _options_of(program)
    return shown_as(method, program, lambda _: awaitable(Self))


def awaitable(result: Any) -> Any:
    """Annotation of what is awaited."""
    return Awaitable[result]


def shown_as(function: F, program: Callable[..., Any], returns: Callable[[Any], Any]) -> F:
    """A function with the signature of the program behind it, but for what it returns.

    Parameters
    ----------
    function
        What users call.
    program
        What it runs; options that it takes as a typed dictionary are shown one by one.
    returns
        Makes the annotation of the result from that of the program's.
    """
    signature = inspect.signature(program)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if get_origin(parameter.annotation) is Unpack:
            (options,) = get_args(parameter.annotation)
            parameters += _options(options.__annotations__, set(signature.parameters))
        else:
            parameters.append(parameter)
    annotation = signature.return_annotation
    result = get_args(annotation)[2] if get_origin(annotation) else annotation
    shown = signature.replace(parameters=parameters, return_annotation=returns(result))
    function.__signature__ = shown  # type: ignore[attr-defined]  # what `inspect` looks for
    function.__annotations__ = {**program.__annotations__, "return": shown.return_annotation}
    function.__doc__ = documented(program.__doc__, parameters)
    return function


def _options_of(program: Callable[..., Any]) -> frozenset[str]:
    """Names of the arguments that a method takes besides the array."""
    return frozenset(list(inspect.signature(program).parameters)[1:])


def taken(function: Callable[..., Any]) -> frozenset[str] | None:
    """Names of the arguments that a function takes by their names; None if it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return frozenset(parameter.name for parameter in parameters)


_DEFAULTS = {
    **{f.name: f.default for f in attrs.fields(ArraySpec) if f.default is not attrs.NOTHING},
    "overwrite": False, "compressor": "auto",
}  # fmt: skip
"""Defaults of options; others are None."""


def _options(annotations: dict[str, Any], taken: set[str]) -> list[inspect.Parameter]:
    """Options that a function does not name itself; ``Annotated[type, default]`` says a default."""
    options = []
    for name, annotation in annotations.items():
        if name in taken:
            continue
        shown, default = annotation, _DEFAULTS.get(name)
        if get_origin(annotation) is Annotated:
            shown, default = get_args(annotation)
        options.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=shown
            )
        )
    return options

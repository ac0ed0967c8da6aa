"""One program, two faces: a method or function that blocks, and one that is awaited.

What users see of either (`help`, `inspect.signature`, annotations) is what they get, not the
program behind it.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from types import GenericAlias
from typing import (
    Annotated,
    Concatenate,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    Unpack,
    cast,
    get_args,
    get_origin,
)

import attrs

from frozarr.handles.array import ArrayHandle
from frozarr.handles.parameters import documented, refuse_unknown
from frozarr.io.programs.requests import Performer, Program
from frozarr.io.runners.threads import run
from frozarr.metadata.spec import ArraySpec

__all__ = [
    "awaitable", "awaiting", "awaiting_change", "blocking", "blocking_change", "function_of",
    "shown_as",
    "taken",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])
H = TypeVar("H", bound="Handle")


class Handle(Protocol):
    """What methods are called on: something in a store."""

    @property
    def store(self) -> Performer:
        """The store."""


def blocking(
    program: Callable[Concatenate[H, P], Program[T]],
) -> Callable[Concatenate[H, P], T]:
    """The program as a method of a handle, for callers that block."""

    @wraps(program)
    def method(array: H, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs:
            check(kwargs)
        return run(program(array, *args, **kwargs), array.store)

    check = _check_of(program)
    return shown_as(method, program, lambda result: result)


def awaiting(
    program: Callable[Concatenate[H, P], Program[T]],
) -> Callable[Concatenate[H, P], Awaitable[T]]:
    """The program as a method of a handle that is awaited."""
    from frozarr.io.runners.loop import run_async  # noqa: PLC0415 - brings asyncio

    @wraps(program)
    async def method(array: H, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs:
            check(kwargs)
        return await run_async(program(array, *args, **kwargs), array.store)

    check = _check_of(program)
    return shown_as(method, program, awaitable)


def blocking_change(
    program: Callable[Concatenate[ArrayHandle, P], Program[ArrayHandle]],
) -> Callable[Concatenate[H, P], H]:
    """As `blocking`, for programs that give the handle of a changed array."""
    return shown_as(blocking(_of_same_class(program)), program, lambda _: Self)


def awaiting_change(
    program: Callable[Concatenate[ArrayHandle, P], Program[ArrayHandle]],
) -> Callable[Concatenate[H, P], Awaitable[H]]:
    """As `awaiting`, for programs that give the handle of a changed array."""
    return shown_as(awaiting(_of_same_class(program)), program, lambda _: awaitable(Self))


def _of_same_class(
    program: Callable[Concatenate[ArrayHandle, P], Program[ArrayHandle]],
) -> Callable[Concatenate[H, P], Program[H]]:
    """The same program, as the checker should see it: a handle's changes are of its own class."""
    return cast("Callable[Concatenate[H, P], Program[H]]", program)


def awaitable(result: object) -> object:
    """Annotation of what is awaited."""
    return GenericAlias(Awaitable, (result,))


def function_of(
    call: Callable[P, T], program: Callable[P, Program[object]], module: str, name: str,
    returns: Callable[[object], object],
) -> Callable[P, T]:  # fmt: skip
    """A function of a module that runs a program, with the name and signature that users see."""
    function = wraps(program)(call)
    function.__name__ = function.__qualname__ = name or program.__name__
    function.__module__ = module
    return shown_as(function, program, returns)


def shown_as(function: F, program: Callable[..., object], returns: Callable[[object], object]) -> F:
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


def _check_of(program: Callable[..., object]) -> Callable[[Mapping[str, object]], None]:
    """What refuses arguments by names that a method of a handle does not have."""
    known = frozenset(list(inspect.signature(program).parameters)[1:])

    def check(given: Mapping[str, object]) -> None:
        if not given.keys() <= known:
            refuse_unknown(program.__name__, given, known)

    return check


def taken(function: Callable[..., object]) -> frozenset[str] | None:
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


def _options(annotations: dict[str, object], taken: set[str]) -> list[inspect.Parameter]:
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

"""What callers see of this library: their own line in warnings, methods by their own names."""

import pathlib
import sys
import types
import warnings
from typing import TypeVar

__all__ = ["by_their_names", "warn_caller"]

C = TypeVar("C", bound=type)

_HERE = str(pathlib.Path(__file__).parent)
_PASSED = (_HERE, str(pathlib.Path(warnings.__file__).parent / "asyncio"), "<attrs")
"""Beginnings of the names of files that are no caller's."""


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn; the place that is shown is the nearest one outside this package.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_caller("take care", UserWarning)
    >>> str(caught[0].message)
    'take care'
    """
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - the only way to see who called
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PASSED):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def by_their_names(cls: C) -> C:
    """A decorator of a class: functions that were assigned have the names that they have there.

    So tracebacks name them as users do, and they can be pickled.

    Examples
    --------
    >>> @by_their_names
    ... class Numbers:
    ...     first = lambda self: 1
    >>> Numbers.first.__qualname__
    'Numbers.first'
    """
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else member
        if isinstance(function, types.FunctionType) and function.__name__ != name:
            function.__name__ = name
        if isinstance(function, types.FunctionType):
            function.__qualname__ = f"{cls.__qualname__}.{name}"
            function.__module__ = cls.__module__
    return cls

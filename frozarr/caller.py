"""Warnings that point at the line of the program that called this library."""

import pathlib
import sys
import warnings

__all__ = ["warn_caller"]

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

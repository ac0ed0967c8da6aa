"""Modules whose names are loaded when they are first used (PEP 562)."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_names", "only"]


def lazy_names(
    module: str, where: Mapping[str, str], base: str | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a module whose public names live elsewhere.

    Parameters
    ----------
    module
        Its name.
    where
        For each public name the module that has it, relative to `base`; an empty text for a name
        that is a submodule itself.
    base
        What the names of the other modules start with; `module` if it is not given.

    Examples
    --------
    >>> load, names = lazy_names("frozarr", {"Config": "config", "errors": ""})
    >>> names(), load("errors").__name__, load("Config").__name__
    (['Config', 'errors'], 'frozarr.errors', 'Config')
    """
    start = base or module

    def __getattr__(name: str) -> Any:  # noqa: N807 - the name Python asks for
        if name not in where:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if not where[name]:
            return import_module(f"{start}.{name}")
        value = getattr(import_module(f"{start}.{where[name]}"), name)
        setattr(sys.modules[module], name, value)
        return value

    def __dir__() -> list[str]:  # noqa: N807 - the name Python asks for
        return sorted(where)

    return __getattr__, __dir__


def only(names: Iterable[str]) -> Callable[[], list[str]]:
    """``__dir__`` of a module: its public names, for `dir`, `help` and completion.

    Examples
    --------
    >>> only(["b", "a"])()
    ['a', 'b']
    """
    listed = sorted(names)
    return lambda: list(listed)

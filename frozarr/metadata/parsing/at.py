"""A JSON value at its place in a document: what parsers are given."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, TypeVar

from frozarr.metadata.parsing.problems import Problems
from frozarr.metadata.registry import Registry, default_registry
from frozarr.types import JSON, Loc

__all__ = ["INVALID", "At", "Invalid", "Parser", "parsed"]

T = TypeVar("T")


class _Sentinel(Enum):
    INVALID = "INVALID"

    def __repr__(self) -> str:
        return self.value


INVALID: Final = _Sentinel.INVALID
"""What a parser gives for a value that it has noted a problem with. (None is JSON null.)"""

Invalid: TypeAlias = Literal[_Sentinel.INVALID]


class At:
    """A value of a document, its path there, and where problems with it are noted.

    Examples
    --------
    >>> at = At({"level": "high"}, problems := Problems())
    >>> at.child("level").problem("expected an integer")
    INVALID
    >>> print(*problems)
    level: expected an integer
    """

    __slots__ = ("loc", "problems", "registry", "value")

    def __init__(
        self, value: Any, problems: Problems, loc: Loc = (), registry: Registry | None = None
    ) -> None:
        self.value = value
        self.problems = problems
        self.loc = loc
        self.registry = registry if registry is not None else default_registry()

    def problem(self, message: str, *, unknown: bool = False) -> Invalid:
        """Note what is wrong with the value; INVALID, to be returned by the parser.

        Parameters
        ----------
        unknown
            The value is merely not registered.
        """
        self.problems.add(self.loc, message, unknown=unknown)
        return INVALID

    def child(self, *path: str | int) -> "At":
        """What lies at a path inside the value; None where there is nothing."""
        value = self.value
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
        return self.holding(value, *path)

    def holding(self, value: JSON, *path: str | int) -> "At":
        """Another value, at a path inside this one."""
        return At(value, self.problems, (*self.loc, *path), self.registry)

    def __repr__(self) -> str:
        return f"At({self.value!r}, loc={self.loc})"


Parser: TypeAlias = Callable[[At], T | Invalid]
"""Takes a value at its place; gives what it stands for, or notes problems and gives INVALID."""


def parsed(parse: "Parser[T]", value: Any, name: str, registry: Registry | None = None) -> T:
    """What a parser makes of a value that a caller gave.

    Raises
    ------
    MetadataError
        With all problems that the parser notes, their paths beginning with `name`.
    """
    problems = Problems()
    result = parse(At(value, problems, (name,), registry))
    problems.raise_if_any("invalid value")
    if result is INVALID:
        raise AssertionError(f"the parser of {name} gave INVALID and noted no problem")
    return result

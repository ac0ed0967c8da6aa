"""Collecting everything that is wrong with a document before raising once."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from frozarr.errors import MetadataError, UnknownExtensionError
from frozarr.types import Loc

__all__ = ["Problem", "Problems", "format_loc"]


def format_loc(loc: Loc) -> str:
    """Path as text.

    Examples
    --------
    >>> format_loc(("codecs", 0, "configuration", "level"))
    'codecs[0].configuration.level'
    """
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class Problem(NamedTuple):
    """One thing wrong: where, and what was seen and allowed."""

    loc: Loc
    message: str
    unknown: bool = False
    """True if something is merely not registered."""

    def __str__(self) -> str:
        return f"{format_loc(self.loc)}: {self.message}" if self.loc else self.message


class Problems:
    """A growing list of problems; local to one parse, never stored in a value.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add(("shape",), "missing")
    >>> problems.raise_if_any("file:///a/zarr.json")
    Traceback (most recent call last):
        ...
    frozarr.errors.MetadataError: file:///a/zarr.json: shape: missing
    """

    def __init__(self) -> None:
        self._noted: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self._noted)

    def __len__(self) -> int:
        return len(self._noted)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._noted)

    def add(self, loc: Loc, message: str, *, unknown: bool = False) -> None:
        """Note one problem."""
        self._noted.append(Problem(loc, message, unknown))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note problems of another document."""
        self._noted.extend(problems)

    def raise_if_any(self, where: str) -> None:
        """Raise one MetadataError that lists all problems (UnknownExtensionError if only those)."""
        if not self._noted:
            return
        cls = UnknownExtensionError if all(p.unknown for p in self) else MetadataError
        lines = "; ".join(str(p) for p in self)
        count = f"{len(self)} problems: " if len(self) > 1 else ""
        raise cls(
            f"{where}: {count}{lines}", url=where, problems=tuple(self), loc=self._noted[0].loc
        )

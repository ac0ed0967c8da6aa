"""Reading members of JSON objects: a value, or a noted problem and None."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from frozarr.metadata.problems import Problems
from frozarr.types import JSON, UNSET, Loc

__all__ = ["Extension", "Members", "as_extents", "as_int", "parse_extension"]

T = TypeVar("T")
D = TypeVar("D")
MAX_EXTENT = 2**63 - 1
MAX_RANK = 64


class Members:
    """The members of one JSON object, taken one by one; what remains is unknown.

    Every `take` notes a problem and returns None when the member is missing or wrong.
    """

    def __init__(self, value: Mapping[str, JSON], loc: Loc, problems: Problems) -> None:
        self._left = dict(value)
        self.loc = loc
        self.problems = problems

    def take(self, name: str, parse: "Callable[[JSON, Loc, Problems], T | None]") -> T | None:
        """Parsed member `name`, which must be there."""
        if name not in self._left:
            self.problems.add((*self.loc, name), "missing")
            return None
        return parse(self._left.pop(name), (*self.loc, name), self.problems)

    def take_or(
        self, name: str, parse: "Callable[[JSON, Loc, Problems], T | None]", *, default: D
    ) -> T | D | None:
        """Parsed member `name`, or the default if it is absent."""
        return self.take(name, parse) if name in self._left else default

    def rest(self) -> dict[str, JSON]:
        """Members nobody took."""
        return self._left

    def refuse_rest(self) -> None:
        """Note every member nobody took as a problem."""
        for name in self._left:
            self.problems.add((*self.loc, name), "unknown member")


def as_int(low: int, high: int) -> "Callable[[JSON, Loc, Problems], int | None]":
    """Parser for an integer in [low, high]."""

    def parse(value: JSON, loc: Loc, problems: Problems) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add(loc, f"expected an integer, got {value!r}")
        elif not low <= value <= high:
            problems.add(loc, f"must be in [{low}, {high}], got {value}")
        else:
            return value
        return None

    return parse


def as_bool(value: JSON, loc: Loc, problems: Problems) -> bool | None:
    """Parser for true or false."""
    if not isinstance(value, bool):
        problems.add(loc, f"expected true or false, got {value!r}")
        return None
    return value


def as_one_of(*allowed: T) -> "Callable[[JSON, Loc, Problems], T | None]":
    """Parser for one of a few values."""

    def parse(value: JSON, loc: Loc, problems: Problems) -> T | None:
        for candidate in allowed:
            if type(value) is type(candidate) and value == candidate:
                return candidate
        problems.add(loc, f"expected one of {list(allowed)}, got {value!r}")
        return None

    return parse


def as_extents(low: int) -> "Callable[[JSON, Loc, Problems], tuple[int, ...] | None]":
    """Parser for a list of integers in [low, 2**63 - 1], at most 64 of them."""
    entry = as_int(low, MAX_EXTENT)

    def parse(value: JSON, loc: Loc, problems: Problems) -> tuple[int, ...] | None:
        if not isinstance(value, list | tuple):
            problems.add(loc, f"expected a list of integers, got {value!r}")
            return None
        if len(value) > MAX_RANK:
            problems.add(loc, f"{len(value)} axes exceed {MAX_RANK}")
            return None
        extents = [entry(v, (*loc, i), problems) for i, v in enumerate(value)]
        return None if None in extents else tuple(extents)  # type: ignore[arg-type]  # no None left

    return parse


def as_object(value: JSON, loc: Loc, problems: Problems) -> Mapping[str, JSON] | None:
    """Parser for a JSON object."""
    if not isinstance(value, Mapping):
        problems.add(loc, f"expected an object, got {value!r}")
        return None
    return value


class Extension(NamedTuple):
    """An extension definition of format 3: name, configuration, must_understand."""

    name: str
    configuration: Mapping[str, JSON]
    must_understand: bool


def parse_extension(value: JSON, loc: Loc, problems: Problems) -> Extension | None:
    """Extension from its object form or from its bare name (core spec, "Extension definition")."""
    if isinstance(value, str):
        return Extension(value, {}, must_understand=True)
    if not isinstance(value, Mapping):
        problems.add(loc, f"expected a name or an object with a name, got {value!r}")
        return None
    name = value.get("name", UNSET)
    configuration = value.get("configuration", {})
    must_understand = value.get("must_understand", True)
    if not isinstance(name, str):
        got = "missing" if name is UNSET else f"expected a string, got {name!r}"
        problems.add((*loc, "name"), got)
    if not isinstance(configuration, Mapping):
        problems.add((*loc, "configuration"), f"expected an object, got {configuration!r}")
    if not isinstance(must_understand, bool):
        problems.add((*loc, "must_understand"), f"expected true or false, got {must_understand!r}")
    if (
        isinstance(name, str)
        and isinstance(configuration, Mapping)
        and must_understand in (True, False)
    ):
        return Extension(name, configuration, bool(must_understand))
    return None


def present(value: T | None) -> T:
    """A parsed member, once it is known that no problem was noted."""
    if value is None:
        raise AssertionError("a parser gave None without noting a problem")
    return value

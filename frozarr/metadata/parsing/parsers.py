"""Parsers of plain JSON values."""

from collections.abc import Mapping
from typing import TypeVar

from frozarr.metadata.json import FrozenJSON, freeze
from frozarr.metadata.parsing.at import INVALID, At, Invalid, Parser
from frozarr.types import JSON, Shape

__all__ = [
    "boolean", "extents", "integer", "json_object", "json_value", "list_of", "one_of", "optional",
]  # fmt: skip

T = TypeVar("T")
MAX_EXTENT = 2**63 - 1
MAX_RANK = 63
"""One less than numpy has: a batch of chunks has an axis of its own."""


def integer(low: int, high: int) -> Parser[int]:
    """Parser of an integer in [low, high].

    Examples
    --------
    >>> from frozarr.metadata.parsing.at import parsed
    >>> parsed(integer(0, 9), 3, "level")
    3
    >>> parsed(integer(0, 9), 10, "level")
    Traceback (most recent call last):
        ...
    frozarr.errors.MetadataError: invalid value: level: must be in [0, 9], got 10
    """

    def parse(at: At) -> int | Invalid:
        if not isinstance(at.value, int) or isinstance(at.value, bool):
            return at.problem(f"expected an integer, got {at.value!r}")
        if not low <= at.value <= high:
            return at.problem(f"must be in [{low}, {high}], got {at.value}")
        return at.value

    return parse


def boolean(at: At) -> bool | Invalid:
    """True or false."""
    if not isinstance(at.value, bool):
        return at.problem(f"expected true or false, got {at.value!r}")
    return at.value


def one_of(*allowed: T) -> Parser[T]:
    """Parser of one of a few values."""

    def parse(at: At) -> T | Invalid:
        for candidate in allowed:
            if type(at.value) is type(candidate) and at.value == candidate:
                return candidate
        return at.problem(f"expected one of {list(allowed)}, got {at.value!r}")

    return parse


def optional(parse: Parser[T]) -> Parser[T | None]:
    """Parser that takes null as well."""

    def parse_optional(at: At) -> T | None | Invalid:
        return None if at.value is None else parse(at)

    return parse_optional


def list_of(parse: Parser[T], what: str) -> Parser[tuple[T, ...]]:
    """Parser of a list; `what` says of what, for errors."""

    def parse_list(at: At) -> tuple[T, ...] | Invalid:
        if not isinstance(at.value, list | tuple):
            return at.problem(f"expected a list of {what}, got {at.value!r}")
        entries = [parse(at.holding(entry, i)) for i, entry in enumerate(at.value)]
        valid = tuple([entry for entry in entries if entry is not INVALID])
        return valid if len(valid) == len(entries) else INVALID

    return parse_list


def extents(low: int) -> Parser[Shape]:
    """Parser of a list of integers in [low, 2**63 - 1], at most 64 of them."""
    entries = list_of(integer(low, MAX_EXTENT), "integers")

    def parse(at: At) -> Shape | Invalid:
        if isinstance(at.value, list | tuple) and len(at.value) > MAX_RANK:
            return at.problem(f"{len(at.value)} axes exceed {MAX_RANK}")
        return entries(at)

    return parse


def json_object(at: At) -> Mapping[str, JSON] | Invalid:
    """A JSON object."""
    if not isinstance(at.value, Mapping):
        return at.problem(f"expected an object, got {at.value!r}")
    return at.value


def json_value(at: At) -> FrozenJSON:
    """Any JSON value, frozen."""
    value: object = at.value
    return freeze(value, at.loc)

"""Extension objects of format 3: a name, perhaps a configuration, perhaps must_understand."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.registry import Family
from frozarr.types import JSON, UNSET

__all__ = ["Extension", "parse_extension", "parse_named"]


class Extension(NamedTuple):
    """An extension definition (core spec, "Extension definition")."""

    name: str
    configuration: Mapping[str, JSON]
    must_understand: bool


def parse_extension(at: At) -> Extension | Invalid:
    """Extension from its object form or from its bare name."""
    if isinstance(at.value, str):
        return Extension(at.value, {}, must_understand=True)
    if not isinstance(at.value, Mapping):
        return at.problem(f"expected a name or an object with a name, got {at.value!r}")
    name = at.value.get("name", UNSET)
    configuration = at.value.get("configuration", {})
    must_understand = at.value.get("must_understand", True)
    before = len(at.problems)
    if not isinstance(name, str):
        got = "missing" if name is UNSET else f"expected a string, got {name!r}"
        at.child("name").problem(got)
    if not isinstance(configuration, Mapping):
        at.child("configuration").problem(f"expected an object, got {configuration!r}")
    if not isinstance(must_understand, bool):
        at.child("must_understand").problem(f"expected true or false, got {must_understand!r}")
    if len(at.problems) > before:
        return INVALID
    return Extension(str(name), configuration, must_understand)


def parse_named(family: Family, at: At) -> Any | Invalid:
    """Value of an extension object (or bare name) of a family, or noted problems."""
    extension = parse_extension(at)
    return INVALID if extension is INVALID else value_of(family, extension, at)


def value_of(family: Family, extension: Extension, at: At) -> Any | Invalid:
    """Value of an extension, by what the registry has under its name."""
    entry = at.registry.find(family, extension.name)
    if entry is None:
        where = at if isinstance(at.value, str) else at.child("name")
        return where.problem(at.registry.describe_unknown(family, extension.name), unknown=True)
    configuration = at.holding(extension.configuration, "configuration")
    return entry.value_class.from_members(Members(configuration, extension.name))

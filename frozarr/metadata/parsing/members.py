"""The members of JSON objects, taken one by one or declared as fields of a value."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self, TypeVar

import attrs

from frozarr.metadata.json import thaw
from frozarr.metadata.parsing.at import INVALID, At, Invalid, Parser, parsed
from frozarr.metadata.parsing.problems import Problems
from frozarr.metadata.registry import Registry
from frozarr.types import JSON, REQUIRED, UNSET, Immutable

__all__ = ["REQUIRED", "Configured", "Members", "member"]

T = TypeVar("T")
D = TypeVar("D")


class Members:
    """The members of one JSON object, taken one by one; what remains is unknown.

    Every `take` notes a problem and gives INVALID when the member is missing or wrong.

    Examples
    --------
    >>> from frozarr.metadata.parsing.parsers import integer
    >>> from frozarr.metadata.parsing.problems import Problems
    >>> members = Members(At({"level": 3}, problems := Problems()), "gzip")
    >>> members.take("level", integer(0, 9)), members.take("x", integer(0, 9)), members.valid
    (3, INVALID, False)
    """

    def __init__(self, at: At, name: str = "") -> None:
        self._at = at
        self._left = dict(at.value) if isinstance(at.value, Mapping) else {}
        self._before = len(at.problems)
        self.name = name
        """Name of the extension that the object configures, as the document has it."""

    @property
    def registry(self) -> Registry:
        """What the document's names mean."""
        return self._at.registry

    @property
    def valid(self) -> bool:
        """No problem was noted since the first member was taken."""
        return len(self._at.problems) == self._before

    def at(self, name: str) -> At:
        """A member where it stands, without taking it."""
        return self._at.holding(self._left.get(name), name)

    def problem(self, name: str, message: str) -> Invalid:
        """Note what is wrong with a member."""
        return self.at(name).problem(message)

    def has(self, name: str) -> bool:
        """Whether a member is there and was not taken."""
        return name in self._left

    def unavailable(self, message: str) -> Invalid:
        """Note that what the extension needs is not installed."""
        at = At(self.name, self._at.problems, self._at.loc[:-1], self._at.registry)
        return at.problem(message, unknown=True)

    def take(self, name: str, parse: Parser[T]) -> T | Invalid:
        """Member `name`, which must be there."""
        if name not in self._left:
            return self.problem(name, "missing")
        return parse(self._at.holding(self._left.pop(name), name))

    def take_or(self, name: str, parse: Parser[T], default: D) -> T | D | Invalid:
        """Member `name`, or the default if it is absent."""
        return self.take(name, parse) if name in self._left else default

    def take_rest(self) -> dict[str, JSON]:
        """All members that nobody took, as they are."""
        rest, self._left = self._left, {}
        return rest

    def refuse_rest(self) -> None:
        """Note every member that nobody took as a problem."""
        for name in self._left:
            self.problem(name, "unknown member")


_MEMBER: Final = "frozarr.member"


@attrs.frozen
class _Member:
    """How a field is read from a document and written to one."""

    parse: Parser[Any]
    absent: object
    to_json: Callable[[Any], JSON]
    hidden: object


def member(
    parse: Parser[T], *, default: object = attrs.NOTHING, absent: object = REQUIRED,
    to_json: Callable[[Any], JSON] = thaw, hidden: object = UNSET,
) -> Any:  # fmt: skip
    """Field of a `Configured` class, which is a member of its configuration of the same name.

    Parameters
    ----------
    parse
        Makes the field's value of the member's; also of what is given to the class, which so obeys
        the same constraints.
    default
        The field's value where the class is given none.
    absent
        The field's value where a document has no such member; REQUIRED notes a problem.
    to_json
        Makes the member's value of the field's.
    hidden
        The field's value for which no member is written.
    """

    def check(value: object, field: "attrs.Attribute[Any]") -> Any:
        if value is UNSET or value is hidden:
            return value
        return parsed(parse, value, field.name)

    return attrs.field(
        default=default, converter=attrs.Converter(check, takes_field=True),
        metadata={_MEMBER: _Member(parse, absent, to_json, hidden)},
    )  # fmt: skip


@attrs.frozen
class Configured(Immutable):
    """An extension whose configuration is its fields, each declared once, by `member`."""

    name: ClassVar[str]
    bare: ClassVar[bool] = False
    """An empty configuration is left out of documents."""

    @classmethod
    def from_members(cls, members: Members) -> "Self | Invalid":
        """Value of a configuration, or noted problems."""
        values = {
            field.name: members.take(field.name, how.parse)
            if how.absent is REQUIRED
            else members.take_or(field.name, how.parse, how.absent)
            for field, how in _members_of(cls)
        }
        members.refuse_rest()
        return cls(**values) if members.valid else INVALID

    def configuration(self) -> dict[str, JSON]:
        """Members of the configuration."""
        values = ((name, getattr(self, name.name), how) for name, how in _members_of(type(self)))
        return {
            field.name: how.to_json(value)
            for field, value, how in values
            if value is not how.hidden and value is not UNSET
        }

    def to_json(self) -> JSON:
        """Object form of format 3."""
        configuration = self.configuration()
        if self.bare and not configuration:
            return {"name": self.name}
        return {"name": self.name, "configuration": configuration}

    def to_dict(self) -> JSON:
        """What `to_json` gives, by the name that it has in zarr-python."""
        return self.to_json()

    @classmethod
    def from_dict(cls, data: JSON) -> Self:
        """Value of its object form.

        Raises
        ------
        MetadataError
            Another name, or members that it does not have; all problems.
        """
        document = data if isinstance(data, Mapping) else {"name": data}
        problems = Problems()
        if document.get("name") != cls.name:
            At(document.get("name"), problems, ("name",)).problem(f"expected {cls.name!r}")
        configuration = At(document.get("configuration", {}), problems, ("configuration",))
        made = cls.from_members(Members(configuration, cls.name))
        problems.raise_if_any(cls.name)
        assert made is not INVALID  # noqa: S101 - there are no problems
        return made


def _members_of(cls: type[Any]) -> "list[tuple[attrs.Attribute[Any], _Member]]":
    return [
        (field, field.metadata[_MEMBER])
        for field in attrs.fields(cls)
        if _MEMBER in field.metadata
    ]  # fmt: skip

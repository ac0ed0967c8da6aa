"""Chunk key encoding ``fanout`` (zarr-extensions): no folder gets more than so many entries."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import attrs

from frozarr.metadata.keys import product_of_parts
from frozarr.metadata.members import Members, as_int
from frozarr.types import JSON, Coords

__all__ = ["FanoutKeys"]

_FEWEST = 4
_DEFAULT = 1001


@attrs.frozen(kw_only=True)
class FanoutKeys:
    """Encoding ``fanout``: the digits of every index are folders.

    Examples
    --------
    >>> FanoutKeys(max_children=101).key((1234, 5, 67890))
    'd0/12/34/d1/5/d2/6/78/90/c'
    """

    name: ClassVar[str] = "fanout"
    max_children: int = attrs.field(default=_DEFAULT, validator=attrs.validators.ge(_FEWEST))
    """Most entries of a folder; one less is the base of the digits."""

    @classmethod
    def from_members(cls, members: Members) -> "FanoutKeys | None":
        """Encoding from its configuration, or noted problems."""
        most = members.take_or("max_children", as_int(_FEWEST, 2**31), default=_DEFAULT)
        members.refuse_rest()
        return None if most is None else cls(max_children=most)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"max_children": self.max_children}}

    def _digits(self, index: int) -> str:
        base = self.max_children - 1
        digits: list[str] = []
        while index or not digits:
            index, digit = divmod(index, base)
            digits.append(str(digit))
        return "/".join(reversed(digits))

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""
        parts = [
            [f"d{dim}/{self._digits(index)}/" for index in axis] for dim, axis in enumerate(axes)
        ]
        return product_of_parts("", [*parts, ["c"]])

    def key(self, coords: Coords) -> str:
        """Key of one chunk."""
        return self.product_keys([(c,) for c in coords])[0]

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""
        segments = key.split("/")
        if segments.pop() != "c":
            return None
        base, coords = self.max_children - 1, list[int]()
        for segment in segments:
            if segment == f"d{len(coords)}":
                coords.append(0)
            elif coords and segment.isdecimal() and int(segment) < base:
                coords[-1] = coords[-1] * base + int(segment)
            else:
                return None
        found = tuple(coords)
        return found if len(found) == ndim and self.key(found) == key else None

"""Chunk key encoding ``fanout`` (zarr-extensions): no folder gets more than so many entries."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import attrs

from frozarr.metadata.keys.base import ChunkKeyEncoding, product_of_parts
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import integer
from frozarr.types import Coords

__all__ = ["FanoutKeys"]

_FEWEST = 4
_DEFAULT = 1001


@attrs.frozen(kw_only=True)
class FanoutKeys(Configured, ChunkKeyEncoding):
    """Encoding ``fanout``: the digits of every index are folders.

    Examples
    --------
    >>> FanoutKeys(max_children=101).key((1234, 5, 67890))
    'd0/12/34/d1/5/d2/6/78/90/c'
    """

    name: ClassVar[str] = "fanout"
    max_children: int = member(integer(_FEWEST, 2**31), default=_DEFAULT, absent=_DEFAULT)
    """Most entries of a folder; one less is the base of the digits."""

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
        parsed = tuple(coords)
        return parsed if len(parsed) == ndim and self.key(parsed) == key else None

"""Chunk key encoding ``suffix`` (proposed for zarr-extensions): keys with a file name extension."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

import attrs

from frozarr.metadata.keys import ChunkKeyEncoding, check_key, parse_key_encoding
from frozarr.metadata.members import Members
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Coords, Loc

__all__ = ["SuffixKeys"]


def _as_suffix(value: JSON, loc: Loc, problems: Problems) -> str | None:
    try:
        check_key(f"c{value}" if isinstance(value, str) else "")
    except ValueError:
        problems.add(loc, f"expected the end of a key, such as '.tiff', got {value!r}")
        return None
    return str(value)


@attrs.frozen(kw_only=True)
class SuffixKeys:
    """Encoding ``suffix``: the keys of another encoding with something appended.

    Examples
    --------
    >>> from frozarr.metadata.keys import DefaultKeys
    >>> SuffixKeys(suffix=".tiff", base=DefaultKeys()).key((0, 1))
    'c/0/1.tiff'
    """

    name: ClassVar[str] = "suffix"
    suffix: str
    base: ChunkKeyEncoding
    member: Literal["base_encoding", "base-encoding"] = "base_encoding"
    """How the document spells the base encoding: the proposal has both."""

    @classmethod
    def from_members(cls, members: Members) -> "SuffixKeys | None":
        """Encoding from its configuration, or noted problems."""
        before = len(members.problems.found)
        member: Literal["base_encoding", "base-encoding"] = (
            "base-encoding" if "base-encoding" in members.rest() else "base_encoding"
        )
        suffix = members.take("suffix", _as_suffix)
        base = members.take(member, parse_key_encoding)
        members.refuse_rest()
        if len(members.problems.found) > before or suffix is None or base is None:
            return None
        return cls(suffix=suffix, base=base, member=member)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        configuration: dict[str, JSON] = {"suffix": self.suffix, self.member: self.base.to_json()}
        return {"name": self.name, "configuration": configuration}

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""
        return [key + self.suffix for key in self.base.product_keys(axes)]

    def key(self, coords: Coords) -> str:
        """Key of one chunk."""
        return self.base.key(coords) + self.suffix

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""
        if not key.endswith(self.suffix):
            return None
        return self.base.parse(key[: len(key) - len(self.suffix)], ndim)

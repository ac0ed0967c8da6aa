"""Chunk key encoding ``suffix`` (proposed for zarr-extensions): keys with a file name extension."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, TypeAlias

import attrs

from frozarr.metadata.keys.base import ChunkKeyEncoding, parse_key_encoding
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.paths import check_key
from frozarr.types import JSON, Coords

__all__ = ["SuffixKeys"]

BaseMember: TypeAlias = Literal["base_encoding", "base-encoding"]


def _parse_suffix(at: At) -> str | Invalid:
    try:
        check_key(f"c{at.value}" if isinstance(at.value, str) else "")
    except ValueError:
        return at.problem(f"expected the end of a key, such as '.tiff', got {at.value!r}")
    return str(at.value)


@attrs.frozen(kw_only=True)
class SuffixKeys(ChunkKeyEncoding):
    """Encoding ``suffix``: the keys of another encoding with something appended.

    Examples
    --------
    >>> from frozarr.metadata.keys.default import DefaultKeys
    >>> SuffixKeys(suffix=".tiff", base=DefaultKeys()).key((0, 1))
    'c/0/1.tiff'
    """

    name: ClassVar[str] = "suffix"
    suffix: str
    base: ChunkKeyEncoding
    member: BaseMember = "base_encoding"
    """How the document spells the base encoding: the proposal has both."""

    @classmethod
    def from_members(cls, members: Members) -> "SuffixKeys | Invalid":
        """Encoding from its configuration, or noted problems."""
        member: BaseMember = (
            "base-encoding" if members.has("base-encoding") else "base_encoding"
        )  # fmt: skip
        suffix = members.take("suffix", _parse_suffix)
        base = members.take(member, parse_key_encoding)
        members.refuse_rest()
        if suffix is INVALID or base is INVALID or not members.valid:
            return INVALID
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

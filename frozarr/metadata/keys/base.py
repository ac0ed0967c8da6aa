"""What every chunk key encoding offers, and the keys of a plan's chunks."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.indexing.plan import Plan, PointPlan
from frozarr.metadata.parsing.at import At, Invalid
from frozarr.metadata.parsing.extension import parse_named
from frozarr.types import JSON, Coords, Immutable

__all__ = ["ChunkKeyEncoding", "Separator", "parse_key_encoding", "plan_keys"]

Separator: TypeAlias = Literal["/", "."]
SEPARATORS: tuple[Separator, ...] = ("/", ".")


@attrs.frozen
class ChunkKeyEncoding(Immutable):
    """Base of chunk key encodings.

    Subclasses have a registered `name`, write `product_keys`, `parse` and `to_json`, and a class
    method ``from_members(members)``; the rest follows.
    """

    name: ClassVar[str]

    @abstractmethod
    def to_json(self) -> JSON:
        """Object form of format 3."""

    @abstractmethod
    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""

    @abstractmethod
    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""

    def key(self, coords: Coords) -> str:
        """Key of one chunk."""
        return self.product_keys([(c,) for c in coords])[0]

    def coords_keys(self, coords: npt.NDArray[np.int64]) -> list[str]:
        """Keys of the chunks whose coords are the rows of `coords`, shape (chunks, axes)."""
        return [self.key(tuple(row)) for row in coords.tolist()]


def parse_key_encoding(at: At) -> ChunkKeyEncoding | Invalid:
    """Encoding from its object form (or bare name), or noted problems."""
    encoding: ChunkKeyEncoding | Invalid = parse_named("chunk_key_encodings", at)
    return encoding


def plan_keys(plan: Plan, encoding: ChunkKeyEncoding) -> list[str]:
    """Keys of a plan's chunks, relative to the array, in the plan's order.

    Examples
    --------
    >>> from frozarr.indexing import RegularGrid, parse_selection, plan_read
    >>> from frozarr.metadata.keys import V2Keys
    >>> plan = plan_read(RegularGrid((5,)), (20,), parse_selection(slice(3, 12), (20,), "basic"))
    >>> plan_keys(plan, V2Keys())
    ['0', '1', '2']
    """
    if isinstance(plan, PointPlan):
        return encoding.coords_keys(plan.chunk_coords)
    return encoding.product_keys([axis.chunks().tolist() for axis in plan.axes])


def joined_keys(head: str, separator: str, axes: Sequence[Iterable[int]]) -> list[str]:
    """Keys of a product of chunk indices that are joined by a separator, in C order."""
    last = len(axes) - 1
    return product_of_parts(
        head,
        [
            [f"{index}" if position == last else f"{index}{separator}" for index in axis]
            for position, axis in enumerate(axes)
        ],
    )


def product_of_parts(head: str, axes: Sequence[Sequence[str]]) -> list[str]:
    """All texts made of a head and one part per axis, in C order: one addition per text.

    Examples
    --------
    >>> product_of_parts("c/", [["0/", "1/"], ["5"]])
    ['c/0/5', 'c/1/5']
    """
    texts = [head]
    for parts in axes:
        texts = [text + part for text in texts for part in parts]
    return texts


def parse_joined(text: str, separator: str, ndim: int) -> Coords | None:
    """Chunk indices joined by a separator; None for any other text."""
    parts = text.split(separator)
    if len(parts) != ndim or not all(p.isdecimal() and (p == "0" or p[0] != "0") for p in parts):
        return None
    return tuple(int(p) for p in parts)

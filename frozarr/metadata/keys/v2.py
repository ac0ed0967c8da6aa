"""Chunk key encoding ``v2``: the keys of format 2."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.metadata.keys.base import (
    SEPARATORS,
    ChunkKeyEncoding,
    Separator,
    joined_keys,
    parse_joined,
)
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import one_of
from frozarr.types import Coords

__all__ = ["V2Keys"]


@attrs.frozen(kw_only=True)
class V2Keys(Configured, ChunkKeyEncoding):
    """Encoding ``v2``: ``0.1`` (or ``0/1``); a 0-d array has the one key ``0``.

    Examples
    --------
    >>> V2Keys().key((3, 4))
    '3.4'
    """

    name: ClassVar[str] = "v2"
    separator: Separator = member(one_of(*SEPARATORS), default=".", absent=".")

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""
        return joined_keys("" if axes else "0", self.separator, axes)

    def coords_keys(self, coords: npt.NDArray[np.int64]) -> list[str]:
        """Keys of the chunks whose coords are the rows of `coords`, shape (chunks, axes)."""
        if not coords.shape[1]:
            return ["0"] * len(coords)
        return [self.separator.join(map(str, row)) for row in coords.tolist()]

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""
        if ndim == 0:
            return () if key == "0" else None
        return parse_joined(key, self.separator, ndim)

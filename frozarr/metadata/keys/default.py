"""Chunk key encoding ``default``."""

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

__all__ = ["DefaultKeys"]


@attrs.frozen(kw_only=True)
class DefaultKeys(Configured, ChunkKeyEncoding):
    """Encoding ``default``: ``c/0/1`` (or ``c.0.1``); a 0-d array has the one key ``c``.

    Examples
    --------
    >>> DefaultKeys().product_keys([[0, 1], [5]])
    ['c/0/5', 'c/1/5']
    """

    name: ClassVar[str] = "default"
    separator: Separator = member(one_of(*SEPARATORS), default="/", absent="/")

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""
        return joined_keys(f"c{self.separator}" if axes else "c", self.separator, axes)

    def coords_keys(self, coords: npt.NDArray[np.int64]) -> list[str]:
        """Keys of the chunks whose coords are the rows of `coords`, shape (chunks, axes)."""
        if not coords.shape[1]:
            return ["c"] * len(coords)
        head, separator = f"c{self.separator}", self.separator
        return [head + separator.join(map(str, row)) for row in coords.tolist()]

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""
        if ndim == 0:
            return () if key == "c" else None
        if not key.startswith(f"c{self.separator}"):
            return None
        return parse_joined(key[2:], self.separator, ndim)

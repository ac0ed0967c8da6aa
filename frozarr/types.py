"""Type aliases and sentinels shared by all layers."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final, Literal, TypeAlias

__all__ = ["DEFAULT", "JSON", "UNSET", "Coords", "Default", "Loc", "Shape", "Unset", "as_shape"]

JSON: TypeAlias = "None | bool | int | float | str | Sequence[JSON] | Mapping[str, JSON]"
"""A JSON value (RFC 8259)."""

Shape: TypeAlias = tuple[int, ...]
"""Extents in elements, one per axis."""


def as_shape(extents: Iterable[int]) -> Shape:
    """Shape of any iterable of integers; a converter."""
    return tuple(extents)


Coords: TypeAlias = tuple[int, ...]
"""Position of a chunk in the chunk grid, one integer per axis."""

Loc: TypeAlias = tuple[str | int, ...]
"""Path inside a document, e.g. ``("codecs", 0, "configuration", "level")``."""


class _Sentinel(Enum):
    UNSET = "UNSET"
    DEFAULT = "DEFAULT"

    def __repr__(self) -> str:
        return self.value


UNSET: Final = _Sentinel.UNSET
"""Not given. (``None`` always means JSON null.)"""

DEFAULT: Final = _Sentinel.DEFAULT
"""Let the library choose."""

Unset: TypeAlias = Literal[_Sentinel.UNSET]
Default: TypeAlias = Literal[_Sentinel.DEFAULT]

"""Type aliases and sentinels shared by all layers."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, Self, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from frozarr.lazy import only

__all__ = [
    "DEFAULT", "JSON", "REQUIRED", "UNSET", "AnyArray", "AnyDtype", "Coords", "Default",
    "Immutable", "InnerOrder", "Loc", "Shape", "ShapeLike", "Unset", "as_shape",
]  # fmt: skip

__dir__ = only(__all__)

JSON: TypeAlias = "None | bool | int | float | str | Sequence[JSON] | Mapping[str, JSON]"
"""A JSON value (RFC 8259)."""

AnyArray: TypeAlias = npt.NDArray[Any]
"""An array of any type."""

AnyDtype: TypeAlias = np.dtype[Any]
"""The type of an array's elements, any."""

Shape: TypeAlias = tuple[int, ...]
"""Extents in elements, one per axis."""


ShapeLike: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | npt.NDArray[np.integer[Any]]
"""Extents as users give them: one number for a single axis, or one per axis."""


def as_shape(extents: Iterable[int]) -> Shape:
    """Shape of any iterable of integers; a converter."""
    return tuple(extents)


Coords: TypeAlias = tuple[int, ...]
"""Position of a chunk in the chunk grid, one integer per axis."""

Loc: TypeAlias = tuple[str | int, ...]
"""Path inside a document, e.g. ``("codecs", 0, "configuration", "level")``."""


InnerOrder: TypeAlias = Literal["morton", "lexicographic", "colexicographic"]
"""In which order the inner chunks of a new shard are laid out."""


class Immutable:
    """Mixin of values that nobody can change, and that therefore are their own copies."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self


class _Sentinel(Enum):
    UNSET = "UNSET"
    REQUIRED = "REQUIRED"
    DEFAULT = "DEFAULT"

    def __repr__(self) -> str:
        return self.value


UNSET: Final = _Sentinel.UNSET
"""Not given. (``None`` always means JSON null.)"""

DEFAULT: Final = _Sentinel.DEFAULT
"""Let the library choose."""

REQUIRED: Final = _Sentinel.REQUIRED
"""There is no value to fall back on."""

Unset: TypeAlias = Literal[_Sentinel.UNSET]
Default: TypeAlias = Literal[_Sentinel.DEFAULT]

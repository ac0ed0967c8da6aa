"""What every codec value offers, and what flows between codecs."""

from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np

from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc, Shape

__all__ = ["ChunkSpec", "Codec", "CodecKind"]

CodecKind: TypeAlias = Literal["array_array", "array_bytes", "bytes_bytes"]


@attrs.frozen
class ChunkSpec:
    """Shape and element type of a chunk at one point of a codec chain."""

    shape: Shape
    dtype: np.dtype[Any]


@runtime_checkable
class Codec(Protocol):
    """One codec of a chain."""

    @property
    def name(self) -> str:
        """Registered name."""

    @property
    def kind(self) -> CodecKind:
        """What it takes and gives."""

    def to_json(self) -> JSON:
        """Object form of format 3."""

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """Chunk after encoding; what can't be encoded is noted as a problem."""

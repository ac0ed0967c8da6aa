"""What every codec value offers, and what flows between codecs."""

from typing import ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import attrs

from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.members import Configured
from frozarr.types import JSON, AnyDtype, Shape, as_shape

__all__ = ["BytesToBytesCodec", "ChunkSpec", "Codec", "CodecKind"]

CodecKind: TypeAlias = Literal["array_array", "array_bytes", "bytes_bytes"]


@attrs.frozen
class ChunkSpec:
    """Shape (in elements) and element type of a chunk at one point of a codec chain."""

    shape: Shape = attrs.field(converter=as_shape)
    dtype: AnyDtype


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

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """Chunk after encoding; a chunk that can't be encoded is a noted problem."""


@attrs.frozen(kw_only=True)
class BytesToBytesCodec(Configured):
    """Base of codecs that take any bytes and give bytes."""

    kind: ClassVar[CodecKind] = "bytes_bytes"

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:  # noqa: ARG002 - takes any bytes
        """The same chunk: bytes stay bytes."""
        return spec

"""Codec ``sharding_indexed``: many inner chunks in one stored object, found through an index.

Core spec, "Sharding codec (version 1.0)".
"""

import math
from typing import ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, Codec, CodecKind
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import bind_codecs, codecs_of_kind, parse_codecs
from frozarr.metadata.codecs.compressors import Crc32cCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.members import Members, as_extents, present
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc, Shape, as_shape

__all__ = ["IndexLocation", "ShardingCodec"]

IndexLocation: TypeAlias = Literal["start", "end"]
_FIXED_SIZE = (BytesCodec, Crc32cCodec, TransposeCodec)


def _as_location(value: JSON, loc: Loc, problems: Problems) -> IndexLocation | None:
    if value == "start":
        return "start"
    if value == "end":
        return "end"
    problems.add(loc, f"expected 'start' or 'end', got {value!r}")
    return None


@attrs.frozen(kw_only=True)
class ShardingCodec:
    """A chunk of the grid (the shard) cut into inner chunks, each coded on its own.

    Examples
    --------
    >>> ShardingCodec(chunk_shape=(32, 32)).to_json()["configuration"]["index_location"]
    'end'
    """

    name: ClassVar[str] = "sharding_indexed"
    kind: ClassVar[CodecKind] = "array_bytes"

    chunk_shape: Shape = attrs.field(converter=as_shape)
    """Shape of an inner chunk, in elements."""
    codecs: tuple[Codec, ...] = (BytesCodec(),)
    """Chain of an inner chunk."""
    index_codecs: tuple[Codec, ...] = (BytesCodec(), Crc32cCodec())
    """Chain of the index."""
    index_location: IndexLocation = "end"

    @classmethod
    def from_members(cls, members: Members) -> "ShardingCodec | None":
        """Codec from its configuration, or noted problems."""
        before = len(members.problems.found)
        chunk_shape = members.take("chunk_shape", as_extents(1))
        codecs = members.take("codecs", parse_codecs)
        index_codecs = members.take("index_codecs", parse_codecs)
        location: IndexLocation | None = members.take_or(
            "index_location", _as_location, default="end"
        )
        members.refuse_rest()
        if len(members.problems.found) > before:
            return None
        return cls(
            chunk_shape=present(chunk_shape), codecs=present(codecs),
            index_codecs=present(index_codecs), index_location=present(location),
        )  # fmt: skip

    def to_json(self) -> JSON:
        """Object form of format 3; all four members are written."""
        return {
            "name": self.name,
            "configuration": {
                "chunk_shape": list(self.chunk_shape),
                "codecs": [codec.to_json() for codec in self.codecs],
                "index_codecs": [codec.to_json() for codec in self.index_codecs],
                "index_location": self.index_location,
            },
        }

    def grid_shape(self, shard_shape: Shape) -> Shape:
        """Inner chunks along each axis of a shard."""
        return tuple(n // c for n, c in zip(shard_shape, self.chunk_shape, strict=True))

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The shard stays as it is; what can't be cut or coded is noted."""
        inside = (*loc, "configuration")
        if len(self.chunk_shape) != len(spec.shape) or any(
            n % c for n, c in zip(spec.shape, self.chunk_shape, strict=True)
        ):
            problems.add(
                (*inside, "chunk_shape"),
                f"inner chunks {self.chunk_shape} must divide the shard shape {spec.shape}",
            )
            return spec
        bind_codecs(
            self.codecs, ChunkSpec(self.chunk_shape, spec.dtype), (*inside, "codecs"), problems
        )
        index = ChunkSpec((*self.grid_shape(spec.shape), 2), np.dtype("u8"))
        bind_codecs(self.index_codecs, index, (*inside, "index_codecs"), problems)
        for i, codec in enumerate(self.index_codecs):
            if not isinstance(codec, _FIXED_SIZE):
                problems.add(
                    (*inside, "index_codecs", i),
                    f"{codec.name!r} has no fixed size, so the index could not be found",
                )
        return spec

    def index_nbytes(self, shard_shape: Shape) -> int:
        """Bytes of an encoded index."""
        checksums = len(codecs_of_kind(self.index_codecs, "bytes_bytes"))
        return 16 * math.prod(self.grid_shape(shard_shape)) + 4 * checksums

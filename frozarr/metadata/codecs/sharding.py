"""Codec ``sharding_indexed``: many inner chunks in one stored object, found through an index.

Core spec, "Sharding codec (version 1.0)".
"""

import math
from typing import ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, Codec, CodecKind
from frozarr.metadata.codecs.bytes import BytesCodec
from frozarr.metadata.codecs.chain import chain_spec, codecs_of_kind, codecs_to_json, parse_codecs
from frozarr.metadata.codecs.compressors import Crc32cCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import extents, one_of
from frozarr.types import Shape

__all__ = ["IndexLocation", "ShardingCodec"]

IndexLocation: TypeAlias = Literal["start", "end"]
_FIXED_SIZE = (BytesCodec, Crc32cCodec, TransposeCodec)


@attrs.frozen(kw_only=True)
class ShardingCodec(Configured):
    """A chunk of the grid (the shard) cut into inner chunks, each coded on its own.

    Examples
    --------
    >>> ShardingCodec(chunk_shape=(32, 32)).to_json()["configuration"]["index_location"]
    'end'
    """

    name: ClassVar[str] = "sharding_indexed"
    kind: ClassVar[CodecKind] = "array_bytes"

    chunk_shape: Shape = member(extents(1))
    """Shape of an inner chunk, in elements."""
    codecs: tuple[Codec, ...] = member(
        parse_codecs, default=(BytesCodec(),), to_json=codecs_to_json
    )
    """Chain of an inner chunk."""
    index_codecs: tuple[Codec, ...] = member(
        parse_codecs, default=(BytesCodec(), Crc32cCodec()), to_json=codecs_to_json
    )
    """Chain of the index."""
    index_location: IndexLocation = member(one_of("start", "end"), default="end", absent="end")

    def grid_shape(self, shard_shape: Shape) -> Shape:
        """Inner chunks along each axis of a shard."""
        return tuple([n // c for n, c in zip(shard_shape, self.chunk_shape, strict=True)])

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The shard stays as it is; one that can't be cut or coded is noted."""
        inside = at.child("configuration")
        if len(self.chunk_shape) != len(spec.shape) or any(
            n % c for n, c in zip(spec.shape, self.chunk_shape, strict=True)
        ):
            inside.child("chunk_shape").problem(
                f"inner chunks {self.chunk_shape} must divide the shard shape {spec.shape}"
            )
            return spec
        inner = ChunkSpec(self.chunk_shape, spec.dtype)
        chain_spec(self.codecs, inner, inside.child("codecs"))
        index = ChunkSpec((*self.grid_shape(spec.shape), 2), np.dtype("u8"))
        chain_spec(self.index_codecs, index, inside.child("index_codecs"))
        for i, codec in enumerate(self.index_codecs):
            if not isinstance(codec, _FIXED_SIZE):
                inside.child("index_codecs", i).problem(
                    f"{codec.name!r} has no fixed size, so the index could not be found"
                )
        return spec

    def index_nbytes(self, shard_shape: Shape) -> int:
        """Bytes of an encoded index."""
        checksums = len(codecs_of_kind(self.index_codecs, "bytes_bytes"))
        return 16 * math.prod(self.grid_shape(shard_shape)) + 4 * checksums

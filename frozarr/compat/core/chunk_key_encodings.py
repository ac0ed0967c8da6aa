"""How chunks are named."""

from frozarr.metadata import ChunkKeyEncoding
from frozarr.metadata import DefaultKeys as DefaultChunkKeyEncoding
from frozarr.metadata import V2Keys as V2ChunkKeyEncoding
from frozarr.metadata.spec import KeyEncodingLike as ChunkKeyEncodingLike

__all__ = [
    "ChunkKeyEncoding", "ChunkKeyEncodingLike", "DefaultChunkKeyEncoding", "V2ChunkKeyEncoding",
]  # fmt: skip

"""Chunk key encodings: which key a chunk is stored under (core spec, "Chunk key encoding")."""

from frozarr.metadata.keys.base import ChunkKeyEncoding, parse_key_encoding, plan_keys
from frozarr.metadata.keys.default import DefaultKeys
from frozarr.metadata.keys.fanout import FanoutKeys
from frozarr.metadata.keys.suffix import SuffixKeys
from frozarr.metadata.keys.v2 import V2Keys

__all__ = [
    "ChunkKeyEncoding", "DefaultKeys", "FanoutKeys", "SuffixKeys", "V2Keys", "parse_key_encoding",
    "plan_keys",
]  # fmt: skip

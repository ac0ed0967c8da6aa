"""Serializers of variable-length elements: ``vlen-utf8`` and ``vlen-bytes`` (zarr-extensions)."""

from typing import ClassVar, TypeAlias

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.members import Configured

__all__ = ["VlenBytesCodec", "VlenCodec", "VlenUtf8Codec"]


@attrs.frozen
class VlenUtf8Codec(Configured):
    """Codec ``vlen-utf8``: the number of elements, then length and UTF-8 bytes of each.

    Examples
    --------
    >>> VlenUtf8Codec().to_json()
    {'name': 'vlen-utf8', 'configuration': {}}
    """

    name: ClassVar[str] = "vlen-utf8"
    kind: ClassVar[CodecKind] = "array_bytes"

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The same elements; only text can be held."""
        if spec.dtype.kind != "T":
            at.problem(f"holds the data type string only, not {spec.dtype}")
        return spec


@attrs.frozen
class VlenBytesCodec(Configured):
    """Codec ``vlen-bytes``: the number of elements, then length and bytes of each.

    Examples
    --------
    >>> VlenBytesCodec().to_json()
    {'name': 'vlen-bytes', 'configuration': {}}
    """

    name: ClassVar[str] = "vlen-bytes"
    kind: ClassVar[CodecKind] = "array_bytes"

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The same elements; only bytes of any length can be held."""
        if spec.dtype.kind != "O":
            at.problem(f"holds the data type variable_length_bytes only, not {spec.dtype}")
        return spec


VlenCodec: TypeAlias = VlenUtf8Codec | VlenBytesCodec

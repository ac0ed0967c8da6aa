"""Codec chains of format 3: array→array*, exactly one array→bytes, bytes→bytes*."""

from collections.abc import Iterable
from typing import Any, ClassVar

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, Codec, CodecKind
from frozarr.metadata.json import FrozenJSON, freeze, thaw
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.extension import parse_extension, value_of
from frozarr.metadata.parsing.parsers import list_of
from frozarr.types import JSON, Immutable

__all__ = ["IgnoredCodec", "chain_spec", "codecs_of_kind", "parse_codec", "parse_codecs"]

_ORDER: tuple[CodecKind, ...] = ("array_array", "array_bytes", "bytes_bytes")


@attrs.frozen
class IgnoredCodec(Immutable):
    """An unknown codec with ``must_understand: false``: skipped, and kept in the document."""

    kind: ClassVar[CodecKind] = "bytes_bytes"
    name: str
    document: FrozenJSON = attrs.field(converter=freeze)

    def to_json(self) -> JSON:
        """The object as it was read."""
        document: JSON = thaw(self.document)
        return document

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:  # noqa: ARG002 - does nothing
        """The same chunk."""
        return spec


def parse_codec(at: At) -> Codec | Invalid:
    """Codec from its object form (or bare name), or noted problems; a codec value is itself."""
    if isinstance(at.value, Codec):
        return at.value
    extension = parse_extension(at)
    if extension is INVALID:
        return INVALID
    if not extension.must_understand and at.registry.find("codecs", extension.name) is None:
        return IgnoredCodec(extension.name, at.value)
    codec: Codec | Invalid = value_of("codecs", extension, at)
    return codec


_codecs = list_of(parse_codec, "codecs")


def parse_codecs(at: At) -> tuple[Codec, ...] | Invalid:
    """All codecs of a chain, or noted problems; their order is checked by `chain_spec`."""
    return _codecs(at)


def codecs_to_json(codecs: Iterable[Any]) -> list[JSON]:
    """Object forms of codecs."""
    return [codec.to_json() for codec in codecs]


def codecs_of_kind(codecs: Iterable[Codec], kind: CodecKind) -> tuple[Codec, ...]:
    """The codecs of one kind, ignored ones left out."""
    return tuple([c for c in codecs if c.kind == kind and not isinstance(c, IgnoredCodec)])


def chain_spec(codecs: Iterable[Codec], spec: ChunkSpec, at: At) -> ChunkSpec:
    """Chunk as the serializer stores it; wrong order and wrong configuration are noted.

    Examples
    --------
    >>> import numpy as np
    >>> from frozarr.metadata.codecs.bytes import BytesCodec
    >>> from frozarr.metadata.parsing.problems import Problems
    >>> spec = ChunkSpec((4, 5), np.dtype("u2"))
    >>> chain_spec((BytesCodec(endian="big"),), spec, At(None, Problems())).dtype
    dtype('>u2')
    """
    active = [(i, c) for i, c in enumerate(codecs) if not isinstance(c, IgnoredCodec)]
    serializers = [c.name for _, c in active if c.kind == "array_bytes"]
    if len(serializers) != 1:
        at.problem(f"need exactly one array->bytes codec, got {serializers}")
        return spec
    for (_, before), (i, codec) in zip(active, active[1:], strict=False):
        if _ORDER.index(codec.kind) < _ORDER.index(before.kind):
            at.child(i).problem(
                f"{codec.name!r} ({codec.kind}) can't follow {before.name!r} ({before.kind})"
            )
            return spec
    for i, codec in active:
        spec = codec.encoded_spec(spec, at.child(i))
    return spec

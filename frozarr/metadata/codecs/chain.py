"""Codec chains of format 3: array→array*, exactly one array→bytes, bytes→bytes*."""

from collections.abc import Iterable
from typing import ClassVar

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, Codec, CodecKind
from frozarr.metadata.json import FrozenJSON, freeze, thaw
from frozarr.metadata.members import Members, parse_extension
from frozarr.metadata.problems import Problems
from frozarr.metadata.registry import describe_unknown, find
from frozarr.types import JSON, Loc

__all__ = ["IgnoredCodec", "bind_codecs", "codecs_of_kind", "parse_codec", "parse_codecs"]

_ORDER: tuple[CodecKind, ...] = ("array_array", "array_bytes", "bytes_bytes")


@attrs.frozen
class IgnoredCodec:
    """An unknown codec with ``must_understand: false``: skipped, and kept in the document."""

    kind: ClassVar[CodecKind] = "bytes_bytes"
    name: str
    document: FrozenJSON

    def to_json(self) -> JSON:
        """The object as it was read."""
        return thaw(self.document)

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:  # noqa: ARG002 - does nothing
        """Nothing happens."""
        return spec


def parse_codec(value: JSON, loc: Loc, problems: Problems) -> Codec | None:
    """Codec from its object form (or bare name), or noted problems."""
    from_extension = parse_extension(value, loc, problems)
    if from_extension is None:
        return None
    cls = find("codecs", from_extension.name)
    if cls is None:
        if not from_extension.must_understand:
            return IgnoredCodec(from_extension.name, freeze(value))
        problems.add((*loc, "name"), describe_unknown("codecs", from_extension.name), unknown=True)
        return None
    members = Members(from_extension.configuration, (*loc, "configuration"), problems)
    codec: Codec | None = cls.from_members(members)
    return codec


def parse_codecs(value: JSON, loc: Loc, problems: Problems) -> tuple[Codec, ...] | None:
    """All codecs of a chain, or noted problems; their order is checked by `bind_codecs`."""
    if not isinstance(value, list | tuple):
        problems.add(loc, f"expected a list of codecs, got {value!r}")
        return None
    codecs = [parse_codec(entry, (*loc, i), problems) for i, entry in enumerate(value)]
    return None if None in codecs else tuple(c for c in codecs if c is not None)


def codecs_of_kind(codecs: Iterable[Codec], kind: CodecKind) -> tuple[Codec, ...]:
    """The codecs of one kind, ignored ones left out."""
    return tuple(c for c in codecs if c.kind == kind and not isinstance(c, IgnoredCodec))


def bind_codecs(
    codecs: tuple[Codec, ...], spec: ChunkSpec, loc: Loc, problems: Problems
) -> ChunkSpec:
    """Chunk as the serializer stores it; wrong order and wrong configuration are noted.

    Examples
    --------
    >>> import numpy as np
    >>> from frozarr.metadata.codecs.bytes import BytesCodec
    >>> spec = ChunkSpec((4, 5), np.dtype("u2"))
    >>> bind_codecs((BytesCodec(endian="big"),), spec, (), Problems()).dtype
    dtype('>u2')
    """
    active = [(i, c) for i, c in enumerate(codecs) if not isinstance(c, IgnoredCodec)]
    serializers = [c.name for _, c in active if c.kind == "array_bytes"]
    if len(serializers) != 1:
        problems.add(loc, f"need exactly one array->bytes codec, got {serializers}")
        return spec
    for (_, before), (i, codec) in zip(active, active[1:], strict=False):
        if _ORDER.index(codec.kind) < _ORDER.index(before.kind):
            problems.add(
                (*loc, i),
                f"{codec.name!r} ({codec.kind}) can't follow {before.name!r} ({before.kind})",
            )
            return spec
    for i, codec in active:
        spec = codec.bind(spec, (*loc, i), problems)
    return spec

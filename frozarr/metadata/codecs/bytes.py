"""Codec ``bytes``: elements in C order, in a stated byte order."""

from typing import ClassVar, Literal, TypeAlias

import attrs

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.base import REGISTERED
from frozarr.metadata.parsing.at import At
from frozarr.metadata.parsing.members import Configured, member
from frozarr.metadata.parsing.parsers import one_of

__all__ = ["BytesCodec"]

Endian: TypeAlias = Literal["little", "big"]


@attrs.frozen(kw_only=True)
class BytesCodec(Configured):
    """Codec ``bytes`` (core spec, "bytes codec").

    Examples
    --------
    >>> BytesCodec(endian="big").to_json()
    {'name': 'bytes', 'configuration': {'endian': 'big'}}
    """

    name: ClassVar[str] = "bytes"
    kind: ClassVar[CodecKind] = "array_bytes"
    bare: ClassVar[bool] = True
    endian: Endian | None = member(
        one_of("little", "big"), default="little", absent=None, hidden=None
    )
    """Byte order; None only where elements have one byte."""

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The same elements in the stored byte order."""
        if spec.dtype.hasobject or spec.dtype.kind == "T":
            at.problem(f"can't hold variable-length elements ({spec.dtype})")
            return spec
        if self.endian is None and spec.dtype.byteorder != "|" and spec.dtype.itemsize > 1:
            at.child("configuration", "endian").problem(f"missing; {spec.dtype} needs one")
        if spec.dtype.isbuiltin == REGISTERED:
            return spec  # a type of another package, which numpy can't swap
        big = self.endian == "big"
        return attrs.evolve(spec, dtype=spec.dtype.newbyteorder(">" if big else "<"))

"""Codec ``packbits`` (zarr-extensions): only the bits of elements that count."""

from typing import Any, ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.small import SMALL_FLOATS, SMALL_INTEGERS
from frozarr.metadata.parsing.at import At, Invalid
from frozarr.metadata.parsing.members import Configured, Members, member
from frozarr.metadata.parsing.parsers import integer, one_of, optional
from frozarr.types import AnyDtype

__all__ = ["PackBitsCodec", "Padding"]

Padding: TypeAlias = Literal["none", "first_byte", "last_byte"]
_PADDINGS: tuple[Padding, ...] = ("none", "first_byte", "last_byte")
_bit = optional(integer(0, 63))


def element_bits(dtype: AnyDtype) -> int | None:
    """Bits of an element's component that mean something; None if it can't be packed.

    Examples
    --------
    >>> element_bits(np.dtype(bool)), element_bits(np.dtype("u2")), element_bits(np.dtype("S2"))
    (1, 16, None)
    """
    if dtype == np.dtype(bool):
        return 1
    if dtype.name == "bfloat16":
        return 16
    if dtype.name in SMALL_INTEGERS or dtype.name in SMALL_FLOATS:
        return int(dtype.name.removeprefix("u").strip("intfloa").split("_")[0])
    if dtype.kind in "iufMm":
        return 8 * dtype.itemsize
    return 4 * dtype.itemsize if dtype.kind == "c" else None


@attrs.frozen(kw_only=True)
class PackBitsCodec(Configured):
    """Codec ``packbits``: only the bits that count, least significant first.

    Examples
    --------
    >>> PackBitsCodec(padding_encoding="first_byte").to_json()
    {'name': 'packbits', 'configuration': {'padding_encoding': 'first_byte'}}
    """

    name: ClassVar[str] = "packbits"
    kind: ClassVar[CodecKind] = "array_bytes"
    padding_encoding: Padding | None = member(
        optional(one_of(*_PADDINGS)), default=None, absent=None, hidden=None
    )
    first_bit: int | None = member(_bit, default=None, absent=None, hidden=None)
    last_bit: int | None = member(_bit, default=None, absent=None, hidden=None)

    @classmethod
    def from_members(cls, members: Members) -> "PackBitsCodec | Invalid":
        """Codec from its configuration, or noted problems.

        The schema of the registry says start_bit and end_bit, its text first_bit and last_bit.
        """
        others = {
            "first_bit": members.take_or("start_bit", _bit, None),
            "last_bit": members.take_or("end_bit", _bit, None),
        }
        codec = super().from_members(members)
        given: dict[str, Any] = {name: bit for name, bit in others.items() if isinstance(bit, int)}
        return attrs.evolve(codec, **given) if isinstance(codec, PackBitsCodec) else codec

    def bits(self, dtype: AnyDtype) -> tuple[int, int] | None:
        """First bit, and number of bits, kept of each component; None if that can't be."""
        width = element_bits(dtype)
        if width is None:
            return None
        first = self.first_bit or 0
        last = width - 1 if self.last_bit is None else self.last_bit
        return (first, last - first + 1) if 0 <= first <= last < width else None

    def encoded_spec(self, spec: ChunkSpec, at: At) -> ChunkSpec:
        """The same elements, of a type that can be packed."""
        if self.bits(spec.dtype) is None:
            at.problem(f"can't pack bits {self.first_bit}..{self.last_bit} of {spec.dtype}")
        return spec

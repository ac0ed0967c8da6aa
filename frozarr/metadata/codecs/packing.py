"""Codecs that lay elements out otherwise: ``packbits`` and ``reshape`` (zarr-extensions)."""

import math
from typing import Any, ClassVar, Literal

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, CodecKind
from frozarr.metadata.dtypes.small import SMALL_FLOATS, SMALL_INTEGERS
from frozarr.metadata.json import FrozenJSON, freeze, thaw
from frozarr.metadata.members import Members, as_int, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, Loc, Shape

__all__ = ["PackBitsCodec", "ReshapeCodec"]

Padding = Literal["none", "first_byte", "last_byte"]


def _as_bit(value: JSON, loc: Loc, problems: Problems) -> int | None:
    return -1 if value is None else as_int(0, 63)(value, loc, problems)


def element_bits(dtype: np.dtype[Any]) -> int | None:
    """Bits of an element's component that mean something; None if it can't be packed.

    Examples
    --------
    >>> element_bits(np.dtype(bool)), element_bits(np.dtype("u2")), element_bits(np.dtype("S2"))
    (1, 16, None)
    """
    if dtype == np.dtype(bool):
        return 1
    if dtype.name in SMALL_INTEGERS or dtype.name in SMALL_FLOATS:
        digits = {"bfloat16": 16}.get(dtype.name)
        return digits or int(dtype.name.removeprefix("u").strip("intfloa").split("_")[0])
    if dtype.kind in "iufMm":
        return 8 * dtype.itemsize
    return 4 * dtype.itemsize if dtype.kind == "c" else None


@attrs.frozen(kw_only=True)
class PackBitsCodec:
    """Codec ``packbits``: only the bits that count, least significant first.

    Examples
    --------
    >>> PackBitsCodec(padding_encoding="first_byte").to_json()
    {'name': 'packbits', 'configuration': {'padding_encoding': 'first_byte'}}
    """

    name: ClassVar[str] = "packbits"
    kind: ClassVar[CodecKind] = "array_bytes"
    padding_encoding: Padding | None = attrs.field(
        default=None, validator=attrs.validators.in_((None, "none", "first_byte", "last_byte"))
    )
    first_bit: int | None = None
    last_bit: int | None = None

    @classmethod
    def from_members(cls, members: Members) -> "PackBitsCodec | None":
        """Codec from its configuration, or noted problems."""
        before = len(members.problems.found)
        one_of: Any = as_one_of("none", "first_byte", "last_byte")
        padding = members.take_or("padding_encoding", one_of, default=None)
        # the schema of the registry says start_bit and end_bit, its text first_bit and last_bit
        bits = [
            members.take_or(name, _as_bit, default=-1)
            for name in ("first_bit", "last_bit", "start_bit", "end_bit")
        ]
        members.refuse_rest()
        if len(members.problems.found) > before:
            return None
        first, last, start, end = (None if b is None or b < 0 else b for b in bits)
        return cls(
            padding_encoding=padding, first_bit=start if first is None else first,
            last_bit=end if last is None else last,
        )  # fmt: skip

    def to_json(self) -> JSON:
        """Object form of format 3."""
        given = {
            "padding_encoding": self.padding_encoding,
            "first_bit": self.first_bit,
            "last_bit": self.last_bit,
        }
        configuration: dict[str, JSON] = {k: v for k, v in given.items() if v is not None}
        return {"name": self.name, "configuration": configuration}

    def bits(self, dtype: np.dtype[Any]) -> tuple[int, int] | None:
        """First bit, and number of bits, kept of each component; None if that can't be."""
        width = element_bits(dtype)
        if width is None:
            return None
        first = self.first_bit or 0
        last = width - 1 if self.last_bit is None else self.last_bit
        return (first, last - first + 1) if 0 <= first <= last < width else None

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The same elements, of a type that can be packed."""
        if self.bits(spec.dtype) is None:
            problems.add(loc, f"can't pack bits {self.first_bit}..{self.last_bit} of {spec.dtype}")
        return spec


@attrs.frozen(kw_only=True)
class ReshapeCodec:
    """Codec ``reshape``: the same elements in C order, in another shape.

    Examples
    --------
    >>> ReshapeCodec(shape=[-1, [2]]).target((4, 5, 6), ())
    (20, 6)
    """

    name: ClassVar[str] = "reshape"
    kind: ClassVar[CodecKind] = "array_array"
    shape: FrozenJSON = attrs.field(converter=freeze)
    """Extents, one of which may be -1, or lists of the axes whose extents are multiplied."""

    @classmethod
    def from_members(cls, members: Members) -> "ReshapeCodec | None":
        """Codec from its configuration, or noted problems."""
        shape = members.take("shape", _as_shape)
        members.refuse_rest()
        return None if shape is None else cls(shape=shape)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"shape": thaw(self.shape)}}

    def target(self, shape: Shape, loc: Loc, problems: Problems | None = None) -> Shape:
        """Shape after encoding; what doesn't fit is noted."""
        noted = problems if problems is not None else Problems()
        entries: Any = thaw(self.shape)
        flat = [axis for e in entries if isinstance(e, list) for axis in e]
        if any(axis >= len(shape) for axis in flat) or flat != sorted(set(flat)):
            noted.add((*loc, "configuration", "shape"), f"axes {flat} don't fit shape {shape}")
            return shape
        sizes = [math.prod(shape[a] for a in e) if isinstance(e, list) else e for e in entries]
        known = math.prod(size for size in sizes if size != -1)
        if sizes.count(-1) == 1 and known and not math.prod(shape) % known:
            sizes[sizes.index(-1)] = math.prod(shape) // known
        if -1 in sizes or math.prod(sizes) != math.prod(shape):
            noted.add((*loc, "configuration", "shape"), f"{entries} does not fit {shape}")
            return shape
        return tuple(sizes)

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:
        """The elements in their new shape."""
        return attrs.evolve(spec, shape=self.target(spec.shape, loc, problems))


def _as_shape(value: JSON, loc: Loc, problems: Problems) -> "JSON | None":
    def good(entry: Any) -> bool:
        if isinstance(entry, list | tuple):
            return bool(entry) and all(type(a) is int and a >= 0 for a in entry)
        return type(entry) is int and (entry >= 1 or entry == -1)

    if isinstance(value, list | tuple) and all(good(e) for e in value):
        return value
    problems.add(loc, f"expected extents, -1 once, or lists of axes; got {value!r}")
    return None

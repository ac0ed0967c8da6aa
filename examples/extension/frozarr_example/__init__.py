"""A codec, a data type and a chunk grid from outside frozarr: each is one frozen value."""

from typing import Any, ClassVar

import attrs
import numpy as np

from frozarr.extensions import (
    JSON,
    BytesLike,
    ChunkSpec,
    CodecKind,
    DecodeError,
    Loc,
    Members,
    Problems,
    RegularAxis,
    RunsAxis,
    Shape,
    as_bytes_view,
    as_int,
)

# ------------------------------------------------------------------ a codec


@attrs.frozen
class InvertCodec:
    """Codec ``example.invert``: every bit the other way round, behind a marker byte."""

    name: ClassVar[str] = "example.invert"
    kind: ClassVar[CodecKind] = "bytes_bytes"
    marker: int = 0

    @classmethod
    def from_members(cls, members: Members) -> "InvertCodec | None":
        """Codec from its configuration; what is wrong with it is noted."""
        marker = members.take_or("marker", as_int(0, 255), default=0)
        members.refuse_rest()
        return None if marker is None else cls(marker)

    def to_json(self) -> JSON:
        """Object form, as it stands in the document."""
        return {"name": self.name, "configuration": {"marker": self.marker}}

    def bind(self, spec: ChunkSpec, loc: Loc, problems: Problems) -> ChunkSpec:  # noqa: ARG002 - takes any bytes
        """Bytes stay bytes; a codec that can't deal with a chunk notes a problem here."""
        return spec

    def kernel(self) -> "InvertKernel":
        """What codes the bytes of one chunk."""
        return InvertKernel(self.marker)


@attrs.frozen
class InvertKernel:
    """Codes the bytes of one chunk."""

    marker: int

    def encode(self, decoded: BytesLike) -> BytesLike:
        """Encoded bytes."""
        inverted = ~np.frombuffer(as_bytes_view(decoded), np.uint8)
        return bytes([self.marker]) + inverted.tobytes()

    def decode(self, encoded: BytesLike, limit: int) -> BytesLike:
        """Decoded bytes, at most `limit`; DecodeError if they are corrupt."""
        view = as_bytes_view(encoded)
        if len(view) < 1 or view[0] != self.marker or len(view) - 1 > limit:
            raise DecodeError(f"example.invert: marker {self.marker} or {limit} bytes expected")
        return (~np.frombuffer(view[1:], np.uint8)).tobytes()

    def encoded_nbytes(self, decoded_nbytes: int) -> int | None:
        """Encoded size, as it does not depend on the content."""
        return decoded_nbytes + 1


# ------------------------------------------------------------------ a data type


@attrs.frozen
class Rgb:
    """Data type ``example.rgb``: red, green and blue, a byte each."""

    name: ClassVar[str] = "example.rgb"

    @classmethod
    def from_members(cls, members: Members) -> "Rgb":
        """Type from its (empty) configuration."""
        members.refuse_rest()
        return cls()

    @property
    def numpy(self) -> np.dtype[Any]:
        """Type of elements in memory."""
        return np.dtype([("red", "u1"), ("green", "u1"), ("blue", "u1")])

    def to_json(self) -> JSON:
        """Member ``data_type`` of the document."""
        return self.name

    def parse_fill(self, value: JSON, loc: Loc, problems: Problems) -> Any:
        """Fill value from the document: ``"#rrggbb"``."""
        if isinstance(value, str) and len(value) == 7 and value.startswith("#"):
            try:
                return np.frombuffer(bytes.fromhex(value[1:]), self.numpy)[0]
            except ValueError:
                pass
        problems.add(loc, f"expected a colour such as '#ff8000', got {value!r}")
        return None

    def fill_to_json(self, fill: Any) -> JSON:
        """Fill value for the document."""
        return f"#{fill.tobytes().hex()}"

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Fill value as a user gives it: a colour, or 0 for black."""
        problems = Problems()
        found = self.parse_fill("#000000" if value == 0 else value, ("fill_value",), problems)
        problems.raise_if_any(self.name)
        return found


# ------------------------------------------------------------------ a chunk grid


@attrs.frozen
class DoublingGrid:
    """Grid ``example.doubling``: every chunk is twice as long as the one before it."""

    name: ClassVar[str] = "example.doubling"
    uniform: ClassVar[bool] = False
    first: tuple[int, ...]
    """Extents of the first chunk."""
    count: int = 20
    """Chunks along each axis."""

    @classmethod
    def from_members(cls, members: Members) -> "DoublingGrid | None":
        """Grid from its configuration; what is wrong with it is noted."""
        first = members.take("first", _as_sizes)
        members.refuse_rest()
        return None if first is None else cls(first)

    def to_json(self) -> JSON:
        """Object form, as it stands in the document."""
        return {"name": self.name, "configuration": {"first": list(self.first)}}

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.first)

    @property
    def chunk_shape(self) -> Shape:
        """The largest extents."""
        return tuple(size << (self.count - 1) for size in self.first)

    def axes(self, shape: Shape) -> tuple[RegularAxis | RunsAxis, ...]:
        """The grid axis by axis: runs of (size, how many chunks of it)."""
        return tuple(
            RunsAxis(extent, tuple((size << i, 1) for i in range(self.count)))
            for extent, size in zip(shape, self.first, strict=True)
        )

    def grid_shape(self, shape: Shape) -> Shape:
        """Number of chunks along each axis."""
        return tuple(axis.nchunks for axis in self.axes(shape))

    def chunk_shapes_met(self) -> tuple[Shape, ...]:
        """Shapes in which every size is met."""
        return tuple(tuple(size << i for size in self.first) for i in range(self.count))

    def check(self, shape: Shape, problems: Problems) -> None:
        """Note what does not fit an array of this shape."""
        for axis, (extent, size) in enumerate(zip(shape, self.first, strict=True)):
            if extent > size * (2**self.count - 1):
                problems.add(("shape", axis), f"{extent} elements are too many for {self}")

    def grown(self, shape: Shape, unit: Shape) -> "DoublingGrid":  # noqa: ARG002 - fits every shape
        """The grid of the same array with another shape."""
        return self


def _as_sizes(value: JSON, loc: Loc, problems: Problems) -> Shape | None:
    size = as_int(1, 2**31)
    if not isinstance(value, list | tuple):
        problems.add(loc, f"expected a list of sizes, got {value!r}")
        return None
    sizes = [size(entry, (*loc, axis), problems) for axis, entry in enumerate(value)]
    return None if None in sizes else tuple(n for n in sizes if n is not None)

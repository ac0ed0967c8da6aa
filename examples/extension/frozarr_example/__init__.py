"""A codec, a data type and a chunk grid from outside frozarr: each is one frozen value."""

from typing import Any, ClassVar

import attrs
import numpy as np

from frozarr.extensions import (
    INVALID,
    JSON,
    At,
    Binding,
    BytesKernel,
    BytesLike,
    BytesToBytesCodec,
    ChunkGrid,
    DecodeError,
    Invalid,
    Members,
    RunsAxis,
    Shape,
    as_bytes_view,
    extents,
    integer,
    member,
)

# ------------------------------------------------------------------ a codec


@attrs.frozen
class InvertCodec(BytesToBytesCodec):
    """Codec ``example.invert``: every bit the other way round, behind a marker byte."""

    name: ClassVar[str] = "example.invert"
    marker: int = member(integer(0, 255), default=0, absent=0)

    def kernel(self, binding: Binding) -> "InvertKernel":  # noqa: ARG002 - the same for all chunks
        """What codes the bytes of one chunk."""
        return InvertKernel(self.marker)


@attrs.frozen
class InvertKernel(BytesKernel):
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

    def parse_fill(self, at: At) -> Any | Invalid:
        """Fill value from the document: ``"#rrggbb"``."""
        if isinstance(at.value, str) and len(at.value) == 7 and at.value.startswith("#"):
            try:
                return np.frombuffer(bytes.fromhex(at.value[1:]), self.numpy)[0]
            except ValueError:
                pass
        return at.problem(f"expected a colour such as '#ff8000', got {at.value!r}")

    def fill_to_json(self, fill: Any) -> JSON:
        """Fill value for the document."""
        return f"#{fill.tobytes().hex()}"

    parse_fill_v2 = parse_fill
    fill_to_json_v2 = fill_to_json

    def cast_fill(self, value: object) -> Any:
        """Fill value as a user gives it: a colour, or 0 for black."""
        text = str(value).removeprefix("#") if value != 0 else "000000"
        try:
            return np.frombuffer(bytes.fromhex(text), self.numpy)[0]
        except (ValueError, IndexError):
            raise ValueError(f"fill_value {value!r} is not a colour such as '#ff8000'") from None


# ------------------------------------------------------------------ a chunk grid


@attrs.frozen
class DoublingGrid(ChunkGrid):
    """Grid ``example.doubling``: every chunk is twice as long as the one before it."""

    name: ClassVar[str] = "example.doubling"
    first: Shape = attrs.field(converter=tuple)
    """Extents of the first chunk."""
    count: int = 20
    """Chunks along each axis."""

    @classmethod
    def from_members(cls, members: Members) -> "DoublingGrid | Invalid":
        """Grid from its configuration; what is wrong with it is noted."""
        first = members.take("first", extents(1))
        members.refuse_rest()
        return INVALID if first is INVALID else cls(first)

    def to_json(self) -> JSON:
        """Object form, as it stands in the document."""
        return {"name": self.name, "configuration": {"first": list(self.first)}}

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.first)

    def axes(self, shape: Shape) -> tuple[RunsAxis, ...]:
        """The grid axis by axis: runs of (size, how many chunks of it)."""
        return tuple(
            RunsAxis(extent, tuple((size << i, 1) for i in range(self.count)))
            for extent, size in zip(shape, self.first, strict=True)
        )

    def check(self, shape: Shape, at: At) -> None:
        """Note what does not fit an array of this shape."""
        for axis, (extent, size) in enumerate(zip(shape, self.first, strict=True)):
            if extent > size * (2**self.count - 1):
                at.child("configuration", "first", axis).problem(f"{extent} elements are too many")

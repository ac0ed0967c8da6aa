"""Array documents of format 3: ``zarr.json``."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec, Codec
from frozarr.metadata.codecs.chain import bind_codecs, codecs_of_kind, parse_codecs
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.dtypes.base import DataType, FillValue, fill_identity
from frozarr.metadata.dtypes.lookup import parse_data_type
from frozarr.metadata.grids import ChunkGrid
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.keys import ChunkKeyEncoding, parse_key_encoding
from frozarr.metadata.members import (
    Members,
    as_extents,
    as_object,
    as_one_of,
    present,
)
from frozarr.metadata.problems import Problems
from frozarr.metadata.registry import parse_named
from frozarr.types import JSON, UNSET, Loc, Shape, Unset, as_shape

__all__ = ["ArrayV3Metadata", "parse_array_v3"]

DimensionNames = tuple[str | None, ...]


@attrs.frozen(kw_only=True)
class ArrayV3Metadata:
    """What a format 3 array is, as one frozen value.

    Made by `parse_array_v3` or `create_array`; the constructor checks how the parts fit together.

    Raises
    ------
    MetadataError
        Parts that don't fit, all of them with their paths.
    """

    zarr_format: ClassVar[Literal[2, 3]] = 3
    document_key: ClassVar[str] = "zarr.json"

    shape: Shape = attrs.field(converter=as_shape)
    data_type: DataType
    chunk_grid: ChunkGrid
    chunk_key_encoding: ChunkKeyEncoding
    fill_value: FillValue = attrs.field(eq=fill_identity)
    codecs: tuple[Codec, ...]
    attributes: FrozenMap = attrs.field(factory=FrozenMap)
    dimension_names: DimensionNames | None = None
    extra: FrozenMap = attrs.field(factory=FrozenMap)
    """Members that need not be understood, kept as they were read."""

    def __attrs_post_init__(self) -> None:
        problems = Problems()
        self._check(problems)
        problems.raise_if_any("array metadata")

    def _check(self, problems: Problems) -> None:
        ndim = len(self.shape)
        if self.chunk_grid.ndim != ndim:
            problems.add(
                ("chunk_grid", "configuration", "chunk_shape"),
                f"{self.chunk_grid.ndim} axes, but shape {self.shape} has {ndim}",
            )
            return
        if self.dimension_names is not None and len(self.dimension_names) != ndim:
            problems.add(("dimension_names",), f"{len(self.dimension_names)} names for {ndim} axes")
        self.chunk_grid.check(self.shape, problems)
        for chunk_shape in self.chunk_grid.chunk_shapes_met():
            before = len(problems.found)
            bind_codecs(self.codecs, ChunkSpec(chunk_shape, self.dtype), ("codecs",), problems)
            if len(problems.found) > before:
                return

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy type of what reads return."""
        return self.data_type.numpy

    @property
    def fill(self) -> FillValue:
        """Value of elements that are not stored."""
        return self.fill_value

    @property
    def chunk_spec(self) -> ChunkSpec:
        """Shape (the largest, if chunks differ) and type of a chunk before any codec."""
        return ChunkSpec(self.chunk_grid.chunk_shape, self.dtype)

    @property
    def sharding(self) -> ShardingCodec | None:
        """The serializer, if it makes shards."""
        (serializer,) = codecs_of_kind(self.codecs, "array_bytes")
        return serializer if isinstance(serializer, ShardingCodec) else None

    @property
    def inner_shape(self) -> Shape:
        """Shape of the smallest piece that is coded on its own: an inner chunk, or the chunk."""
        sharding = self.sharding
        if sharding is None:
            return self.chunk_spec.shape
        inner = list(sharding.chunk_shape)
        for codec in reversed(codecs_of_kind(self.codecs, "array_array")):
            if isinstance(codec, TransposeCodec):
                inner = [inner[codec.order.index(axis)] for axis in range(len(inner))]
        return tuple(inner)

    @property
    def order(self) -> None:
        """Format 3 documents have no order; the config says how reads are laid out."""
        return

    def with_shape(self, shape: Shape) -> "ArrayV3Metadata":
        """The same array with another shape."""
        unit = (1,) * len(shape) if self.sharding is None else self.inner_shape
        return attrs.evolve(self, shape=shape, chunk_grid=self.chunk_grid.grown(shape, unit))

    def with_attributes(self, attributes: FrozenMap) -> "ArrayV3Metadata":
        """The same array with other attributes."""
        return attrs.evolve(self, attributes=attributes)

    def to_json(self) -> dict[str, JSON]:
        """The ``zarr.json`` document."""
        document: dict[str, JSON] = {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.shape),
            "data_type": self.data_type.to_json(),
            "chunk_grid": self.chunk_grid.to_json(),
            "chunk_key_encoding": self.chunk_key_encoding.to_json(),
            "fill_value": self.data_type.fill_to_json(self.fill_value),
            "codecs": [codec.to_json() for codec in self.codecs],
            "attributes": thaw(self.attributes),
        }
        if self.dimension_names is not None:
            document["dimension_names"] = list(self.dimension_names)
        return {**document, **{name: thaw(value) for name, value in self.extra.items()}}

    def documents(self) -> dict[str, JSON]:
        """Documents to store, by their key below the array's path."""
        return {self.document_key: self.to_json()}


def _parse_grid(value: JSON, loc: Loc, problems: Problems) -> ChunkGrid | None:
    found: ChunkGrid | None = parse_named("chunk_grids", value, loc, problems)
    return found


def parse_dimension_names(
    value: JSON, loc: Loc, problems: Problems
) -> DimensionNames | Unset | None:
    """Names of the axes; UNSET for null, which some writers store."""
    if value is None:
        return UNSET
    if not isinstance(value, list | tuple):
        problems.add(loc, f"expected a list of names, got {value!r}")
        return None
    for i, name in enumerate(value):
        if name is not None and not isinstance(name, str):
            problems.add((*loc, i), f"expected a string or null, got {name!r}")
            return None
    return tuple(name for name in value if name is None or isinstance(name, str))


def _as_raw(value: JSON, loc: Loc, problems: Problems) -> tuple[JSON]:  # noqa: ARG001 - a parser
    return (value,)  # wrapped: null is a value here, None means "noted problem"


def _check_transformers(value: JSON, loc: Loc, problems: Problems) -> bool | None:
    if value == []:
        return True
    problems.add(loc, f"no storage transformers are defined; expected [], got {value!r}")
    return None


def _take_extra(members: Members) -> FrozenMap:
    kept = {}
    for name, value in members.rest().items():
        if isinstance(value, Mapping) and value.get("must_understand") is False:
            kept[name] = value
        else:
            members.problems.add(
                (name,), 'unknown member without "must_understand": false', unknown=True
            )
    return FrozenMap(kept)


def parse_array_v3(document: JSON, *, where: str = "zarr.json") -> ArrayV3Metadata:
    """Frozen value of a ``zarr.json`` array document.

    Parameters
    ----------
    document : JSON
        The decoded document.
    where : str
        Names the document in errors (its URL).

    Raises
    ------
    MetadataError
        With all problems of the document, each with its path.

    Examples
    --------
    >>> parse_array_v3({"zarr_format": 3, "node_type": "group"})
    Traceback (most recent call last):
        ...
    frozarr.errors.MetadataError: zarr.json: 7 problems: node_type: expected one of ['array'], ...
    """
    problems = Problems()
    if not isinstance(document, Mapping):
        problems.add((), f"expected a JSON object, got {type(document).__name__}")
        problems.raise_if_any(where)
        raise AssertionError  # raise_if_any has raised
    members = Members(document, (), problems)
    members.take("zarr_format", as_one_of(3))
    members.take("node_type", as_one_of("array"))
    shape = members.take("shape", as_extents(0))
    data_type = members.take("data_type", parse_data_type)
    grid = members.take("chunk_grid", _parse_grid)
    keys = members.take("chunk_key_encoding", parse_key_encoding)
    raw_fill = members.take("fill_value", _as_raw)
    codecs = members.take("codecs", parse_codecs)
    attributes = members.take_or("attributes", as_object, default=None)
    names = members.take_or("dimension_names", parse_dimension_names, default=UNSET)
    members.take_or("storage_transformers", _check_transformers, default=True)
    extra = _take_extra(members)
    fill = None
    if data_type is not None and raw_fill is not None:
        fill = data_type.parse_fill(raw_fill[0], ("fill_value",), problems)
    problems.raise_if_any(where)
    try:
        return ArrayV3Metadata(
            shape=present(shape), data_type=present(data_type), chunk_grid=present(grid),
            chunk_key_encoding=present(keys),
            fill_value=fill, codecs=present(codecs), attributes=FrozenMap(attributes),
            dimension_names=names if isinstance(names, tuple) else None, extra=extra,
        )  # fmt: skip
    except ValueError as error:
        problems.extend(getattr(error, "problems", ()))
        problems.raise_if_any(where)
        raise

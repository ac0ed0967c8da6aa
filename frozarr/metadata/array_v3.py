"""Array documents of format 3: ``zarr.json``."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

from frozarr.errors import MetadataError
from frozarr.metadata.codecs.base import ChunkSpec, Codec
from frozarr.metadata.codecs.chain import chain_spec, codecs_of_kind, parse_codecs
from frozarr.metadata.codecs.sharding import ShardingCodec
from frozarr.metadata.codecs.transpose import TransposeCodec
from frozarr.metadata.dtypes.base import (
    DataType,
    FillValue,
    fill_identity,
    frozen_fill,
    thawed_fill,
)
from frozarr.metadata.dtypes.lookup import parse_data_type
from frozarr.metadata.grids import ChunkGrid
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.keys import ChunkKeyEncoding, parse_key_encoding
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.extension import parse_named
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import extents, json_object, list_of, one_of, optional
from frozarr.metadata.parsing.problems import Problems
from frozarr.metadata.registry import Registry
from frozarr.types import JSON, AnyDtype, Immutable, Shape, as_shape

__all__ = ["ArrayV3Metadata", "parse_array_v3"]

DimensionNames: TypeAlias = tuple[str | None, ...]


def _frozen_codecs(codecs: Iterable[Codec]) -> tuple[Codec, ...]:
    return tuple(codecs)


def frozen_names(names: Iterable[str | None] | None) -> DimensionNames | None:
    """Names of axes as a tuple; None where there are none."""
    return None if names is None else tuple(names)


@attrs.frozen(kw_only=True)
class ArrayV3Metadata(Immutable):
    """What a format 3 array is, as one frozen value.

    Made by `parse_array_v3` or `create_array`; the constructor checks how the parts fit together.

    Raises
    ------
    MetadataError
        Parts that don't fit, all of them with their paths.
    """

    zarr_format: ClassVar[Literal[2, 3]] = 3
    node_type: ClassVar[str] = "array"
    storage_transformers: ClassVar[tuple[()]] = ()
    """None are registered; a document with some is refused."""
    document_key: ClassVar[str] = "zarr.json"

    shape: Shape = attrs.field(converter=as_shape)
    data_type: DataType
    chunk_grid: ChunkGrid
    chunk_key_encoding: ChunkKeyEncoding
    stored_fill: object = attrs.field(alias="fill_value", converter=frozen_fill, eq=fill_identity)
    """The fill value, frozen; `fill_value` is it as users know it."""
    codecs: tuple[Codec, ...] = attrs.field(converter=_frozen_codecs)
    attributes: FrozenMap = attrs.field(factory=FrozenMap, converter=FrozenMap)
    dimension_names: DimensionNames | None = attrs.field(default=None, converter=frozen_names)
    extra: FrozenMap = attrs.field(factory=FrozenMap, converter=FrozenMap)
    """Members that need not be understood, kept as they were read."""

    def __attrs_post_init__(self) -> None:
        problems = Problems()
        self._check(At(None, problems))
        problems.raise_if_any("array metadata")

    def _check(self, at: At) -> None:
        ndim = len(self.shape)
        if self.chunk_grid.ndim != ndim:
            at.child("chunk_grid", "configuration", "chunk_shape").problem(
                f"{self.chunk_grid.ndim} axes, but shape {self.shape} has {ndim}"
            )
            return
        if self.dimension_names is not None and len(self.dimension_names) != ndim:
            at.child("dimension_names").problem(
                f"{len(self.dimension_names)} names for {ndim} axes"
            )
        self.chunk_grid.check(self.shape, at.child("chunk_grid"))
        for chunk_shape in self.chunk_grid.chunk_shapes_met():
            before = len(at.problems)
            chain_spec(self.codecs, ChunkSpec(chunk_shape, self.dtype), at.child("codecs"))
            if len(at.problems) > before:
                return

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> AnyDtype:
        """NumPy type of what reads return."""
        return self.data_type.numpy

    @property
    def fill_value(self) -> FillValue:
        """Value of elements that are not stored."""
        return thawed_fill(self.stored_fill)

    fill = fill_value

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

    def encode_chunk_key(self, chunk_coords: Shape) -> str:
        """Key of a stored chunk, relative to the array."""
        return self.chunk_key_encoding.key(tuple(chunk_coords))

    def with_shape(self, shape: Shape) -> "ArrayV3Metadata":
        """The same array with another shape."""
        unit = (1,) * len(shape) if self.sharding is None else self.inner_shape
        return attrs.evolve(self, shape=shape, chunk_grid=self.chunk_grid.grown(shape, unit))

    def with_attributes(self, attributes: FrozenMap) -> "ArrayV3Metadata":
        """The same array with other attributes."""
        return attrs.evolve(self, attributes=attributes)

    def to_json(self) -> dict[str, JSON]:
        """The ``zarr.json`` document, plain."""
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

    def to_dict(self) -> dict[str, JSON]:
        """What `to_json` gives, by the name that it has in zarr-python."""
        return self.to_json()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ArrayV3Metadata":
        """Value of a document; see `parse_array_v3`."""
        return parse_array_v3(thaw(FrozenMap(data)))

    def documents(self) -> dict[str, JSON]:
        """Documents to store, by their key below the array's path."""
        return {self.document_key: self.to_json()}


def _parse_grid(at: At) -> ChunkGrid | Invalid:
    grid: ChunkGrid | Invalid = parse_named("chunk_grids", at)
    return grid


def _parse_name(at: At) -> str | None | Invalid:
    if at.value is None or isinstance(at.value, str):
        return at.value
    return at.problem(f"expected a string or null, got {at.value!r}")


_parse_names = optional(list_of(_parse_name, "names"))
"""Names of the axes; some writers store null where there are none."""


def _raw(at: At) -> JSON:
    document: JSON = at.value
    return document


def _check_transformers(at: At) -> None | Invalid:
    if at.value == []:
        return None
    return at.problem(f"no storage transformers are defined; expected [], got {at.value!r}")


def _take_extra(members: Members, at: At) -> FrozenMap:
    kept = {}
    for name, value in members.take_rest().items():
        if isinstance(value, Mapping) and value.get("must_understand") is False:
            kept[name] = value
        else:
            at.child(name).problem('unknown member without "must_understand": false', unknown=True)
    return FrozenMap(kept)


def parse_array_v3(
    document: JSON, *, where: str = "zarr.json", registry: Registry | None = None
) -> ArrayV3Metadata:
    """Frozen value of a ``zarr.json`` array document.

    Parameters
    ----------
    document : JSON
        The decoded document.
    where : str
        Names the document in errors (its URL).
    registry : Registry
        What the names in the document mean; the default registry if none is given.

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
    at = At(document, problems, registry=registry)
    if not isinstance(document, Mapping):
        at.problem(f"expected a JSON object, got {type(document).__name__}")
        problems.raise_if_any(where)
    members = Members(at)
    members.take("zarr_format", one_of(3))
    members.take("node_type", one_of("array"))
    fields: dict[str, Any] = {
        "shape": members.take("shape", extents(0)),
        "data_type": members.take("data_type", parse_data_type),
        "chunk_grid": members.take("chunk_grid", _parse_grid),
        "chunk_key_encoding": members.take("chunk_key_encoding", parse_key_encoding),
    }
    fill = members.take("fill_value", _raw)
    fields["codecs"] = members.take("codecs", parse_codecs)
    fields["attributes"] = members.take_or("attributes", json_object, None)
    fields["dimension_names"] = members.take_or("dimension_names", _parse_names, None)
    members.take_or("storage_transformers", _check_transformers, None)
    fields["extra"] = _take_extra(members, at)
    if fill is not INVALID and fields["data_type"] is not INVALID:
        fields["fill_value"] = fields["data_type"].parse_fill(at.child("fill_value"))
    problems.raise_if_any(where)
    with naming_document(problems, where):
        return ArrayV3Metadata(**fields)


@contextmanager
def naming_document(problems: Problems, where: str) -> Iterator[None]:
    """Problems that a value finds in how its parts fit together, told as those of a document."""
    try:
        yield
    except MetadataError as error:
        problems.extend(error.problems)
        problems.raise_if_any(where)
        raise

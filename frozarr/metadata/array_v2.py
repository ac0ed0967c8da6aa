"""Array documents of format 2: ``.zarray`` and ``.zattrs``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.array_v3 import naming_document
from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec, parse_numcodecs
from frozarr.metadata.dtypes.base import (
    DataType,
    FillValue,
    fill_identity,
    frozen_fill,
    thawed_fill,
)
from frozarr.metadata.dtypes.fixed import encode_base64
from frozarr.metadata.dtypes.lookup import (
    data_type_of,
    dtype_to_json_v2,
    in_format_2,
    parse_dtype_v2,
)
from frozarr.metadata.dtypes.struct import parse_packed
from frozarr.metadata.dtypes.vlen import AnyObject, String, VariableLengthBytes
from frozarr.metadata.grids import RegularGrid
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.keys import V2Keys
from frozarr.metadata.parsing.at import INVALID, At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import extents, json_object, list_of, one_of, optional
from frozarr.metadata.parsing.problems import Problems
from frozarr.types import JSON, AnyDtype, Immutable, Shape, as_shape

__all__ = ["OBJECT_CODECS", "ArrayV2Metadata", "object_type", "parse_array_v2"]

Order: TypeAlias = Literal["C", "F"]


OBJECT_CODECS = ("vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2", "categorize")
"""Codecs that turn objects into bytes; ``pickle`` runs code when decoding and is never used."""


def _frozen_filters(filters: Iterable[NumcodecsCodec]) -> tuple[NumcodecsCodec, ...]:
    return tuple(filters)


def _structure(dtype: AnyDtype) -> str:
    return str(dtype.descr) if dtype.names else dtype.str


def object_type(codecs: Iterable[NumcodecsCodec]) -> DataType | None:
    """What objects are by the first object codec of a chain; None if there is none.

    Examples
    --------
    >>> object_type([NumcodecsCodec({"id": "vlen-utf8"})])
    String(name='string')
    """
    for codec in codecs:
        if codec.name in OBJECT_CODECS:
            known: dict[str, DataType] = {
                "vlen-utf8": String(), "vlen-bytes": VariableLengthBytes(),
            }  # fmt: skip
            return known.get(codec.name, AnyObject())
    return None


@attrs.frozen(kw_only=True)
class ArrayV2Metadata(Immutable):
    """What a format 2 array is, as one frozen value.

    Made by `parse_array_v2` or ``create_array(zarr_format=2)``; the constructor checks how the
    parts fit together.

    Raises
    ------
    MetadataError
        Parts that don't fit, all of them with their paths.
    """

    zarr_format: ClassVar[Literal[2, 3]] = 2
    document_key: ClassVar[str] = ".zarray"
    attributes_key: ClassVar[str] = ".zattrs"

    shape: Shape = attrs.field(converter=as_shape)
    chunks: Shape = attrs.field(converter=as_shape)
    dtype: AnyDtype = attrs.field(eq=_structure)
    """NumPy type of what reads return; its byte order is the stored one."""
    stored_fill: object = attrs.field(alias="fill_value", converter=frozen_fill, eq=fill_identity)
    """The fill value, frozen; `fill_value` is it as users know it."""
    order: Order = attrs.field(default="C", validator=attrs.validators.in_(("C", "F")))
    filters: tuple[NumcodecsCodec, ...] = attrs.field(default=(), converter=_frozen_filters)
    compressor: NumcodecsCodec | None = None
    dimension_separator: Literal[".", "/"] = attrs.field(
        default=".", validator=attrs.validators.in_((".", "/"))
    )
    attributes: FrozenMap = attrs.field(factory=FrozenMap, converter=FrozenMap)

    def __attrs_post_init__(self) -> None:
        problems = Problems()
        if len(self.chunks) != len(self.shape):
            problems.add(
                ("chunks",),
                f"{len(self.chunks)} axes, but shape {self.shape} has {len(self.shape)}",
            )
        if not self.dtype.hasobject and not in_format_2(self.dtype):
            problems.add(("dtype",), f"format 2 has no {self.dtype}")
        for i, codec in enumerate(self.filters):
            if codec.name.startswith("vlen-") and not self.dtype.hasobject:
                problems.add(("filters", i), f"{codec.name!r} codes objects, not {self.dtype}")
        if self.dtype.hasobject and object_type(self.codecs) is None:
            problems.add(
                ("filters",),
                f"dtype |O: objects need an object codec, one of {list(OBJECT_CODECS)} (pickle "
                "runs code when decoding; it is never used)",
            )
        problems.raise_if_any("array metadata")

    @property
    def codecs(self) -> tuple[NumcodecsCodec, ...]:
        """Filters and compressor, in the order of encoding."""
        return (*self.filters, *((self.compressor,) if self.compressor else ()))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def data_type(self) -> DataType:
        """The data type, byte order aside."""
        objects = object_type(self.codecs) if self.dtype.hasobject else None
        data_type = objects or data_type_of(self.dtype)
        if data_type is None:
            raise ValueError(f"dtype {self.dtype} has no data type in the Zarr formats")
        return data_type

    @property
    def fill_value(self) -> FillValue | None:
        """As the document has it; None (JSON null) is undefined: such elements read as zero."""
        return thawed_fill(self.stored_fill)

    @property
    def fill(self) -> FillValue:
        """Value of elements that are not stored."""
        fill = self.fill_value
        return self.data_type.cast_fill(0) if fill is None else fill

    @property
    def chunk_grid(self) -> RegularGrid:
        """The grid."""
        return RegularGrid(self.chunks)

    @property
    def chunk_key_encoding(self) -> V2Keys:
        """How chunks are named."""
        return V2Keys(separator=self.dimension_separator)

    @property
    def chunk_spec(self) -> ChunkSpec:
        """Shape and type of a chunk before any codec."""
        return ChunkSpec(self.chunks, self.dtype)

    @property
    def sharding(self) -> None:
        """Format 2 has no shards."""
        return

    @property
    def inner_shape(self) -> Shape:
        """Shape of a chunk."""
        return self.chunks

    def encode_chunk_key(self, chunk_coords: Shape) -> str:
        """Key of a stored chunk, relative to the array."""
        return self.chunk_key_encoding.key(tuple(chunk_coords))

    def with_shape(self, shape: Shape) -> "ArrayV2Metadata":
        """The same array with another shape."""
        return attrs.evolve(self, shape=shape)

    def with_attributes(self, attributes: FrozenMap) -> "ArrayV2Metadata":
        """The same array with other attributes."""
        return attrs.evolve(self, attributes=attributes)

    def to_json(self) -> dict[str, JSON]:
        """The ``.zarray`` document."""
        fill = self.fill_value
        return {
            "zarr_format": 2,
            "shape": list(self.shape),
            "chunks": list(self.chunks),
            "dtype": dtype_to_json_v2(self.dtype),
            "compressor": self.compressor.to_json() if self.compressor else None,
            "fill_value": None if fill is None else _fill_to_json(self, fill),
            "order": self.order,
            "filters": [f.to_json() for f in self.filters] or None,
            "dimension_separator": self.dimension_separator,
        }

    def to_dict(self) -> dict[str, JSON]:
        """Both documents as one, as zarr-python has them."""
        return {**self.to_json(), "attributes": thaw(self.attributes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ArrayV2Metadata":
        """Value of what `to_dict` gives; see `parse_array_v2`."""
        document: dict[str, JSON] = thaw(FrozenMap(data))
        attributes = document.pop("attributes", {})
        return parse_array_v2(document, attributes)

    def documents(self) -> dict[str, JSON]:
        """Documents to store, by their key below the array's path; attributes come last."""
        attributes: dict[str, JSON] = (
            {self.attributes_key: thaw(self.attributes)} if self.attributes else {}
        )
        return {self.document_key: self.to_json(), **attributes}


def _fill_to_json(metadata: ArrayV2Metadata, fill: FillValue) -> JSON:
    """Fill value in the document; of a record its bytes, each field in its own byte order."""
    if metadata.dtype.names is None:
        return metadata.data_type.fill_to_json_v2(fill)
    return encode_base64(np.asarray(fill).astype(metadata.dtype).tobytes())


def _parse_fill(at: At, dtype: AnyDtype, data_type: DataType) -> FillValue | None | Invalid:
    if at.value is None:
        return None
    if dtype.names is None or not isinstance(at.value, str):
        return data_type.parse_fill_v2(at)
    return parse_packed(at, dtype)


def _parse_chunks(at: At) -> Shape | Invalid:
    """Chunk shape; zarr-python 2 wrote 0 for zero-length axes, which means 1."""
    chunks = extents(0)(at)
    return INVALID if chunks is INVALID else tuple(max(1, size) for size in chunks)


_parse_filters = optional(list_of(parse_numcodecs, "filters"))


def _raw(at: At) -> JSON:
    document: JSON = at.value
    return document


def parse_array_v2(
    document: JSON, attributes: JSON = None, *, where: str = ".zarray"
) -> ArrayV2Metadata:
    """Frozen value of a ``.zarray`` document and its ``.zattrs``.

    Parameters
    ----------
    document, attributes : JSON
        The decoded documents; None for absent attributes.
    where : str
        Names the document in errors (its URL).

    Raises
    ------
    MetadataError
        With all problems of the documents, each with its path. Unknown members are no problem.

    Examples
    --------
    >>> parse_array_v2({"zarr_format": 2, "shape": [3], "chunks": [2], "dtype": "<i4",
    ...                 "fill_value": 0, "order": "C"}).dtype
    dtype('int32')
    """
    problems = Problems()
    at = At(document, problems)
    if not isinstance(document, Mapping):
        at.problem(f"expected a JSON object, got {type(document).__name__}")
    members = Members(at)
    members.take("zarr_format", one_of(2))
    fields: dict[str, Any] = {
        "shape": members.take("shape", extents(0)),
        "chunks": members.take("chunks", _parse_chunks),
        "dtype": members.take("dtype", parse_dtype_v2),
    }
    fill = members.take("fill_value", _raw)
    fields["order"] = members.take("order", one_of("C", "F"))
    filters = members.take_or("filters", _parse_filters, ())
    compressor = members.take_or("compressor", optional(parse_numcodecs), None)
    fields["dimension_separator"] = members.take_or("dimension_separator", one_of(".", "/"), ".")
    zattrs = json_object(At({} if attributes is None else attributes, problems, (".zattrs",)))
    fields |= {"filters": filters or (), "compressor": compressor, "attributes": zattrs}
    if fields["dtype"] is not INVALID and filters is not INVALID and compressor is not INVALID:
        codecs = (*(filters or ()), *((compressor,) if compressor else ()))
        objects = object_type(codecs) if fields["dtype"].hasobject else None
        if objects is not None:
            fields["dtype"] = objects.numpy
        data_type = objects or data_type_of(fields["dtype"])
        if data_type is not None and fill is not INVALID:
            fields["fill_value"] = _parse_fill(
                at.child("fill_value"), fields["dtype"], data_type
            )  # fmt: skip
    problems.raise_if_any(where)
    with naming_document(problems, where):
        return ArrayV2Metadata(**{"fill_value": None, **fields})

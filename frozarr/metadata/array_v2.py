"""Array documents of format 2: ``.zarray`` and ``.zattrs``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import attrs
import numpy as np

from frozarr.metadata.codecs.base import ChunkSpec
from frozarr.metadata.codecs.numcodecs import NumcodecsCodec
from frozarr.metadata.dtypes.base import DataType, FillValue, fill_identity
from frozarr.metadata.dtypes.fixed import decode_base64, encode_base64
from frozarr.metadata.dtypes.lookup import (
    data_type_of,
    dtype_to_json_v2,
    in_format_2,
    parse_dtype_v2,
)
from frozarr.metadata.dtypes.vlen import AnyObject, String, VariableLengthBytes
from frozarr.metadata.grids import RegularGrid
from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.keys import V2Keys
from frozarr.metadata.members import Members, as_extents, as_object, as_one_of, present
from frozarr.metadata.problems import Problems
from frozarr.types import JSON, UNSET, Loc, Shape, Unset, as_shape

__all__ = ["OBJECT_CODECS", "ArrayV2Metadata", "object_type", "parse_array_v2"]

Order: TypeAlias = Literal["C", "F"]


OBJECT_CODECS = ("vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2", "categorize")
"""Codecs that turn objects into bytes; ``pickle`` runs code when decoding and is never used."""


def _structure(dtype: np.dtype[Any]) -> str:
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
class ArrayV2Metadata:
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
    dtype: np.dtype[Any] = attrs.field(eq=_structure)
    """NumPy type of what reads return; its byte order is the stored one."""
    fill_value: FillValue | None = attrs.field(eq=fill_identity)
    """None (JSON null) is undefined: such elements read as zero."""
    order: Order = attrs.field(default="C", validator=attrs.validators.in_(("C", "F")))
    filters: tuple[NumcodecsCodec, ...] = attrs.field(default=())
    compressor: NumcodecsCodec | None = None
    dimension_separator: Literal[".", "/"] = attrs.field(
        default=".", validator=attrs.validators.in_((".", "/"))
    )
    attributes: FrozenMap = attrs.field(factory=FrozenMap)

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
        found = objects or data_type_of(self.dtype)
        if found is None:
            raise ValueError(f"dtype {self.dtype} has no data type in the Zarr formats")
        return found

    @property
    def fill(self) -> FillValue:
        """Value of elements that are not stored."""
        if self.fill_value is None:
            return self.data_type.cast_fill(0)
        return self.fill_value

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

    @property
    def dimension_names(self) -> None:
        """Format 2 has no member for them."""
        return

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


def _parse_fill(
    value: JSON, dtype: np.dtype[Any], data_type: DataType, problems: Problems
) -> FillValue | None:
    loc = ("fill_value",)
    if dtype.names is None or not isinstance(value, str):
        return data_type.parse_fill_v2(value, loc, problems)
    data = decode_base64(value, loc, problems)
    if data is not None and len(data) != dtype.itemsize:
        problems.add(loc, f"expected {dtype.itemsize} bytes, got {len(data)}")
        data = None
    return None if data is None else np.frombuffer(data, dtype).astype(data_type.numpy)[0]


def _parse_chunks(value: JSON, loc: Loc, problems: Problems) -> Shape | None:
    """Chunk shape; zarr-python 2 wrote 0 for zero-length axes, which means 1."""
    chunks = as_extents(0)(value, loc, problems)
    return None if chunks is None else tuple(max(1, size) for size in chunks)


def _parse_filters(value: JSON, loc: Loc, problems: Problems) -> tuple[NumcodecsCodec, ...] | None:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        problems.add(loc, f"expected null or a list of filters, got {value!r}")
        return None
    parsed = [NumcodecsCodec.from_json(v, (*loc, i), problems) for i, v in enumerate(value)]
    return None if None in parsed else tuple(f for f in parsed if f is not None)


def _parse_compressor(value: JSON, loc: Loc, problems: Problems) -> NumcodecsCodec | Unset | None:
    return UNSET if value is None else NumcodecsCodec.from_json(value, loc, problems)


def _as_raw(value: JSON, loc: Loc, problems: Problems) -> tuple[JSON]:  # noqa: ARG001 - a parser
    return (value,)  # wrapped: null is a value here, None means "noted problem"


def _parse_attributes(document: JSON, problems: Problems) -> FrozenMap:
    attributes = as_object({} if document is None else document, (".zattrs",), problems)
    return FrozenMap(attributes or {})


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
    if not isinstance(document, Mapping):
        problems.add((), f"expected a JSON object, got {type(document).__name__}")
        document = {}
    members = Members(document, (), problems)
    members.take("zarr_format", as_one_of(2))
    shape = members.take("shape", as_extents(0))
    chunks = members.take("chunks", _parse_chunks)
    dtype = members.take("dtype", parse_dtype_v2)
    raw_fill = members.take("fill_value", _as_raw)
    order = members.take("order", as_one_of("C", "F"))
    filters = members.take_or("filters", _parse_filters, default=())
    compressor = members.take_or("compressor", _parse_compressor, default=UNSET)
    separator = members.take_or("dimension_separator", as_one_of(".", "/"), default=".")
    frozen_attributes = _parse_attributes(attributes, problems)
    fill = None
    codecs = [*(filters or ()), *([compressor] if isinstance(compressor, NumcodecsCodec) else [])]
    data_type = None
    if dtype is not None:
        data_type = object_type(codecs) if dtype.hasobject else data_type_of(dtype)
    if dtype is not None and dtype.hasobject and data_type is not None:
        dtype = data_type.numpy
    if data_type is not None and raw_fill is not None and raw_fill[0] is not None:
        fill = _parse_fill(raw_fill[0], present(dtype), data_type, problems)
    problems.raise_if_any(where)
    try:
        return ArrayV2Metadata(
            shape=present(shape), chunks=present(chunks), dtype=present(dtype), fill_value=fill,
            order="F" if order == "F" else "C", filters=present(filters),
            compressor=compressor if isinstance(compressor, NumcodecsCodec) else None,
            dimension_separator="/" if separator == "/" else ".", attributes=frozen_attributes,
        )  # fmt: skip
    except ValueError as error:
        problems.extend(getattr(error, "problems", ()))
        problems.raise_if_any(where)
        raise

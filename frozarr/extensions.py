"""All that a codec, data type, grid or key encoding from outside needs; see docs/extending.md."""

from frozarr.indexing import RegularAxis, RunsAxis
from frozarr.io.kernels.base import (
    ArrayCoding,
    ArrayFilter,
    Binding,
    BytesKernel,
    BytesLike,
    DecodeError,
    as_bytes_view,
)
from frozarr.lazy import only
from frozarr.metadata.codecs.base import BytesToBytesCodec, ChunkSpec, Codec, CodecKind
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.grids import ChunkGrid
from frozarr.metadata.keys import ChunkKeyEncoding
from frozarr.metadata.parsing.at import INVALID, At, Invalid, Parser
from frozarr.metadata.parsing.members import REQUIRED, Configured, Members, member
from frozarr.metadata.parsing.parsers import (
    boolean,
    extents,
    integer,
    json_object,
    json_value,
    list_of,
    one_of,
    optional,
)
from frozarr.metadata.registry import Family, Registry, default_registry, register
from frozarr.types import JSON, Shape

__all__ = [
    "INVALID",
    "JSON",
    "REQUIRED",
    "ArrayCoding",
    "ArrayFilter",
    "At",
    "Binding",
    "BytesKernel",
    "BytesLike",
    "BytesToBytesCodec",
    "ChunkGrid",
    "ChunkKeyEncoding",
    "ChunkSpec",
    "Codec",
    "CodecKind",
    "Configured",
    "DataType",
    "DecodeError",
    "Family",
    "Invalid",
    "Members",
    "Parser",
    "Registry",
    "RegularAxis",
    "RunsAxis",
    "Shape",
    "as_bytes_view",
    "boolean",
    "default_registry",
    "extents",
    "integer",
    "json_object",
    "json_value",
    "list_of",
    "member",
    "one_of",
    "optional",
    "register",
]

__dir__ = only(__all__)

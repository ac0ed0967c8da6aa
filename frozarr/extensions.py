"""All that a codec, data type, grid or key encoding from outside needs; see docs/extending.md."""

from frozarr.io.kernels.base import BytesKernel, BytesLike, DecodeError, as_bytes_view
from frozarr.io.kernels.coding import ArrayCoding, ArrayFilter
from frozarr.metadata.axes import RegularAxis, RunsAxis
from frozarr.metadata.codecs.base import ChunkSpec, Codec, CodecKind
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.grids import ChunkGrid
from frozarr.metadata.keys import ChunkKeyEncoding
from frozarr.metadata.members import Members, as_bool, as_extents, as_int, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.metadata.registry import RegistryName, register
from frozarr.types import JSON, Loc, Shape

__all__ = [
    "JSON",
    "ArrayCoding",
    "ArrayFilter",
    "BytesKernel",
    "BytesLike",
    "ChunkGrid",
    "ChunkKeyEncoding",
    "ChunkSpec",
    "Codec",
    "CodecKind",
    "DataType",
    "DecodeError",
    "Loc",
    "Members",
    "Problems",
    "RegistryName",
    "RegularAxis",
    "RunsAxis",
    "Shape",
    "as_bool",
    "as_bytes_view",
    "as_extents",
    "as_int",
    "as_one_of",
    "register",
]

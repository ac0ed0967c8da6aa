"""What an array or a group is: documents of the Zarr formats 2 and 3 as frozen values.

`parse` makes a value of documents, `serialize` makes documents of a value; what is wrong with a
document is told all at once, each problem with its path (`MetadataError.problems`). Nothing here
reads or writes. Imports numpy and attrs only.

Examples
--------
>>> from frozarr import metadata
>>> array = metadata.ArraySpec(shape=(4,), dtype="<i2", compressors=None).metadata()
>>> documents = metadata.serialize(array)
>>> list(documents), metadata.parse(documents) == array
(['zarr.json'], True)
"""

from typing import TYPE_CHECKING

from frozarr.errors import MetadataError, UnknownExtensionError
from frozarr.lazy import lazy_names, only

if TYPE_CHECKING:
    from frozarr.metadata.array_v2 import ArrayV2Metadata, parse_array_v2
    from frozarr.metadata.array_v3 import ArrayV3Metadata, parse_array_v3
    from frozarr.metadata.codecs.base import ChunkSpec, Codec
    from frozarr.metadata.convert import to_v2, to_v3
    from frozarr.metadata.documents import NodeMetadata, parse, serialize
    from frozarr.metadata.dtypes.base import DataType
    from frozarr.metadata.grids import ChunkGrid, RectilinearGrid, RegularGrid
    from frozarr.metadata.group import GroupMetadata, parse_group, parse_group_v2
    from frozarr.metadata.json import FrozenList, FrozenMap
    from frozarr.metadata.keys import (
        ChunkKeyEncoding,
        DefaultKeys,
        FanoutKeys,
        SuffixKeys,
        V2Keys,
        plan_keys,
    )
    from frozarr.metadata.parsing.problems import Problem
    from frozarr.metadata.registry import Registry, default_registry, register
    from frozarr.metadata.spec import ArrayMetadata, ArraySpec

__all__ = [
    "ArrayMetadata",
    "ArraySpec",
    "ArrayV2Metadata",
    "ArrayV3Metadata",
    "ChunkGrid",
    "ChunkKeyEncoding",
    "ChunkSpec",
    "Codec",
    "DataType",
    "DefaultKeys",
    "FanoutKeys",
    "FrozenList",
    "FrozenMap",
    "GroupMetadata",
    "MetadataError",
    "NodeMetadata",
    "Problem",
    "RectilinearGrid",
    "Registry",
    "RegularGrid",
    "SuffixKeys",
    "UnknownExtensionError",
    "V2Keys",
    "default_registry",
    "parse",
    "parse_array_v2",
    "parse_array_v3",
    "parse_group",
    "parse_group_v2",
    "plan_keys",
    "register",
    "serialize",
    "to_v2",
    "to_v3",
]

_WHERE = {
    "ArrayMetadata": "spec",
    "ArraySpec": "spec",
    "ArrayV2Metadata": "array_v2",
    "ArrayV3Metadata": "array_v3",
    "ChunkGrid": "grids",
    "ChunkKeyEncoding": "keys",
    "ChunkSpec": "codecs.base",
    "Codec": "codecs.base",
    "DataType": "dtypes.base",
    "DefaultKeys": "keys",
    "FanoutKeys": "keys",
    "FrozenList": "json",
    "FrozenMap": "json",
    "GroupMetadata": "group",
    "NodeMetadata": "documents",
    "Problem": "parsing.problems",
    "RectilinearGrid": "grids",
    "Registry": "registry",
    "RegularGrid": "grids",
    "SuffixKeys": "keys",
    "V2Keys": "keys",
    "default_registry": "registry",
    "parse": "documents",
    "parse_array_v2": "array_v2",
    "parse_array_v3": "array_v3",
    "parse_group": "group",
    "parse_group_v2": "group",
    "plan_keys": "keys",
    "register": "registry",
    "serialize": "documents",
    "to_v2": "convert",
    "to_v3": "convert",
}

__getattr__, _ = lazy_names(__name__, _WHERE)
__dir__ = only(__all__)

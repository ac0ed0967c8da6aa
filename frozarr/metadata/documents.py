"""From the documents of a node to its value and back, whatever its kind and format."""

from collections.abc import Mapping
from typing import TypeAlias

from frozarr.errors import MetadataError
from frozarr.metadata.array_v2 import parse_array_v2
from frozarr.metadata.array_v3 import parse_array_v3
from frozarr.metadata.group import GroupMetadata, parse_group, parse_group_v2
from frozarr.metadata.registry import Registry
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import JSON

__all__ = ["NodeMetadata", "parse", "parse_array", "parse_v3", "serialize"]

NodeMetadata: TypeAlias = ArrayMetadata | GroupMetadata


def parse(
    documents: Mapping[str, JSON], *, where: str = "", registry: Registry | None = None
) -> NodeMetadata:
    """Value of a node's documents.

    Parameters
    ----------
    documents
        By the key that they have below the node's path: ``zarr.json``; or ``.zarray`` or
        ``.zgroup``, perhaps with ``.zattrs``. Decoded JSON. Format 3 wins where both stand.
    where
        The node's URL, for errors.
    registry
        What the names in the documents mean; the default registry if none is given.

    Raises
    ------
    MetadataError
        With all problems, each with its path; or there is no document of a node.
    """
    head = f"{where}/" if where else ""
    if "zarr.json" in documents:
        return parse_v3(documents["zarr.json"], where=f"{head}zarr.json", registry=registry)
    attributes = documents.get(".zattrs")
    if ".zarray" in documents:
        return parse_array_v2(documents[".zarray"], attributes, where=f"{head}.zarray")
    if ".zgroup" in documents:
        return parse_group_v2(documents[".zgroup"], attributes, where=f"{head}.zgroup")
    raise MetadataError(
        f"{where or 'documents'}: expected 'zarr.json', '.zarray' or '.zgroup', got "
        f"{sorted(documents)}"
    )


def parse_v3(
    document: JSON, *, where: str = "zarr.json", registry: Registry | None = None
) -> NodeMetadata:
    """Value of a ``zarr.json``: an array, or a group.

    Raises
    ------
    MetadataError
        With all problems of the document, each with its path.
    """
    if isinstance(document, Mapping) and document.get("node_type") == "group":
        return parse_group(document, where=where)
    return parse_array_v3(document, where=where, registry=registry)


def parse_array(document: Mapping[str, JSON], *, where: str = "") -> ArrayMetadata:
    """Value of a single document of an array, of either format.

    Attributes of format 2, which has another document for them, may stand as ``attributes``.

    Raises
    ------
    MetadataError
        With all problems of the document, each with its path.

    Examples
    --------
    >>> document = {"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "<i2", "order": "C",
    ...             "fill_value": 0, "compressor": None, "filters": None, "attributes": {"a": 1}}
    >>> parse_array(document).attributes
    {'a': 1}
    """
    if document.get("zarr_format") != 2:
        return parse_array_v3(document, where=where)
    plain = {name: value for name, value in document.items() if name != "attributes"}
    return parse_array_v2(plain, document.get("attributes"), where=where)


def serialize(metadata: NodeMetadata) -> dict[str, JSON]:
    """Documents of a node, plain, by their key below its path; the one that makes it exist first.

    Examples
    --------
    >>> serialize(GroupMetadata(zarr_format=2, attributes={"a": 1}))
    {'.zgroup': {'zarr_format': 2}, '.zattrs': {'a': 1}}
    """
    return metadata.documents()

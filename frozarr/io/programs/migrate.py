"""Documents of one format rewritten in the other: chunks stay where and as they are."""

from collections.abc import Mapping
from typing import Literal

import attrs

from frozarr.errors import ConflictError, MetadataError, NodeNotFoundError
from frozarr.io.kernels.base import as_bytes_view
from frozarr.io.programs.nodes import load_node
from frozarr.io.programs.requests import (
    Delete,
    Gather,
    Get,
    ListNames,
    Program,
    Sizes,
    Swap,
    Task,
    undone_by,
)
from frozarr.io.stores.path import StorePath
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.array_v3 import ArrayV3Metadata
from frozarr.metadata.convert import to_v2, to_v3
from frozarr.metadata.documents import NodeMetadata, serialize
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.json import FrozenMap, dumps, loads
from frozarr.types import UNSET

__all__ = ["Migration", "migrate"]

Format = Literal[2, 3]
_AT_ONCE = 64


def _frozen_documents(documents: Mapping[str, object]) -> FrozenMap:
    return FrozenMap(documents)


@attrs.frozen
class Migration:
    """What a migration stores, and what it removes."""

    zarr_format: Format
    """The new format."""
    documents: FrozenMap = attrs.field(converter=_frozen_documents)
    """New documents by their keys in the store, the topmost last."""
    removed: tuple[str, ...] = ()
    """Keys of old documents that are gone."""
    dry_run: bool = False
    """Nothing was done."""


def migrate(
    place: StorePath, zarr_format: Format, *, fill_value: object = UNSET, replace: bool = False,
    dry_run: bool = False,
) -> Program[Migration]:  # fmt: skip
    """Program that stores documents of another format for a node and all below it.

    Everything is converted before anything is stored; what was stored is removed if not all of it
    can be.

    Raises
    ------
    NodeNotFoundError
        There is nothing.
    MetadataError
        Nodes that the other format can't describe by the chunks that are there.
    ConflictError
        A document of the new format stands there that says something else.
    """
    nodes = yield from _nodes(place, 5 - zarr_format)
    if not nodes and (yield from load_node(place, zarr_format)) is None:
        raise NodeNotFoundError(
            f"{place}: no array or group to migrate at path {place.path!r}", url=str(place)
        )
    documents: dict[str, object] = {}
    for where, node in _converted(nodes, zarr_format, fill_value).items():
        for name, document in reversed(serialize(node).items()):
            documents[where.key(name)] = document
    removed = (yield from _old_documents(nodes)) if replace else ()
    if not dry_run:
        missing = yield from _missing(place, documents)
        written: list[str] = []
        if missing:
            yield from undone_by(_store(place, missing, written), lambda: _delete(written))
        if removed:
            yield from Delete(removed)
    return Migration(zarr_format, documents, removed, dry_run)


def _nodes(place: StorePath, zarr_format: int) -> Program[dict[StorePath, NodeMetadata]]:
    """A node and all below it that have documents of a format, the lowest first."""
    node = yield from load_node(place, 2 if zarr_format == 2 else 3)
    if node is None:
        return {}
    below: dict[StorePath, NodeMetadata] = {}
    if isinstance(node, GroupMetadata):
        names = yield from ListNames(place.path)
        children = [Task(_nodes(place / name, zarr_format)) for name in names if name[0] != "."]
        for nodes in (yield from Gather(children, 1, _AT_ONCE)):
            below |= nodes
    return {**below, place: node}


def _old_documents(nodes: Mapping[StorePath, NodeMetadata]) -> Program[tuple[str, ...]]:
    """Keys of the documents of nodes that are stored, the topmost first."""
    downwards = list(nodes.items())[::-1]
    keys = [where.key(name) for where, node in downwards for name in _names_of(node)]
    sizes = yield from Sizes(keys)
    return tuple(key for key, size in zip(keys, sizes, strict=True) if size is not None)


def _names_of(node: NodeMetadata) -> tuple[str, ...]:
    """Names that documents of a node may have; the one that makes it exist last."""
    match node:
        case ArrayV2Metadata():
            return ".zattrs", ".zarray"
        case GroupMetadata(zarr_format=2):
            return ".zmetadata", ".zattrs", ".zgroup"
        case _:
            return ("zarr.json",)


def _converted(
    nodes: Mapping[StorePath, NodeMetadata], zarr_format: Format, fill_value: object
) -> dict[StorePath, NodeMetadata]:
    """The nodes as the format has them; all that it can't say is told at once."""
    converted: dict[StorePath, NodeMetadata] = {}
    problems: list[str] = []
    for where, node in nodes.items():
        try:
            converted[where] = _convert(node, zarr_format, fill_value)
        except (ValueError, TypeError) as error:
            problems.append(f"{where}: {error}")
    if problems:
        raise MetadataError(
            f"format {zarr_format} can't describe the chunks that are there; nothing was changed. "
            f"Copy to new chunks instead: frozarr.from_array(..., zarr_format={zarr_format}). "
            + "; ".join(problems)
        )
    return converted


def _convert(node: NodeMetadata, zarr_format: Format, fill_value: object) -> NodeMetadata:
    match node:
        case GroupMetadata():
            return GroupMetadata(zarr_format=zarr_format, attributes=node.attributes)
        case ArrayV2Metadata():
            return to_v3(node, fill_value=fill_value)
        case ArrayV3Metadata():
            return to_v2(node)


def _missing(place: StorePath, documents: Mapping[str, object]) -> Program[dict[str, bytes]]:
    """Encoded documents that are not stored yet.

    Raises
    ------
    ConflictError
        One is stored that says something else.
    """
    stored = yield from Get(list(documents))
    missing = {}
    for (key, document), value in zip(documents.items(), stored, strict=True):
        if value is None:
            missing[key] = dumps(document)  # type: ignore[arg-type]  # serialized
        elif loads(as_bytes_view(value), where=key) != document:
            raise ConflictError(
                f"{place}: {key!r} says something else than the document that would be stored; "
                "nothing was changed. Remove one of the two",
                url=str(place), key=key,
            )  # fmt: skip
    return missing


def _store(place: StorePath, documents: Mapping[str, bytes], written: list[str]) -> Program[None]:
    for key, document in documents.items():
        if not (yield from Swap(key, None, document)):
            raise ConflictError(
                f"{place}: {key!r} was stored by somebody else meanwhile; nothing was changed",
                url=str(place), key=key,
            )  # fmt: skip
        written.append(key)


def _delete(keys: list[str]) -> Program[None]:
    if keys:
        yield from Delete(keys)

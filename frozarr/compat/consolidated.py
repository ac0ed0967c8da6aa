"""A group's metadata as the older API shows them, with what is consolidated in them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import attrs

from frozarr.handles.group import GroupHandle
from frozarr.io.buffers import Buffer, BufferPrototype, default_buffer_prototype
from frozarr.metadata import group
from frozarr.metadata.documents import serialize
from frozarr.metadata.hierarchy import Hierarchy, consolidated
from frozarr.metadata.json import dumps
from frozarr.types import JSON

__all__ = ["ConsolidatedMetadata", "GroupMetadata", "values_of"]


@attrs.frozen
class ConsolidatedMetadata:
    """What a group's document says of all below it."""

    hierarchy: Hierarchy
    kind: ClassVar[str] = "inline"
    must_understand: ClassVar[bool] = False

    @property
    def flattened_metadata(self) -> dict[str, Any]:
        """Metadata by path."""
        return {path: _shown(node) for path, node in self.hierarchy.items() if path}

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of what is right below, by name; groups have their own consolidated metadata."""
        below: dict[str, Any] = {}
        for name, node in self.hierarchy.below("", 0).items():
            inner = Hierarchy({**self.hierarchy.below(name), "": node})
            shown = _shown(node)
            is_group = isinstance(shown, GroupMetadata)
            below[name] = (
                attrs.evolve(shown, consolidated_metadata=ConsolidatedMetadata(inner))
                if is_group
                else shown
            )
        return below

    def to_dict(self) -> JSON:
        """The member of a ``zarr.json``."""
        return consolidated(self.hierarchy, 3)


@attrs.frozen(kw_only=True)
class GroupMetadata:
    """What a group is: its format and attributes, and what is consolidated.

    Examples
    --------
    >>> GroupMetadata(attributes={"a": 1}).to_dict()
    {'zarr_format': 3, 'node_type': 'group', 'attributes': {'a': 1}}
    """

    node_type: ClassVar[str] = "group"
    attributes: Mapping[str, Any] = attrs.field(factory=dict)
    zarr_format: Literal[2, 3] = 3
    consolidated_metadata: ConsolidatedMetadata | None = None

    @classmethod
    def of(cls, handle: GroupHandle) -> "GroupMetadata":
        """Those of a handle."""
        cell = handle.consolidated
        metadata = handle.metadata
        told = None
        if cell is not None:
            below = cell.hierarchy.below(cell.path_of(handle.store_path))
            told = ConsolidatedMetadata(Hierarchy({**below, "": metadata}))
        return cls(
            attributes=metadata.attributes.asdict(), zarr_format=metadata.zarr_format,
            consolidated_metadata=told,
        )  # fmt: skip

    @property
    def frozen(self) -> group.GroupMetadata:
        """The frozen value."""
        return group.GroupMetadata(attributes=self.attributes, zarr_format=self.zarr_format)

    def to_dict(self) -> dict[str, JSON]:
        """The document of format 3, or both of format 2 as one."""
        documents: dict[str, Any] = serialize(self.frozen)
        if self.zarr_format == 2:
            return {**documents[".zgroup"], "attributes": dict(self.attributes)}
        told = self.consolidated_metadata
        more = {} if told is None else {"consolidated_metadata": told.to_dict()}
        return {**documents["zarr.json"], **more}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "GroupMetadata":
        """Metadata from a document.

        Parameters
        ----------
        data
            The document, with ``attributes``.
        """
        return cls(attributes=data.get("attributes", {}), zarr_format=data["zarr_format"])

    def to_buffer_dict(self, prototype: BufferPrototype | None = None) -> dict[str, Buffer]:
        """Encoded documents by their names.

        Parameters
        ----------
        prototype
            In whose memory they are to be.
        """
        make = (prototype or default_buffer_prototype()).buffer.from_bytes
        return {name: make(dumps(doc)) for name, doc in serialize(self.frozen).items()}


def _shown(node: Any) -> Any:
    if isinstance(node, group.GroupMetadata):
        return GroupMetadata(attributes=node.attributes.asdict(), zarr_format=node.zarr_format)
    return node


def values_of(nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata by path, as frozen values."""
    return {
        path: node.frozen if isinstance(node, GroupMetadata) else node
        for path, node in nodes.items()
    }

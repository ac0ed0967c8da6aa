"""Groups."""

from frozarr.compat.api.asynchronous import create_hierarchy
from frozarr.compat.consolidated import ConsolidatedMetadata, GroupMetadata
from frozarr.compat.core.nodes import get_node
from frozarr.compat.groups import AsyncGroup, Group

__all__ = [
    "AsyncGroup", "ConsolidatedMetadata", "Group", "GroupMetadata", "create_hierarchy", "get_node",
]  # fmt: skip

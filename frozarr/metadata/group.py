"""Group documents: ``zarr.json`` of format 3, ``.zgroup`` and ``.zattrs`` of format 2."""

from collections.abc import Mapping
from typing import Literal

import attrs

from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.members import Members, as_object, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.types import JSON

__all__ = ["GroupMetadata", "parse_group"]


@attrs.frozen(kw_only=True)
class GroupMetadata:
    """What a group is: its format and attributes.

    Examples
    --------
    >>> GroupMetadata(zarr_format=2).documents()
    {'.zgroup': {'zarr_format': 2}}
    """

    zarr_format: Literal[2, 3] = attrs.field(default=3, validator=attrs.validators.in_((2, 3)))
    attributes: FrozenMap = attrs.field(factory=FrozenMap)
    extra: FrozenMap = attrs.field(factory=FrozenMap)
    """Other members of the document, kept as they were read (format 3)."""

    def documents(self) -> dict[str, JSON]:
        """Documents to store, by their key below the group's path."""
        if self.zarr_format == 2:
            attributes = {".zattrs": thaw(self.attributes)} if self.attributes else {}
            return {".zgroup": {"zarr_format": 2}, **attributes}
        extra = {name: thaw(value) for name, value in self.extra.items()}
        return {
            "zarr.json": {
                "zarr_format": 3,
                "node_type": "group",
                "attributes": thaw(self.attributes),
                **extra,
            }
        }


def parse_group(document: JSON, *, where: str = "zarr.json") -> GroupMetadata:
    """Frozen value of a format 3 group document.

    Raises
    ------
    MetadataError
        With all problems of the document, each with its path.
    """
    problems = Problems()
    members = Members(document if isinstance(document, Mapping) else {}, (), problems)
    members.take("zarr_format", as_one_of(3))
    members.take("node_type", as_one_of("group"))
    attributes = members.take_or("attributes", as_object, default=None)
    problems.raise_if_any(where)
    return GroupMetadata(attributes=FrozenMap(attributes), extra=FrozenMap(members.rest()))


def parse_group_v2(
    document: JSON, attributes: JSON = None, *, where: str = ".zgroup"
) -> GroupMetadata:
    """Frozen value of a ``.zgroup`` document and its ``.zattrs``; other members are ignored.

    Raises
    ------
    MetadataError
        With all problems of the documents, each with its path.
    """
    problems = Problems()
    members = Members(document if isinstance(document, Mapping) else {}, (), problems)
    members.take("zarr_format", as_one_of(2))
    frozen = as_object({} if attributes is None else attributes, (".zattrs",), problems)
    problems.raise_if_any(where)
    return GroupMetadata(zarr_format=2, attributes=FrozenMap(frozen))

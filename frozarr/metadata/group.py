"""Group documents: ``zarr.json`` of format 3, ``.zgroup`` and ``.zattrs`` of format 2."""

from collections.abc import Mapping
from typing import Literal

import attrs

from frozarr.metadata.json import FrozenMap, thaw
from frozarr.metadata.parsing.at import At, Invalid
from frozarr.metadata.parsing.members import Members
from frozarr.metadata.parsing.parsers import json_object, one_of
from frozarr.metadata.parsing.problems import Problems
from frozarr.types import JSON, Immutable

__all__ = ["GroupMetadata", "parse_group"]


@attrs.frozen(kw_only=True)
class GroupMetadata(Immutable):
    """What a group is: its format and attributes.

    Examples
    --------
    >>> GroupMetadata(zarr_format=2).documents()
    {'.zgroup': {'zarr_format': 2}}
    """

    zarr_format: Literal[2, 3] = attrs.field(default=3, validator=attrs.validators.in_((2, 3)))
    attributes: FrozenMap = attrs.field(factory=FrozenMap, converter=FrozenMap)
    extra: FrozenMap = attrs.field(factory=FrozenMap, converter=FrozenMap)
    """Other members of the document, kept as they were read (format 3)."""

    def documents(self) -> dict[str, JSON]:
        """Documents to store, by their key below the group's path."""
        if self.zarr_format == 2:
            attributes = {".zattrs": thaw(self.attributes)} if self.attributes else {}
            return {".zgroup": {"zarr_format": 2}, **attributes}
        return {"zarr.json": self.to_json()}

    def to_json(self) -> dict[str, JSON]:
        """The ``zarr.json`` document, plain."""
        extra = {name: thaw(value) for name, value in self.extra.items()}
        return {
            "zarr_format": 3, "node_type": "group", "attributes": thaw(self.attributes), **extra
        }  # fmt: skip


def parse_group(document: JSON, *, where: str = "zarr.json") -> GroupMetadata:
    """Frozen value of a format 3 group document.

    Raises
    ------
    MetadataError
        With all problems of the document, each with its path.
    """
    problems = Problems()
    members = Members(At(document, problems))
    members.take("zarr_format", one_of(3))
    members.take("node_type", one_of("group"))
    attributes = members.take_or("attributes", json_object, None)
    problems.raise_if_any(where)
    return GroupMetadata(attributes=frozen_map(attributes), extra=FrozenMap(members.take_rest()))


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
    Members(At(document, problems)).take("zarr_format", one_of(2))
    members = json_object(At({} if attributes is None else attributes, problems, (".zattrs",)))
    problems.raise_if_any(where)
    return GroupMetadata(zarr_format=2, attributes=frozen_map(members))


def frozen_map(members: Mapping[str, JSON] | Invalid | None) -> FrozenMap:
    """Members of an object; none of one that is absent."""
    return FrozenMap(members if isinstance(members, Mapping) else None)

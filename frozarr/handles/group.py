"""The handle of a group: a thin frozen value; what one can do with it is written in commands."""

import html
from collections.abc import Mapping
from typing import Self

import attrs

from frozarr.config import Config, as_config
from frozarr.io.programs.groups import Consolidated
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import StorePath
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.hierarchy import Hierarchy, tree_text
from frozarr.metadata.json import FrozenMap

__all__ = ["GroupHandle", "GroupInfo", "Tree"]


@attrs.frozen(repr=False)
class GroupHandle:
    """A group in a store: its metadata as they were read, and where it is."""

    metadata: GroupMetadata
    store_path: StorePath
    config: Config = attrs.field(default=None, converter=as_config)
    consolidated: Consolidated | None = attrs.field(default=None, eq=False, kw_only=True)
    """What consolidated metadata say; None if they are not used."""

    @classmethod
    def of(cls, handle: "GroupHandle") -> Self:
        """The same group behind this kind of handle."""
        return cls(
            handle.metadata, handle.store_path, handle.config, consolidated=handle.consolidated
        )

    @property
    def store(self) -> Store:
        """The store."""
        return self.store_path.store

    @property
    def path(self) -> str:
        """Path in the store."""
        return self.store_path.path

    @property
    def name(self) -> str:
        """Path with a slash ahead."""
        return f"/{self.path}"

    @property
    def basename(self) -> str:
        """Last segment of the path."""
        return self.path.rpartition("/")[2]

    @property
    def read_only(self) -> bool:
        """Changes are refused."""
        return self.store.read_only

    @property
    def zarr_format(self) -> int:
        """2 or 3."""
        return self.metadata.zarr_format

    @property
    def attrs(self) -> FrozenMap:
        """Attributes: a frozen mapping; `update_attributes` gives a handle with others."""
        return self.metadata.attributes

    @property
    def info(self) -> "GroupInfo":
        """A printable record; nothing is read."""
        return self.info_with(None, None)

    def info_with(self, arrays: int | None, groups: int | None) -> "GroupInfo":
        """A printable record, with the number of arrays and groups below if they were counted."""
        return GroupInfo(
            name=self.name, type=type(self).__name__, zarr_format=self.metadata.zarr_format,
            read_only=self.read_only, store_type=type(self.store).__name__,
            consolidated=self.consolidated is not None, other_writers=self.store.promises,
            arrays=arrays, groups=groups,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.store_path}>"


@attrs.frozen(kw_only=True, repr=False)
class GroupInfo:
    """What there is to know about a group, one field per line."""

    name: str
    type: str
    zarr_format: int
    read_only: bool
    store_type: str
    consolidated: bool
    """Whether consolidated metadata are used."""
    other_writers: str
    """What holds if other processes change the same group."""
    arrays: int | None = None
    """Arrays below, however deep; None if they were not counted."""
    groups: int | None = None

    def to_dict(self) -> dict[str, object]:
        """The fields that are set."""
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}

    def _rows(self) -> Mapping[str, object]:
        return {name.replace("_", " ").capitalize(): v for name, v in self.to_dict().items()}

    def __repr__(self) -> str:
        return "\n".join(f"{name:<18} : {value}" for name, value in self._rows().items())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th>"
            f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>"
            for name, value in self._rows().items()
        )
        return f"<table>{rows}</table>"


@attrs.frozen(repr=False)
class Tree:
    """A drawing of what is below a group, as text and for notebooks."""

    hierarchy: Hierarchy
    name: str = "/"
    max_depth: int | None = None
    max_nodes: int | None = None
    """Lines at most; None for all."""

    def __repr__(self) -> str:
        lines = tree_text(self.hierarchy, self.name, self.max_depth).splitlines()
        if self.max_nodes is not None and len(lines) > self.max_nodes:
            lines = [*lines[: self.max_nodes], f"… and {len(lines) - self.max_nodes} more"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"

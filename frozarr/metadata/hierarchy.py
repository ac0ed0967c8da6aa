"""A hierarchy as a value: what stands at which path. Consolidated metadata are its documents."""

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

import attrs

from frozarr.errors import InvalidKeyError, MetadataError
from frozarr.metadata.documents import NodeMetadata, parse, parse_v3, serialize
from frozarr.metadata.group import GroupMetadata
from frozarr.metadata.json import FrozenMap
from frozarr.metadata.parsing.problems import Problem, Problems
from frozarr.metadata.paths import check_key, join, normalize_path
from frozarr.types import JSON, Immutable

__all__ = [
    "DOCUMENTS", "MEMBER", "Hierarchy", "HierarchyDiff", "consolidated", "parse_consolidated",
    "tree_text", "without_member",
]  # fmt: skip

DOCUMENTS = frozenset({"zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata"})
"""Names that no node can have."""
HIDDEN_NAMES = ".frozarr-"
"""What names begin with that stores keep for themselves."""
MAX_SEGMENT_NBYTES = 255
MEMBER = "consolidated_metadata"
"""Member of a group's ``zarr.json`` that tells of all below it."""
Nodes = Mapping[str, NodeMetadata]


class HierarchyDiff(NamedTuple):
    """Paths in which two hierarchies differ."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def _complete(
    nodes: Nodes | Iterable[tuple[str, NodeMetadata]],
) -> tuple[tuple[str, NodeMetadata], ...]:
    """Nodes in the order of their paths, groups above them included.

    Raises
    ------
    MetadataError
        With all problems: paths that no node can have, arrays with something below them.
    """
    given = dict(nodes)
    problems = Problems()
    known: dict[str, NodeMetadata] = {}
    for path, metadata in given.items():
        try:
            normal = _checked_path(path)
        except InvalidKeyError as error:
            problems.add((path,), str(error))
            continue
        if normal in known:
            problems.add((path,), f"is {normal!r}, which is there twice")
        known[normal] = metadata
    for path in list(known):
        above = path
        while above:
            above = above.rpartition("/")[0]
            zarr_format = known[path].zarr_format
            parent = known.setdefault(above, GroupMetadata(zarr_format=zarr_format))
            if not isinstance(parent, GroupMetadata):
                problems.add((path,), f"lies below the array {above!r}")
            elif parent.zarr_format != zarr_format:
                problems.add((path,), f"has format {zarr_format}, the group {above!r} another")
    problems.raise_if_any("hierarchy")
    return tuple(sorted(known.items()))


def _checked_path(path: str) -> str:
    normal = normalize_path(path)
    if normal:
        check_key(normal)
    for segment in normal.split("/"):
        if segment in DOCUMENTS or segment.startswith(HIDDEN_NAMES):
            raise InvalidKeyError(f"path {path!r}: {segment!r} is reserved, no node can have it")
        if len(segment.encode(errors="replace")) > MAX_SEGMENT_NBYTES:
            raise InvalidKeyError(f"path {path[:40]!r}…: no file system has such long names")
    return normal


@attrs.frozen
class Hierarchy(Immutable):
    """Metadata of a group and of all that lies below it, by paths relative to it.

    The group itself has the empty path; groups above a node are there, too.

    Parameters
    ----------
    nodes
        Values by their paths.

    Raises
    ------
    MetadataError
        With all problems: paths that no node can have, arrays with something below them.

    Examples
    --------
    >>> from frozarr.metadata import ArraySpec
    >>> tree = Hierarchy({"a/b": ArraySpec(shape=4, chunks=2, dtype="i2").metadata()})
    >>> print(tree)
    /
    └── a
        └── b (4,) int16
    >>> sorted(tree), tree["a/b"].shape
    (['', 'a', 'a/b'], (4,))
    """

    nodes: tuple[tuple[str, NodeMetadata], ...] = attrs.field(converter=_complete, factory=dict)

    @cached_property
    def _by_path(self) -> Nodes:
        return MappingProxyType(dict(self.nodes))

    def __getitem__(self, path: str) -> NodeMetadata:
        return self._by_path[normalize_path(path)]

    def get(self, path: str) -> NodeMetadata | None:
        """Metadata at a path; None if nothing is there."""
        return self._by_path.get(normalize_path(path))

    def __iter__(self) -> Iterator[str]:
        return (path for path, _ in self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    def items(self) -> ItemsView[str, NodeMetadata]:
        """Paths and metadata, in the order of paths."""
        return self._by_path.items()

    def below(self, path: str, max_depth: int | None = None) -> dict[str, NodeMetadata]:
        """What lies below a path, by paths relative to it.

        Parameters
        ----------
        max_depth
            0 for children only, None for all.
        """
        head = f"{normalize_path(path)}/" if normalize_path(path) else ""
        inside = {p[len(head) :]: node for p, node in self.nodes if p.startswith(head) and p != ""}
        return {p: n for p, n in inside.items() if max_depth is None or p.count("/") <= max_depth}

    def with_node(self, path: str, metadata: NodeMetadata) -> "Hierarchy":
        """The same hierarchy with another node, or other metadata of one."""
        return Hierarchy({**dict(self.nodes), normalize_path(path): metadata})

    def changed(self, change: Mapping[str, NodeMetadata | None]) -> "Hierarchy":
        """The same hierarchy with other nodes; None for one that goes.

        What lay below a node that is another, or gone, goes with it.
        """
        heads = tuple(f"{path}/" for path in change if path)
        kept = {
            path: node
            for path, node in self.nodes
            if path not in change and not path.startswith(heads)
        }
        added = {path: node for path, node in change.items() if node is not None}
        return Hierarchy({**kept, **added})

    def diff(self, other: "Hierarchy") -> HierarchyDiff:
        """What another hierarchy has more, has not, or has otherwise."""
        mine, theirs = dict(self.items()), dict(other.items())
        both = mine.keys() & theirs.keys()
        return HierarchyDiff(
            tuple(sorted(theirs.keys() - mine.keys())), tuple(sorted(mine.keys() - theirs.keys())),
            tuple(sorted(path for path in both if mine[path] != theirs[path])),
        )  # fmt: skip

    def __str__(self) -> str:
        return tree_text(self)


def tree_text(hierarchy: Hierarchy, name: str = "/", max_depth: int | None = None) -> str:
    """A drawing of a hierarchy, a line for each node."""
    nodes = hierarchy.below("", max_depth)
    children: dict[str, list[str]] = {}
    for path in nodes:
        children.setdefault(path.rpartition("/")[0], []).append(path)
    lines = [name]
    waiting = [(path, "", path == children[""][-1]) for path in reversed(children.get("", []))]
    while waiting:
        path, indent, last = waiting.pop()
        node, shown = nodes[path], path.rpartition("/")[2]
        if not isinstance(node, GroupMetadata):
            shown += f" {node.shape} {node.data_type.name}"
        lines.append(f"{indent}{'└' if last else '├'}── {shown}")
        below = children.get(path, [])
        deeper = indent + ("    " if last else "│   ")
        waiting += [(child, deeper, child == below[-1]) for child in reversed(below)]
    return "\n".join(lines)


# ---------------------------------------------------------------------- documents


def consolidated(hierarchy: Hierarchy, zarr_format: Literal[2, 3]) -> JSON:
    """Consolidated metadata: the member of a group's ``zarr.json``, or a ``.zmetadata``."""
    if zarr_format == 3:
        below = {path: serialize(node)["zarr.json"] for path, node in hierarchy.items() if path}
        return {"kind": "inline", "must_understand": False, "metadata": below}
    documents = {
        join(path, name) if path else name: document
        for path, node in hierarchy.items()
        for name, document in serialize(node).items()
    }
    return {"zarr_consolidated_format": 1, "metadata": documents}


def without_member(group: GroupMetadata) -> GroupMetadata:
    """A group's metadata without what they say of others."""
    extra = {name: value for name, value in group.extra.items() if name != MEMBER}
    return attrs.evolve(group, extra=FrozenMap(extra))


def parse_consolidated(document: JSON, root: GroupMetadata, *, where: str) -> Hierarchy:
    """Hierarchy of consolidated metadata of either format.

    Parameters
    ----------
    document
        The member ``consolidated_metadata``, or a ``.zmetadata``.
    root
        The group that has it.
    where
        Names the document in errors.

    Raises
    ------
    MetadataError
        With all problems of all nodes: nothing is followed, nothing is left out.
    """
    members = document.get("metadata") if isinstance(document, Mapping) else None
    if not isinstance(members, Mapping):
        raise MetadataError(f"{where}: metadata: expected an object of documents")
    problems = Problems()
    nodes: dict[str, NodeMetadata] = {}
    parse_next = _parsing_once()
    for path, documents in _by_path(members, root.zarr_format).items():
        try:
            nodes[path] = (
                parse_next(documents["zarr.json"]) if root.zarr_format == 3 else parse(documents)
            )
        except MetadataError as error:
            inner = error.problems or [Problem((), str(error))]
            problems.extend(Problem((path, *p.loc), p.message, p.unknown) for p in inner)
    problems.raise_if_any(where)
    nodes[""] = without_member(root) if root.zarr_format == 3 else nodes.get("", root)
    try:
        return Hierarchy(nodes)
    except MetadataError as error:
        raise MetadataError(f"{where}: {error}", problems=error.problems) from None


def _parsing_once() -> Callable[[JSON], NodeMetadata]:
    """Parses documents of format 3; those that differ in attributes only, as most do, once."""
    known: dict[str, NodeMetadata] = {}

    def parse_next(document: JSON) -> NodeMetadata:
        attributes = document.get("attributes") if isinstance(document, Mapping) else None
        if not isinstance(document, Mapping) or not isinstance(attributes, Mapping):
            return parse_v3(document)
        rest = {name: value for name, value in document.items() if name != "attributes"}
        text = repr(rest)
        if text not in known:
            known[text] = parse_v3(rest)
        alike = known[text]
        return attrs.evolve(alike, attributes=FrozenMap(attributes)) if attributes else alike

    return parse_next


def _by_path(members: Mapping[str, JSON], zarr_format: int) -> dict[str, dict[str, JSON]]:
    """Documents of each node, by its path."""
    if zarr_format == 3:
        return {path: {"zarr.json": document} for path, document in members.items()}
    found: dict[str, dict[str, JSON]] = {}
    for key, document in members.items():
        path, _, name = key.rpartition("/")
        found.setdefault(path, {})[name] = document
    return found

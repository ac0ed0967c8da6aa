"""Deep-frozen JSON values, and strict reading and writing of JSON documents.

Documents come from anywhere: size, depth and duplicate members are checked, the literals NaN and
Infinity are accepted (zarr-python and netCDF write them), and every failure is a MetadataError.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, Union

import numpy as np

from frozarr.errors import MetadataError
from frozarr.metadata.problems import format_loc
from frozarr.types import JSON, Loc

__all__ = ["FrozenJSON", "FrozenMap", "dumps", "freeze", "loads", "thaw"]

MAX_DOCUMENT_NBYTES = 64 * 1024 * 1024
MAX_DEPTH = 200

FrozenJSON: TypeAlias = Union[None, bool, int, float, str, tuple["FrozenJSON", ...], "FrozenMap"]
"""JSON with tuples for lists and FrozenMap for objects."""


class FrozenMap(Mapping[str, FrozenJSON]):
    """Hashable mapping of JSON values that keeps its order and can't be changed.

    Examples
    --------
    >>> attributes = FrozenMap({"units": "K", "valid": [0, 1]})
    >>> attributes["valid"]
    (0, 1)
    >>> attributes == {"valid": (0, 1), "units": "K"}
    True
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, Any] | None = None, loc: Loc = ()) -> None:
        members: dict[str, FrozenJSON] = {}
        for name, value in (entries or {}).items():
            if not isinstance(name, str):
                raise _not_json(loc, f"member names must be strings, got {name!r}")
            members[name] = freeze(value, (*loc, name))
        self._entries = members

    def __getitem__(self, key: str) -> FrozenJSON:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __hash__(self) -> int:
        return hash(frozenset(self._entries.items()))

    def __repr__(self) -> str:
        return f"FrozenMap({self._entries!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMap, (self._entries,)

    def merged(self, new: Mapping[str, Any]) -> "FrozenMap":
        """Copy of the mapping with the members of `new` added or replaced."""
        return FrozenMap({**self._entries, **new})


def freeze(value: Any, loc: Loc = ()) -> FrozenJSON:
    """Deep-frozen copy of a JSON value; numpy scalars become Python's.

    Raises
    ------
    MetadataError
        A value that JSON can't hold, or a member name that is not a string, with its path.

    Examples
    --------
    >>> freeze({"a": [1, 2.5, None]})
    FrozenMap({'a': (1, 2.5, None)})
    """
    match value:
        case None | bool() | int() | float() | str() | FrozenMap():
            return value
        case np.bool_() | np.integer() | np.floating():
            return value.item()
        case Mapping():
            return FrozenMap(value, loc)
        case list() | tuple():
            return tuple(freeze(v, (*loc, i)) for i, v in enumerate(value))
        case _:
            raise _not_json(loc, f"JSON can't hold a {type(value).__name__}: {value!r}")


def _not_json(loc: Loc, message: str) -> MetadataError:
    where = f"{format_loc(loc)}: " if loc else ""
    return MetadataError(f"{where}{message}", loc=loc)


def thaw(value: FrozenJSON) -> JSON:
    """Plain dicts and lists equal to a frozen value; changing them changes nothing else."""
    match value:
        case FrozenMap():
            return {key: thaw(entry) for key, entry in value.items()}
        case tuple():
            return [thaw(entry) for entry in value]
        case _:
            return value


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise MetadataError(f"not a valid document: members {twice} stand twice")
    return members


def loads(document: bytes | memoryview, *, where: str = "document") -> JSON:
    """JSON value of an encoded document.

    Parameters
    ----------
    where : str
        Names the document in errors (its URL and key).

    Raises
    ------
    MetadataError
        Not UTF-8, not JSON, duplicate members, nested deeper than 200 or larger than 64 MiB.

    Examples
    --------
    >>> loads(b'{"zarr_format": 3}')
    {'zarr_format': 3}
    """
    if len(document) > MAX_DOCUMENT_NBYTES:
        raise MetadataError(f"{where}: {len(document)} bytes exceed {MAX_DOCUMENT_NBYTES}")
    try:
        value: JSON = json.loads(bytes(document), object_pairs_hook=_members)
    except MetadataError as error:
        raise MetadataError(f"{where}: {error}") from None
    except UnicodeDecodeError as error:
        raise MetadataError(f"{where}: not UTF-8: {error}") from error
    except ValueError as error:
        raise MetadataError(f"{where}: not JSON: {error}") from error
    except RecursionError as error:
        raise MetadataError(f"{where}: nested deeper than {MAX_DEPTH}") from error
    if _depth_exceeds(value, MAX_DEPTH):
        raise MetadataError(f"{where}: nested deeper than {MAX_DEPTH}")
    return value


def _depth_exceeds(value: JSON, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        level = (
            [
                entry
                for parent in level
                for entry in (parent.values() if isinstance(parent, dict) else parent)
                if isinstance(entry, dict | list)
            ]
            if any(isinstance(v, dict | list) for v in level)
            else []
        )
        if not level:
            return False
    return True


def dumps(value: JSON) -> bytes:
    r"""Encoded document: UTF-8, two spaces of indent, members in the order given.

    Examples
    --------
    >>> dumps({"zarr_format": 3})
    b'{\n  "zarr_format": 3\n}'
    """
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")

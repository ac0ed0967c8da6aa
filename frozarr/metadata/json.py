"""Deep-frozen JSON values, and strict reading and writing of JSON documents.

Documents come from anywhere: size, depth and duplicate members are checked, the literals NaN and
Infinity are accepted (zarr-python and netCDF write them), and every failure is a MetadataError.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias, TypedDict, Union

import numpy as np

from frozarr.errors import MetadataError, NotJSONError
from frozarr.metadata.parsing.problems import format_loc
from frozarr.types import JSON, Loc

__all__ = ["FrozenJSON", "FrozenList", "FrozenMap", "dumps", "freeze", "loads", "thaw"]

MAX_DOCUMENT_NBYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
_SHOWN = 10

FrozenJSON: TypeAlias = Union[None, bool, int, float, str, "FrozenList", "FrozenMap"]
"""JSON with FrozenList for lists and FrozenMap for objects."""


class FrozenList(tuple[Any, ...]):
    """A list of JSON values that can't be changed: prints, compares and is dumped as a list.

    Examples
    --------
    >>> valid = FrozenList([0, 1])
    >>> valid, valid == [0, 1], valid == (0, 1), valid + [2]
    ([0, 1], True, True, [0, 1, 2])
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __add__(self, other: Sequence[Any]) -> list[Any]:  # type: ignore[override]  # as a list
        return [*self, *other]

    def __radd__(self, other: Sequence[Any]) -> list[Any]:
        return [*other, *self]

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[object, ...]:
        return FrozenList, (tuple(self),)

    def copy(self) -> list[JSON]:
        """A plain list, to be changed at will."""
        return [thaw(entry) for entry in self]

    __copy__ = copy

    def __deepcopy__(self, _: object) -> list[JSON]:
        return self.copy()


class FrozenMap(dict[str, FrozenJSON]):
    """A dictionary of JSON values that keeps its order and can't be changed; hashable.

    It prints, compares, and is dumped as the plain dictionary that `asdict` gives.

    Examples
    --------
    >>> attributes = FrozenMap({"units": "K", "valid": [0, 1]})
    >>> attributes
    {'units': 'K', 'valid': [0, 1]}
    >>> attributes == {"valid": [0, 1], "units": "K"}, json.dumps(attributes)
    (True, '{"units": "K", "valid": [0, 1]}')
    >>> attributes["units"] = "m"
    Traceback (most recent call last):
        ...
    TypeError: this mapping is frozen: asdict() gives a plain copy, merged() one with changes
    """

    __slots__ = ()

    def __init__(self, entries: Mapping[str, object] | None = None, loc: Loc = ()) -> None:
        super().__init__()
        for name, value in (entries or {}).items():
            if not isinstance(name, str):
                raise _not_json(loc, f"member names must be strings, got {name!r}")
            dict.__setitem__(self, name, freeze(value, (*loc, name)))

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            "this mapping is frozen: asdict() gives a plain copy, merged() one with changes"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # frozen, unlike a dict
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[object, ...]:
        return FrozenMap, (dict(self),)

    def asdict(self) -> dict[str, JSON]:
        """A plain dictionary, plain all the way down, to be changed at will."""
        return {name: thaw(value) for name, value in self.items()}

    copy = asdict  # type: ignore[assignment]  # a plain copy, not a frozen one
    __copy__ = asdict

    def __deepcopy__(self, _: object) -> dict[str, JSON]:
        return self.asdict()

    def merged(self, new: Mapping[str, object]) -> "FrozenMap":
        """Copy of the mapping with the members of `new` added or replaced."""
        return FrozenMap({**self, **new})


def freeze(value: object, loc: Loc = ()) -> FrozenJSON:
    """Deep-frozen copy of a JSON value; numpy scalars become Python's, and its arrays lists.

    Raises
    ------
    MetadataError
        A value that JSON can't hold, or a member name that is not a string, with its path.

    Examples
    --------
    >>> freeze({"a": [1, 2.5, None]})["a"]
    [1, 2.5, None]
    """
    match value:
        case np.floating():
            return float(value)
        case np.bool_() | np.integer() | np.str_():
            return value.item()
        case np.ndarray() if value.dtype.kind in "biufUT":
            return freeze(value.tolist(), loc)
        case None | bool() | int() | float() | str() | FrozenMap() | FrozenList():
            return value
        case Mapping():
            return FrozenMap(value, loc)
        case list() | tuple():
            return FrozenList([freeze(v, (*loc, i)) for i, v in enumerate(value)])
        case _:
            raise _not_json(
                loc,
                f"JSON can't hold a {type(value).__name__}: {value!s:.200}; give numbers, texts, "
                "lists and mappings (str(value) of a date, value.tolist() of an array)",
            )


def _not_json(loc: Loc, message: str) -> NotJSONError:
    where = f"{format_loc(loc)}: " if loc else ""
    return NotJSONError(f"{where}{message}", loc=loc)


def thaw(value: object) -> Any:
    """Plain dicts and lists equal to a frozen value; changing them changes nothing else."""
    match value:
        case FrozenMap():
            return value.asdict()
        case tuple():
            return [thaw(entry) for entry in value]
        case _:
            return value


def _members(pairs: Sequence[tuple[str, JSON]]) -> dict[str, JSON]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = sorted(name for name, count in counts.items() if count > 1)
        shown = f"{twice[:_SHOWN]}{' and more' if len(twice) > _SHOWN else ''}"
        raise MetadataError(f"not a valid document: members {shown} stand twice")
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
        value: JSON = json.loads(bytes(document).decode("utf-8-sig"), object_pairs_hook=_members)
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


class _Layout(TypedDict, total=False):
    indent: int
    separators: tuple[str, str]


_COMPACT: Final = _Layout(separators=(",", ":"))
_INDENTED: Final = _Layout(indent=2)


def dumps(value: JSON, *, compact: bool = False) -> bytes:
    r"""Encoded document: UTF-8, two spaces of indent, members in the order given.

    Half of a surrogate pair, which UTF-8 has no form for, is escaped.

    Parameters
    ----------
    compact
        Without spaces and lines: for large documents, which are written in a tenth of the time.

    Raises
    ------
    MetadataError
        The document could not be read again: it is too large, or nested too deeply.

    Examples
    --------
    >>> dumps({"zarr_format": 3})
    b'{\n  "zarr_format": 3\n}'
    """
    if _depth_exceeds(value, MAX_DEPTH):
        raise MetadataError(f"nested deeper than {MAX_DEPTH}: no reader takes such a document")
    layout = _COMPACT if compact else _INDENTED
    try:
        document = json.dumps(value, ensure_ascii=False, **layout).encode()
    except UnicodeEncodeError:
        document = json.dumps(value, **layout).encode()
    if len(document) > MAX_DOCUMENT_NBYTES:
        raise MetadataError(
            f"a document of {len(document)} bytes exceeds {MAX_DOCUMENT_NBYTES}: store large "
            "values in an array"
        )
    return document

"""Attributes that users give: as frozen JSON that every reader accepts."""

import math
from collections.abc import Iterable, Mapping

from frozarr.errors import MetadataError
from frozarr.metadata.json import FrozenJSON, FrozenList, FrozenMap
from frozarr.metadata.parsing.problems import format_loc
from frozarr.types import Loc

__all__ = ["changed_attributes", "given_attributes"]


def given_attributes(attributes: Mapping[str, object] | None) -> FrozenMap:
    """Attributes to store, frozen; those that were stored already are kept as they are.

    NumPy's scalars become plain ones and its arrays lists.

    Raises
    ------
    MetadataError
        Not a mapping, or a value that JSON can't hold: NaN and infinities, too, for which many
        readers refuse a whole document.

    Examples
    --------
    >>> import numpy as np
    >>> given_attributes({"valid_range": np.array([0, 9])})
    {'valid_range': [0, 9]}
    >>> given_attributes({"missing": float("nan")})
    Traceback (most recent call last):
        ...
    frozarr.errors.MetadataError: attributes.missing: JSON has no nan; give 'NaN' or None
    """
    if isinstance(attributes, FrozenMap):
        return attributes
    if attributes is not None and not isinstance(attributes, Mapping):
        raise MetadataError(f"attributes must be a mapping, got {type(attributes).__name__}")
    try:
        frozen = FrozenMap(attributes, ("attributes",))
    except RecursionError:
        raise MetadataError("attributes are nested too deeply, or hold themselves") from None
    _refuse_not_finite(frozen, ("attributes",))
    return frozen


def _refuse_not_finite(value: FrozenJSON, loc: Loc) -> None:
    match value:
        case float() if not math.isfinite(value):
            name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            raise MetadataError(
                f"{format_loc(loc)}: JSON has no {value}; give {name!r} or None",
                loc=loc,
            )
        case FrozenMap():
            for name, member in value.items():
                _refuse_not_finite(member, (*loc, name))
        case FrozenList():
            for number, entry in enumerate(value):
                _refuse_not_finite(entry, (*loc, number))


def changed_attributes(
    old: FrozenMap, new: Mapping[str, object], remove: Iterable[str] = ()
) -> FrozenMap:
    """Attributes with some added or replaced, and others removed.

    Raises
    ------
    MetadataError
        As `given_attributes`; or there is no attribute of a name to remove.

    Examples
    --------
    >>> changed_attributes(FrozenMap({"a": 1, "b": 2}), {"c": 3}, remove=["a"])
    {'b': 2, 'c': 3}
    """
    if isinstance(remove, str):
        raise MetadataError(f"remove takes names of attributes, such as [{remove!r}]")
    names = list(remove)
    if not all(isinstance(name, str) for name in names):
        raise MetadataError(f"remove takes names of attributes, got {names!s:.200}")
    gone = set(names)
    missing = sorted(gone - set(old))
    if missing:
        raise MetadataError(f"no attributes {missing} to remove; there are {sorted(old)}")
    kept = {name: value for name, value in old.items() if name not in gone}
    return FrozenMap({**kept, **given_attributes(new)})

"""Small things that packages use."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores.path import AccessMode as AccessModeLiteral
from frozarr.metadata.spec import normalize_shape
from frozarr.types import JSON, ShapeLike

__all__ = [
    "ANY_ACCESS_MODE", "JSON", "ZARRAY_JSON", "ZARR_JSON", "ZATTRS_JSON", "ZGROUP_JSON",
    "ZMETADATA_V2_JSON", "AccessModeLiteral", "BytesLike", "ChunkCoords", "ShapeLike",
    "ZarrFormat", "ceildiv", "parse_named_configuration", "parse_shapelike", "product",
]  # fmt: skip

ZARR_JSON = "zarr.json"
ZARRAY_JSON = ".zarray"
ZGROUP_JSON = ".zgroup"
ZATTRS_JSON = ".zattrs"
ZMETADATA_V2_JSON = ".zmetadata"
ANY_ACCESS_MODE = {"r", "r+", "a", "w", "w-"}
ZarrFormat: TypeAlias = Literal[2, 3]
ChunkCoords: TypeAlias = tuple[int, ...]


def ceildiv(a: float, b: float) -> int:
    """A quotient, rounded up; 0 for a divisor of 0.

    Examples
    --------
    >>> ceildiv(7, 2)
    4
    """
    return 0 if a == 0 else int(-(-a // b))


def product(tup: tuple[int, ...]) -> int:
    """All entries multiplied.

    Examples
    --------
    >>> product((2, 3))
    6
    """
    result = 1
    for entry in tup:
        result *= entry
    return result


def parse_shapelike(data: ShapeLike) -> tuple[int, ...]:
    """Extents that a user means.

    Examples
    --------
    >>> parse_shapelike(3)
    (3,)
    """
    return normalize_shape(data)


def parse_named_configuration(
    data: JSON, expected_name: str | None = None, *, require_configuration: bool = True
) -> tuple[str, Mapping[str, Any] | None]:
    """Name and configuration of an extension's JSON.

    Examples
    --------
    >>> parse_named_configuration({"name": "gzip", "configuration": {"level": 1}})
    ('gzip', {'level': 1})
    """
    document = {"name": data} if isinstance(data, str) else data
    if not isinstance(document, Mapping) or not isinstance(document.get("name"), str):
        raise TypeError(f"expected a name, or an object with one, got {data!r}")
    name = str(document["name"])
    if expected_name is not None and name != expected_name:
        raise ValueError(f"expected {expected_name!r}, got {name!r}")
    configuration = document.get("configuration")
    if configuration is None and require_configuration:
        raise ValueError(f"{name!r} has no configuration")
    return name, configuration if isinstance(configuration, Mapping) else None

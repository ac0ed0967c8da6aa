"""Types of the older API."""

from typing import Any, Literal, TypeAlias

from frozarr.compat.arrays import Array, AsyncArray
from frozarr.types import JSON

__all__ = [
    "JSON", "AnyArray", "AnyAsyncArray", "ArrayV2", "ArrayV3", "AsyncArrayV2", "AsyncArrayV3",
    "DTypeConfig_V2", "DTypeJSON", "ZarrFormat",
]  # fmt: skip

AnyArray: TypeAlias = Array
AnyAsyncArray: TypeAlias = AsyncArray
ArrayV2: TypeAlias = Array
ArrayV3: TypeAlias = Array
AsyncArrayV2: TypeAlias = AsyncArray
AsyncArrayV3: TypeAlias = AsyncArray
DTypeConfig_V2: TypeAlias = dict[str, Any]
DTypeJSON: TypeAlias = JSON
ZarrFormat: TypeAlias = Literal[2, 3]

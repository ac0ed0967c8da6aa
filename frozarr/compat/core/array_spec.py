"""How arrays are read and written."""

from typing import Any, Literal, TypedDict

import attrs

__all__ = ["ArrayConfig", "ArrayConfigParams"]


class ArrayConfigParams(TypedDict, total=False):
    """Settings of an array."""

    order: Literal["C", "F"]
    write_empty_chunks: bool
    read_missing_chunks: bool


@attrs.frozen
class ArrayConfig:
    """Settings of an array, as older programs give them.

    Examples
    --------
    >>> ArrayConfig(order="F").to_dict()
    {'order': 'F', 'write_empty_chunks': False, 'read_missing_chunks': True}
    """

    order: Literal["C", "F"] = "C"
    write_empty_chunks: bool = False
    read_missing_chunks: bool = True

    @classmethod
    def from_dict(cls, data: ArrayConfigParams) -> "ArrayConfig":
        """Settings by name."""
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        """All of them by name."""
        return attrs.asdict(self)

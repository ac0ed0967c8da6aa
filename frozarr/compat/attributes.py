"""Attributes of a node in the older API: a mutable mapping that writes through."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol

from frozarr.metadata.json import FrozenMap, thaw
from frozarr.types import JSON

__all__ = ["Attributes"]


class HasAttributes(Protocol):
    """An array or a group."""

    @property
    def frozen(self) -> Any:
        """The frozen handle."""

    def change_attributes(self, new: Mapping[str, Any], remove: Iterable[str] = ()) -> None:
        """Set some and remove others, in one write."""

    def refresh(self) -> None:
        """Read again what is stored."""


class Attributes(MutableMapping[str, JSON]):
    """JSON values by name; whatever is set or removed is stored at once.

    What is inside a value is a copy: to change it, set the value again.

    Examples
    --------
    >>> from frozarr import compat as zarr
    >>> z = zarr.zeros(2)
    >>> z.attrs["units"] = "m"
    >>> z.attrs.update(scale=2)
    >>> z.attrs.asdict()
    {'units': 'm', 'scale': 2}
    """

    def __init__(self, node: HasAttributes) -> None:
        self._node = node

    @property
    def _values(self) -> FrozenMap:
        values: FrozenMap = self._node.frozen.metadata.attributes
        return values

    def __getitem__(self, name: str) -> JSON:
        value: JSON = thaw(self._values[name])
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self._node.change_attributes({name: value})

    def __delitem__(self, name: str) -> None:
        if name not in self._values:
            raise KeyError(name)
        self._node.change_attributes({}, remove=[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self.asdict())

    def asdict(self) -> dict[str, JSON]:
        """All of them as a plain dictionary."""
        return {name: thaw(value) for name, value in self._values.items()}

    def put(self, d: Mapping[str, Any]) -> None:
        """Replace all of them, in one write."""
        gone = [name for name in self._values if name not in d]
        self._node.change_attributes(d, remove=gone)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several, in one write; the others stay."""
        self._node.change_attributes(dict(*args, **kwargs))

    def refresh(self) -> None:
        """Read again what is stored."""
        self._node.refresh()

"""A store in a dictionary."""

import itertools
import threading
from collections.abc import MutableMapping, Sequence
from typing import Any, Self

from frozarr.io.buffers import Buffer
from frozarr.io.byte_requests import ByteRequest, resolve_range
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.stores.base import HIDDEN, BlockingStore, as_value, is_hidden

__all__ = ["MemoryStore"]

_STAGED = itertools.count()


class _Same:
    """Equal to another only if both hold the same object."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


class MemoryStore(BlockingStore):
    """Keys and values in a dictionary, which is used as it is, not copied.

    Values handed in are copied, so that later changes to a caller's array don't change the store;
    reads of a part are views.

    Examples
    --------
    >>> store = MemoryStore()
    >>> store.blocking.set("a/b", b"spam")
    >>> store.blocking.list_dir(""), store.blocking.get("a/b").to_bytes()
    (['a'], b'spam')
    """

    coalesce_gap_nbytes = 0
    swaps_between_processes = True  # nobody else can reach the dictionary

    def __init__(
        self, store_dict: MutableMapping[str, Any] | None = None, *, read_only: bool = False
    ) -> None:
        super().__init__(read_only=read_only)
        self._values: MutableMapping[str, Any] = {} if store_dict is None else store_dict
        self._changing = threading.RLock()

    @property
    def url(self) -> str:
        """``memory://`` and the dictionary's id."""
        return f"memory://{id(self._values)}"

    @property
    def identity(self) -> tuple[Any, ...]:
        """The dictionary."""
        return ("memory", id(self._values))

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same dictionary, with or without permission to change it."""
        twin = type(self)(self._values, read_only=read_only)
        twin._changing = self._changing  # noqa: SLF001 - the lock belongs to the dictionary
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {"_values": dict(self._values), "_read_only": self._read_only}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._changing = threading.RLock()

    async def call_async(self, verb: str, *arguments: Any) -> Any:
        """Call a bulk verb at once: a dictionary never waits."""
        return self.call(verb, *arguments)

    def _read(
        self,
        key: str,
        byte_range: ByteRequest | None,
        nbytes_hint: int,  # noqa: ARG002 - no I/O to size
    ) -> BytesLike | None:
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, Buffer):
            value = value.as_numpy_array()
        if byte_range is None:
            return value  # as it was stored
        view = as_bytes_view(value)
        first, last = resolve_range(byte_range, len(view), key)
        return view[first:last]

    def _kept(self, value: BytesLike) -> Any:
        """What the dictionary keeps of a value: a copy, because callers may change theirs."""
        return value if isinstance(value, bytes) else bytes(as_value(value))

    def _write(self, keys: Sequence[str], values: Sequence[BytesLike]) -> None:
        copies = [self._kept(value) for value in values]
        with self._changing:
            self._values.update(zip(keys, copies, strict=True))

    def _erase(self, keys: Sequence[str]) -> None:
        with self._changing:
            for key in keys:
                self._values.pop(key, None)

    def _erase_prefix(self, prefix: str) -> None:
        with self._changing:
            for key in self.keys_below(prefix):
                self._values.pop(key, None)

    def _swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        with self._changing:
            stored = self._read(key, None, 0)
            current = None if stored is None else bytes(as_bytes_view(stored))
            if current != old:
                return False
            if new is None:
                self._values.pop(key, None)
            else:
                self._values[key] = self._kept(new)
            return True

    def versions(self, keys: Sequence[str]) -> list[Any]:
        """The values themselves, compared by identity."""
        return [_Same(self._values.get(key)) for key in keys]

    def is_settled(self, version: Any) -> bool:  # noqa: ARG002 - the same for all
        """No: whoever kept a version would keep the value alive with it."""
        return False

    def stage(self, prefix: str) -> str | None:
        """Keys that no listing shows, if there is something to replace."""
        self.check_writable(prefix)
        return None if not self.keys_below(prefix) else f"{HIDDEN}/{next(_STAGED)}"

    def publish(self, staged: str, prefix: str) -> None:
        """Replace all keys below `prefix` by the staged ones, under the dictionary's lock."""
        self.check_writable(prefix)
        head = f"{prefix}/" if prefix else ""
        with self._changing:
            built = {
                head + key[len(staged) + 1 :]: value
                for key, value in list(self._values.items())
                if key.startswith(f"{staged}/")
            }
            for key in list(self._values):
                if key.startswith(f"{staged}/"):
                    del self._values[key]
            self._erase_prefix(prefix)
            self._values.update(built)

    def discard(self, staged: str) -> None:
        """Remove staged keys that will not be published."""
        self.check_writable(staged)
        with self._changing:
            for key in list(self._values):
                if key.startswith(f"{staged}/"):
                    del self._values[key]

    def keys_below(self, prefix: str) -> list[str]:
        """All keys below a prefix, sorted."""
        head = f"{prefix}/" if prefix else ""
        return sorted(k for k in list(self._values) if k.startswith(head) and not is_hidden(k))

    def names_below(self, prefix: str) -> list[str]:
        """Names one level below a prefix, sorted."""
        start = len(prefix) + 1 if prefix else 0
        return sorted({key[start:].partition("/")[0] for key in self.keys_below(prefix)})

    def size_of(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""
        value = self._read(key, None, 0)
        return None if value is None else len(as_bytes_view(value))

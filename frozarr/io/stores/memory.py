"""A store in a dictionary."""

import itertools
import threading
from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from frozarr.errors import ConflictError
from frozarr.io.buffers import Buffer
from frozarr.io.byte_requests import resolve_range
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.programs.requests import (
    Delete,
    Discard,
    Get,
    GetRanges,
    Hold,
    LetGo,
    ListPrefix,
    Put,
    Rename,
    Replace,
    Sizes,
    Stage,
    Swap,
    Versions,
)
from frozarr.io.stores.base import BlockingStore
from frozarr.io.stores.dispatch import answers
from frozarr.io.stores.verbs import HIDDEN, as_value, is_hidden

__all__ = ["MemoryStore", "lock_of"]

_STAGED = itertools.count()


class _Same:
    """Equal to another only if both hold the same object."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


def _same_values(first: Mapping[str, object], second: Mapping[str, object]) -> bool:
    """Whether two mappings hold the same objects."""
    return first.keys() == second.keys() and all(first[key] is second[key] for key in first)


Values: TypeAlias = MutableMapping[str, Any]
"""A dictionary of bytes, or of buffers, of this library or another."""
_NEW_LOCK = threading.Lock()
_LOCKS: WeakValueDictionary[int, "threading.RLock"] = WeakValueDictionary()


def lock_of(values: Values) -> "threading.RLock":
    """The lock of a dictionary, one for all stores on it; it lives as long as any of them."""
    with _NEW_LOCK:
        return _LOCKS.setdefault(id(values), threading.RLock())


class MemoryStore(BlockingStore):
    """Keys and values in a dictionary, which is used as it is, not copied.

    Values handed in are copied, so that later changes to a caller's array don't change the store;
    reads of a part are views. A dictionary that was given holds buffers, as other libraries have
    it; one that holds bytes, or buffers of another library, is read as well.

    Examples
    --------
    >>> store = MemoryStore()
    >>> store.blocking.set("a/b", b"spam")
    >>> store.blocking.list_dir(""), store.blocking.get("a/b").to_bytes()
    (['a'], b'spam')
    """

    instant = True
    supports_partial_writes = True
    coalesce_gap_nbytes = 0
    swaps_between_processes = True  # nobody else can reach the dictionary
    holds_nodes = True
    exchanges_nodes = True

    def __init__(self, store_dict: Values | None = None, *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only)
        self._values: Values = {} if store_dict is None else store_dict
        self._shared = store_dict is not None
        self._begun: dict[str, dict[str, object]] = {}
        """What staged prefixes were filled with."""
        self._changing = lock_of(self._values)

    @property
    def store_dict(self) -> Values:
        """The dictionary."""
        return self._values

    @property
    def url(self) -> str:
        """``memory://`` and the dictionary's id."""
        return f"memory://{id(self._values)}"

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The dictionary."""
        return ("memory", id(self._values))

    def __getstate__(self) -> dict[str, object]:
        state = {**self.__dict__, "_values": dict(self._values)}
        del state["_changing"]
        return state

    def __setstate__(self, state: Mapping[str, object]) -> None:
        self.__dict__.update(state)
        self._changing = lock_of(self._values)

    def _value(self, key: str) -> BytesLike | None:
        value = self._values.get(key)
        if value is None or isinstance(value, bytes):
            return value
        return as_value(value)

    def _kept(self, value: "Buffer | BytesLike | Parts") -> object:
        """What the dictionary keeps of a value: a copy, because callers may change theirs."""
        kept = value if isinstance(value, bytes) else bytes(as_value(value))
        return Buffer.from_bytes(kept) if self._shared else kept

    def _below(self, prefix: str) -> list[str]:
        head = f"{prefix}/" if prefix else ""
        return [key for key in list(self._values) if key.startswith(head)]

    @answers(Get)
    def _get(self, request: Get) -> list[BytesLike | None]:
        if request.versions is None:
            return [self._value(key) for key in request.keys]
        kept = [self._values.get(key) for key in request.keys]
        request.versions.extend(map(_Same, kept))
        return [v if v is None or isinstance(v, bytes) else as_value(v) for v in kept]

    @answers(GetRanges)
    def _get_ranges(self, request: GetRanges) -> list[BytesLike | None]:
        """Parts of values, as views of them."""
        parts: list[BytesLike | None] = []
        for key, byte_range in zip(request.keys, request.ranges, strict=True):
            kept = self._values.get(key)
            if request.versions is not None:
                request.versions.append(_Same(kept))
            value = kept if kept is None or isinstance(kept, bytes) else as_value(kept)
            if value is None or byte_range is None:
                parts.append(value)
                continue
            view = as_bytes_view(value)
            first, last = resolve_range(byte_range, len(view), key)
            parts.append(view[first:last])
        return parts

    @answers(Sizes)
    def _sizes(self, request: Sizes) -> list[int | None]:
        values = [self._value(key) for key in request.keys]
        return [None if value is None else len(as_bytes_view(value)) for value in values]

    @answers(Versions)
    def _versions(self, request: Versions) -> list[Hashable]:
        """The values themselves, compared by identity."""
        return [_Same(self._values.get(key)) for key in request.keys]

    def is_settled(self, version: object) -> bool:  # noqa: ARG002 - the same for all
        """No: whoever kept a version would keep the value alive with it."""
        return False

    @answers(Put)
    def _put(self, request: Put) -> list[str]:
        copies = [self._kept(value) for value in request.values]
        with self._changing:
            new = dict(zip(request.keys, copies, strict=True))
            refused = self._changed(request.keys, request.expected)
            for key in refused:
                del new[key]
            self._values.update(new)
        return refused

    def _changed(self, keys: Sequence[str], expected: Sequence[Hashable] | None) -> list[str]:
        """Keys that have another value than is expected of them."""
        if expected is None:
            return []
        wanted = zip(keys, expected, strict=True)
        return [k for k, v in wanted if v is not None and v != _Same(self._values.get(k))]

    @answers(Delete)
    def _delete(self, request: Delete) -> list[str]:
        with self._changing:
            refused = self._changed(request.keys, request.expected)
            for key in set(request.keys).difference(refused):
                self._values.pop(key, None)
        return refused

    @answers(Hold)
    def _hold(self, request: Hold) -> str:  # noqa: ARG002 - the same for all
        """Held already: no other process can reach the dictionary."""
        return "memory"

    @answers(LetGo)
    def _let_go(self, request: LetGo) -> None:
        """Nothing was held."""

    @answers(Swap)
    def _swap(self, request: Swap) -> bool:
        with self._changing:
            stored = self._value(request.key)
            if (None if stored is None else bytes(as_bytes_view(stored))) != request.old:
                return False
            if request.new is None:
                self._values.pop(request.key, None)
            else:
                self._values[request.key] = self._kept(request.new)
            return True

    @answers(Stage)
    def _stage(self, request: Stage) -> str | None:
        """Keys that no listing shows."""
        staged = f"{HIDDEN}/{next(_STAGED)}"
        if request.filled:
            with self._changing:
                head = f"{request.prefix}/" if request.prefix else ""
                there = self._at(request.prefix)
                self._begun[staged] = there
                self._values.update({f"{staged}/{k[len(head) :]}": v for k, v in there.items()})
        return staged

    def _at(self, prefix: str) -> dict[str, object]:
        """All that is listed below a prefix."""
        return {key: self._values[key] for key in self._below(prefix) if not is_hidden(key)}

    @answers(Replace)
    def _replace(self, request: Replace) -> None:
        """Replace all keys below a prefix by the staged ones, under the dictionary's lock."""
        head = f"{request.prefix}/" if request.prefix else ""
        with self._changing:
            begun = self._begun.pop(request.staged, None)
            if begun is not None and not _same_values(begun, self._at(request.prefix)):
                raise ConflictError(
                    f"{self.url}: {request.prefix!r} was changed by somebody else since the "
                    "transaction began; nothing was published. Begin it again",
                    url=self.url,
                )
            staged = self._below(request.staged)
            built = {head + k[len(request.staged) + 1 :]: self._values.pop(k) for k in staged}
            for key in self._below(request.prefix):
                if not is_hidden(key):
                    self._values.pop(key, None)
            self._values.update(built)

    @answers(Rename)
    def _rename(self, request: Rename) -> bool:
        with self._changing:
            if not request.prefix or not request.to or any(self._below(request.to)):
                return False
            for key in self._below(request.prefix):
                self._values[request.to + key[len(request.prefix) :]] = self._values.pop(key)
        return True

    @answers(Discard)
    def _discard(self, request: Discard) -> None:
        with self._changing:
            self._begun.pop(request.prefix, None)
            for key in self._below(request.prefix):
                self._values.pop(key, None)

    @answers(ListPrefix)
    def _list_prefix(self, request: ListPrefix) -> list[str]:
        start = len(request.prefix)
        return sorted(key for key in self._below(request.prefix) if not is_hidden(key[start:]))

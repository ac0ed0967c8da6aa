"""A store whose n-th call fails, once or from then on, and that counts what is written."""

from collections.abc import MutableMapping, Sequence
from typing import Any

from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores.memory import MemoryStore

__all__ = ["FaultyStore"]


class FaultyStore(MemoryStore):
    """A store in memory that fails on purpose.

    Examples
    --------
    >>> store = FaultyStore({}, fail_at=0)
    >>> store.blocking.set("a", b"x")
    Traceback (most recent call last):
        ...
    OSError: call 0 fails on purpose
    """

    def __init__(
        self, store_dict: MutableMapping[str, Any] | None = None, *, fail_at: int | None = None,
        for_ever: bool = False, read_only: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(store_dict, read_only=read_only)
        self.fail_at, self.for_ever = fail_at, for_ever
        self.calls = 0
        self.writes = 0

    def _call(self) -> None:
        number, self.calls = self.calls, self.calls + 1
        if self.fail_at is not None and (
            number == self.fail_at or (self.for_ever and number > self.fail_at)
        ):
            raise OSError(f"call {number} fails on purpose")

    def _read(self, key: str, byte_range: ByteRequest | None, nbytes_hint: int) -> BytesLike | None:
        self._call()
        return super()._read(key, byte_range, nbytes_hint)

    def _write(self, keys: Sequence[str], values: Sequence[BytesLike]) -> None:
        for key, value in zip(keys, values, strict=True):
            self._call()
            self.writes += 1
            super()._write([key], [value])

    def _erase(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._call()
            self.writes += 1
            super()._erase([key])

    def _erase_prefix(self, prefix: str) -> None:
        self._call()
        self.writes += 1
        super()._erase_prefix(prefix)

    def _swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        self._call()
        self.writes += 1
        return super()._swap(key, old, new)

    def keys_below(self, prefix: str) -> list[str]:
        """All keys below a prefix, sorted."""
        self._call()
        return super().keys_below(prefix)

    def publish(self, staged: str, prefix: str) -> None:
        """Replace all keys below `prefix` by the staged ones."""
        self._call()
        self.writes += 1
        super().publish(staged, prefix)

"""A store on any object with obspec's methods, such as those of obstore; neither is imported."""

from collections.abc import Hashable, Mapping
from typing import Any

from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    resolve_range,
)
from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores.waiting import AsyncStore

__all__ = ["ObspecStore", "is_obspec"]

_METHODS = ("get_async", "get_range_async", "put_async", "delete_async", "head_async", "list")


def is_obspec(value: object) -> bool:
    """Whether an object has the methods that obspec names for an object store."""
    return all(callable(getattr(value, name, None)) for name in _METHODS)


class ObspecStore(AsyncStore):
    """Keys in an object store that speaks obspec.

    Parameters
    ----------
    client
        An object with ``get_async``, ``get_range_async``, ``put_async``, ``delete_async``,
        ``head_async`` and ``list``.

    Raises
    ------
    TypeError
        The object lacks one of them.
    """

    coalesce_gap_nbytes = 256 * 1024

    def __init__(self, client: Any, *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only)
        lacking = [name for name in _METHODS if not callable(getattr(client, name, None))]
        if lacking:
            raise TypeError(f"{type(client).__name__} has no {', '.join(lacking)}: not obspec")
        self.client = client

    @property
    def url(self) -> str:
        """What the client calls itself."""
        return f"obspec://{self.client!r}"

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The client, by its own notion of equality where it has one."""
        return ("obspec", repr(self.client), type(self.client).__qualname__)

    async def _get(self, key: str, byte_range: ByteRequest | None) -> BytesLike | None:
        try:
            if byte_range is None:
                return memoryview(await (await self.client.get_async(key)).bytes_async())
            return await self._part(key, byte_range)
        except FileNotFoundError:
            return None

    async def _part(self, key: str, byte_range: ByteRequest) -> BytesLike | None:
        if byte_range == SuffixByteRequest(0):
            return None if await self._size(key) is None else b""
        try:
            match byte_range:
                case RangeByteRequest(start, end):
                    return memoryview(await self.client.get_range_async(key, start=start, end=end))
                case OffsetByteRequest(offset):
                    options: dict[str, Any] = {"range": {"offset": offset}}
                case SuffixByteRequest(suffix):
                    options = {"range": {"suffix": suffix}}
            answer = await self.client.get_async(key, options=options)
            return memoryview(await answer.bytes_async())
        except FileNotFoundError:
            raise
        except Exception:
            # each client has its own error for a range that can't be met: the size decides
            size = await self._size(key)
            if size is None:
                return None
            first, last = resolve_range(byte_range, size, key)
            if (first, last) == (0, size):
                return memoryview(await (await self.client.get_async(key)).bytes_async())
            raise

    async def _set(self, key: str, value: bytes) -> None:
        await self.client.put_async(key, value)

    async def _create(self, key: str, value: bytes) -> bool:
        try:
            await self.client.put_async(key, value, mode="create")
        except Exception as error:
            if isinstance(error, FileExistsError) or "Exists" in type(error).__name__:
                return False
            raise
        return True

    async def _delete(self, key: str) -> None:
        try:
            await self.client.delete_async(key)
        except FileNotFoundError:
            return

    async def _size(self, key: str) -> int | None:
        try:
            return int(_field(await self.client.head_async(key), "size"))
        except FileNotFoundError:
            return None

    async def _keys(self, prefix: str) -> list[str]:
        keys: list[str] = []
        async for batch in self.client.list(f"{prefix}/" if prefix else None):
            keys += [str(_field(entry, "path")) for entry in batch]
        return [key for key in keys if not prefix or key.startswith(f"{prefix}/")]

    async def _names(self, prefix: str) -> list[str]:
        start = len(prefix) + bool(prefix)
        return list({key[start:].partition("/")[0] for key in await self._keys(prefix)})


def _field(entry: object, name: str) -> Any:
    """Field of what a client says about an object: a mapping, or an object with attributes."""
    return entry[name] if isinstance(entry, Mapping) else getattr(entry, name)

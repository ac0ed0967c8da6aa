"""Places in stores with the asynchronous verbs of the older API."""

from typing import Self

import attrs

from frozarr.errors import ReadOnlyError
from frozarr.io.buffers import Buffer, BufferPrototype
from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores import path
from frozarr.io.stores.base import Store
from frozarr.io.stores.path import ACCESS_MODES, AccessMode
from frozarr.metadata.json import loads
from frozarr.metadata.paths import join
from frozarr.types import JSON

__all__ = ["StorePath"]


@attrs.frozen(repr=False)
class StorePath(path.StorePath):
    """A store and a path in it, the value at which can be awaited.

    Examples
    --------
    >>> import asyncio
    >>> from frozarr.storage import MemoryStore
    >>> async def main():
    ...     place = StorePath(MemoryStore()) / "a"
    ...     await place.set(b"spam")
    ...     return (await place.get()).to_bytes()
    >>> asyncio.run(main())
    b'spam'
    """

    @classmethod
    async def open(cls, store: Store, path: str, mode: AccessMode | None = None) -> Self:
        """Place for use in an access mode.

        Raises
        ------
        FileExistsError
            Mode ``w-`` and the path is not empty.
        ReadOnlyError
            A writing mode on a read-only store.
        """
        place = cls(store, path)
        match mode:
            case None:
                return place
            case "r":
                return cls(store.with_read_only(True), path)
            case "r+" | "a" | "w" | "w-":
                if store.read_only:
                    raise ReadOnlyError(
                        f"{place}: mode {mode!r} on a read-only store", url=str(place)
                    )
                if mode == "w-" and not await store.is_empty(place.path):
                    raise FileExistsError(f"{place} is not empty, and mode is 'w-'")
                if mode == "w":
                    await store.delete_dir(place.path)
                return place
            case _:
                raise ValueError(f"mode must be one of {ACCESS_MODES}, got {mode!r}")

    def __truediv__(self, other: str) -> "StorePath":
        return StorePath(self.store, join(self.path, other))

    async def get(
        self, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Value at this place; None if missing."""
        return await self.store.get(self.path, prototype, byte_range)

    def get_sync(
        self, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Value at this place, for callers that block; None if missing."""
        return self.store.get_sync(self.path, prototype, byte_range)

    def set_sync(self, value: Buffer | BytesLike) -> None:
        """Set the value at this place, for callers that block."""
        self.store.set_sync(self.path, value)

    def delete_sync(self) -> None:
        """Remove the value at this place, for callers that block."""
        self.store.delete_sync(self.path)

    async def set(self, value: Buffer | BytesLike, byte_range: ByteRequest | None = None) -> None:
        """Set the value at this place."""
        if byte_range is not None:
            raise NotImplementedError(f"{self}: stores set whole values, not byte ranges")
        await self.store.set(self.path, value)

    async def delete(self) -> None:
        """Remove the value at this place."""
        await self.store.delete(self.path)

    async def delete_dir(self) -> None:
        """Remove everything below this place."""
        await self.store.delete_dir(self.path)

    async def get_json(self, *, byte_range: ByteRequest | None = None) -> JSON:
        """JSON value of the document at this place; None if missing."""
        value = await self.get(byte_range=byte_range)
        return None if value is None else loads(value.to_bytes(), where=str(self))

    async def set_if_not_exists(self, default: Buffer | BytesLike) -> None:
        """Set the value at this place unless there is one."""
        await self.store.set_if_not_exists(self.path, default)

    async def exists(self) -> bool:
        """Whether there is a value at this place."""
        return await self.store.exists(self.path)

    async def is_empty(self) -> bool:
        """Whether there is nothing below this place."""
        return await self.store.is_empty(self.path)

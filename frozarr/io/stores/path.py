"""A place in a store: store and path."""

from typing import Literal, TypeAlias

import attrs

from frozarr.errors import ReadOnlyError
from frozarr.io.buffers import Buffer, BufferPrototype
from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores.base import Store
from frozarr.metadata.keys import join, normalize_path

__all__ = ["AccessMode", "StorePath"]

AccessMode: TypeAlias = Literal["r", "r+", "a", "w", "w-"]
ACCESS_MODES = ("r", "r+", "a", "w", "w-")


@attrs.frozen(repr=False)
class StorePath:
    """A store and a path in it.

    Examples
    --------
    >>> from frozarr.io.stores.memory import MemoryStore
    >>> (StorePath(MemoryStore(), "a") / "b").path
    'a/b'
    """

    store: Store
    path: str = attrs.field(default="", converter=normalize_path)

    @classmethod
    async def open(cls, store: Store, path: str, mode: AccessMode | None = None) -> "StorePath":
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

    @property
    def read_only(self) -> bool:
        """Changes are refused."""
        return self.store.read_only

    def key(self, name: str = "") -> str:
        """Key of a name below this place; of the place itself without one."""
        return join(self.path, name) if name else self.path

    def __truediv__(self, other: str) -> "StorePath":
        return StorePath(self.store, join(self.path, other))

    def __str__(self) -> str:
        return join(self.store.url, self.path) if self.path else self.store.url

    def __repr__(self) -> str:
        return f"StorePath({str(self)!r})"

    async def get(
        self, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Value at this place; None if missing."""
        return await self.store.get(self.path, prototype, byte_range)

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

    async def set_if_not_exists(self, value: Buffer | BytesLike) -> None:
        """Set the value at this place unless there is one."""
        await self.store.set_if_not_exists(self.path, value)

    async def exists(self) -> bool:
        """Whether there is a value at this place."""
        return await self.store.exists(self.path)

    async def is_empty(self) -> bool:
        """Whether there is nothing below this place."""
        return await self.store.is_empty(self.path)

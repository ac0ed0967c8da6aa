"""A store on any object with obspec's methods, such as those of obstore; neither is imported."""

import asyncio
import os
import uuid
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from frozarr.errors import RangeNotSatisfiableError
from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    resolve_range,
)
from frozarr.io.kernels.base import BytesLike
from frozarr.io.programs.requests import AnyStoreRequest, check_nbytes
from frozarr.io.runners.coroutines import finished
from frozarr.io.stores.credentials import without_secrets
from frozarr.io.stores.waiting import ABSENT, MOST_NBYTES, AsyncStore
from frozarr.metadata.paths import join

__all__ = ["ObspecStore", "is_obspec"]

_SCHEMES: Final = {"S3Store": "s3", "GCSStore": "gs", "AzureStore": "az"}
_CONDITIONAL: Final = frozenset({*_SCHEMES, "MemoryStore"})
"""Clients whose servers can set an object on a condition."""
_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound", "specified bucket does not exist")
_MARK: Final = "frozarr-write"
_HONOURED: dict[tuple[Hashable, ...], bool] = {}
"""Whether servers take conditions, by the identity of stores; once that was seen."""
_USED_IN: dict[str, int] = {}
"""The process in which clients were used: their threads don't survive a fork."""
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
        """Bucket and prefix, or what the client calls itself; without passwords."""
        bucket = _settings(self.client).get("bucket")
        if bucket is None:
            return without_secrets(f"obspec://{self.client!r}")
        prefix = str(getattr(self.client, "prefix", None) or "").strip("/")
        place = join(str(bucket), prefix) if prefix else str(bucket)
        return f"{_SCHEMES.get(self._kind, 'obspec')}://{place}"

    @property
    def _kind(self) -> str:
        return type(self.client).__name__

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """Endpoint, bucket and prefix; of clients without them their own notion of equality."""
        settings = _settings(self.client)
        if "bucket" in settings:
            scheme = _SCHEMES.get(self._kind, self._kind)
            endpoint = str(settings.get("endpoint") or "").rstrip("/").lower()
            return (scheme, endpoint, self.url)
        return ("obspec", repr(self.client), self._kind)

    def lock_names(self, keys: Iterable[str]) -> list[Hashable]:
        """Names of keys for locks: by whole paths, whatever part of them the prefix is."""
        *where, url = self.identity
        root = str(url).partition("://")[2] if "bucket" in _settings(self.client) else url
        return [(*where, f"{root}/{key}") for key in keys]

    @property
    def swaps_between_processes(self) -> bool:  # type: ignore[override]  # depends on the client
        """Whether compare-and-swap holds against other processes: object stores can do it."""
        return self._kind in _CONDITIONAL and _HONOURED.get(self.identity, True)

    def admit(self, request: AnyStoreRequest) -> None:
        """Refuse what no store can hold; and everything in a forked child."""
        super().admit(request)
        pid = os.getpid()
        if _USED_IN.setdefault("pid", pid) != pid:
            raise RuntimeError(
                f"{self.url}: clients of obstore do not work in a process forked after "
                "they were used; start processes by 'spawn' or 'forkserver', or open the URL "
                "through fsspec",
            )

    # -------------------------------------------------------------- requests

    async def _get(self, key: str, byte_range: ByteRequest | None) -> BytesLike | None:
        value, _ = await self._read(key, byte_range)
        return value

    async def _read(
        self, key: str, byte_range: ByteRequest | None
    ) -> tuple[BytesLike | None, Hashable]:
        try:
            if byte_range is None:
                return await self._asked(key, {})
            return await self._part(key, byte_range)
        except FileNotFoundError as error:
            self._check_missing(error)
            return None, ABSENT if self.swaps_between_processes else None

    async def _asked(self, key: str, options: dict[str, object]) -> tuple[BytesLike, Hashable]:
        """What the client gives for a key, and its ETag."""
        answer = await self.client.get_async(key, **({"options": options} if options else {}))
        if not options and (size := _field(getattr(answer, "meta", {"size": 0}), "size")):
            check_nbytes(key, int(size), MOST_NBYTES.get())
        value = memoryview(await answer.bytes_async())
        meta = getattr(answer, "meta", None)
        known = meta is not None and self.swaps_between_processes
        return value, _field(meta, "e_tag") if known else None

    def _check_missing(self, error: FileNotFoundError) -> None:
        """Refuse an error that does not say that a key is missing.

        Clients tell no codes: what the server answered stands in the error's text.

        Raises
        ------
        FileNotFoundError
            There is no such bucket.
        OSError
            Something else was not found: by a proxy, say.
        """
        self._check_bucket(error)
        text = str(error)
        if self._kind == "S3Store" and "GET" in text and "NoSuchKey" not in text:
            raise OSError(f"{self.url}: the answer is not that of a missing key") from error

    def _check_bucket(self, error: Exception) -> None:
        if any(sign in str(error) for sign in _NO_BUCKET):
            raise FileNotFoundError(
                f"{self.url}: there is no such bucket: check its name, or create it first"
            ) from error

    async def _part(self, key: str, byte_range: ByteRequest) -> tuple[BytesLike | None, Hashable]:
        if byte_range == SuffixByteRequest(0):
            return None if await self._size(key) is None else b"", None
        match byte_range:
            case RangeByteRequest(start, end):
                asked: object = (start, end)
            case OffsetByteRequest(offset):
                asked = {"offset": offset}
            case SuffixByteRequest(suffix):
                asked = {"suffix": suffix}
        try:
            return await self._asked(key, {"range": asked})
        except FileNotFoundError:
            raise
        except Exception as error:
            if "InvalidRange" in str(error):
                raise RangeNotSatisfiableError(
                    f"key {key!r}: {byte_range} starts past the end of the value", key=key
                ) from error
            # each client has its own error for a range that can't be met: the size decides
            size = await self._size(key)
            if size is None:
                return None, None
            first, last = resolve_range(byte_range, size, key)
            if (first, last) == (0, size):
                return await self._asked(key, {})
            raise

    async def _set(self, key: str, value: bytes) -> None:
        await self._put(key, value, {})

    async def _put(self, key: str, value: bytes, more: dict[str, object]) -> None:
        try:
            await self.client.put_async(key, value, **more)
        except FileNotFoundError as error:
            self._check_missing(error)
            raise

    async def _create(self, key: str, value: bytes) -> bool:
        if not self._is_known() and await self._size(key) is not None:
            return False  # a server that ignores conditions would replace it
        made = await self._put_if(key, value, "create")
        if made and not self._is_known():  # the second time must be refused
            await self._probe(key, value)
        return made

    async def _set_if(self, key: str, value: bytes | None, version: Hashable) -> bool:
        if value is None:  # clients can't remove on a condition
            _, stored = await self._read(key, None)
            if stored != version:
                return False
            await self._delete(key)
            return True
        if version == ABSENT:
            return await self._create(key, value)
        if not self._is_known() and await self._probe(key, value):
            return True
        return await self._put_if(key, value, {"e_tag": str(version)})

    def _is_known(self) -> bool:
        return self._kind not in _CONDITIONAL or self.identity in _HONOURED

    async def _probe(self, key: str, value: bytes) -> bool:
        """Set an object that is there on condition that it is not; whether that was done."""
        done = await self._put_if(key, value, "create")
        _HONOURED[self.identity] = not done
        return done

    async def _put_if(self, key: str, value: bytes, mode: object) -> bool:
        """Set an object on a condition; whether it was met.

        An answer may be lost, and the client's next attempt meets what its first one stored: then
        the object is the one that was to be set.
        """
        mark = uuid.uuid4().hex
        more: dict[str, object] = {"mode": mode}
        if self._kind in _CONDITIONAL:
            more["attributes"] = {_MARK: mark}
        try:
            await self._put(key, value, more)
        except Exception as error:
            if not any(sign in type(error).__name__ for sign in ("Exists", "Precondition")):
                raise
            return self._kind in _CONDITIONAL and await self._is_marked(key, mark)
        return True

    async def _is_marked(self, key: str, mark: str) -> bool:
        try:
            answer = await self.client.get_async(key, options={"head": True})
        except FileNotFoundError:
            return False
        return mark in dict(answer.attributes).values()

    async def _delete(self, key: str) -> None:
        try:
            await self.client.delete_async(key)
        except FileNotFoundError as error:
            self._check_missing(error)

    async def _delete_many(self, keys: Sequence[str]) -> None:
        if len(keys) == 1 or self._kind not in _CONDITIONAL:
            await super()._delete_many(keys)
            return
        deleting = self._in_time(self._delete_all(keys), "deletion", keys[0])
        await finished(asyncio.ensure_future(deleting))

    async def _delete_all(self, keys: Sequence[str]) -> None:
        try:
            await self.client.delete_async(list(keys))
        except FileNotFoundError as error:
            self._check_missing(error)

    async def _size(self, key: str) -> int | None:
        try:
            return int(_field(await self.client.head_async(key), "size"))
        except FileNotFoundError as error:
            self._check_missing(error)
        if self._kind != "S3Store":
            return None
        # an answer without a body says no more than "not found": a read says what
        if await self._get(key, RangeByteRequest(0, 1)) is None:
            return None
        return await self._size(key)

    async def _keys(self, prefix: str) -> list[str]:
        return [key for key, _ in await self._entries(prefix)]

    async def _entries(self, prefix: str) -> list[tuple[str, int | None]]:
        entries: list[tuple[str, int | None]] = []
        try:
            async for batch in self.client.list(f"{prefix}/" if prefix else None):
                entries += [(str(_field(e, "path")), int(_field(e, "size"))) for e in batch]
        except Exception as error:
            self._check_bucket(error)
            raise
        return [entry for entry in entries if not prefix or entry[0].startswith(f"{prefix}/")]

    async def _names(self, prefix: str) -> list[str]:
        start = len(prefix) + bool(prefix)
        return list({key[start:].partition("/")[0] for key in await self._keys(prefix)})


def _field(entry: object, name: str) -> Any:
    """Field of what a client says about an object: a mapping, or an object with attributes."""
    return entry[name] if isinstance(entry, Mapping) else getattr(entry, name)


def _settings(client: object) -> Mapping[str, object]:
    """How a client was set up; empty for those that don't tell."""
    settings = getattr(client, "config", None)
    return settings if isinstance(settings, Mapping) else {}

"""A store on any fsspec filesystem: S3, GCS, Azure, HTTP, and all else fsspec has a protocol for.

The filesystem's own loop is used and none is made: an instance in blocking mode has one, which
serves blocking callers and, from any loop, asynchronous ones.
"""

import asyncio
import errno
import inspect
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Self

from fsspec.asyn import AsyncFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.spec import AbstractFileSystem

from frozarr.caller import warn_caller
from frozarr.errors import RangeNotSatisfiableError
from frozarr.io.byte_requests import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
)
from frozarr.io.kernels.base import BytesLike
from frozarr.io.programs.requests import Delete, Get, Hold, LetGo, Put, Swap, Versions
from frozarr.io.runners.coroutines import finished
from frozarr.io.stores.credentials import without_secrets
from frozarr.io.stores.dispatch import answers
from frozarr.io.stores.fsspec.http_ranges import http_get, is_http
from frozarr.io.stores.fsspec.s3 import S3Objects, is_s3
from frozarr.io.stores.local import LocalStore
from frozarr.io.stores.waiting import ABSENT, MOST_NBYTES, AsyncStore
from frozarr.metadata.paths import join

__all__ = ["ALLOWED_EXCEPTIONS", "FsspecStore"]

ALLOWED_EXCEPTIONS: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_WITH_FOLDERS: Final = frozenset({"file", "local", "sftp", "ssh", "smb", "ftp", "hdfs"})
_WITH_BUCKETS: Final = frozenset({
    "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "ocilake", "oss", "obs", "tos",
    "swift", "http", "https",
})  # fmt: skip
"""Where folders are parts of names only: there is nothing to make but buckets."""
Exceptions = tuple[type[Exception], ...]


def _told_apart(value: object) -> Hashable:
    """What tells a filesystem, or an option of one, from others: equal for equal places.

    Never the object itself: each thread has filesystems of its own for the same place.
    """
    if isinstance(value, AbstractFileSystem):
        inner = getattr(value, "sync_fs", value)
        kind = f"{type(inner).__module__}.{type(inner).__qualname__}"
        return kind, _told_apart(inner.storage_args), _told_apart(inner.storage_options)
    if isinstance(value, Mapping):
        return tuple([(name, _told_apart(value[name])) for name in sorted(value, key=str)])
    if isinstance(value, list | tuple):
        return tuple([_told_apart(entry) for entry in value])
    return value if isinstance(value, Hashable) else repr(value)


class FsspecStore(AsyncStore):
    """Keys below a path of an fsspec filesystem.

    Parameters
    ----------
    fs
        A filesystem that can work asynchronously; others go through `from_url` and its kin.
    path
        Where the store's root is in it, without a scheme.
    allowed_exceptions
        Errors that mean "this key is missing"; all others are raised.

    Raises
    ------
    TypeError
        The filesystem is not asynchronous.
    ValueError
        The path has a scheme.

    Examples
    --------
    >>> store = FsspecStore.from_url("memory://example/a.zarr")
    >>> store.blocking.set("b", b"spam")
    >>> store.blocking.get("b").to_bytes(), store.blocking.get("c")
    (b'spam', None)
    """

    def __init__(
        self, fs: Any, read_only: bool = False, path: str = "/",
        allowed_exceptions: Exceptions = ALLOWED_EXCEPTIONS,
    ) -> None:  # fmt: skip
        super().__init__(read_only=read_only)
        if not getattr(fs, "async_impl", False):
            raise TypeError(
                f"{type(fs).__name__} does not work asynchronously; FsspecStore.from_url, "
                "from_upath and from_mapper wrap such filesystems"
            )
        if "://" in path and not path.startswith("http"):
            raise ValueError(f"path {path!r} has a scheme; give the path in the filesystem only")
        if not fs.asynchronous:
            warn_caller(
                f"{type(fs).__name__} was not made with asynchronous=True; a twin that shares its "
                "options is used",
                UserWarning,
            )
        self._set_up(fs, path, allowed_exceptions)

    def _set_up(self, fs: Any, path: str, allowed_exceptions: Exceptions) -> None:
        # how to make the filesystem: it can't be used after a fork, or from another loop
        self._make = (type(fs), fs.storage_args, {**fs.storage_options, "asynchronous": False})
        self._made: tuple[int, Any] | None = None
        self._given = fs
        self._objects: tuple[Any, S3Objects | None] | None = None
        self.path = path
        """Where the store's root is in the filesystem, as it was given."""
        self._root = path.rstrip("/")
        self.allowed_exceptions = tuple(allowed_exceptions)
        self._takes = {
            name: frozenset(inspect.signature(getattr(fs, name)).parameters)
            for name in ("_cat_file", "_pipe_file")
        }
        self._http = is_http(fs)
        protocol = getattr(fs, "sync_fs", fs).protocol
        protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self._folders = not _WITH_FOLDERS.isdisjoint(protocols)
        self._buckets = not _WITH_BUCKETS.isdisjoint(protocols)
        self._local = not {"file", "local"}.isdisjoint(protocols)
        self._files = LocalStore(self._root or "/") if self._local else None
        """What writes local files: fsspec empties a file before it is written anew."""

    @classmethod
    def _of(
        cls, fs: Any, path: str, read_only: bool, allowed_exceptions: Exceptions
    ) -> Self:  # a filesystem of any kind
        if "://" in path and not path.startswith("http"):
            path = path.split("://", 1)[1]
        made = cls.__new__(cls)
        AsyncStore.__init__(made, read_only=read_only)
        usable = fs if fs.async_impl else AsyncFileSystemWrapper(fs, asynchronous=False)
        made._set_up(usable, path, allowed_exceptions)
        return made

    @classmethod
    def from_url(
        cls, url: str, storage_options: Mapping[str, Any] | None = None, read_only: bool = False,
        allowed_exceptions: Exceptions = ALLOWED_EXCEPTIONS,
    ) -> Self:  # fmt: skip
        """Store at a URL, chained ones included; `storage_options` go to the filesystem."""
        fs, path = url_to_fs(url, **dict(storage_options or {}))
        return cls._of(fs, path, read_only, allowed_exceptions)

    @classmethod
    def from_upath(
        cls, upath: Any, read_only: bool = False,
        allowed_exceptions: Exceptions = ALLOWED_EXCEPTIONS,
    ) -> Self:  # fmt: skip
        """Store at a universal_pathlib path (anything with ``fs`` and ``path``)."""
        return cls._of(upath.fs, upath.path, read_only, allowed_exceptions)

    @classmethod
    def from_mapper(
        cls, fs_map: Any, read_only: bool = False,
        allowed_exceptions: Exceptions = ALLOWED_EXCEPTIONS,
    ) -> Self:  # fmt: skip
        """Store at the root of an fsspec mapper."""
        return cls._of(fs_map.fs, fs_map.root, read_only, allowed_exceptions)

    # -------------------------------------------------------------- what it is

    @property
    def fs(self) -> AbstractFileSystem:
        """The filesystem that was given; after a fork, or when it was pickled, one like it."""
        return self._used if self._given is None else self._given

    @property
    def _used(self) -> AsyncFileSystem:
        """The filesystem that is asked: one with a loop of its own; another one after a fork."""
        if self._made is None or self._made[0] != os.getpid():
            cls, arguments, options = self._make
            self._made = (os.getpid(), cls(*arguments, **options))
        return self._made[1]

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The filesystem's loop, running in a thread of its own."""
        loop: asyncio.AbstractEventLoop = self._used.loop
        return loop

    @property
    def url(self) -> str:
        """Protocol and path, without passwords."""
        return without_secrets(self.secret_url)

    @property
    def secret_url(self) -> str:  # type: ignore[override]  # made anew by each filesystem
        """Protocol and path, with all that is secret in them."""
        inner = getattr(self._used, "sync_fs", self._used)
        return str(inner.unstrip_protocol(self._root or "/"))

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The filesystem with its options, and the path; of S3 the endpoint, instead of options."""
        return (*self._where, self.secret_url)

    @property
    def _where(self) -> tuple[Hashable, ...]:
        """What tells two filesystems apart."""
        s3 = self._s3
        return ("fsspec", _told_apart(self._used)) if s3 is None else ("s3", s3.endpoint)

    def lock_names(self, keys: Iterable[str]) -> list[Hashable]:
        """Names of keys for locks: by whole paths, whatever part of them the store's root is."""
        if self._local:
            folder = os.path.realpath(self._root)
            return [("local", f"{folder}/{key}") for key in keys]
        where, (_, _, root) = self._where, self.secret_url.partition("://")
        return [(*where, f"{root}/{key}") for key in keys]

    @property
    def _s3(self) -> S3Objects | None:
        """The objects of a bucket of S3; None for other filesystems."""
        fs = self._used
        if self._objects is None or self._objects[0] is not fs:
            bucket = self._root.lstrip("/").partition("/")[0]
            self._objects = (fs, S3Objects(fs, bucket) if is_s3(fs) and bucket else None)
        return self._objects[1]

    @property
    def swaps_between_processes(self) -> bool:  # type: ignore[override]  # depends on the server
        """Whether compare-and-swap holds against other processes: where the server can do it."""
        if self._files is not None:
            return self._files.swaps_between_processes
        return self._s3 is not None and self._s3.honours_conditions

    @property
    def holds_nodes(self) -> bool:  # type: ignore[override]  # depends on the filesystem
        """Whether nodes can be held: local ones."""
        return self._files is not None and self._files.holds_nodes

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_made": None, "_given": None, "_objects": None}

    def _path(self, key: str) -> str:
        return join(self._root, key) if self._root else key

    # -------------------------------------------------------------- requests

    async def _read(
        self, key: str, byte_range: ByteRequest | None
    ) -> tuple[BytesLike | None, Hashable]:
        """Value and ETag of a bucket's object; of other filesystems the value alone."""
        if self._files is not None and byte_range is None:
            versions: list[Hashable] = []
            (value,) = await self._files.perform_async(Get([key], versions=versions))
            return value, versions[0]
        if self._http and byte_range != SuffixByteRequest(0):
            try:
                return await http_get(
                    self._used, self._path(key), byte_range, key, MOST_NBYTES.get()
                )
            except self.allowed_exceptions:
                return None, ABSENT
        s3 = self._s3
        if s3 is None or not s3.honours_conditions or byte_range == SuffixByteRequest(0):
            return await self._get(key, byte_range), None
        part, etag = await s3.get(self._path(key), byte_range, key, MOST_NBYTES.get())
        return part, ABSENT if part is None else etag

    @answers(Versions)
    async def _answer_versions(self, request: Versions) -> list[Hashable]:
        """Those of local files; other filesystems tell them with the values, or not at all."""
        if self._files is None:
            return [None] * len(request.keys)
        return await self._files.perform_async(request)

    @answers(Hold)
    async def _answer_hold(self, request: Hold) -> object | None:
        """Local nodes can be held."""
        return None if self._files is None else await self._files.perform_async(request)

    @answers(LetGo)
    async def _answer_let_go(self, request: LetGo) -> None:
        """Let go of a local node."""
        if self._files is not None:
            await self._files.perform_async(request)

    async def _set_if(self, key: str, value: bytes | None, version: Hashable) -> bool:
        if self._files is not None:
            if value is None:
                return not await self._files.perform_async(Delete([key], [version]))
            return not await self._files.perform_async(Put([key], [value], [version]))
        s3 = self._s3
        if s3 is None:  # a version told with a value, where no condition can be given
            await (self._delete(key) if value is None else self._set(key, value))
            return True
        path = self._path(key)
        if version == ABSENT:
            return await (self._is_missing(key) if value is None else s3.create(path, value))
        if value is None:
            return await s3.delete_if(path, str(version))
        return await s3.put_if(path, value, str(version))

    async def _is_missing(self, key: str) -> bool:
        return await self._size(key) is None

    async def _get(self, key: str, byte_range: ByteRequest | None) -> BytesLike | None:
        path = self._path(key)
        if self._s3 is not None and byte_range != SuffixByteRequest(0):
            value, _ = await self._s3.get(path, byte_range, key, MOST_NBYTES.get())
            return value
        try:
            if self._http and byte_range != SuffixByteRequest(0):
                got, _ = await http_get(self._used, path, byte_range, key, MOST_NBYTES.get())
                return got
            if byte_range is None:
                # s3fs asks for the size first unless told not to divide the read
                more = (
                    {"max_concurrency": 1} if "max_concurrency" in self._takes["_cat_file"] else {}
                )
                whole: bytes = await self._used._cat_file(path, **more)
                return whole
            if byte_range == SuffixByteRequest(0):
                return None if await self._size(key) is None else b""
            return await self._part(path, byte_range, key)
        except self.allowed_exceptions:
            return None

    async def _part(self, path: str, byte_range: ByteRequest, key: str) -> bytes:
        start, end = _limits(byte_range)
        try:
            part: bytes = await self._used._cat_file(path, start=start, end=end)
        except OSError as error:
            if error.errno == errno.EINVAL or "InvalidRange" in str(error):
                raise _past_the_end(byte_range, key) from error
            raise
        if end is not None and start >= 0 and len(part) > end - start:
            raise OSError(
                errno.EIO,
                f"asked for {end - start} bytes, got {len(part)}: ranges are ignored",
                key,
            )
        if not part and not isinstance(byte_range, SuffixByteRequest):
            raise _past_the_end(byte_range, key)
        return part

    async def _set(self, key: str, value: bytes) -> None:
        if self._files is not None:
            await self._files.perform_async(Put([key], [value]))
            return
        path = self._path(key)
        try:
            await self._used._pipe_file(path, value)
        except FileNotFoundError:
            await self._make_folder(path)
            await self._used._pipe_file(path, value)

    async def _make_folder(self, path: str) -> None:
        """Make the folders between the store's root and a key, the root too, but none above it.

        Called while an error that says that a folder is missing is dealt with.

        Raises
        ------
        FileNotFoundError
            There is no place for the root: no such bucket, or no folder above it.
        """
        if self._buckets:
            raise  # noqa: PLE0704 - the error that is dealt with
        root = self._root or "/"
        above = root.rpartition("/")[0]
        if not self._local and above and not await self._used._exists(above):
            raise FileNotFoundError(
                errno.ENOENT, "there is no such folder; nothing above a store's root is made", above
            )
        await self._used._makedirs(path.rpartition("/")[0], exist_ok=True)

    async def _create(self, key: str, value: bytes) -> bool:
        if self._files is not None:
            return await self._files.perform_async(Swap(key, None, value))
        if self._s3 is not None and self._s3.honours_conditions:
            return await self._s3.create(self._path(key), value)
        if "mode" not in self._takes["_pipe_file"]:
            if await self._size(key) is not None:
                return False
            await self._set(key, value)
            return True
        path = self._path(key)
        for _ in range(2):
            try:
                await self._used._pipe_file(path, value, mode="create")
                return True
            except FileExistsError:
                return False
            except FileNotFoundError:
                await self._make_folder(path)
        raise FileNotFoundError(errno.ENOENT, "can't make the folder of a key", path)

    async def _delete(self, key: str) -> None:
        if self._files is not None:
            await self._files.perform_async(Delete([key]))
            return
        try:
            await self._used._rm_file(self._path(key))
            if self._folders:
                await self._prune(key)
        except (FileNotFoundError, NotADirectoryError) as error:
            self._check_missing(error)
        except (IsADirectoryError, PermissionError):
            if await self._size(key) is not None:
                raise

    def _check_missing(self, error: Exception) -> None:
        """Refuse an error that does not say that a key is missing; see `S3Objects`."""
        if self._s3 is not None and isinstance(error, FileNotFoundError):
            self._s3.check_missing(error)

    async def _delete_many(self, keys: Sequence[str]) -> None:
        if self._s3 is None or len(keys) == 1:
            await super()._delete_many(keys)
            return
        paths = [self._path(key) for key in keys]
        deleting = self._in_time(self._s3.delete_many(paths), "deletion", keys[0])
        await finished(asyncio.ensure_future(deleting))

    async def _prune(self, key: str) -> None:
        """Remove the folders that a deletion has emptied, where folders are more than names."""
        folder = key.rpartition("/")[0]
        while folder:
            try:
                await self._used._rmdir(self._path(folder))
            except OSError:
                return
            folder = folder.rpartition("/")[0]

    async def _size(self, key: str) -> int | None:
        try:
            entry = await self._used._info(self._path(key))
        except self.allowed_exceptions as error:
            self._check_missing(error)
            return None
        if entry.get("type") == "directory":
            return None
        if entry.get("size") is None:
            value = await self._get(key, None)
            return None if value is None else len(value)
        return int(entry["size"])

    async def _keys(self, prefix: str) -> list[str]:
        return [key for key, _ in await self._entries(prefix)]

    async def _entries(self, prefix: str) -> list[tuple[str, int | None]]:
        root = self._path(prefix) if prefix else self._root
        try:
            self._used.invalidate_cache()
            entries = await self._used._find(root or "/", detail=True)
        except self.allowed_exceptions as error:
            self._check_missing(error)
            return []
        return [
            (key, entry.get("size"))
            for path, entry in entries.items()
            if (key := self._relative(path)) and _below(key, prefix)
        ]

    async def _names(self, prefix: str) -> list[str]:
        root = self._path(prefix) if prefix else self._root
        try:
            self._used.invalidate_cache()
            paths = await self._used._ls(root or "/", detail=False)
        except self.allowed_exceptions as error:
            self._check_missing(error)
            return []
        keys = [self._relative(path).rstrip("/") for path in paths]
        return [key[len(prefix) + bool(prefix) :] for key in keys if key and _below(key, prefix)]

    def _relative(self, path: str) -> str:
        """Key of a path that the filesystem listed."""
        inner = getattr(self._used, "sync_fs", self._used)
        root = str(inner._strip_protocol(self._root or "/")).rstrip("/")
        stripped = str(path)
        return stripped[len(root) :].lstrip("/") if stripped.startswith(root) else ""


def _below(key: str, prefix: str) -> bool:
    return not prefix or key.startswith(f"{prefix}/")


def _limits(byte_range: ByteRequest) -> tuple[int, int | None]:
    """Start and end as fsspec takes them."""
    match byte_range:
        case RangeByteRequest(start, end):
            return start, end
        case OffsetByteRequest(offset):
            return offset, None
        case SuffixByteRequest(suffix):
            return -suffix, None


def _past_the_end(byte_range: ByteRequest, key: str) -> RangeNotSatisfiableError:
    return RangeNotSatisfiableError(
        f"key {key!r}: {byte_range} starts past the end of the value", key=key
    )

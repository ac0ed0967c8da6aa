"""A store in a ZIP archive, for data that travel as one file.

An archive is complete once it is closed. One with a path is written beside it until then, and takes
its place at once: others see the old archive or the new one, and who dies leaves the old one.
"""

import os
import shutil
import threading
import warnings
import zipfile
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Literal, Self

from frozarr.io.byte_requests import ByteRequest, resolve_range
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.programs.requests import (
    Delete,
    DeletePrefix,
    Get,
    GetRanges,
    ListPrefix,
    Put,
    Sizes,
    Swap,
    check_nbytes,
)
from frozarr.io.stores.base import BlockingStore
from frozarr.io.stores.dispatch import answers
from frozarr.io.stores.local.beside import FileBeside
from frozarr.io.stores.verbs import as_value, is_hidden

__all__ = ["ZipStore"]

ZipMode = Literal["r", "w", "a", "x"]


class _Shared:
    """What a store and its read-only twins have in common: the open archive."""

    def __init__(self, path: Path | None) -> None:
        self.archive: zipfile.ZipFile | None = None
        self.path = path
        self.beside: FileBeside | None = None
        """What is written, if there is a path."""
        self.lock = threading.RLock()
        self.pid = os.getpid()

    def close(self) -> None:
        """Finish the archive, and put it in its place."""
        archive, self.archive = self.archive, None
        beside, self.beside = self.beside, None
        try:
            if archive is not None:
                archive.close()
        except BaseException:
            if beside is not None:
                beside.drop()
            raise
        if beside is not None:
            beside.publish()

    def __del__(self) -> None:
        if self.pid == os.getpid():
            self.close()


def _check_archive(path: Path) -> None:
    """Refuse to add to what is no archive: what it holds would be lost."""
    if not zipfile.is_zipfile(path):
        raise zipfile.BadZipFile("File is not a zip file")


class ZipStore(BlockingStore):
    """Keys are entries of an archive.

    Parameters
    ----------
    path
        The archive; or a file object that can be read, written and sought, which stays open.
    mode
        ``r`` read it, ``w`` make it anew, ``a`` add to it, ``x`` make it, failing if it exists.
    compression
        ``zipfile.ZIP_STORED`` or ``ZIP_DEFLATED``; chunks are mostly compressed already.

    Entries can't be removed. One that is written again takes the place of the old one in the
    archive's directory; the old bytes stay in the file, unreachable.

    Raises
    ------
    zipfile.BadZipFile
        Not an archive, or one whose writer did not live to close it.

    Examples
    --------
    >>> import tempfile
    >>> path = f"{tempfile.mkdtemp()}/a.zip"
    >>> with ZipStore(path, mode="w") as store:
    ...     store.blocking.set("a/b", b"spam")
    >>> ZipStore(path).blocking.get("a/b").to_bytes()
    b'spam'
    """

    supports_deletes = False
    supports_partial_writes = False
    coalesce_gap_nbytes = 16 * 1024

    def __init__(
        self, path: str | os.PathLike[str] | IO[bytes], *, mode: ZipMode = "r",
        read_only: bool | None = None, compression: int = zipfile.ZIP_STORED,
        allowZip64: bool = True,  # noqa: N803 - zipfile's name
    ) -> None:  # fmt: skip
        if mode not in {"r", "w", "a", "x"}:
            raise ValueError(f"mode must be one of 'r', 'w', 'a', 'x', got {mode!r}")
        if mode == "r" and read_only is False:
            raise ValueError("an archive that is opened in mode 'r' can't be written; use mode 'a'")
        super().__init__(read_only=mode == "r" if read_only is None else read_only)
        self.file: IO[bytes] | None = None
        """The file object that was given; None for an archive with a path."""
        where: Path | None = None
        if isinstance(path, str | os.PathLike):
            where = Path(path).expanduser().absolute()
        else:
            self.file = path
        self._mode: ZipMode = mode
        self.compression, self.allowZip64 = compression, allowZip64
        self._shared = _Shared(where)
        self._open(mode)

    @property
    def path(self) -> Path | None:
        """The archive's path; None for one on a file object."""
        return self._shared.path

    @property
    def _archive(self) -> zipfile.ZipFile | None:
        return self._shared.archive

    @_archive.setter
    def _archive(self, archive: zipfile.ZipFile | None) -> None:
        self._shared.archive = archive

    @property
    def _lock(self) -> AbstractContextManager[object]:
        """Held while the archive is used; a forked process has its own."""
        if self._shared.pid != os.getpid():
            closed = self._shared.archive is None
            self._check_forked()
            self._shared = _Shared(self.path)
            if not closed:
                self._open("r")
        return self._shared.lock

    def _check_forked(self) -> None:
        if self._shared.archive is not None and (self._mode != "r" or self.file is not None):
            raise ValueError(
                f"{self.url}: an archive that is written, or was given as a file object, is "
                "used by the process that opened it"
            )

    def _open(self, mode: ZipMode) -> None:
        """Open the archive; one that is to be written, beside the one that is there."""
        shared = self._shared
        where: Any = shared.path if self.file is None else self.file
        if shared.path is not None and mode != "r":
            try:
                shared.beside = FileBeside(shared.path, keep=mode == "a", anew=mode == "x")
            except BlockingIOError as error:
                raise BlockingIOError(
                    f"{self.url} is being written by another store or process, and not closed yet"
                ) from error
            where = shared.beside.path
            mode = "a" if mode == "a" and where.stat().st_size else "w"
        try:
            if mode == "a" and shared.path is not None:
                _check_archive(shared.path)
            shared.archive = zipfile.ZipFile(
                where, mode, compression=self.compression, allowZip64=self.allowZip64
            )
        except BaseException as error:
            if shared.beside is not None:
                shared.beside.drop()
                shared.beside = None
            if not isinstance(error, zipfile.BadZipFile):
                raise
            raise zipfile.BadZipFile(
                f"{self.url}: {error}. If it was being written, its writer ended before close(), "
                "and the archive has no directory; write it again"
            ) from error

    @property
    def archive(self) -> zipfile.ZipFile:
        """The open archive; a process forked since opens it again, to have a position of its own.

        Raises
        ------
        ValueError
            The store is closed, or is being written by the parent process.
        """
        with self._lock:
            if self._archive is None:
                raise ValueError(f"{self.url} is closed")
            return self._archive

    @property
    def url(self) -> str:
        """``zip://`` and the path, or what the file object calls itself."""
        if self.path is not None:
            return f"zip://{self.path}"
        return f"zip://{getattr(self.file, 'name', None) or id(self.file)}"

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The archive's path, or the file object."""
        return ("zip", id(self.file) if self.path is None else os.path.realpath(self.path))

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same open archive, with or without permission to change it.

        Raises
        ------
        ValueError
            Permission to change an archive that was opened in mode ``r``.
        """
        if not read_only and self._mode == "r":
            raise ValueError(f"{self.url} was opened in mode 'r'; open it in mode 'a' to change it")
        return super().with_read_only(read_only)

    def __getstate__(self) -> dict[str, object]:
        if self._mode != "r" and self._archive is not None:
            raise TypeError(f"{self.url} is open for writing: close it before it is pickled")
        if self.path is None:
            raise TypeError(f"{self.url} is on a file object, which can't be pickled; use a path")
        kept = ("path", "compression", "allowZip64")
        return {name: getattr(self, name) for name in kept}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        compression, big = state["compression"], state["allowZip64"]
        self.__init__(state["path"], mode="r", compression=compression, allowZip64=big)  # type: ignore[misc]  # as good as new

    def close(self) -> None:
        """Finish the archive; nothing can be read or written afterwards."""
        if self._shared.pid != os.getpid():  # what the parent process has open stays so
            self._shared = _Shared(self.path)
            return
        with self._lock:
            self._shared.close()

    async def move(self, path: str | os.PathLike[str]) -> None:
        """Move the archive to another path, and use it there; what stands there is replaced.

        Raises
        ------
        ValueError
            The archive is on a file object, or is being written.
        """
        # asyncio takes long to import, and callers that block do without
        from frozarr.io.runners.coroutines import in_thread  # noqa: PLC0415

        await in_thread(lambda: self._move(Path(path).expanduser().absolute()))

    def _move(self, target: Path) -> None:
        if self.path is None or self._mode != "r":
            raise ValueError(f"{self.url}: only an archive with a path, opened to read, is moved")
        with self._lock:
            if target.is_dir():
                raise IsADirectoryError(f"{self.url}: {target} is a directory; name the archive")
            target.parent.mkdir(parents=True, exist_ok=True)
            self.archive.close()
            try:
                shutil.move(self.path, target)
                self._shared.path = target
            finally:
                self._open("r")

    # -------------------------------------------------------------- reading

    def _value(
        self, key: str, byte_range: ByteRequest | None, most_nbytes: int = 0
    ) -> BytesLike | None:
        """Bytes of an entry; None if there is none."""
        with self._lock:
            entry = self.archive.NameToInfo.get(key)
            if entry is None:
                return None
            if byte_range is None:
                check_nbytes(key, entry.file_size, most_nbytes)
                if entry.compress_type == zipfile.ZIP_STORED or not most_nbytes:
                    return self.archive.read(entry)
                with self.archive.open(entry) as file:  # what it says of its size may be untrue
                    value = file.read(most_nbytes + 1)
                check_nbytes(key, len(value), most_nbytes)
                return value
            first, last = resolve_range(byte_range, entry.file_size, key)
            with self.archive.open(entry) as file:
                file.seek(first)
                return file.read(last - first)

    @answers(Get)
    def _get(self, request: Get) -> list[BytesLike | None]:
        return [self._value(key, None, request.most_nbytes) for key in request.keys]

    @answers(GetRanges)
    def _get_ranges(self, request: GetRanges) -> list[BytesLike | None]:
        wanted = zip(request.keys, request.ranges, strict=True)
        return [self._value(key, byte_range) for key, byte_range in wanted]

    @answers(Sizes)
    def _sizes(self, request: Sizes) -> list[int | None]:
        with self._lock:
            entries = [self.archive.NameToInfo.get(key) for key in request.keys]
        return [None if entry is None else entry.file_size for entry in entries]

    @answers(ListPrefix)
    def _list_prefix(self, request: ListPrefix) -> list[str]:
        head = f"{request.prefix}/" if request.prefix else ""
        with self._lock:
            names = list(self.archive.NameToInfo)
        return sorted(
            n for n in names if n.startswith(head) and not n.endswith("/") and not is_hidden(n)
        )

    # -------------------------------------------------------------- writing

    @answers(Put)
    def _put(self, request: Put) -> None:
        with self._lock:
            for key, value in zip(request.keys, request.values, strict=True):
                self._write_entry(key, as_bytes_view(as_value(value)))

    def _write_entry(self, key: str, value: memoryview) -> None:
        archive = self.archive
        old = archive.NameToInfo.get(key)
        entry = zipfile.ZipInfo(key)
        entry.compress_type = self.compression
        entry.external_attr = 0o644 << 16
        start: int = archive.start_dir
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
                archive.writestr(entry, value)
        except BaseException:
            self._forget(archive, entry, old, start)
            raise
        if old is not None:  # only the new entry is listed
            archive.filelist.remove(old)

    @staticmethod
    def _forget(
        archive: zipfile.ZipFile, entry: zipfile.ZipInfo, old: zipfile.ZipInfo | None, start: int
    ) -> None:
        """Have an archive as it was before an entry that could not be written."""
        if entry in archive.filelist:
            archive.filelist.remove(entry)
        archive.NameToInfo.pop(entry.filename, None)
        if old is not None:
            archive.NameToInfo[entry.filename] = old
        archive.start_dir = start
        file: Any = archive.fp
        file.seek(start)
        file.truncate()

    @answers(Delete)
    def _delete(self, request: Delete) -> None:
        sizes = self._sizes(Sizes(request.keys))
        present = [key for key, size in zip(request.keys, sizes, strict=True) if size is not None]
        if present:
            raise NotImplementedError(
                f"{self.url}: entries of an archive can't be removed ({present[0]!r}); write "
                "another archive without it"
            )

    @answers(DeletePrefix)
    def _delete_prefix(self, request: DeletePrefix) -> None:
        """All entries, by beginning the archive anew; some of them can't be removed."""
        if request.prefix:
            self._delete(Delete(self._list_prefix(ListPrefix(request.prefix))))
            return
        with self._lock:
            self.archive.close()
            beside = self._shared.beside
            where: Any = self.file if beside is None else beside.path
            if self.file is not None:
                self.file.seek(0)
                self.file.truncate()
            self._archive = zipfile.ZipFile(
                where, "w", compression=self.compression, allowZip64=self.allowZip64
            )

    @answers(Swap)
    def _swap(self, request: Swap) -> bool:
        with self._lock:
            stored = self._value(request.key, None)
            if (None if stored is None else bytes(as_bytes_view(stored))) != request.old:
                return False
            if request.new is None:
                self._delete(Delete([request.key]))
            else:
                self._put(Put([request.key], [request.new]))
            return True

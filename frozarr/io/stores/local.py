"""A store in a directory of the local file system.

Values are replaced whole: written to a temporary file in a hidden folder under the root, then
renamed. Reads therefore need no locks, and a killed process leaves nothing that is ever listed.
"""

import contextlib
import ctypes
import errno
import itertools
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from frozarr.io.byte_requests import ByteRequest, resolve_range
from frozarr.io.kernels.base import BytesLike, as_bytes_view
from frozarr.io.stores.base import HIDDEN, BlockingStore, is_hidden
from frozarr.metadata.keys import check_key, check_keys

try:  # absent on Windows: there, swaps hold within the process only
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # tested before use

__all__ = ["LocalStore"]

_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
_BESIDE: Final = f"{HIDDEN}-beside"
_STALE_SECONDS: Final = 3600
_FIRST_READ: Final = 1 << 16
_NAMES = itertools.count()
_MISSING: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
Durability = Literal["os", "fsync"]


class LocalStore(BlockingStore):
    """Keys are files below a root directory.

    Parameters
    ----------
    root
        The directory; made when something is first written.
    read_only
        Refuse all changes.
    durability
        ``os``: a value survives the process, not a power cut (as other Zarr libraries have it).
        ``fsync``: a value has reached the disk when a write returns.

    Symbolic links below the root are followed; anything that is not a regular file is an error.

    Examples
    --------
    >>> import tempfile
    >>> store = LocalStore(tempfile.mkdtemp())
    >>> store.blocking.set("a/b", b"spam")
    >>> store.blocking.list()
    ['a/b']
    """

    swaps_between_processes = fcntl is not None
    supports_partial_writes = False

    def __init__(
        self, root: str | os.PathLike[str], *, read_only: bool = False,
        durability: Durability = "os",
    ) -> None:  # fmt: skip
        super().__init__(read_only=read_only)
        if durability not in {"os", "fsync"}:
            raise ValueError(f"durability must be 'os' or 'fsync', got {durability!r}")
        self.root = Path(root).absolute()
        self.durability = durability
        self._head = f"{self.root}/"
        self._beside = f"{self.root.parent}/.{self.root.name}{HIDDEN}/"
        self._identity = ("local", os.path.realpath(self.root))

    @property
    def url(self) -> str:
        """``file://`` and the root."""
        return f"file://{self.root}"

    @property
    def identity(self) -> tuple[Any, ...]:
        """The root, symbolic links resolved."""
        return self._identity

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same directory, with or without permission to change it."""
        return type(self)(self.root, read_only=read_only, durability=self.durability)

    def _path(self, key: str) -> str:
        if key.startswith(f"{_BESIDE}/"):
            return self._beside + key[len(_BESIDE) + 1 :]
        return self._head + key

    # ------------------------------------------------------------------ reading

    def _read(self, key: str, byte_range: ByteRequest | None, nbytes_hint: int) -> BytesLike | None:
        try:
            fd = os.open(self._path(key), _READ)
        except _MISSING:
            return None
        try:
            if byte_range is not None:
                first, last = resolve_range(byte_range, _regular_nbytes(fd, key), key)
                return _read_range(fd, first, last - first)
            value = os.read(fd, wanted := (nbytes_hint or _FIRST_READ) + 1)
            if len(value) in {0, wanted}:  # empty, or more to come: find out what this is
                value += _read_rest(fd, len(value), key)
            return value
        except IsADirectoryError:
            return None
        finally:
            os.close(fd)

    def read_many(
        self,
        keys: Sequence[str],
        ranges: Sequence[ByteRequest | None] | None = None,
        nbytes_hint: int = 0,
    ) -> list[BytesLike | None]:
        """Values (or the asked part of them), None where a key is missing."""
        if ranges is not None or len(keys) == 1:
            return super().read_many(keys, ranges, nbytes_hint)
        check_keys(keys)
        wanted = (nbytes_hint or _FIRST_READ) + 1
        found: list[BytesLike | None] = [None] * len(keys)
        for i, fd in _open_present(self._path, keys):
            try:
                value = os.read(fd, wanted)
                if len(value) in {0, wanted}:
                    value += _read_rest(fd, len(value), keys[i])
                found[i] = value
            except IsADirectoryError:
                continue
            finally:
                os.close(fd)
        return found

    def read_into(self, keys: Sequence[str], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Read values into the rows; the bytes each has, -1 where a key is missing."""
        check_keys(keys)
        sizes = np.full(len(keys), -1, np.int64)
        for i, fd in _open_present(self._path, keys):
            try:
                sizes[i] = _read_row(fd, rows[i], keys[i])
            except IsADirectoryError:
                continue
            finally:
                os.close(fd)
        return sizes

    def size_of(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""
        try:
            found = os.stat(self._path(check_key(key)))
        except _MISSING:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    # ------------------------------------------------------------------ writing

    def _write(self, keys: Sequence[str], values: Sequence[BytesLike]) -> None:
        with self._workshop() as folder:
            for key, value in zip(keys, values, strict=True):
                made = self._make(folder, value)
                try:
                    self._place(made, self._path(key))
                except BaseException:
                    _unlink(made)
                    raise

    def _make(self, folder: str, value: BytesLike) -> str:
        """Temporary file that holds the value."""
        path = f"{folder}{os.getpid():x}-{next(_NAMES):x}"
        try:
            fd = os.open(path, _CREATE, 0o666)
        except FileNotFoundError:  # another process has just cleaned up
            os.makedirs(folder, exist_ok=True)
            fd = os.open(path, _CREATE, 0o666)
        try:
            try:
                _write_all(fd, value)
                if self.durability == "fsync":
                    os.fsync(fd)
            finally:
                os.close(fd)
        except BaseException:
            _unlink(path)
            raise
        return path

    def _place(self, made: str, path: str) -> None:
        for _ in range(3):  # folders may be pruned under our feet by a deletion next to us
            try:
                os.replace(made, path)
                break
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), exist_ok=True)
        else:
            os.replace(made, path)
        if self.durability == "fsync":
            _sync_folder(os.path.dirname(path))

    @contextlib.contextmanager
    def _workshop(self) -> Iterator[str]:
        """The hidden folder under the root; gone afterwards unless others work in it."""
        folder = f"{self._head}{HIDDEN}/"
        try:
            os.mkdir(folder)
        except FileExistsError:
            _sweep(folder)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):  # not empty: somebody else is at work
                os.rmdir(folder)

    def _erase(self, keys: Sequence[str]) -> None:
        folders = set()
        for key in keys:
            path = self._path(key)
            try:
                os.unlink(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (IsADirectoryError, PermissionError):
                if not os.path.isdir(path):
                    raise
                self._erase_prefix(key)
            folders.add(key.rpartition("/")[0])
        self._prune(folders)

    def _prune(self, folders: set[str]) -> None:
        """Remove folders that have become empty, and their parents."""
        for folder in sorted(folders, key=len, reverse=True):
            while folder:
                try:
                    os.rmdir(self._path(folder))
                except OSError:
                    break
                folder = folder.rpartition("/")[0]

    def _erase_prefix(self, prefix: str) -> None:
        if not prefix:
            for name in self.names_below(""):
                self._erase_prefix(name)
            return
        with self._workshop() as folder:
            aside = f"{folder}{os.getpid():x}-{next(_NAMES):x}"
            try:
                os.rename(self._path(prefix), aside)  # at once: no reader sees half of it gone
            except (FileNotFoundError, NotADirectoryError):
                return
            _remove_tree(aside)
        self._prune({prefix.rpartition("/")[0]})

    # ------------------------------------------------------------------ changing safely

    def _swap(self, key: str, old: bytes | None, new: bytes | None) -> bool:
        with self._exclusive():
            stored = self._read(key, None, 0)
            if (None if stored is None else bytes(stored)) != old:
                return False
            if new is None:
                self._erase([key])
            else:
                self._write([key], [new])
            return True

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the root against other processes (and threads), by locking the directory itself."""
        if fcntl is None:
            yield
            return
        os.makedirs(self.root, exist_ok=True)
        while True:
            fd = os.open(self.root, os.O_RDONLY)
            try:
                with contextlib.suppress(OSError):  # some network file systems can't lock
                    fcntl.flock(fd, fcntl.LOCK_EX)
                if _same_file(fd, self.root):
                    yield
                    return
            finally:
                os.close(fd)

    def stage(self, prefix: str) -> str | None:
        """Hidden prefix for building what will replace `prefix`; None if that can't be done."""
        self.check_writable(prefix)
        if not os.path.isdir(self._path(prefix) if prefix else self.root):
            return None
        name = f"{os.getpid():x}-{next(_NAMES):x}"
        staged = f"{HIDDEN}/{name}" if prefix else f"{_BESIDE}/{name}"
        try:
            os.makedirs(self._path(staged))
        except OSError:
            return None
        _sweep(os.path.dirname(self._path(staged)) + "/")
        return staged

    def publish(self, staged: str, prefix: str) -> None:
        """Exchange the staged directory and the one at `prefix`, then remove the old one."""
        self.check_writable(prefix)
        made = self._path(staged)
        place = self._path(prefix) if prefix else str(self.root)
        with self._exclusive():
            _exchange(made, place)
        _remove_tree(made)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(made))

    def discard(self, staged: str) -> None:
        """Remove a staged prefix that will not be published."""
        made = self._path(staged)
        _remove_tree(made)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(made))

    # ------------------------------------------------------------------ listing

    def keys_below(self, prefix: str) -> list[str]:
        """All keys below a prefix, sorted."""
        if is_hidden(prefix):
            return []
        found: list[str] = []
        folders = [prefix]
        while folders:
            folder = folders.pop()
            head = f"{folder}/" if folder else ""
            for entry in _scan(self._path(folder)):
                if entry.is_dir():
                    if folder or not is_hidden(entry.name):
                        folders.append(head + entry.name)
                else:
                    found.append(head + entry.name)
        return sorted(found)

    def names_below(self, prefix: str) -> list[str]:
        """Names one level below a prefix, sorted."""
        return sorted(
            entry.name for entry in _scan(self._path(prefix)) if prefix or not is_hidden(entry.name)
        )


# ---------------------------------------------------------------------- files


def _open_present(path_of: Any, keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Position and open file of each key that exists; the caller closes it.

    After a miss the folder is listed: an exception for each missing file costs more than listing
    its folder once, and a folder that does not exist answers for all below it.
    """
    listed: frozenset[str] | None = None
    folder = ""
    absent = "/"  # no key starts with a slash
    for i, key in enumerate(keys):
        if key.startswith(absent):
            continue
        if listed is not None:
            here, _, name = key.rpartition("/")
            if here != folder:
                listed = None
            elif name not in listed:
                continue
        try:
            fd = os.open(path_of(key), _READ)
        except _MISSING:
            folder = key.rpartition("/")[0]
            listed, missing_folder = _list_folder(path_of, folder)
            absent = missing_folder or absent
            continue
        yield i, fd


def _list_folder(path_of: Any, folder: str) -> tuple[frozenset[str], str | None]:
    """Names in a folder; if it does not exist, the prefix of the topmost one that doesn't."""
    try:
        return frozenset(os.listdir(path_of(folder))), None
    except (FileNotFoundError, NotADirectoryError):
        absent = None
        while folder and not os.path.isdir(path_of(folder)):
            absent = f"{folder}/"
            folder = folder.rpartition("/")[0]
        return frozenset(), absent


def _scan(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _regular_nbytes(fd: int, key: str) -> int:
    found = os.fstat(fd)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), key)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", key)
    return found.st_size


def _read_range(fd: int, start: int, nbytes: int) -> bytes:
    parts = []
    while nbytes > 0:
        part = os.pread(fd, nbytes, start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        nbytes -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _read_rest(fd: int, got: int, key: str) -> bytes:
    """What follows the first bytes of a file, once it is known to be a regular one."""
    nbytes = _regular_nbytes(fd, key)
    return _read_range(fd, got, nbytes - got) if nbytes > got else b""


def _read_row(fd: int, row: npt.NDArray[np.uint8], key: str) -> int:
    """Read a file into a row; the bytes the file has, which may be more or fewer."""
    wanted = len(row)
    got = os.readv(fd, [row])
    if got == wanted and not os.read(fd, 1):
        return got
    nbytes = _regular_nbytes(fd, key)
    while got < min(nbytes, wanted):
        more = os.readv(fd, [row[got:]])
        if not more:
            return got
        got += more
    return nbytes


def _write_all(fd: int, value: BytesLike) -> None:
    view = as_bytes_view(value)
    written = os.write(fd, view)
    while written < len(view):
        written += os.write(fd, view[written:])


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _remove_tree(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        _unlink(path)


def _sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _same_file(fd: int, path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def _sweep(folder: str) -> None:
    """Remove what processes that died long ago have left."""
    oldest = time.time() - _STALE_SECONDS
    for entry in _scan(folder):
        with contextlib.suppress(OSError):
            if entry.stat(follow_symlinks=False).st_mtime < oldest:
                _remove_tree(entry.path)


_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100


def _exchange(made: str, place: str) -> None:
    """Exchange two directories in one step where the system can, else in two renames."""
    if not os.path.exists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.rename(made, place)
        return
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if hasattr(libc, "renameat2") and not libc.renameat2(
            _AT_FDCWD, os.fsencode(made), _AT_FDCWD, os.fsencode(place), _EXCHANGE
        ):
            return
    aside = f"{made}-old"
    os.rename(place, aside)
    os.rename(made, place)
    os.rename(aside, made)

"""A store in a directory of the local file system.

Values are replaced whole: written to a temporary file in a hidden folder under the root, then
renamed. Reads therefore need no locks, and a killed process leaves nothing that is ever listed.
"""

import contextlib
import itertools
import operator
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from frozarr.io.byte_requests import ByteRequest, check_range, resolve_range
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.stores.base import HIDDEN, BlockingStore, is_hidden
from frozarr.io.stores.files import (
    CREATE,
    MISSING,
    READ,
    exchange,
    finish_row,
    open_present,
    read_range,
    read_rest,
    regular_nbytes,
    remove_tree,
    same_file,
    scan,
    sweep,
    sync_folder,
    unlink,
    write_all,
    write_parts,
)
from frozarr.metadata.keys import check_key, check_keys

fcntl: Any = None
with contextlib.suppress(ImportError):  # absent on Windows: there, swaps hold within the process
    fcntl = import_module("fcntl")

__all__ = ["LocalStore"]

_BESIDE: Final = f"{HIDDEN}-beside"
_FIRSTREAD: Final = 1 << 16
_TICK_NS: Final = 50_000_000
_TRIES: Final = 100
_NAMES = itertools.count()
T = TypeVar("T")
Durability = Literal["os", "fsync"]


def _in_folder(folder: str, work: Callable[[], T], needs: str | None = None) -> T:
    """Do something in a folder that others may remove, when it is empty, at any moment."""
    for _ in range(_TRIES):
        try:
            return work()
        except FileNotFoundError:
            if needs is not None and not os.path.lexists(needs):
                raise
            with contextlib.suppress(FileNotFoundError, FileExistsError):  # gone again meanwhile
                os.makedirs(folder, exist_ok=True)
    return work()


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

    coalesce_gap_nbytes = 16 * 1024
    swaps_between_processes = fcntl is not None
    takes_parts = True
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
            fd = os.open(self._path(key), READ)
        except MISSING:
            return None
        try:
            if byte_range is not None:
                first, last = resolve_range(byte_range, regular_nbytes(fd, key), key)
                return read_range(fd, first, last - first)
            value = os.read(fd, wanted := (nbytes_hint or _FIRSTREAD) + 1)
            if len(value) in {0, wanted}:  # empty, or more to come: find out what this is
                value += read_rest(fd, len(value), key)
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
        if ranges is not None:
            return self._read_ranges(keys, ranges)
        if len(keys) == 1:
            return super().read_many(keys, None, nbytes_hint)
        check_keys(keys)
        wanted = (nbytes_hint or _FIRSTREAD) + 1
        found: list[BytesLike | None] = [None] * len(keys)
        for i, fd in open_present(self._path, keys):
            try:
                value = os.read(fd, wanted)
                if len(value) in {0, wanted}:
                    value += read_rest(fd, len(value), keys[i])
                found[i] = value
            except IsADirectoryError:
                continue
            finally:
                os.close(fd)
        return found

    def _read_ranges(
        self, keys: Sequence[str], ranges: Sequence[ByteRequest | None]
    ) -> list[BytesLike | None]:
        """Parts of values; a file asked several times in a row is opened once."""
        check_keys(keys)
        found: list[BytesLike | None] = []
        for key, group in itertools.groupby(zip(keys, ranges, strict=True), operator.itemgetter(0)):
            wanted = [byte_range for _, byte_range in group]
            for byte_range in wanted:
                if byte_range is not None:
                    check_range(byte_range, key)
            found += self._read_parts(key, wanted)
        return found

    def _read_parts(self, key: str, wanted: Sequence[ByteRequest | None]) -> list[BytesLike | None]:
        try:
            fd = os.open(self._path(key), READ)
        except MISSING:
            return [None] * len(wanted)
        try:
            nbytes = regular_nbytes(fd, key)
            spans = [(0, nbytes) if r is None else resolve_range(r, nbytes, key) for r in wanted]
            return [read_range(fd, first, last - first) for first, last in spans]
        except IsADirectoryError:
            return [None] * len(wanted)
        finally:
            os.close(fd)

    def versions(self, keys: Sequence[str]) -> list[Any]:
        """Device, inode, times and size of each file; None where there is none."""
        found: list[Any] = []
        for key in keys:
            try:
                entry = os.stat(self._path(check_key(key)))
            except MISSING:
                found.append(None)
            else:
                times = entry.st_mtime_ns, entry.st_ctime_ns
                found.append((entry.st_dev, entry.st_ino, entry.st_size, *times))
        return found

    def is_settled(self, version: Any) -> bool:
        """Whether the file is older than the ticks of the clock that dates changes in place."""
        return version is not None and time.time_ns() - max(version[3:]) > _TICK_NS

    def read_into(self, keys: Sequence[str], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Read values into the rows; the bytes each has, -1 where a key is missing."""
        check_keys(keys)
        if not rows.flags.c_contiguous:
            raise ValueError("rows to read into must lie side by side")
        sizes = [-1] * len(keys)
        width, flat = rows.shape[1], as_bytes_view(rows)
        beyond = bytearray(1)  # asked for as well, to see that there is nothing more
        for i, fd in open_present(self._path, keys):
            row = flat[i * width : (i + 1) * width]
            try:
                got = os.readv(fd, [row, beyond])
                sizes[i] = got if got == width else finish_row(fd, row, got, keys[i])
            except IsADirectoryError:
                continue
            finally:
                os.close(fd)
        return np.array(sizes, np.int64)

    def size_of(self, key: str) -> int | None:
        """Bytes of a value; None if the key is missing."""
        try:
            found = os.stat(self._path(check_key(key)))
        except MISSING:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    # ------------------------------------------------------------------ writing

    def _write(self, keys: Sequence[str], values: Sequence[BytesLike | Parts]) -> None:
        with self._workshop() as folder:
            head = f"{folder}{os.getpid():x}-"
            for key, value in zip(keys, values, strict=True):
                made = f"{head}{next(_NAMES):x}"
                try:
                    self._make(made, value)
                    self._place(made, self._path(key))
                except BaseException:
                    unlink(made)
                    raise

    def _make(self, path: str, value: BytesLike | Parts) -> None:
        """Make a temporary file that holds the value."""
        try:
            fd = os.open(path, CREATE, 0o666)
        except FileNotFoundError:
            folder = path.rpartition("/")[0]
            fd = _in_folder(folder, lambda: os.open(path, CREATE, 0o666))
        try:
            if isinstance(value, Parts):
                write_parts(fd, value)
            else:
                write_all(fd, value)
            if self.durability == "fsync":
                os.fsync(fd)
        finally:
            os.close(fd)

    def _place(self, made: str, path: str) -> None:
        try:
            os.replace(made, path)
        except FileNotFoundError:  # no folder yet, or pruned by a deletion next to us
            folder = path.rpartition("/")[0]
            with contextlib.suppress(OSError):  # mostly the last folder is all that lacks
                os.mkdir(folder)
            _in_folder(folder, lambda: os.replace(made, path), needs=made)
        if self.durability == "fsync":
            sync_folder(os.path.dirname(path))

    @contextlib.contextmanager
    def _workshop(self) -> Iterator[str]:
        """The hidden folder under the root; gone afterwards unless others work in it."""
        folder = f"{self._head}{HIDDEN}/"
        try:
            os.mkdir(folder)
        except FileExistsError:
            sweep(folder)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):  # there, and gone again: others are at work
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
        for emptied in sorted(folders, key=len, reverse=True):
            folder = emptied
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
            place = self._path(prefix)
            if not os.path.lexists(place):
                return
            try:  # at once: no reader sees half of it gone
                _in_folder(folder, lambda: os.rename(place, aside), needs=place)
            except (FileNotFoundError, NotADirectoryError):
                return
            remove_tree(aside)
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
                if same_file(fd, self.root):
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
        sweep(os.path.dirname(self._path(staged)) + "/")
        return staged

    def publish(self, staged: str, prefix: str) -> None:
        """Exchange the staged directory and the one at `prefix`, then remove the old one."""
        self.check_writable(prefix)
        made = self._path(staged)
        place = self._path(prefix) if prefix else str(self.root)
        with self._exclusive():
            exchange(made, place)
        remove_tree(made)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(made))

    def discard(self, staged: str) -> None:
        """Remove a staged prefix that will not be published."""
        made = self._path(staged)
        remove_tree(made)
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
            for entry in scan(self._path(folder)):
                if entry.is_dir():
                    if folder or not is_hidden(entry.name):
                        folders.append(head + entry.name)
                else:
                    found.append(head + entry.name)
        return sorted(found)

    def names_below(self, prefix: str) -> list[str]:
        """Names one level below a prefix, sorted."""
        return sorted(
            entry.name for entry in scan(self._path(prefix)) if prefix or not is_hidden(entry.name)
        )

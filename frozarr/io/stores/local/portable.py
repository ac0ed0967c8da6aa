"""What systems do differently: calls that some lack, files in use, names that some can't have.

Everything is decided when this module is loaded, by what the system offers.
"""

import contextlib
import ctypes
import errno
import itertools
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final, Self

from frozarr.errors import InvalidKeyError

fcntl: Any = None
with contextlib.suppress(ImportError):  # absent on Windows
    fcntl = import_module("fcntl")

_BINARY: Final = getattr(os, "O_BINARY", 0)
_CLOSED_BY_EXEC: Final = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
READ: Final = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0) | _CLOSED_BY_EXEC
CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _CLOSED_BY_EXEC

_PREAD: Any = getattr(os, "pread", None)
_READV: Any = getattr(os, "readv", None)
WRITEV: Final[Any] = getattr(os, "writev", None)
"""Writes several buffers at once; None where the system can't."""

WINDOWS: Final = os.name == "nt"
FOLDS_CASE: Final = sys.platform in {"win32", "darwin"}
"""File systems that take "A" and "a" for one name are usual here."""
_WAITS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds to wait for a file that somebody else has open."""


# ---------------------------------------------------------------------- calls that some lack


def open_read(path: str) -> int:
    """Open file to be read; IsADirectoryError for a folder on systems that can't open one."""
    try:
        return os.open(path, READ)
    except PermissionError:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path) from None
        raise


def read_at(fd: int, nbytes: int, start: int) -> bytes:
    """Some bytes of an open file from a position on; its own position may change."""
    if _PREAD is not None:
        part: bytes = _PREAD(fd, nbytes, start)
        return part
    os.lseek(fd, start, os.SEEK_SET)
    return os.read(fd, nbytes)


def read_into(fd: int, views: Sequence[Any]) -> int:
    """Read on into buffers, one after the other; the bytes read."""
    if _READV is not None:
        got: int = _READV(fd, views)
        return got
    total = 0
    for view in views:
        part = os.read(fd, len(view))
        view[: len(part)] = part
        total += len(part)
        if len(part) < len(view):
            break
    return total


# ---------------------------------------------------------------------- files in the making

_NUMBERS: Final = itertools.count()


@cache
def _maker(pid: int) -> str:
    """Who makes files: random, because processes of two machines or containers share numbers."""
    return f"{pid:x}-{secrets.token_hex(5)}"


def new_name() -> str:
    """Name of a file that nobody else makes.

    Examples
    --------
    >>> new_name() == new_name()
    False
    """
    return f"{_maker(os.getpid())}-{next(_NUMBERS):x}"


def same_device(first: str, second: str) -> bool:
    """Whether one path can be renamed to the other: both are on one file system."""
    return os.stat(first).st_dev == os.stat(second).st_dev


# ---------------------------------------------------------------------- files in use


def patiently(work: Callable[[], None], *, windows: bool = WINDOWS) -> None:
    """Do something with a file; on Windows wait for others who have it open, for two seconds.

    Raises
    ------
    PermissionError
        They still have.

    Examples
    --------
    >>> patiently(lambda: None)
    """
    for seconds in _WAITS if windows else ():
        try:
            work()
        except PermissionError:
            time.sleep(seconds)
        else:
            return
    work()


_NEW_LOCK = threading.Lock()
_LOCKS: dict[str, Any] = {}


@contextlib.contextmanager
def locked_folder(folder: str, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder, made if need be, against other threads; processes, too, if it can be locked.

    Parameters
    ----------
    folder
        Whatever path leads to it: two paths of one folder exclude each other.
    shared
        Only against those who want it for themselves.
    """
    if fcntl is None:
        with _NEW_LOCK:
            lock = _LOCKS.setdefault(os.path.realpath(folder), threading.RLock())
        with lock:
            yield
        return
    while True:
        fd = _opened(folder, os.O_RDONLY, folder)
        try:
            with contextlib.suppress(OSError):  # some network file systems can't lock
                fcntl.flock(fd, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            if _same_file(fd, folder):
                yield
                return
        finally:
            _unlock(fd)


_TRIES: Final = 100


def _opened(path: str, flags: int, folder: str | None) -> int:
    """Open file at a path; a folder is made if need be, and again if others prune it just then."""
    for _ in range(_TRIES):
        try:
            return os.open(path, flags | _CLOSED_BY_EXEC, 0o666)
        except FileNotFoundError:
            if folder is None:
                raise
            with contextlib.suppress(FileNotFoundError, FileExistsError):  # gone again meanwhile
                os.makedirs(folder, exist_ok=True)
    return os.open(path, flags | _CLOSED_BY_EXEC, 0o666)


class FolderLocks:
    """One folder after the other, held for a moment; shared ones until the next is taken.

    Where folders can't be locked between processes, other threads are kept out as far as they ask.

    Examples
    --------
    >>> import tempfile
    >>> with FolderLocks() as locks:
    ...     locks.take(tempfile.gettempdir(), shared=True)
    ...     locks.give_back()
    """

    def __init__(self) -> None:
        self._folder, self._fd, self._shared = "", -1, False
        self._inside: contextlib.ExitStack | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def take(self, folder: str, *, shared: bool, make: bool = True) -> None:
        """Hold a folder; FileNotFoundError if it is not there and not to be made.

        Parameters
        ----------
        shared
            Only against those who want it for themselves.
        """
        if fcntl is None:
            if not shared:
                self._inside = contextlib.ExitStack()
                self._inside.enter_context(locked_folder(folder))
            return
        if shared and self._shared and folder == self._folder:
            return
        while True:
            if folder != self._folder:
                self._open(folder, make=make)
            self._shared = shared
            with contextlib.suppress(OSError):  # some network file systems can't lock
                fcntl.flock(self._fd, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            if _same_file(self._fd, folder):
                return
            self._close()

    def _open(self, folder: str, *, make: bool) -> None:
        self._close()
        self._fd = _opened(folder, os.O_RDONLY, folder if make else None)
        self._folder = folder

    def give_back(self) -> None:
        """Hold no folder any more that others can't share."""
        if self._inside is not None:
            self._inside.close()
            self._inside = None
        if self._fd >= 0 and not self._shared:
            with contextlib.suppress(OSError):
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _close(self) -> None:
        fd, self._fd, self._folder, self._shared = self._fd, -1, "", False
        if fd >= 0:
            _unlock(fd)


class HeldNode:
    """A lock file that is open, and locked by this process."""

    def __init__(self, path: str, fd: int) -> None:
        self._path, self._fd, self._pid = path, fd, os.getpid()

    def let_go(self) -> None:
        """Remove the file and unlock it; a forked child only closes it."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        if os.getpid() != self._pid:
            os.close(fd)
            return
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        _unlock(fd)

    def __del__(self) -> None:
        self.let_go()


def hold_node(path: str) -> HeldNode | None:
    """Make a lock file, and hold it once nobody else does; None if files can't be locked."""
    if fcntl is None:
        return None
    while True:
        fd = _opened(path, os.O_RDWR | os.O_CREAT, os.path.dirname(path))
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
        except OSError:  # some network file systems can't lock
            os.close(fd)
            return None
        except BaseException:  # an interrupt while waiting
            os.close(fd)
            raise
        if _same_file(fd, path):
            return HeldNode(path, fd)
        os.close(fd)


_EXCLUSIVE: set[str] = set()
"""Files that this process has open for itself."""


def close_exclusive(path: str, fd: int) -> None:
    """Close a file that `exclusive` opened."""
    _EXCLUSIVE.discard(path)
    os.close(fd)


def exclusive(path: str) -> int:
    """Open and empty a file that nobody else has open this way; made if need be.

    Raises
    ------
    BlockingIOError
        Somebody has. Where files can't be locked, that is known of this process only; on Windows
        a file that others have open can't be put in another's place, which comes out at the end.
    """
    if path in _EXCLUSIVE:
        raise BlockingIOError(f"{path} is being written by somebody else")
    while True:
        fd = _opened(path, os.O_RDWR | os.O_CREAT | _BINARY, None)
        try:
            if fcntl is not None:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise BlockingIOError(f"{path} is being written by somebody else") from None
        except OSError:  # some network file systems can't lock
            pass
        if _same_file(fd, path):
            os.ftruncate(fd, 0)
            _EXCLUSIVE.add(path)
            return fd
        os.close(fd)


_HELD: dict[str, tuple[os.stat_result, int | None]] = {}
"""Folders that are in the making, by their paths: which they are, and open (and so locked) where
that can be."""


def hold_folder(folder: str) -> None:
    """Lock a folder that is in the making, until it is let go of or this process ends."""
    fd = None
    if fcntl is not None:
        fd = os.open(folder, os.O_RDONLY)
        with contextlib.suppress(OSError):  # some network file systems can't lock
            fcntl.flock(fd, fcntl.LOCK_SH)
    _HELD[folder] = os.stat(folder), fd


def is_still_held(folder: str) -> bool:
    """Whether a folder that was held is the one that is there."""
    try:
        return folder in _HELD and os.path.samestat(_HELD[folder][0], os.stat(folder))
    except FileNotFoundError:
        return False


def let_go_of_folder(folder: str) -> None:
    """Unlock a folder that is no longer in the making."""
    _, fd = _HELD.pop(folder, (None, None))
    if fd is not None:
        _unlock(fd)


def _unlock(fd: int) -> None:
    """Let go of a folder and close it; a child that was forked meanwhile holds it no longer."""
    with contextlib.suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


def is_abandoned(folder: str) -> bool:
    """Whether nobody who lives holds a folder; False where that can't be found out."""
    if fcntl is None:
        return False
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        _unlock(fd)
    return True


def _same_file(fd: int, path: str | os.PathLike[str]) -> bool:
    """Whether a path still names the open file."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def sync_folder(path: str) -> None:
    """Make renames in a folder reach the disk; folders can't be opened on Windows."""
    if WINDOWS:
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100


def exchange(made: str, place: str) -> None:
    """Exchange two directories in one step where the system can, else in two renames."""
    if not os.path.exists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        patiently(lambda: os.rename(made, place))
        return
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if hasattr(libc, "renameat2") and not libc.renameat2(
            _AT_FDCWD, os.fsencode(made), _AT_FDCWD, os.fsencode(place), _EXCHANGE
        ):
            return
    aside = f"{made}-old"
    patiently(lambda: os.rename(place, aside))
    patiently(lambda: os.rename(made, place))
    patiently(lambda: os.rename(aside, made))


# ---------------------------------------------------------------------- names that some can't have

_RESERVED: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE
)
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')


def check_windows_key(key: str) -> None:
    """Refuse a key that can't be a path on Windows.

    Raises
    ------
    InvalidKeyError
        A device's name, a character that paths can't have, a space or dot at a name's end.

    Examples
    --------
    >>> check_windows_key("a/nul.txt")
    Traceback (most recent call last):
        ...
    frozarr.errors.InvalidKeyError: key 'a/nul.txt': 'nul.txt' can't be a file's name on Windows
    """
    for name in key.split("/"):
        if _RESERVED.fullmatch(name) or _FORBIDDEN.search(name) or name[-1:] in {" ", "."}:
            raise InvalidKeyError(
                f"key {key!r}: {name!r} can't be a file's name on Windows", key=key
            )


def check_case(root: str, key: str) -> None:
    """Refuse a new key that names a file or folder which is there under another case.

    Raises
    ------
    InvalidKeyError
        With the name that is there.
    """
    folder = root
    for name in key.split("/"):
        try:
            names = os.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return
        other = next((n for n in names if n != name and n.casefold() == name.casefold()), None)
        if other is not None and name not in names and is_one_name(folder, name):
            raise InvalidKeyError(
                f"key {key!r}: {other!r} is there, and this file system takes {name!r} for the "
                "same name; choose names that differ in more than their case",
                key=key,
            )
        folder = f"{folder}/{name}"


def is_one_name(folder: str, name: str) -> bool:
    """Whether a folder that does not list a name has it nevertheless: by another case."""
    return os.path.lexists(f"{folder}/{name}")

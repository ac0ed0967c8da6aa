"""Files by system calls: reading whole or in part, writing, listing, removing.

``os`` rather than ``pathlib`` or ``open``: a read costs 3 µs this way, and reads are many.
"""

import contextlib
import errno
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.programs.requests import check_nbytes
from frozarr.io.stores.local.portable import (
    WRITEV,
    is_abandoned,
    open_read,
    patiently,
    read_at,
    read_into,
)
from frozarr.io.stores.verbs import is_hidden

_STALE_SECONDS: Final = 3600
_PIECES: Final = 1024
"""Most buffers that one system call takes (IOV_MAX on Linux)."""
MISSING: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def open_present(path_of: Callable[[str], str], keys: Sequence[str]) -> Iterator[tuple[int, int]]:
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
            fd = open_read(path_of(key))
        except MISSING:
            folder = key.rpartition("/")[0]
            listed, missing_folder = list_folder(path_of, folder)
            absent = missing_folder or absent
            continue
        yield i, fd


def list_folder(path_of: Callable[[str], str], folder: str) -> tuple[frozenset[str], str | None]:
    """Names in a folder; if it does not exist, the prefix of the topmost one that doesn't."""
    try:
        return frozenset(os.listdir(path_of(folder))), None
    except (FileNotFoundError, NotADirectoryError):
        absent = None
        while folder and not os.path.isdir(path_of(folder)):
            absent = f"{folder}/"
            folder = folder.rpartition("/")[0]
        return frozenset(), absent


def scan(path: str) -> list[os.DirEntry[str]]:
    """Entries of a folder; none if it does not exist."""
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def walk(path: str, prefix: str) -> Iterator[str]:
    """Keys of all files below a folder, relative to a prefix; none that are in the making.

    Links to folders are followed, each folder once: so links in circles end, and many links to one
    folder cost no more than one.
    """
    seen: set[tuple[int, int]] = set()
    links = [(path, prefix)]
    while links:
        path, prefix = links.pop(0)
        folders = [(path, prefix)]
        while folders:
            folder, below = folders.pop()
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                here = os.stat(folder)
                if (here.st_dev, here.st_ino) in seen:
                    continue
                seen.add((here.st_dev, here.st_ino))
                head = f"{below}/" if below else ""
                for entry in scan(folder):
                    if is_hidden(entry.name):
                        continue
                    if not _is_folder(entry):
                        if not entry.is_symlink() or os.path.exists(entry.path):
                            yield head + entry.name
                    elif entry.is_symlink():
                        links.append((entry.path, head + entry.name))
                    else:
                        folders.append((entry.path, head + entry.name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links in a circle
        return False


def regular_nbytes(fd: int, key: str) -> int:
    """Bytes of an open regular file; OSError for anything else."""
    entry = os.fstat(fd)
    if stat.S_ISDIR(entry.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), key)
    if not stat.S_ISREG(entry.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", key)
    return entry.st_size


def read_range(fd: int, start: int, nbytes: int) -> bytes:
    """Bytes of an open file from `start` on, fewer at its end."""
    parts = []
    while nbytes > 0:
        part = read_at(fd, nbytes, start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        nbytes -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def read_whole(fd: int, nbytes_hint: int, key: str, most_nbytes: int = 0) -> bytes | None:
    """All bytes of an open file; None for a folder.

    Parameters
    ----------
    nbytes_hint
        Bytes that a first call asks for.
    most_nbytes
        Bytes beyond which a file is refused; 0 for no such bound.
    """
    try:
        value = os.read(fd, nbytes_hint + 1)
        # a call may read less than there is, and a folder nothing: find out what this is
        nbytes = regular_nbytes(fd, key)
        if nbytes > len(value):
            check_nbytes(key, nbytes, most_nbytes)
            value += read_range(fd, len(value), nbytes - len(value))
    except IsADirectoryError:
        return None
    return value


def finish_row(fd: int, row: memoryview, got: int, key: str) -> int:
    """Read the rest of a file into a row; the bytes the file has, which may be more or fewer.

    Parameters
    ----------
    got
        Bytes that a first read gave.
    """
    wanted = len(row)
    got = min(got, wanted)
    nbytes = regular_nbytes(fd, key)
    while got < min(nbytes, wanted):
        more = read_into(fd, [row[got:]])
        if not more:
            return got
        got += more
    return nbytes


def write_all(fd: int, value: BytesLike) -> None:
    """Write all bytes, however many calls it takes."""
    view = value if isinstance(value, bytes) else as_bytes_view(value)
    written = os.write(fd, view)
    while written < len(view):
        written += os.write(fd, view[written:])


def write_parts(fd: int, value: Parts) -> None:
    """Write all pieces, a few hundred per call, not joined."""
    if WRITEV is None:
        write_all(fd, value.join())
        return
    for first in range(0, len(value.pieces), _PIECES):
        views = [as_bytes_view(piece) for piece in value.pieces[first : first + _PIECES]]
        written = WRITEV(fd, views)
        if written < sum(map(len, views)):  # a full disk, a signal: go on one by one
            for view in views:
                if written < len(view):
                    write_all(fd, view[written:])
                written = max(0, written - len(view))


def unlink(path: str) -> None:
    """Remove a file that may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        patiently(lambda: os.unlink(path))


def remove_tree(path: str) -> None:
    """Remove a file, or a folder with all it holds, as far as possible."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        unlink(path)


def sweep(folder: str) -> None:
    """Remove what processes that died long ago have left; what somebody holds stays.

    Age alone decides nothing of folders: a tree in the making can be old, and is locked by its
    maker as long as that one lives. Where folders can't be locked, they are left alone.
    """
    oldest = time.time() - _STALE_SECONDS
    for entry in scan(folder):
        with contextlib.suppress(OSError):
            old = entry.stat(follow_symlinks=False).st_mtime < oldest
            if old and (not entry.is_dir(follow_symlinks=False) or is_abandoned(entry.path)):
                remove_tree(entry.path)

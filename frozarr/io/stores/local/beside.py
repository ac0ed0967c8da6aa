"""A file that is made beside another, and takes its place once it is complete."""

import contextlib
import os
import shutil
import weakref
from pathlib import Path

from frozarr.io.stores.local.portable import close_exclusive, exclusive, patiently
from frozarr.io.stores.verbs import HIDDEN

__all__ = ["FileBeside"]


class FileBeside:
    """The file in the making; until it is published, the path has what it had.

    Only one is made for a path at a time: it is locked, and what a process that died has left is
    used up by the next.

    Parameters
    ----------
    path
        What is to be replaced.
    keep
        Begin with a copy of what is there.
    anew
        Nothing may be there.

    Raises
    ------
    FileExistsError
        Something is there, and nothing may be.
    BlockingIOError
        Somebody else makes one for this path.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a"
    >>> made = FileBeside(path)
    >>> made.path.write_bytes(b"spam"), path.exists()
    (4, False)
    >>> made.publish()
    >>> path.read_bytes()
    b'spam'
    """

    def __init__(self, path: Path, *, keep: bool = False, anew: bool = False) -> None:
        if anew and os.path.lexists(path):
            raise FileExistsError(f"{path} exists")
        self._target, self._anew = path, anew
        self.path = path.with_name(f".{path.name}{HIDDEN}")
        self._fd = exclusive(str(self.path))
        if keep and path.exists():
            shutil.copyfile(path, self.path)
        self._forget = weakref.finalize(self, _remove, str(self.path), self._fd, os.getpid())

    def publish(self) -> None:
        """Put the file in its place."""
        if self._forget.peek() is None:
            return
        if self._anew:
            os.link(self.path, self._target)
        else:
            patiently(lambda: os.replace(self.path, self._target))
        self._forget()

    def drop(self) -> None:
        """Have nothing of it left."""
        self._forget()


def _remove(path: str, fd: int, pid: int) -> None:
    """Remove what is left in the making, and unlock it; a forked child leaves it alone."""
    if os.getpid() == pid:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(fd), os.stat(path)):
                os.unlink(path)
    close_exclusive(path, fd)

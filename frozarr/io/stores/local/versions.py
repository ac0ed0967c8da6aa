"""What tells one value of a file from the next, so that changes by others are noticed."""

import os
import stat
import time
from typing import Final

import attrs

from frozarr.io.kernels.base import BytesLike
from frozarr.io.stores.local.files import MISSING, read_whole
from frozarr.io.stores.local.portable import open_read

__all__ = ["MISSING_FILE", "TICK_NS", "FileVersion", "stamp"]

TICK_NS: Final = 50_000_000
"""Changes that lie less apart may have the same time: clocks of file systems tick."""


def stamp(entry: os.stat_result) -> tuple[int, ...]:
    """Device, inode, size and times of a file."""
    times = entry.st_mtime_ns, entry.st_ctime_ns
    return (entry.st_dev, entry.st_ino, entry.st_size, *times)


@attrs.frozen(eq=False)
class FileVersion:
    """A file as it was when it was read."""

    stamp: tuple[int, ...] | None
    """None: there was no file."""
    value: BytesLike | None
    """What was read, if the file was so new that its next version may have the same stamp."""

    @classmethod
    def of(cls, entry: os.stat_result, value: BytesLike | None) -> "FileVersion":
        """Version of a file whose state was taken just before it was read."""
        known = stamp(entry)
        new = time.time_ns() - max(known[3:]) <= TICK_NS
        return cls(known, value if new else None)

    def is_at(self, path: str) -> bool:
        """Whether a path still holds this version; whoever asks has locked its folder."""
        try:
            entry = os.stat(path)
        except MISSING:
            return self.stamp is None
        if self.stamp is None:
            return stat.S_ISDIR(entry.st_mode)
        if stamp(entry) != self.stamp:
            return False
        return self.value is None or self.value == _content(path)


def _content(path: str) -> bytes | None:
    try:
        fd = open_read(path)
    except MISSING:
        return None
    try:
        return read_whole(fd, os.fstat(fd).st_size, path)
    finally:
        os.close(fd)


MISSING_FILE: Final = FileVersion(None, None)

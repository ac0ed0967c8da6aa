"""Copies of folders made of links: values are replaced, never changed in place."""

import os
import shutil
from typing import TypeAlias

from frozarr.io.stores.local.files import walk

__all__ = ["fill_by_links", "forget_links", "is_as_it_was"]

Files: TypeAlias = dict[str, tuple[int, int]]
"""Device and inode of each file by its path in the folder."""
_BEGUN: dict[str, Files] = {}
"""What folders were filled with, by the paths of the copies."""


def fill_by_links(source: str, copy: str) -> None:
    """Make all files of a folder files of another, too; it is remembered which they were.

    A file that is linked twice can't be deleted and its inode used again, so that its number tells
    whether somebody replaced it.
    """
    begun: Files = {}
    made: set[str] = set()
    for name in walk(source, "") if os.path.isdir(source) else ():
        target = f"{copy}/{name}"
        folder = os.path.dirname(target)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        begun[name] = _linked(f"{source}/{name}", target)
    _BEGUN[copy] = begun


def _linked(source: str, target: str) -> tuple[int, int]:
    """Device and inode of a file that was linked, or copied where links can't be made."""
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
        entry = os.stat(source)
    else:
        entry = os.stat(target)
    return entry.st_dev, entry.st_ino


def is_as_it_was(copy: str) -> bool:
    """Whether a folder that was exchanged for its copy, and now has its path, is unchanged."""
    begun = _BEGUN.pop(copy, None)
    if begun is None:
        return True
    there: Files = {}
    for name in walk(copy, ""):
        entry = os.stat(f"{copy}/{name}")
        there[name] = entry.st_dev, entry.st_ino
    return there == begun


def forget_links(copy: str) -> None:
    """Nothing will be asked about a copy any more."""
    _BEGUN.pop(copy, None)

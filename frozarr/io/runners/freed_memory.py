"""Keeping freed memory for the next batch, where the C library would hand it back each time."""

from functools import cache
from typing import Final

import numpy as np

__all__ = ["keep_freed_memory"]

_NBYTES: Final = (32 << 20) - (64 << 10)
"""Just under the largest block that glibc lets move its thresholds (mallopt(3), DYNAMIC)."""


@cache
def keep_freed_memory() -> None:
    """Let the process keep up to 64 MiB of freed memory.

    Batches allocate and free a few MiB over and over. glibc returns such blocks to the system and
    the next batch pays a page fault for every 4 KiB, a third of the time of a partial write,
    until the program has freed one large block: then it raises its thresholds. So one is freed
    here, of which no page was ever touched.
    """
    np.empty(_NBYTES, np.uint8)

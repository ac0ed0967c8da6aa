"""Running coroutines together: the first error stops the others, and nothing outlives the call."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

__all__ = ["together"]


async def together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run coroutines at the same time until all have ended.

    Raises
    ------
    BaseException
        The first error of any of them; the others have been cancelled, and have ended.
    asyncio.CancelledError
        The caller was cancelled; so have they been.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = [task for task in tasks if task.done() and not task.cancelled()]
        errors = [error for task in failed if (error := task.exception()) is not None]
    finally:
        for task in tasks:
            task.cancel()
        while not all(task.done() for task in tasks):
            with suppress(asyncio.CancelledError):
                await asyncio.wait(tasks)
    if errors:
        raise errors[0]

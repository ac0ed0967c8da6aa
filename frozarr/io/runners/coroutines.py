"""Coroutines that run at the same time: bounded, and none outlives the call that started it."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Final, TypeVar

__all__ = ["GATE", "Gate", "all_done", "finished", "in_thread"]

T = TypeVar("T")


class Gate:
    """Passed by each request of a store that waits, so that one call has only so many under way.

    A counter, and a queue of those that found it at zero: a semaphore of asyncio looks through all
    that wait each time it is asked, which costs more than the request of a fast store.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free = limit
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Go on once there is room."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # room was given to one who no longer wants it
                self.leave()
            raise

    def leave(self) -> None:
        """Make room for the next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


GATE: Final[ContextVar[Gate | None]] = ContextVar("frozarr_gate", default=None)
"""The gate of the call that is being carried out."""


async def in_thread(call: Callable[[], T]) -> T:
    """Run a call in a thread; a cancelled caller waits for it, because threads can't be stopped."""
    return await finished(asyncio.get_running_loop().run_in_executor(None, call))


async def finished(future: "asyncio.Future[T]") -> T:
    """Wait for what can't be stopped half-way; a cancelled caller waits for it, too."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        future.exception()  # seen: cancellation is what the caller gets
        raise


async def all_done(works: Iterable[Coroutine[object, None, None]]) -> None:
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
        given_up = any(task.done() and task.cancelled() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        while not all(task.done() for task in tasks):
            with suppress(asyncio.CancelledError):
                await asyncio.wait(tasks)
    if errors:
        raise errors[0]
    if given_up:
        raise asyncio.CancelledError("one of the coroutines was cancelled, not by its caller")

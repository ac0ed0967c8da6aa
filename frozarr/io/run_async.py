"""The asynchronous interpreter: programs on an event loop, a bounded number at a time.

Steps of a program that decode or encode more than a few KiB run in threads of the loop's executor,
so that the loop goes on meanwhile. Stores that wait (`Store.loop`) have a loop of their own to
which requests go; blocking callers of such a store have whole programs run there.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

from frozarr.io.locks import LOCKS
from frozarr.io.programs import Program
from frozarr.io.requests import Answer, Lock, On, Request, Together, call_of
from frozarr.io.stores.base import Store
from frozarr.io.together import together

__all__ = ["GATE", "Gate", "in_thread", "run_async", "run_elsewhere"]


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


_WORTH_A_THREAD = 128 * 1024
"""Decoded bytes that take about as long as handing them to a thread and back."""

GATE: Final[ContextVar[Gate | None]] = ContextVar("frozarr_gate", default=None)
"""The gate of the call that is being carried out."""


def run_elsewhere(program: Program, store: Store, workers: int) -> Any:
    """Run a program on the store's own loop, for a blocking caller; what it returns."""
    return store.wait(run_async(program, store, workers))


async def run_async(
    program: Program, store: Store | None = None, workers: int = 1, *, threaded: bool = False
) -> Any:
    """Run one program to its end on the running loop; what it returns.

    Parameters
    ----------
    store
        What its requests go to; None for a program that names its stores itself.
    workers
        Programs that may run together, for stores that never wait.
    threaded
        Whether the program's own work is worth a thread.
    """
    held: list[Any] = []
    step = in_thread if threaded else _at_once
    try:
        ended, found = await step(partial(_advance, program, None))
        while not ended:
            try:
                answer = await _answer(found, store, held, workers)
            except BaseException as error:  # noqa: BLE001 - the program may clean up, and raises it
                ended, found = _advance(program, error, failed=True)
            else:
                ended, found = await step(partial(_advance, program, answer))
        return found
    finally:
        program.close()
        if held:
            LOCKS.release(held)


def _advance(program: Program, answer: Any, *, failed: bool = False) -> tuple[bool, Any]:
    """Let a program go on to its next request; whether it has ended, and that or its result."""
    try:
        return False, program.throw(answer) if failed else program.send(answer)
    except StopIteration as stop:
        return True, stop.value


async def _at_once(call: Callable[[], Any]) -> Any:
    return call()


async def in_thread(call: Callable[[], Any]) -> Any:
    """Run a call in a thread; a cancelled caller waits for it, because threads can't be stopped."""
    future = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        future.exception()  # seen: cancellation is what the caller gets
        raise


async def _answer(request: Request, store: Any, held: list[Any], workers: int) -> Answer:
    """Carry out one request; locks taken are noted."""
    if isinstance(request, Lock):
        locks = [(store.identity, key) for key in request.keys]
        await LOCKS.acquire_async(locks)
        held += locks
        return None
    if isinstance(request, On):
        return await run_async(request.program, request.store, request.workers)
    if isinstance(request, Together):
        return await _run_together(request, store, workers)
    verb, arguments = call_of(request)
    return await store.call_async(verb, *arguments)


async def _run_together(request: Together, store: Store, workers: int) -> None:
    """Run independent programs, as many at a time as keep the allowed requests under way."""
    count = workers
    if store.loop is not None:
        count = -(-request.concurrency // max(1, request.width)) + 1
    programs = iter(request.programs)

    threaded = request.nbytes >= _WORTH_A_THREAD

    async def work() -> None:
        for program in programs:
            await run_async(program, store, threaded=threaded)

    token = GATE.set(Gate(request.concurrency))
    try:
        await together(work() for _ in range(count))
    finally:
        GATE.reset(token)

"""The asynchronous runner: programs on an event loop, a bounded number at a time.

Steps of a program that decode or encode more than a few KiB run in threads of the loop's executor,
so that the loop goes on meanwhile. Stores that wait (`Store.loop`) have a loop of their own to
which requests go; blocking callers of such a store have whole programs run there.
"""

from collections.abc import Iterator
from typing import TypeVar

from frozarr.io.policy import POLICY
from frozarr.io.programs.requests import (
    AnyRequest,
    Call,
    Gather,
    Lock,
    Performer,
    Program,
    StoreRequest,
    Task,
)
from frozarr.io.runners.coroutines import GATE, Gate, all_done, in_thread
from frozarr.io.runners.drive import Steps, drive, named
from frozarr.io.runners.locks import LOCKS, Owner

__all__ = ["gather", "run_async"]

T = TypeVar("T")


async def run_async(program: Program[T], store: Performer | None = None) -> T:
    """Run one program to its end on the running loop; what it returns.

    Parameters
    ----------
    program
        What to run.
    store
        What its requests go to; None for a program that names its stores itself.
    """
    return await drive(Task(program, store), _Loop(threaded=False))


class _Loop:
    """Answers that are awaited."""

    direct = None

    def __init__(self, *, threaded: bool) -> None:
        self._threaded = threaded
        """A program's own work is worth a thread."""

    def steps(self) -> Steps | None:
        """Where a program's own work is done."""
        return in_thread if self._threaded else None

    async def answer(self, request: AnyRequest, store: Performer | None, owner: Owner) -> object:
        """Carry out one request."""
        if isinstance(request, StoreRequest):
            return await named(store, request).perform_async(request)
        if isinstance(request, Gather):
            return await gather(request, store)
        if isinstance(request, Call):
            return await in_thread(request.function)
        if isinstance(request, Lock):
            await LOCKS.acquire_async(owner, named(store, request).lock_names(request.keys))
            return None
        raise TypeError(f"not a request: {request!r}")


async def gather(request: Gather[T], store: Performer | None) -> list[T]:
    """Run programs on the running loop, as many at a time as keep the allowed requests under way.

    Parameters
    ----------
    request
        The programs, and what is allowed.
    store
        What requests of programs go to that name no store.
    """
    tasks = enumerate(request.tasks)
    pulled = next(tasks, None)
    if pulled is None:
        return []
    first = pulled[1].store if pulled[1].store is not None else store
    waits = first is None or first.loop is not None
    count = (
        POLICY.programs_at_once(request.concurrency, request.width) if waits else request.workers
    )
    answers = _Loop(threaded=request.nbytes >= POLICY.step_nbytes)
    results: dict[int, T] = {}

    async def work(one: tuple[int, Task[T]] | None, more: Iterator[tuple[int, Task[T]]]) -> None:
        while one is not None:
            number, task = one
            named = task if task.store is not None else Task(task.program, store)
            results[number] = await drive(named, answers)
            one = next(more, None)

    outer = GATE.get()
    token = GATE.set(outer or Gate(request.concurrency))
    try:
        await all_done(
            work(one, tasks)
            for one in (pulled, *(next(tasks, None) for _ in range(count - 1)))
            if one is not None
        )
    finally:
        GATE.reset(token)
    return [results[number] for number in range(len(results))]

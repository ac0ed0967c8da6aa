"""The blocking runner: programs on the calling thread and a few others; no event loop.

Threads pull programs from a shared iterator, start when a call has more than one batch, and have
ended when the call returns or raises: after an error was reported nothing more is written, and a
forked process inherits nothing.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from typing import Generic, TypeVar

from frozarr.io.kernels.base import Parts
from frozarr.io.policy import POLICY
from frozarr.io.programs.requests import (
    AnyRequest,
    AnyStoreRequest,
    Call,
    Gather,
    Get,
    GetInto,
    Lock,
    Performer,
    Program,
    Put,
    Task,
)
from frozarr.io.runners.drive import drive, finish, named
from frozarr.io.runners.freed_memory import keep_freed_memory
from frozarr.io.runners.locks import LOCKS, Owner

__all__ = ["run"]

T = TypeVar("T")
_NO_TURN = nullcontext()


def run(program: Program[T], store: Performer | None = None) -> T:
    """Run one program to its end; what it returns.

    Parameters
    ----------
    program
        What to run.
    store
        What its requests go to; None for a program that names its stores itself.
    """
    return _run_task(Task(program, store), _Threads())


def _run_task(task: Task[T], answers: "_Threads") -> T:
    store = task.store
    if store is not None and store.loop is not None:
        # asyncio takes long to import, and stores that never wait do without
        from frozarr.io.runners.loop import run_async  # noqa: PLC0415

        waited: T = store.wait(run_async(task.program, store))
        return waited
    return finish(drive(task, answers))


def _short_calls(request: AnyStoreRequest) -> bool:
    """Whether a request is many short system calls, which threads only slow down."""
    most = POLICY.short_call_nbytes
    match request:
        case Get():
            return 0 < request.nbytes_hint <= most
        case GetInto():
            return bool(request.rows.shape[1] <= most)
        case Put():
            return not isinstance(request.values[0], Parts) and len(request.values[0]) <= most
        case _:
            return False


class _Turns:
    """One call of short work after the other, in a process."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nobody's turn: a forked child has none of its parent's threads."""
        self.lock = threading.RLock()


_TURNS = _Turns()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_TURNS.reset)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for the turn of a call of short work, a while at most, and have it."""
    lock = _TURNS.lock
    mine = lock.acquire(timeout=POLICY.turn_seconds)
    try:
        yield
    finally:
        if mine:
            lock.release()


class _Threads:
    """Answers on this thread, and on others where several programs are to run."""

    def __init__(
        self, turn: AbstractContextManager[object] = _NO_TURN, *, alone: bool = True
    ) -> None:
        self._turn = turn
        self._alone = alone
        """No other thread works on the same call: it may be divided."""

    def steps(self) -> None:
        """A program's own work is done right here."""

    def direct(self, store: Performer | None, request: AnyStoreRequest) -> object:
        """Carry out one request to a store."""
        store = store if store is not None else named(store, request)
        if self._turn is not _NO_TURN and _short_calls(request):
            with self._turn:
                return store.perform(request)
        return store.perform(request)

    async def answer(self, request: AnyRequest, store: Performer | None, owner: Owner) -> object:
        """Carry out a request for other programs, or for locks."""
        if isinstance(request, Gather):
            return self._gather(request, store)
        if isinstance(request, Call):
            return request.function()
        if isinstance(request, Lock):
            LOCKS.acquire(owner, named(store, request).lock_names(request.keys))
            return None
        raise TypeError(f"not a request: {request!r}")

    def _gather(self, request: Gather[T], store: Performer | None) -> list[T]:
        """Run programs, on several threads if there are several; on a loop if their store waits."""
        tasks = iter(request.tasks)
        first = next(tasks, None)
        if first is None:
            return []
        where = first.store if first.store is not None else store
        if where is not None and where.loop is not None:
            from frozarr.io.runners.loop import gather  # noqa: PLC0415 - as above

            waited: list[T] = where.wait(
                gather(Gather(
                    chain([first], tasks), request.workers, request.concurrency, request.width,
                    request.nbytes,
                ), store)
            )  # fmt: skip
            return waited
        if request.nbytes >= POLICY.worth_keeping_nbytes:
            keep_freed_memory()
        if request.short and self._alone:
            with _turn():
                return [self.run_task(task, store) for task in chain([first], tasks)]
        workers = request.workers if self._alone else 1
        second = next(tasks, None) if workers > 1 else None
        if second is None:
            return [self.run_task(task, store) for task in chain([first], tasks)]
        return _Shared(chain([first, second], tasks), store).run(workers)

    def run_task(self, task: Task[T], store: Performer | None) -> T:
        """Run a program for its own store, or this one; what it returns."""
        return _run_task(task if task.store is not None else Task(task.program, store), self)


class _Shared(Generic[T]):
    """What the threads of one call share: the programs left, their results, the first error."""

    def __init__(self, tasks: Iterator[Task[T]], store: Performer | None) -> None:
        self._tasks = enumerate(tasks)
        self._store = store
        self._next = threading.Lock()
        self._answers = _Threads(threading.Lock(), alone=False)
        self._results: dict[int, T] = {}
        self._error: BaseException | None = None

    def _pull(self) -> tuple[int, Task[T]] | None:
        with self._next:
            return None if self._error else next(self._tasks, None)

    def _work(self) -> None:
        try:
            while (pulled := self._pull()) is not None:
                number, task = pulled
                self._results[number] = self._answers.run_task(task, self._store)
        except BaseException as error:  # noqa: BLE001 - reported by the calling thread
            with self._next:
                self._error = self._error or error

    def run(self, workers: int) -> list[T]:
        """Results of all programs, in order.

        Raises
        ------
        BaseException
            The first error of any program, once all threads have stopped.
        """
        threads: list[threading.Thread] = []
        try:
            for _ in range(workers - 1):
                _start(self._work, threads)
            self._work()
        except BaseException as error:  # noqa: BLE001 - an interrupt; raised once all have stopped
            self._error = self._error or error
        for thread in threads:
            self._join(thread)
        if self._error is not None:
            raise self._error
        return [self._results[number] for number in range(len(self._results))]

    def _join(self, thread: threading.Thread) -> None:
        """Wait for a thread; an interrupt stops the others and is reported once they have ended."""
        while thread.is_alive():
            try:
                thread.join()
            except BaseException as error:  # noqa: BLE001 - raised by `run` once all have stopped
                self._error = error


def _start(work: Callable[[], None], threads: list[threading.Thread]) -> None:
    """Start another thread, if the system allows: fewer only cost speed.

    It is one of the threads before it runs, so that whatever interrupts this finds it there.
    """
    thread = threading.Thread(target=work, name="frozarr", daemon=True)
    threads.append(thread)
    try:
        thread.start()
    except RuntimeError:
        threads.remove(thread)

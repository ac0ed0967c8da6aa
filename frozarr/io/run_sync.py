"""The synchronous interpreter: programs on the calling thread and a few others; no event loop.

Threads pull programs from a shared iterator, start when a call has more than one batch, and have
ended when the call returns or raises: after an error was reported nothing more is written, and a
forked process inherits nothing.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from frozarr.io.freed_memory import keep_freed_memory
from frozarr.io.kernels.base import Parts
from frozarr.io.locks import LOCKS
from frozarr.io.programs import Program
from frozarr.io.requests import Answer, Get, GetInto, Lock, On, Put, Request, Together, call_of
from frozarr.io.stores.base import Store

__all__ = ["perform", "run", "run_all"]

_NO_TURN = nullcontext()


def perform(store: Store, request: Request) -> Answer:
    """Carry out one request to a store."""
    verb, arguments = call_of(request)
    return store.call(verb, *arguments)


_SMALL = 128 * 1024


def _short_calls(request: Request) -> bool:
    """Whether a request is many short system calls, which threads only slow down."""
    match request:
        case Get():
            return 0 < request.nbytes_hint <= _SMALL
        case GetInto():
            return bool(request.rows.shape[1] <= _SMALL)
        case Put():
            return not isinstance(request.values[0], Parts) and len(request.values[0]) <= _SMALL
        case _:
            return False


def run(
    program: Program,
    store: Store | None = None,
    turn: AbstractContextManager[Any] = _NO_TURN,
    workers: int = 1,
) -> Any:
    """Run one program to its end; what it returns.

    Parameters
    ----------
    store
        What its requests go to; None for a program that names its stores itself.
    turn
        Held during many small reads or writes: each is a few microseconds, and two threads that
        both do them spend more time on handing over the interpreter lock than on the files.
    workers
        Threads for the programs that it wants run together, the calling one included.
    """
    if store is not None and store.loop is not None:
        # asyncio takes long to import, and stores that never wait do without
        from frozarr.io.run_async import run_elsewhere  # noqa: PLC0415

        return run_elsewhere(program, store, workers)
    held: list[Any] = []
    try:
        request = next(program)
        while True:
            try:
                answer = _answer(request, store, held, turn, workers)
            except BaseException as error:  # noqa: BLE001 - the program may clean up, and raises it
                request = program.throw(error)
            else:
                request = program.send(answer)
    except StopIteration as stop:
        return stop.value
    finally:
        program.close()
        if held:
            LOCKS.release(held)


def _answer(
    request: Request, store: Any, held: list[Any], turn: AbstractContextManager[Any], workers: int
) -> Answer:
    """Carry out one request; locks taken are noted."""
    if isinstance(request, Lock):
        locks = [(store.identity, key) for key in request.keys]
        LOCKS.acquire(locks)
        held += locks
        return None
    if isinstance(request, On):
        return run(request.program, request.store, workers=request.workers)
    if isinstance(request, Together):
        return run_all(request.programs, store, workers)
    if _short_calls(request):
        with turn:
            return perform(store, request)
    return perform(store, request)


class _Shared:
    """What the threads of one call share: the programs left, and the first error."""

    def __init__(self, programs: Iterator[Program], store: Store) -> None:
        self._programs, self._store = programs, store
        self._next = threading.Lock()
        self._turn = threading.Lock()
        self.error: BaseException | None = None

    def pull(self) -> Program | None:
        with self._next:
            return None if self.error else next(self._programs, None)

    def work(self) -> None:
        try:
            while (program := self.pull()) is not None:
                run(program, self._store, self._turn)
        except BaseException as error:  # noqa: BLE001 - reported by the calling thread
            with self._next:
                self.error = self.error or error


def run_all(programs: Iterable[Program], store: Store, workers: int) -> None:
    """Run independent programs on up to `workers` threads, the calling one included.

    Raises
    ------
    BaseException
        The first error of any program, once all threads have stopped.
    """
    iterator = iter(programs)
    first = next(iterator, None)
    second = next(iterator, None) if workers > 1 else None
    if first is None:
        return
    if second is None:
        run(first, store)
        for program in iterator:
            run(program, store)
        return
    keep_freed_memory()
    shared = _Shared(_chain(first, second, iterator), store)
    threads = [thread for _ in range(workers - 1) if (thread := _start(shared.work))]
    shared.work()
    for thread in threads:
        _join(thread, shared)
    if shared.error is not None:
        raise shared.error


def _chain(first: Program, second: Program, rest: Iterator[Program]) -> Iterator[Program]:
    yield first
    yield second
    yield from rest


def _start(work: Any) -> threading.Thread | None:
    """A running thread; None where the system allows no more, which only costs speed."""
    thread = threading.Thread(target=work, name="frozarr", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


def _join(thread: threading.Thread, shared: _Shared) -> None:
    """Wait for a thread; an interrupt stops the others and is reported after they have ended."""
    while thread.is_alive():
        try:
            thread.join()
        except BaseException as error:  # noqa: BLE001 - raised by run_all once all have stopped
            shared.error = error

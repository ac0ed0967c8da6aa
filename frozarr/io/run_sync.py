"""The synchronous interpreter: programs on the calling thread and a few others; no event loop.

Threads pull programs from a shared iterator, start when a call has more than one batch, and have
ended when the call returns or raises: after an error was reported nothing more is written, and a
forked process inherits nothing.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from frozarr.io.freed_memory import keep_freed_memory
from frozarr.io.kernels.base import BytesLike, Parts
from frozarr.io.locks import LOCKS
from frozarr.io.programs import Program
from frozarr.io.requests import (
    Answer,
    Delete,
    DeletePrefix,
    Discard,
    Get,
    GetInto,
    GetRanges,
    ListPrefix,
    Lock,
    Publish,
    Put,
    Request,
    Stage,
    Swap,
    Versions,
)
from frozarr.io.stores.base import Store

__all__ = ["perform", "run", "run_all"]

_NO_TURN = nullcontext()


def _joined(store: Store, values: Sequence[BytesLike | Parts]) -> Sequence[Any]:
    """Values as the store takes them."""
    if store.takes_parts:
        return values
    return [value.join() if isinstance(value, Parts) else value for value in values]


def perform(store: Store, request: Request) -> Answer:
    """Carry out one request (locks excepted, which belong to a whole program)."""
    match request:
        case Get():
            return store.read_many(request.keys, None, request.nbytes_hint)
        case GetInto():
            return store.read_into(request.keys, request.rows)
        case GetRanges():
            return store.read_many(request.keys, request.ranges)
        case Versions():
            return store.versions(request.keys)
        case Put():
            return store.write_many(request.keys, _joined(store, request.values))
        case Delete():
            return store.erase_many(request.keys)
        case DeletePrefix():
            return store.erase_prefix(request.prefix)
        case ListPrefix():
            return store.keys_below(request.prefix)
        case Swap():
            return store.swap(request.key, request.old, request.new)
        case Stage():
            return store.stage(request.prefix)
        case Publish():
            return store.publish(request.staged, request.prefix)
        case Discard():
            return store.discard(request.staged)
        case _:
            raise TypeError(f"not a request: {request!r}")


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


def run(program: Program, store: Store, turn: AbstractContextManager[Any] = _NO_TURN) -> Any:
    """Run one program to its end; what it returns.

    Parameters
    ----------
    turn
        Held during many small reads or writes: each is a few microseconds, and two threads that
        both do them spend more time on handing over the interpreter lock than on the files.
    """
    held: list[Any] = []
    identity = store.identity
    try:
        request = next(program)
        while True:
            try:
                if isinstance(request, Lock):
                    locks = [(identity, key) for key in request.keys]
                    LOCKS.acquire(locks)
                    held += locks
                    answer = None
                elif _short_calls(request):
                    with turn:
                        answer = perform(store, request)
                else:
                    answer = perform(store, request)
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

"""The one driver of programs: it sends each request to whoever answers, and the answer back.

It is a coroutine, so that answers may wait. Runners that never wait run it to its end by `finish`,
without an event loop.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Generic, Protocol, TypeVar

from frozarr.io.programs.requests import (
    AnyRequest,
    AnyStoreRequest,
    Performer,
    Program,
    StoreRequest,
    Task,
)
from frozarr.io.runners.locks import LOCKS, Owner

__all__ = ["Answers", "Steps", "answered", "answered_async", "drive", "finish", "named"]

T = TypeVar("T")


class Answers(Protocol):
    """How a runner carries out requests."""

    async def answer(self, request: AnyRequest, store: Performer | None, owner: Owner) -> object:
        """Carry out a request.

        Parameters
        ----------
        request
            What the program asks for.
        store
            The store that its requests go to.
        owner
            In whose name keys are locked.
        """

    @property
    def direct(self) -> Callable[[Performer | None, AnyStoreRequest], object] | None:
        """Carries out a request to a store without waiting; None if all are awaited."""

    def steps(self) -> "Steps | None":
        """Where a program's own work is done, if not right here."""


async def drive(task: Task[T], answers: Answers) -> T:
    """Run one program to its end; what it returns. Locks that it took are given back.

    Raises
    ------
    BaseException
        What the program raises; errors of requests are raised in the program first.
    """
    owner: Owner = []
    program, store = task.program, task.store
    step, direct = answers.steps(), answers.direct
    reply: object = None
    error: BaseException | None = None
    try:
        while True:
            if step is None:
                outcome = _advance(program, reply, error)
            else:
                outcome = await step(lambda: _advance(program, reply, error))  # noqa: B023 - at once
            if isinstance(outcome, _Result):
                return outcome.value
            try:
                if direct is not None and isinstance(outcome, StoreRequest):
                    reply = direct(store, outcome)
                else:
                    reply = await answers.answer(outcome, store, owner)
                error = None
            except BaseException as raised:  # noqa: BLE001 - the program may clean up, and raises it
                error = raised
    finally:
        try:
            program.close()
            LOCKS.release(owner)
        finally:
            owner.clear()


class _Result(Generic[T]):
    """What a program returned."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value


class Steps(Protocol):
    """Runs a step of a program where it does not stop others."""

    async def __call__(self, step: Callable[[], T], /) -> T:
        """Run a step; what it returns."""


def _advance(
    program: Program[T], reply: object, error: BaseException | None
) -> AnyRequest | _Result[T]:
    """Let a program go on with a reply, or an error; its next request, or its result."""
    try:
        return program.send(reply) if error is None else program.throw(error)
    except StopIteration as stop:
        return _Result(stop.value)


def finish(coroutine: Coroutine[object, None, T]) -> T:
    """Run a coroutine that never waits; what it returns.

    Examples
    --------
    >>> async def two():
    ...     return 2
    >>> finish(two())
    2
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("a coroutine that was not to wait did")


def named(store: Performer | None, request: AnyRequest) -> Performer:
    """The store that a request goes to.

    Raises
    ------
    TypeError
        The program runs without a store, and names none itself.
    """
    if store is None:
        raise TypeError(f"no store to ask for {request!r}: run the program with a store")
    return store


class _Asking:
    """Answers of a plain function."""

    def __init__(self, perform: Callable[[AnyStoreRequest], object]) -> None:
        self._perform = perform

    def direct(self, _: object, request: AnyStoreRequest) -> object:
        """What the function says."""
        return self._perform(request)

    async def answer(self, request: AnyRequest, _: object, __: object) -> object:
        """Only stores are asked."""
        raise TypeError(f"not a request to a store: {request!r}")

    def steps(self) -> None:
        """A program's own work is done right here."""


def answered(program: Program[T], perform: Callable[[AnyStoreRequest], object]) -> T:
    """Run a program of requests to one store, which a function answers; what it returns."""
    return finish(drive(Task(program), _Asking(perform)))


class _Awaiting:
    """Answers of a function that is awaited."""

    direct = None

    def __init__(self, perform: Callable[[AnyStoreRequest], Awaitable[object]]) -> None:
        self._perform = perform

    async def answer(self, request: AnyRequest, _: object, __: object) -> object:
        """What the function says; only stores are asked."""
        if isinstance(request, StoreRequest):
            return await self._perform(request)
        raise TypeError(f"not a request to a store: {request!r}")

    def steps(self) -> None:
        """A program's own work is done right here."""


async def answered_async(
    program: Program[T], perform: Callable[[AnyStoreRequest], Awaitable[object]]
) -> T:
    """Run a program of requests to one store, which are awaited; what it returns."""
    return await drive(Task(program), _Awaiting(perform))

"""The recording runner: programs on a plain dictionary, every request noted."""

from collections.abc import MutableMapping
from typing import TypeVar

from frozarr.io.kernels.base import BytesLike
from frozarr.io.programs.requests import (
    AnyRequest,
    AnyStoreRequest,
    Call,
    Gather,
    Lock,
    Program,
    Task,
)
from frozarr.io.runners.drive import drive, finish
from frozarr.io.stores.memory import MemoryStore

__all__ = ["record"]

T = TypeVar("T")


class _Record:
    """Answers from one dictionary, whatever store a program names."""

    def __init__(self, values: MutableMapping[str, BytesLike]) -> None:
        self._store = MemoryStore(values)
        self.requests: list[AnyRequest] = []

    def steps(self) -> None:
        """A program's own work is done right here."""

    def direct(self, _: object, request: AnyStoreRequest) -> object:
        """Note a request to a store and carry it out."""
        self.requests.append(request)
        return self._store.perform(request)

    async def answer(self, request: AnyRequest, _: object, __: object) -> object:
        """Note a request; programs run one after the other."""
        if isinstance(request, Gather):
            return [await drive(Task(task.program), self) for task in request.tasks]
        if isinstance(request, Call):
            return request.function()
        self.requests.append(request)
        if isinstance(request, Lock):
            return None
        raise TypeError(f"not a request: {request!r}")


def record(
    program: Program[T], values: MutableMapping[str, BytesLike]
) -> tuple[T, list[AnyRequest]]:
    """Run a program on a dictionary of keys and bytes.

    Returns
    -------
    tuple
        What the program returned, and all requests it made, in order.

    Examples
    --------
    >>> from frozarr.io.programs.requests import Get
    >>> def program():
    ...     return (yield from Get(["a", "b"]))
    >>> record(program(), {"a": b"spam"})
    ([b'spam', None], [Get(keys=['a', 'b'], nbytes_hint=0)])
    """
    answers = _Record(values)
    result = finish(drive(Task(program), answers))
    return result, answers.requests

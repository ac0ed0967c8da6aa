"""The recording interpreter: programs on a plain dictionary, every request noted."""

from collections.abc import MutableMapping
from typing import Any

from frozarr.io.programs import Program
from frozarr.io.requests import Lock, Request
from frozarr.io.run_sync import perform
from frozarr.io.stores.memory import MemoryStore

__all__ = ["record"]


def record(program: Program, values: MutableMapping[str, Any]) -> tuple[Any, list[Request]]:
    """Run a program on a dictionary of keys and bytes.

    Returns
    -------
    tuple
        What the program returned, and all requests it made, in order.

    Examples
    --------
    >>> from frozarr.io.requests import Get
    >>> def program():
    ...     found = yield Get(["a", "b"])
    ...     return found
    >>> record(program(), {"a": b"spam"})
    ([b'spam', None], [Get(keys=['a', 'b'], nbytes_hint=0)])
    """
    store = MemoryStore(values)
    requests: list[Request] = []
    answer: Any = None
    while True:
        try:
            request = program.send(answer)
        except StopIteration as stop:
            return stop.value, requests
        requests.append(request)
        answer = None if isinstance(request, Lock) else perform(store, request)

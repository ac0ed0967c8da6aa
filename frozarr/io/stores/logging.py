"""A store around another store that logs and counts what is asked of it."""

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from frozarr.io.programs.requests import (
    AnyStoreRequest,
    Delete,
    DeletePrefix,
    Get,
    GetInto,
    GetRanges,
    ListNames,
    ListPrefix,
    Program,
    Put,
    Sizes,
    StoreRequest,
    Swap,
)
from frozarr.io.stores.base import Store
from frozarr.io.stores.verbs import called_verb
from frozarr.io.stores.wrapper import WrapperStore

__all__ = ["LoggingStore"]

T = TypeVar("T")
S = TypeVar("S", bound=Store)
_NUMBERS = itertools.count(1)
_SHOWN_KEYS = 3
_VERBS: dict[type[AnyStoreRequest], str] = {
    Get: "get", GetInto: "get", GetRanges: "get", Sizes: "getsize", Put: "set", Delete: "delete",
    DeletePrefix: "delete_dir", ListPrefix: "list_prefix", ListNames: "list_dir",
}  # fmt: skip
"""The verbs that requests of arrays are known by; other kinds have their own names."""


class LoggingStore(WrapperStore[S]):
    """Logs what is asked of a store, and how long it took; counts it by the verbs users know.

    What arrays ask for many keys at once counts once for each key.

    Parameters
    ----------
    store
        The store inside.
    log_level
        Level at which all is logged.
    log_handler
        Where to; standard error by default, unless logging was set up by the program.

    Examples
    --------
    >>> from frozarr.io.stores.memory import MemoryStore
    >>> store = LoggingStore(MemoryStore(), log_handler=logging.NullHandler())
    >>> store.blocking.set("a", b"x")
    >>> dict(store.counter), logging.getLogger(store.logger.name) is store.logger
    ({'set': 1}, True)
    """

    def __init__(
        self, store: S, log_level: str | int = "DEBUG", log_handler: logging.Handler | None = None
    ) -> None:
        super().__init__(store)
        self.counter: Counter[str] = Counter()
        """How often each verb was asked for."""
        self.log_level = log_level
        self._level = log_level if isinstance(log_level, int) else _level(log_level)
        self.log_handler = log_handler
        self._counting = threading.Lock()
        self.logger = logging.getLogger(f"frozarr.LoggingStore.{next(_NUMBERS)}")
        self.logger.setLevel(log_level)
        if log_handler is not None:
            self.logger.addHandler(log_handler)
        elif not self.logger.hasHandlers():
            self.logger.addHandler(logging.StreamHandler())

    @classmethod
    async def open(
        cls, store_cls: type[S], *args: object, log_level: str | int = "DEBUG",
        log_handler: logging.Handler | None = None, **kwargs: object,
    ) -> Self:  # fmt: skip
        """Logging store around a new store of another class."""
        store = await store_cls.open(*args, **kwargs)
        return cls(store, log_level=log_level, log_handler=log_handler)

    def __getstate__(self) -> dict[str, object]:
        gone = {"logger", "log_handler", "_counting"}
        return {name: value for name, value in self.__dict__.items() if name not in gone}

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).__init__(self, state["_inside"], state["log_level"])
        self.__dict__.update(state)

    @contextmanager
    def log(self, hint: str = "") -> Iterator[None]:
        """Count and log what happens inside, under a name."""
        with self._logged(hint, (), 1):
            yield

    @contextmanager
    def _logged(self, verb: str, subjects: Sequence[str], count: int) -> Iterator[None]:
        with self._counting:
            self.counter[verb] += count
        what = f"{verb}({_shown(subjects)})" if subjects else verb
        start = time.perf_counter()
        try:
            yield
        except BaseException as error:
            self._say(what, f"failed: {error!r}", start)
            raise
        self._say(what, "done", start)

    def _say(self, what: str, outcome: str, start: float) -> None:
        elapsed_ms = (time.perf_counter() - start) * 1e3
        self.logger.log(self._level, "%s: %s %s [%.3f ms]", self.url, what, outcome, elapsed_ms)

    def handle(self, request: StoreRequest[T]) -> Program[T]:
        """Pass a request on, logged under the verb that the user called or that it is known by."""
        keys = getattr(request, "keys", None)
        subjects = [request.subject] if keys is None else keys
        called = called_verb()
        verb = called or _verb_of(request)
        count = 1 if called or keys is None else len(keys)
        with self._logged(verb, subjects, count):
            return (yield from request)


def _level(name: str) -> int:
    """The level that a name stands for."""
    levels = logging.getLevelNamesMapping()
    if name not in levels:
        raise ValueError(f"log_level must be a number or one of {sorted(levels)}, got {name!r}")
    return levels[name]


def _verb_of(request: AnyStoreRequest) -> str:
    """The verb that a request is known by."""
    if isinstance(request, Swap):
        if request.new is None:
            return "delete"
        return "set_if_not_exists" if request.old is None else "set"
    return _VERBS.get(type(request), type(request).__name__.lower())


def _shown(subjects: Sequence[str]) -> str:
    """Keys or prefixes; of many, the first ones."""
    shown = ", ".join(map(repr, subjects[:_SHOWN_KEYS]))
    more = len(subjects) - _SHOWN_KEYS
    return f"{shown} and {more} more" if more > 0 else shown

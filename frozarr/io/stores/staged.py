"""A store in which one node is being changed aside, and nobody else sees it."""

from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

import attrs

from frozarr.io.programs.requests import (
    AnyStoreRequest,
    Discard,
    ListNames,
    ListPrefix,
    Program,
    Replace,
    Stage,
    StoreRequest,
    asking,
)
from frozarr.io.stores.base import Store
from frozarr.io.stores.wrapper import WrapperStore
from frozarr.metadata.paths import join

__all__ = ["StagedStore"]

T = TypeVar("T")


class StagedStore(WrapperStore[Store]):
    """The store inside, but what lies at and below one path is a staged copy.

    Once that is published, all is as in the store inside; if it was given up, nothing can be asked
    for any more.
    """

    def __init__(self, store: Store, path: str, staged: str) -> None:
        super().__init__(store)
        self._path, self._staged = path, staged
        self._given_up = False
        self.exchanges_nodes = False  # one at a time

    def publish(self) -> Program[None]:
        """Program, for the store inside, that puts the copy in the node's place, at once.

        Raises
        ------
        ConflictError
            Somebody else changed the node meanwhile; it is as they left it.
        """
        yield from Replace(self._path, self._staged)
        self._staged = self._path

    def give_up(self) -> Program[None]:
        """Program, for the store inside, that leaves nothing of the copy."""
        self._given_up = True
        yield from Discard(self._staged)

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """Of this copy, until it is published."""
        if self._staged == self._path:
            return self._store.identity
        return (*self._store.identity, self._staged)

    def lock_names(self, keys: Iterable[str]) -> list[Hashable]:
        """Those of the copy."""
        return self._store.lock_names([self._moved(key) for key in keys])

    def handle(self, request: StoreRequest[T]) -> Program[T]:
        """Carry out a request on the copy."""
        if self._given_up:
            raise ValueError(f"{self.url}: the transaction was given up; nothing of it is left")
        if self._staged == self._path:
            return (yield from request)
        answering = self._answering(request)
        if answering is None:
            return (yield from self._elsewhere(request))
        answer: T = yield from answering
        return answer

    def _answering(self, request: AnyStoreRequest) -> "Program[Any] | None":
        """Program for a request that can't simply be made of the copy; None for others."""
        match request:
            case Stage():  # an overwrite inside a copy that nobody sees needs none of its own
                return _none()
            case Replace() | Discard():
                return asking(request)
            case ListPrefix():
                return self._list(request.prefix)
            case ListNames() if self._is_above(request.prefix):
                return self._list_names(request.prefix)
        return None

    def _is_above(self, prefix: str) -> bool:
        """Whether the node lies below a prefix."""
        return prefix != self._path and (not prefix or self._path.startswith(f"{prefix}/"))

    def _list(self, prefix: str) -> Program[list[str]]:
        """Keys below a prefix; the node's are those of the copy."""
        if not self._is_above(prefix):
            return [self._back(key) for key in (yield from ListPrefix(self._moved(prefix)))]
        keys = yield from ListPrefix(prefix)
        others = [key for key in keys if self._moved(key) == key]
        return sorted([*others, *map(self._back, (yield from ListPrefix(self._staged)))])

    def _list_names(self, prefix: str) -> Program[list[str]]:
        start = len(prefix) + bool(prefix)
        return sorted({key[start:].partition("/")[0] for key in (yield from self._list(prefix))})

    def _elsewhere(self, request: StoreRequest[T]) -> StoreRequest[T]:
        """The request, of the copy's keys."""
        names: dict[str, object] = {}
        if hasattr(request, "keys"):
            names["keys"] = [self._moved(key) for key in request.keys]
        for name in ("key", "prefix", "to"):
            if hasattr(request, name):
                names[name] = self._moved(getattr(request, name))
        moved: StoreRequest[T] = attrs.evolve(request, **names)  # type: ignore[misc]  # all requests are attrs classes
        return moved

    def _moved(self, key: str) -> str:
        if not self._path:
            return join(self._staged, key) if key else self._staged
        if key == self._path or key.startswith(f"{self._path}/"):
            return self._staged + key[len(self._path) :]
        return key

    def _back(self, key: str) -> str:
        if not key.startswith(f"{self._staged}/"):
            return key
        return (
            join(self._path, key[len(self._staged) + 1 :])
            if self._path
            else key[len(self._staged) + 1 :]
        )


def _none() -> Program[None]:
    """The answer of a store that can't stage."""
    yield from ()

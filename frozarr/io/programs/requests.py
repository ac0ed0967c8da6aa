"""Wanted effects as values: programs ask for them, runners and stores carry them out.

A program asks by ``answer = yield from request``, which types the answer. Requests to a store say
what they touch and whether they change it, so that a store can check all of them in one place.
"""

from collections.abc import Callable, Coroutine, Generator, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.errors import OversizeError
from frozarr.io.byte_requests import ByteRequest, check_range
from frozarr.io.kernels.base import BytesLike, Parts
from frozarr.metadata.paths import check_key, check_keys

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = [
    "AnyRequest", "AnyStoreRequest", "Call", "Delete", "DeletePrefix", "Discard", "Gather", "Get",
    "GetInto", "GetRanges", "Hold", "LetGo", "ListNames", "ListPrefix", "Lock", "Performer",
    "Program", "Put", "Rename", "Replace", "Request", "Sizes", "Stage", "StoreRequest", "Swap",
    "Task", "Versions", "check_nbytes", "held",
]  # fmt: skip

T = TypeVar("T")
_IN_FLIGHT = 64
"""Requests that a program has under way at most, where no config says how many."""
Value: TypeAlias = BytesLike | None
"""Bytes that a store has under a key; None where it has none."""


class Request(Generic[T]):
    """A wanted effect; ``yield from request`` gives its answer."""

    __slots__ = ()

    def __iter__(self) -> "Generator[AnyRequest, Any, T]":
        answer: T = yield self
        return answer


AnyRequest: TypeAlias = Request[Any]
"""A request, whatever its answer is."""

Program: TypeAlias = Generator[AnyRequest, Any, T]
"""Asks for effects, is sent the answers, and returns a result."""


class StoreRequest(Request[T]):
    """An effect on what a store holds."""

    __slots__ = ()
    changes: ClassVar[bool] = False
    """What the store holds is changed."""

    @property
    def subject(self) -> str:
        """A key or prefix that is touched, for errors."""
        raise NotImplementedError

    def check(self) -> None:
        """Refuse keys that no store can hold, before anything is done.

        Raises
        ------
        InvalidKeyError, ValueError
            Of the first that is wrong.
        """


AnyStoreRequest: TypeAlias = StoreRequest[Any]
"""A request to a store, whatever its answer is."""


class Performer(Protocol):
    """What carries out requests: a store, as runners see it."""

    @property
    def loop(self) -> "AbstractEventLoop | None":
        """The event loop of a store that waits; None if it never does."""

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """What makes two stores the same place."""

    def lock_names(self, keys: Iterable[str]) -> "list[Hashable]":
        """What keys are locked by: the same for all stores by which a value is reached."""

    def perform(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers that block; its answer."""

    async def perform_async(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers on any event loop; its answer."""

    def wait(self, work: Coroutine[object, None, T]) -> T:
        """Run a coroutine on the store's loop, for a caller that blocks."""


@attrs.frozen
class _OfKeys(StoreRequest[T]):
    """Requests that name their keys."""

    keys: Sequence[str]

    @property
    def subject(self) -> str:
        """The first key."""
        return self.keys[0] if self.keys else ""

    def check(self) -> None:
        """Refuse keys that no store can hold."""
        check_keys(self.keys)


@attrs.frozen
class _OfPrefix(StoreRequest[T]):
    """Requests that name a prefix: a path, the empty one for all there is."""

    prefix: str

    @property
    def subject(self) -> str:
        """The prefix."""
        return self.prefix


@attrs.frozen
class Get(_OfKeys[list[Value]]):
    """Values of some keys. Answer: a list with bytes, or None where the key is missing."""

    nbytes_hint: int = 0
    """Bytes that a value probably has at most; 0 if there is no idea."""
    versions: list[Hashable] | None = attrs.field(default=None, eq=False, repr=False)
    """An empty list to be filled by a store that can: for each key what tells the value from the
    next, to be given to `Put` and `Delete`."""
    most_nbytes: int = attrs.field(default=0, eq=False, repr=False)
    """Bytes beyond which a value is refused by an OversizeError, rather than read; 0 for no such
    bound. For values that are inflated, or come from elsewhere."""


@attrs.frozen(eq=False)
class GetInto(_OfKeys[npt.NDArray[np.int64]]):
    """Values of some keys, each read into a row of an array.

    Answer: int64 array with the bytes each value has (which may be more than the row holds), or
    -1 where the key is missing.
    """

    rows: npt.NDArray[np.uint8]
    """Shape (keys, bytes), C-contiguous, written to."""


@attrs.frozen
class GetRanges(_OfKeys[list[Value]]):
    """Parts of values. Answer: a list with bytes, or None where the key is missing.

    A range that starts past the end of its value is a RangeNotSatisfiableError.
    """

    ranges: Sequence[ByteRequest | None]
    """One for each key; None for the whole value."""
    versions: list[Hashable] | None = attrs.field(default=None, eq=False, repr=False)
    """An empty list to be filled by a store that learns it by the way: for each part what tells
    the value that it is of from the next."""
    most_nbytes: int = attrs.field(default=0, eq=False, repr=False)
    """Bytes beyond which a value is refused that is read whole for a part of it; 0 for no bound."""

    def check(self) -> None:
        """Refuse keys that no store can hold, and ranges that can't hold a byte."""
        check_keys(self.keys)
        for key, byte_range in zip(self.keys, self.ranges, strict=True):
            if byte_range is not None:
                check_range(byte_range, key)


@attrs.frozen
class Versions(_OfKeys[list[Hashable]]):
    """What tells one value of a key from the next. Answer: a list, None where nothing does."""


@attrs.frozen
class Sizes(_OfKeys[list[int | None]]):
    """Bytes of some values. Answer: a list, None where the key is missing."""


@attrs.frozen
class Put(_OfKeys[list[str] | None]):
    """Set some keys, each wholly or not at all, in order.

    Answer: None, or the keys that were not set because their values are others than expected.
    """

    changes: ClassVar[bool] = True
    values: Sequence[BytesLike | Parts]
    expected: Sequence[Hashable] | None = None
    """For each key the version that it still must have, None for any; see `Get.versions`."""


@attrs.frozen
class Delete(_OfKeys[list[str] | None]):
    """Remove some keys; missing ones are no error.

    Answer: None, or the keys that were not removed because their values are others than expected.
    """

    changes: ClassVar[bool] = True
    expected: Sequence[Hashable] | None = None
    """For each key the version that it still must have, None for any; see `Get.versions`."""


@attrs.frozen
class Swap(StoreRequest[bool]):
    """Compare and swap: set a key only if its value is still `old`. Answer: whether it was."""

    changes: ClassVar[bool] = True
    key: str
    old: bytes | None
    """None: the key must be missing."""
    new: bytes | None
    """None: remove the key."""

    @property
    def subject(self) -> str:
        """The key."""
        return self.key

    def check(self) -> None:
        """Refuse a key that no store can hold."""
        check_key(self.key)


@attrs.frozen
class DeletePrefix(_OfPrefix[None]):
    """Remove all keys below a prefix. Answer: None."""

    changes: ClassVar[bool] = True


@attrs.frozen
class ListPrefix(_OfPrefix[list[str]]):
    """All keys below a prefix. Answer: a sorted list of keys, relative to the root."""

    sizes: list[int] | None = attrs.field(default=None, eq=False, repr=False)
    """An empty list to be filled by a store that learns it by the way: the bytes of each value."""


@attrs.frozen
class ListNames(_OfPrefix[list[str]]):
    """Names one level below a prefix, keys and prefixes alike. Answer: a sorted list."""


@attrs.frozen
class Stage(_OfPrefix[str | None]):
    """A place to build what will replace a prefix.

    Answer: another prefix, which no listing shows; None if the store has no such thing.
    """

    changes: ClassVar[bool] = True
    filled: bool = False
    """Begin with what is there; `Replace` is then a ConflictError if others change it meanwhile."""


@attrs.frozen
class Replace(_OfPrefix[None]):
    """Put what was built in a staged prefix in the place of `prefix`, at once. Answer: None."""

    changes: ClassVar[bool] = True
    staged: str


@attrs.frozen
class Rename(_OfPrefix[bool]):
    """Move all keys below a prefix to another, below which there are none, at once.

    Answer: whether the store can.
    """

    changes: ClassVar[bool] = True
    to: str


@attrs.frozen
class Discard(_OfPrefix[None]):
    """Remove a staged prefix that will not replace anything. Answer: None."""

    changes: ClassVar[bool] = True


@attrs.frozen
class Hold(_OfPrefix[object | None]):
    """Keep other processes from changing a node together with this one.

    Answer: what is to be given back by `LetGo`; None if the store can't. Whoever holds it and dies
    holds it no longer.
    """

    changes: ClassVar[bool] = True


@attrs.frozen(eq=False)
class LetGo(_OfPrefix[None]):
    """Let others change a node again. Answer: None."""

    changes: ClassVar[bool] = True
    held: object


@attrs.frozen
class Lock(Request[None]):
    """Hold some keys until the program ends, so that no update between is lost. Answer: None."""

    keys: Sequence[str]


@attrs.frozen(eq=False)
class Call(Request[T]):
    """Run code of somebody else, which may block: off the event loop. Answer: what it returns."""

    function: Callable[[], T]


@attrs.frozen(eq=False)
class Task(Generic[T]):
    """A program, and the store that its requests go to."""

    program: Program[T]
    store: Performer | None = None
    """None: the program names its stores itself, in tasks of its own."""


@attrs.frozen(eq=False)
class Gather(Request[list[T]]):
    """Run programs that don't depend on each other. Answer: their results, in order.

    The first error ends the others, and is raised once nothing of them is left running.
    """

    tasks: Iterable[Task[T]]
    workers: int = 1
    """Threads that work on them, the calling one included, where stores never wait."""
    concurrency: int = 1
    """Requests that may be under way at once, where stores wait."""
    width: int = 1
    """Keys that each program asks for at once, about."""
    nbytes: int = 0
    """Decoded bytes that each program deals with, about."""
    short: bool = False
    """The programs decode many chunks of which each takes no time: one thread does it sooner."""


def on(
    store: Performer, program: Program[T], workers: int = 1, concurrency: int = _IN_FLIGHT
) -> Program[T]:
    """A program for one store, as part of one that has none; what it returns."""
    (result,) = yield from Gather([Task(program, store)], workers, concurrency)
    return result


def undone_by(program: Program[T], undo: Callable[[], Program[None]]) -> Program[T]:
    """A program that, if it fails, is followed by another that removes its traces."""
    try:
        return (yield from program)
    except GeneratorExit:  # nobody answers any more
        raise
    except BaseException as error:
        try:
            yield from undo()
        except Exception as another:  # noqa: BLE001 - the first error is the one to report
            error.add_note(f"what was begun could not be removed: {another}")
        raise


def check_nbytes(key: str, nbytes: int, most_nbytes: int) -> None:
    """Refuse a value that is larger than it can be.

    Raises
    ------
    OversizeError
        See `Get.most_nbytes`.
    """
    if most_nbytes and nbytes > most_nbytes:
        raise OversizeError(
            f"key {key!r}: the value has {nbytes} bytes or more, at most {most_nbytes} are allowed",
            key=key,
        )


def held(prefix: str, program: Callable[[bool], Program[T]]) -> Program[T]:
    """Run a program while a node is held against other processes; it is told whether that is so."""
    holding = yield from Hold(prefix)
    if holding is None:
        return (yield from program(False))
    try:
        answer = yield from program(True)
    except GeneratorExit:  # nobody answers any more: what is held is let go of with its holder
        raise
    except BaseException:
        yield from LetGo(prefix, holding)
        raise
    yield from LetGo(prefix, holding)
    return answer


def asking(request: Request[T]) -> Program[T]:
    """The program of a single request; its answer."""
    return (yield from request)

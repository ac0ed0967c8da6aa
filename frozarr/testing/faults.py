"""Faults on purpose: processes that die, systems that refuse, bytes that changed.

With `FaultyStore` (the n-th request fails), `LatencyStore` (slow requests) and `LyingServer` (a
server whose answers are wrong) what a test needs to see whether nothing is lost.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Final

from frozarr.types import JSON

__all__ = [
    "FINISHED", "STEPS", "cancelled_at", "dies_before", "fails_at", "in_child", "limited",
    "mutated_bytes", "mutated_document", "short_calls",
]  # fmt: skip

STEPS: Final = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.rmtree"}
)
"""Audit events of what changes a file system."""
FINISHED, _DIED, _FAILED = 0, 77, 1


def in_child(work: Callable[[], object]) -> int:
    """Run something in a forked child; its exit code, 0 if it came to its end.

    Examples
    --------
    >>> in_child(lambda: None)
    0
    """
    child = os.fork()
    if child == 0:
        code = _FAILED
        try:
            work()
            code = FINISHED
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dies_before(step: int, work: Callable[[], object]) -> bool:
    """Run something in a forked child that is killed before a file-system step; whether it was.

    Parameters
    ----------
    step
        Which one, counted from zero: opening to write, renaming, removing, linking.
    work
        What it does.

    Raises
    ------
    AssertionError
        The child failed by itself.
    """
    count = [0]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in STEPS:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & os.O_CREAT):
            return  # reading changes nothing
        if count[0] == step:
            os._exit(_DIED)
        count[0] += 1

    def watched() -> None:
        sys.addaudithook(hook)
        work()

    code = in_child(watched)
    assert code in {_DIED, FINISHED}, f"the child failed by itself before step {step}"
    return code == _DIED


def fails_at(step: int, error: OSError, work: Callable[[], object]) -> bool:
    """Run something while one file-system step fails; whether that step was reached.

    Hooks can't be taken away again: use it in a child.

    Parameters
    ----------
    step
        Which one, counted from zero, reading included.
    error
        What is raised instead: of EIO, EACCES, ESTALE, …
    """
    count = [0]

    def hook(event: str, _: tuple[object, ...]) -> None:
        if event in STEPS:
            count[0] += 1
            if count[0] == step + 1:
                raise error

    sys.addaudithook(hook)
    work()
    return count[0] > step


@contextmanager
def short_calls(random: Random) -> Iterator[None]:
    """A system whose calls read and write fewer bytes than they are asked to, as they may."""
    from frozarr.io.stores.local import files, portable  # noqa: PLC0415 - POSIX calls

    def some(nbytes: int) -> int:
        return max(1, random.randint(0, nbytes))

    def readv(fd: int, views: Sequence[memoryview]) -> int:
        part = original["read"](fd, some(sum(map(len, views))))
        at = 0
        for view in views:
            piece = part[at : at + len(view)]
            view[: len(piece)] = piece
            at += len(piece)
        return len(part)

    original = {name: getattr(os, name) for name in ("read", "write", "pread", "writev")}
    patched = [
        (os, "read", lambda fd, n: original["read"](fd, some(n))),
        (os, "write", lambda fd, value: original["write"](fd, value[: some(len(value))])),
        (portable, "_PREAD", lambda fd, n, at: original["pread"](fd, some(n), at)),
        (portable, "_READV", readv),
        (files, "WRITEV", lambda fd, views: original["writev"](fd, views[: some(len(views))])),
    ]
    before = [(where, name, getattr(where, name)) for where, name, _ in patched]
    try:
        for where, name, short in patched:
            setattr(where, name, short)
        yield
    finally:
        for where, name, old in before:
            setattr(where, name, old)


@contextmanager
def limited(nbytes: int | None = None, files: int | None = None) -> Iterator[None]:
    """A system with little room: files of so many bytes at most (as on a full disk), few open.

    Limits can't be raised again by everybody: use it in a child.
    """
    import resource  # noqa: PLC0415 - POSIX only
    import signal  # noqa: PLC0415 - as above

    limits = [(resource.RLIMIT_FSIZE, nbytes), (resource.RLIMIT_NOFILE, files)]
    before = {kind: resource.getrlimit(kind) for kind, _ in limits}
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error of the call instead
    try:
        for kind, most in limits:
            if most is not None:
                resource.setrlimit(kind, (most, before[kind][1]))
        yield
    finally:
        for kind, old in before.items():
            resource.setrlimit(kind, old)
        signal.signal(signal.SIGXFSZ, handler)


async def cancelled_at(step: int, work: Callable[[], Awaitable[object]]) -> bool:
    """Await a coroutine and cancel it after so many turns of the loop; whether it was cancelled."""
    import asyncio  # noqa: PLC0415 - takes long to import

    task = asyncio.ensure_future(work())
    for _ in range(step):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


def mutated_bytes(value: bytes, random: Random) -> bytes:
    """Bytes that some accident has changed: bits flipped, parts cut, doubled, zeroed or swapped.

    Examples
    --------
    >>> mutated_bytes(b"spam and eggs", Random(1)) != b"spam and eggs"
    True
    """
    changed = bytearray(value)
    for _ in range(random.randint(1, 3)):
        if not changed:
            break
        at, until = sorted(random.randrange(len(changed) + 1) for _ in range(2))
        match random.randrange(6):
            case 0:
                changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
            case 1:
                del changed[at:]
            case 2:
                del changed[at:until]
            case 3:
                changed[at:at] = changed[at:until]
            case 4:
                changed[at:until] = bytes(until - at)
            case _:
                changed[random.randrange(len(changed))] = random.choice((0, 1, 127, 128, 255))
    return bytes(changed)


_JUNK: Final[tuple[JSON, ...]] = (
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, 2**64, -(2**63), 0.5, 1e308, "", "a", "NaN",
    "zarr.json", "../x", "\ud800", [], {}, [None], [[]], {"name": "bytes"}, {"": {}}, [1] * 64,
)  # fmt: skip


def mutated_document(document: JSON, random: Random) -> JSON:
    """A document in which something is missing, doubled, or of another kind.

    Examples
    --------
    >>> mutated_document({"a": 1}, Random(0)) != {"a": 1}
    True
    """
    match document:
        case dict() if document and random.random() < 0.8:
            name = random.choice(sorted(document))
            others = {key: value for key, value in document.items() if key != name}
            match random.randrange(5):
                case 0:
                    return others
                case 1:
                    return {**document, name + "x": document[name]}
                case _:
                    return {**others, name: mutated_document(document[name], random)}
        case list() if document and random.random() < 0.7:
            at = random.randrange(len(document))
            match random.randrange(4):
                case 0:
                    return [*document[:at], *document[at + 1 :]]
                case 1:
                    return [*document, document[at]]
                case _:
                    entry = mutated_document(document[at], random)
                    return [*document[:at], entry, *document[at + 1 :]]
    return random.choice([junk for junk in _JUNK if junk != document])

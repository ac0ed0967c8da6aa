"""From coroutines to values, for callers that block."""

from collections.abc import AsyncIterable, Coroutine
from typing import Any, TypeVar

from frozarr.io.stores.waiting import background_loop, wait_on

__all__ = ["SyncError", "SyncMixin", "collect_aiterator", "sync"]

T = TypeVar("T")


class SyncError(Exception):
    """A caller that must not block tried to."""


def sync(coro: Coroutine[Any, Any, T], loop: Any = None, timeout: float | None = None) -> T:
    """Run a coroutine on the loop in the background; its result.

    Parameters
    ----------
    coro
        What is to be run.
    loop
        Another loop that runs in another thread.
    timeout
        Seconds after which waiting is given up; None for never.
    """
    import asyncio  # noqa: PLC0415 - takes long to import

    if timeout is not None:
        coro = asyncio.wait_for(coro, timeout)
    result: T = wait_on(loop or background_loop(), coro, "sync")
    return result


async def _collect_aiterator(data: AsyncIterable[T]) -> tuple[T, ...]:
    return tuple([entry async for entry in data])


def collect_aiterator(data: AsyncIterable[T]) -> tuple[T, ...]:
    """All entries of an asynchronous iterator."""
    return sync(_collect_aiterator(data))


class SyncMixin:
    """Methods that run coroutines."""

    def _sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return sync(coroutine)

    def _sync_iter(self, async_iterator: AsyncIterable[T]) -> list[T]:
        return list(collect_aiterator(async_iterator))

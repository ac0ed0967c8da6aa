"""A store in memory that answers as late, as slowly and as badly as a remote one might."""

import asyncio
import random
from collections import Counter
from collections.abc import Hashable
from typing import TypeVar

from frozarr.io.byte_requests import ByteRequest
from frozarr.io.kernels.base import BytesLike
from frozarr.io.programs.requests import (
    Delete,
    Get,
    GetRanges,
    ListNames,
    ListPrefix,
    Put,
    StoreRequest,
    Swap,
)
from frozarr.io.stores.memory import MemoryStore, Values
from frozarr.io.stores.waiting import AsyncStore

__all__ = ["LatencyStore"]

T = TypeVar("T")


class LatencyStore(AsyncStore):
    """A dictionary at a distance.

    Parameters
    ----------
    delay
        Seconds that each request takes.
    jitter
        Seconds by which that varies, at most, from a seeded source.
    bandwidth
        Bytes per second of one request; None for no limit.
    fail_at
        Number of the request (from 0) that fails.

    Examples
    --------
    >>> store = LatencyStore({"a": b"x"}, delay=0.001)
    >>> store.blocking.get("a").to_bytes(), store.requests, store.rounds
    (b'x', 1, 1)
    """

    def __init__(
        self, store_dict: Values | None = None, *, delay: float = 0.01,
        jitter: float = 0.0, bandwidth: float | None = None, fail_at: int | None = None,
        seed: int = 0, read_only: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(read_only=read_only)
        self._inner = MemoryStore(store_dict)
        self.delay, self.jitter, self.bandwidth, self.fail_at = delay, jitter, bandwidth, fail_at
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.reset()

    def reset(self) -> None:
        """Count from zero again."""
        self.requests = 0
        """Requests begun."""
        self.cancelled = 0
        """Requests whose caller did not wait for the answer."""
        self._ended = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.rounds = 0
        """Round trips: requests that did not overlap, one after the other."""
        self.by_kind: Counter[str] = Counter()
        """Requests by what they do."""

    @property
    def url(self) -> str:
        """The dictionary's."""
        return f"latency+{self._inner.url}"

    @property
    def identity(self) -> tuple[object, ...]:
        """The dictionary."""
        return self._inner.identity

    async def _request(self, kind: str, request: StoreRequest[T]) -> T:
        number, self.requests = self.requests, self.requests + 1
        self.by_kind[kind] += 1
        turn = self._ended + 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.rounds = max(self.rounds, turn)
        try:
            await asyncio.sleep(self.delay + self.jitter * self._random.random())
            if number == self.fail_at:
                raise OSError(f"request {number} fails on purpose")
            answer = self._inner.perform(request)
            if self.bandwidth and kind == "get" and isinstance(answer, list):
                await asyncio.sleep(sum(map(len, filter(None, answer))) / self.bandwidth)
            return answer
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1
            self._ended = max(self._ended, turn)

    async def _get(self, key: str, byte_range: ByteRequest | None) -> BytesLike | None:
        value, _ = await self._read(key, byte_range)
        return value

    async def _read(
        self, key: str, byte_range: ByteRequest | None
    ) -> tuple[BytesLike | None, Hashable]:
        versions: list[Hashable] = []
        (value,) = await self._request("get", GetRanges([key], [byte_range], versions))
        return value, versions[0]

    async def _set_if(self, key: str, value: bytes | None, version: Hashable) -> bool:
        if value is None:
            return not await self._request("delete", Delete([key], [version]))
        return not await self._request("put", Put([key], [value], [version]))

    async def _set(self, key: str, value: bytes) -> None:
        await self._request("put", Put([key], [value]))

    async def _create(self, key: str, value: bytes) -> bool:
        return await self._request("put", Swap(key, None, value))

    async def _delete(self, key: str) -> None:
        await self._request("delete", Delete([key]))

    async def _size(self, key: str) -> int | None:
        (value,) = await self._request("head", Get([key]))
        return None if value is None else len(value)

    async def _keys(self, prefix: str) -> list[str]:
        return await self._request("list", ListPrefix(prefix))

    async def _names(self, prefix: str) -> list[str]:
        return await self._request("list", ListNames(prefix))

"""A store whose n-th call fails, once or from then on, and that counts what is written."""

from typing import TypeVar

from frozarr.io.programs.requests import (
    AnyStoreRequest,
    Delete,
    Discard,
    Get,
    GetInto,
    GetRanges,
    ListNames,
    Put,
    Stage,
    StoreRequest,
    Versions,
)
from frozarr.io.stores.memory import MemoryStore, Values

__all__ = ["FaultyStore"]

T = TypeVar("T")
_FREE = (Stage, Versions, Discard, ListNames, GetInto)
"""Requests that cost nothing here, or consist of others that do."""


class FaultyStore(MemoryStore):
    """A store in memory that fails on purpose.

    Examples
    --------
    >>> store = FaultyStore({}, fail_at=0)
    >>> store.blocking.set("a", b"x")
    Traceback (most recent call last):
        ...
    OSError: call 0 fails on purpose
    """

    def __init__(
        self, store_dict: Values | None = None, *, fail_at: int | None = None,
        for_ever: bool = False, read_only: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(store_dict, read_only=read_only)
        self.fail_at, self.for_ever = fail_at, for_ever
        self.calls = 0
        self.writes = 0

    def _call(self, request: AnyStoreRequest) -> None:
        number, self.calls = self.calls, self.calls + 1
        if self.fail_at is not None and (
            number == self.fail_at or (self.for_ever and number > self.fail_at)
        ):
            raise OSError(f"call {number} fails on purpose")
        self.writes += request.changes

    def carry_out(self, request: StoreRequest[T]) -> T:
        """Carry out a request, key by key: each may be the one that fails."""
        match request:
            case Put() | Delete() if len(request.keys) > 1:
                refused: list[str] = []
                for i, key in enumerate(request.keys):
                    expected = request.expected and [request.expected[i]]
                    if isinstance(request, Put):
                        put = Put([key], [request.values[i]], expected)
                        left: list[str] | None = self.carry_out(put)
                    else:
                        left = self.carry_out(Delete([key], expected))
                    refused += left or ()
                return refused  # type: ignore[return-value]  # the answer of both
            case Get() | GetRanges():
                for _ in request.keys:
                    self._call(request)
            case _ if not isinstance(request, _FREE):
                self._call(request)
        return super().carry_out(request)

"""A store around an object of another library, or of a user, that has the verbs users know."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from frozarr.io.programs.requests import StoreRequest
from frozarr.io.stores.base import Store, carry_out_by_verbs
from frozarr.io.stores.by_verbs import dialect_of, has_verbs
from frozarr.io.stores.verbs import VERBS
from frozarr.io.stores.waiting import background_loop, wait_on

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["VerbStore"]

T = TypeVar("T")


class VerbStore(Store):
    """Asks an object by its verbs: ``async def get(key, prototype, byte_range)`` and its kin.

    Parameters
    ----------
    verbs
        An object with asynchronous ``get``, ``set``, ``delete`` and ``list_prefix`` (or ``list``),
        and whatever else of the verbs it has.

    Examples
    --------
    >>> import frozarr
    >>> from frozarr.storage import resolve_range
    >>> class Mine:
    ...     def __init__(self):
    ...         self.values = {}
    ...     async def get(self, key, prototype=None, byte_range=None):
    ...         value = self.values.get(key)
    ...         if value is None or byte_range is None:
    ...             return value
    ...         first, last = resolve_range(byte_range, len(value), key)
    ...         return value[first:last]
    ...     async def set(self, key, value):
    ...         self.values[key] = value.to_bytes()
    ...     async def delete(self, key):
    ...         self.values.pop(key, None)
    ...     async def list(self):
    ...         for key in list(self.values):
    ...             yield key
    >>> mine = Mine()
    >>> array = frozarr.create_array(mine, data=[1, 2, 3])
    >>> sorted(mine.values), array[1:]
    (['c/0', 'zarr.json'], array([2, 3]))
    """

    def __init__(self, verbs: object, *, read_only: bool | None = None) -> None:
        given = bool(getattr(verbs, "read_only", False))
        super().__init__(read_only=given if read_only is None else read_only)
        if not has_verbs(verbs):
            raise TypeError(f"{type(verbs).__name__} lacks some of get, set, delete and list")
        self.verbs = verbs
        self._own = frozenset(name for name in VERBS if callable(getattr(verbs, name, None)))
        self._dialect = dialect_of(verbs)
        self.supports_deletes = bool(getattr(verbs, "supports_deletes", True))
        self.supports_listing = bool(getattr(verbs, "supports_listing", True))
        self.supports_writes = bool(getattr(verbs, "supports_writes", True))

    @property
    def url(self) -> str:
        """What the object calls itself."""
        return str(
            getattr(self.verbs, "url", None) or f"{type(self.verbs).__name__}://{id(self.verbs)}"
        )

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The object itself."""
        return ("verbs", id(self.verbs))

    @property
    def loop(self) -> "AbstractEventLoop | None":
        """The loop that fsspec keeps in the background."""
        return background_loop()

    def wait(self, work: Any) -> Any:
        """Run a coroutine on the loop in the background, for a caller that blocks."""
        return wait_on(self.loop, work, self.url)

    def perform(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers that block; its answer."""
        answer: T = self.wait(self.perform_async(request))
        return answer

    async def perform_async(self, request: StoreRequest[T]) -> T:
        """Carry out a request, for callers on any event loop; its answer."""
        self.admit(request)
        return await carry_out_by_verbs(self, self.verbs, self._own, request, self._dialect)

    carry_out_async = perform_async

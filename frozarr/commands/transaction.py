"""Changing several things at once: aside first, then in one step."""

from collections.abc import Mapping
from types import TracebackType

from frozarr.io.programs.requests import Program, Stage
from frozarr.io.runners.threads import run
from frozarr.io.stores.path import StorePath
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.io.stores.staged import StagedStore

__all__ = ["AsyncTransaction", "Transaction"]


class _Aside:
    """What both kinds of transactions know."""

    def __init__(
        self, store: StoreLike, path: str | None = None, *,
        storage_options: Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        self._place = resolve(store, path, storage_options=storage_options)
        self._place.store.check_writable(self._place.path)
        self._staged: StagedStore | None = None

    def _begin(self) -> Program[StorePath]:
        """Program that makes the copy; where it is."""
        if self._staged is not None:
            raise RuntimeError(f"{self._place}: this transaction was begun already")
        staged = yield from Stage(self._place.path, filled=True)
        if staged is None:
            raise NotImplementedError(
                f"{self._place}: {type(self._place.store).__name__} can't exchange one node for "
                "another, so that several changes can't become visible at once; nothing was "
                "changed. Directories and memory can"
            )
        self._staged = StagedStore(self._place.store, self._place.path, staged)
        return StorePath(self._staged, self._place.path)

    def _end(self, *, keep: bool) -> Program[None]:
        """Program that publishes the copy, or leaves nothing of it."""
        staged = self._staged
        if staged is None:
            raise RuntimeError(f"{self._place}: this transaction was not begun")
        if not keep:
            yield from staged.give_up()
            return
        try:
            yield from staged.publish()
        except GeneratorExit:  # nobody answers any more
            raise
        except BaseException:
            yield from staged.give_up()
            raise


class Transaction(_Aside):
    """Changes of several arrays below one node that become visible at once, or not at all.

    In its ``with`` block stands the place to work with: whatever takes a store takes it. Others see
    the node as it was until the block ends; if it ends by an error, nothing has changed (but groups
    above the node, which are made where there are none, stay). The node
    is copied by links, so that a transaction costs a few microseconds for each stored value.

    Parameters
    ----------
    store
        A store, a path, a URL or a dictionary.
    path
        Path of the node; by default the store's root.
    storage_options
        Options of the filesystem that a URL leads to.

    Raises
    ------
    NotImplementedError
        The store can't exchange nodes (object stores can't); nothing was changed.
    ConflictError
        When the block ends: somebody else changed the node meanwhile. It is as they left it.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> frozarr.save(values, x=[1, 2], y=[3, 4])
    >>> with frozarr.transaction(values) as node:
    ...     frozarr.open_array(node, path="x")[0] = 7
    ...     frozarr.open_array(node, path="y")[0] = 8
    ...     before = frozarr.load(values)["x"]
    >>> before, frozarr.load(values)["x"]
    (array([1, 2]), array([7, 2]))
    """

    def __enter__(self) -> StorePath:
        return run(self._begin(), self._place.store)

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        run(self._end(keep=kind is None), self._place.store)


class AsyncTransaction(_Aside):
    """As `Transaction`, for ``async with``.

    Examples
    --------
    >>> import asyncio, frozarr
    >>> from frozarr import aio
    >>> async def main(values):
    ...     async with aio.transaction(values) as node:
    ...         await aio.create_array(node, name="x", data=[1, 2])
    ...     return frozarr.load(values)["x"]
    >>> asyncio.run(main({}))
    array([1, 2])
    """

    async def __aenter__(self) -> StorePath:
        # asyncio takes long to import, and callers that block do without
        from frozarr.io.runners.loop import run_async  # noqa: PLC0415

        return await run_async(self._begin(), self._place.store)

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        from frozarr.io.runners.loop import run_async  # noqa: PLC0415 - as above

        await run_async(self._end(keep=kind is None), self._place.store)

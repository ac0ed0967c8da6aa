"""Migrating nodes from one format to the other, as a program."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from frozarr.io.programs import migrate as programs
from frozarr.io.programs.migrate import Migration
from frozarr.io.programs.requests import Program, on
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.types import UNSET

__all__ = ["migrate"]

Format: TypeAlias = Literal[2, 3]


def migrate(
    store: StoreLike,
    path: str | None = None,
    *,
    zarr_format: Format,
    fill_value: object = UNSET,
    replace: bool = False,
    dry_run: bool = False,
    storage_options: Mapping[str, object] | None = None,
) -> Program[Migration]:
    """Rewrite the documents of an array or a group, and of all below it, in the other format.

    Chunks stay where and as they are. All documents are stored, or none.

    Parameters
    ----------
    path
        Path of the array or group in the store.
    zarr_format
        The new format, 2 or 3.
    fill_value
        What undefined fill values of format 2 become in format 3.
    replace
        True removes the documents of the old format; False leaves them beside the new ones, which
        readers prefer if they are of format 3.
    dry_run
        Convert and check everything, and store nothing.

    Raises
    ------
    NodeNotFoundError
        There is nothing (a FileNotFoundError).
    MetadataError
        Nodes that the new format can't describe by the chunks that are there, and how to copy them.
    ConflictError
        A document of the new format stands there that says something else.

    Examples
    --------
    >>> import frozarr
    >>> store = frozarr.storage.MemoryStore()
    >>> _ = frozarr.create_array(store, data=[1, 2], zarr_format=2)
    >>> done = frozarr.migrate(store, zarr_format=3, replace=True)
    >>> list(done.documents), done.removed
    (['zarr.json'], ('.zarray',))
    >>> frozarr.open_array(store)[...]
    array([1, 2])
    """
    if zarr_format not in {2, 3}:
        raise ValueError(f"zarr_format must be 2 or 3, got {zarr_format!r}")
    place = resolve(store, path, storage_options=storage_options)
    if not dry_run:
        place.store.check_writable(place.path)
    if replace and not place.store.supports_deletes:
        raise NotImplementedError(f"{place}: the store can't remove documents; use replace=False")
    return (yield from on(place.store, programs.migrate(
        place, zarr_format, fill_value=fill_value, replace=replace, dry_run=dry_run
    )))  # fmt: skip

"""From what users pass as ``store=`` to a place in a store."""

import contextlib
import os
from collections.abc import Callable, Mapping, MutableMapping
from importlib import import_module
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from frozarr.errors import ReadOnlyError
from frozarr.io.stores.base import Store
from frozarr.io.stores.by_verbs import has_verbs
from frozarr.io.stores.local import LocalStore
from frozarr.io.stores.memory import MemoryStore
from frozarr.io.stores.path import ACCESS_MODES, AccessMode, StorePath
from frozarr.metadata.paths import join, normalize_path

__all__ = ["StoreLike", "resolve", "slow_imports"]

StoreLike: TypeAlias = (
    Store | StorePath | str | os.PathLike[str] | MutableMapping[str, Any] | Any | None
)
"""A store, a place in one, a path, a URL, a dictionary, fsspec's mapper or UPath, an obspec client,
an object with the asynchronous verbs of a store.

None is a new MemoryStore.
"""


def _fsspec() -> Any:
    """The class of stores on fsspec, which takes longer to import than all of this package."""
    return import_module("frozarr.io.stores.fsspec").FsspecStore


def _from_url(url: str, storage_options: Mapping[str, object] | None) -> Store:
    parts = urlsplit(url)
    if parts.scheme in {"", "file"} or len(parts.scheme) == 1:  # one letter is a Windows drive
        if storage_options:
            raise TypeError(f"storage_options need a remote URL, got {url!r}")
        return _from_path(_path_of(url) if parts.scheme == "file" else url)
    try:
        made: Store = _fsspec().from_url(url, storage_options)
    except (ValueError, ImportError) as error:  # fsspec's own words for what it can't do
        raise type(error)(
            f"{url}: no store for the scheme {parts.scheme!r}: {error}; use another URL, a path, a "
            "dictionary or a Store"
        ) from error
    return made


def _path_of(url: str) -> str:
    """Path of a ``file:`` URL, in which ``?`` and ``#`` are letters like others."""
    host, slash, path = url.removeprefix("file:").removeprefix("//").partition("/")
    if host not in {"", "localhost"}:
        raise ValueError(
            f"{url!r} names a host, {host!r}; a file URL is file:///path/from/the/root"
        )
    return unquote(slash + path)


def slow_imports(store: object) -> Callable[[], object] | None:
    """What imports the packages that a store needs, if that takes long; None if it does not.

    An event loop has it done in a thread.
    """
    if not isinstance(store, str) or "://" not in store:
        return None
    protocols = [part.rpartition("::")[2] for part in store.split("://")[:-1]]
    protocols += store.split("://")[0].split("::")
    unknown = set(protocols) - _IMPORTED - {"file", ""}
    if not unknown:
        return None

    def load() -> None:
        _fsspec()
        registry = import_module("fsspec.registry")
        for protocol in unknown:
            with contextlib.suppress(ValueError, ImportError):  # told when the store is made
                registry.get_filesystem_class(protocol)
        _IMPORTED.update(unknown)

    return load


_IMPORTED: set[str] = set()
"""Protocols whose packages were imported."""


def _from_path(path: str | os.PathLike[str]) -> Store:
    """The store at a path: a directory, or a ZIP archive that is there, to be read."""
    if not os.path.isfile(os.path.expanduser(path)):  # noqa: PTH111, PTH113 - of any kind of path
        return LocalStore(path)
    if not import_module("zipfile").is_zipfile(os.path.expanduser(path)):  # noqa: PTH111 - as above
        raise NotADirectoryError(
            f"{path} is a file and no ZIP archive; a store is a directory, a ZIP archive, a URL, "
            "or a Store"
        )
    archive: Store = import_module("frozarr.io.stores.zip").ZipStore(path)
    return archive


def resolve(
    store: StoreLike,
    path: str | None = None,
    *,
    mode: AccessMode | None = None,
    storage_options: Mapping[str, object] | None = None,
) -> StorePath:
    """Place meant by a store argument.

    Raises
    ------
    TypeError
        Nothing a store can be made of.
    ReadOnlyError
        A writing mode on a read-only store.

    Examples
    --------
    >>> str(resolve("/data/a.zarr", "b"))
    'file:///data/a.zarr/b'
    """
    if mode is not None and mode not in ACCESS_MODES:
        raise ValueError(f"mode must be one of {ACCESS_MODES}, got {mode!r}")
    match store:
        case StorePath():
            place = store
        case Store():
            place = StorePath(store)
        case str():
            place = StorePath(_from_url(store, storage_options))
        case os.PathLike():
            place = StorePath(_from_path(store))
        case MutableMapping() if hasattr(store, "fs"):
            place = StorePath(_fsspec().from_mapper(store))
        case _ if hasattr(store, "fs") and hasattr(store, "path"):
            place = StorePath(_fsspec().from_upath(store))
        case MutableMapping() | None:
            place = StorePath(MemoryStore(store))
        case _ if callable(getattr(store, "get_range_async", None)):
            place = StorePath(import_module("frozarr.io.stores.obspec").ObspecStore(store))
        case _ if has_verbs(store):
            place = StorePath(import_module("frozarr.io.stores.verb_store").VerbStore(store))
        case _:
            raise TypeError(
                f"can't make a store of a {type(store).__name__}: {store!r}; pass a Store, a "
                "StorePath, a path, a URL or a dictionary"
            )
    if storage_options and not isinstance(store, str):
        raise TypeError(f"storage_options need a URL, got a {type(store).__name__}")
    place = StorePath(place.store, join(place.path, normalize_path(path)).rstrip("/"))
    if mode == "r" and not place.read_only:
        return StorePath(place.store.with_read_only(True), place.path)
    if mode in {"r+", "a", "w", "w-"} and place.read_only:
        raise ReadOnlyError(f"{place}: mode {mode!r} on a read-only store", url=str(place))
    return place

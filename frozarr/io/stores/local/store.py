"""A store in a directory of the local file system.

Values are replaced whole: written to a temporary file in a hidden folder under the root, then
renamed. Reads therefore need no locks, and a killed process leaves nothing that is ever listed.
"""

import contextlib
import itertools
import operator
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from frozarr.errors import ConflictError
from frozarr.io.byte_requests import ByteRequest, resolve_range
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.programs.requests import (
    AnyStoreRequest,
    Delete,
    DeletePrefix,
    Discard,
    Get,
    GetInto,
    GetRanges,
    Hold,
    LetGo,
    ListNames,
    ListPrefix,
    Put,
    Rename,
    Replace,
    Sizes,
    Stage,
    Swap,
    Versions,
)
from frozarr.io.stores.base import BlockingStore
from frozarr.io.stores.dispatch import answers
from frozarr.io.stores.local.files import (
    MISSING,
    finish_row,
    open_present,
    read_range,
    read_whole,
    regular_nbytes,
    remove_tree,
    scan,
    sweep,
    unlink,
    walk,
    write_all,
    write_parts,
)
from frozarr.io.stores.local.linked import fill_by_links, forget_links, is_as_it_was
from frozarr.io.stores.local.portable import (
    CREATE,
    FOLDS_CASE,
    WINDOWS,
    FolderLocks,
    HeldNode,
    check_case,
    check_windows_key,
    exchange,
    fcntl,
    hold_folder,
    hold_node,
    is_still_held,
    let_go_of_folder,
    locked_folder,
    new_name,
    open_read,
    patiently,
    read_into,
    same_device,
    sync_folder,
)
from frozarr.io.stores.local.versions import MISSING_FILE, TICK_NS, FileVersion, stamp
from frozarr.io.stores.verbs import HIDDEN, is_hidden

__all__ = ["LocalStore"]

_BESIDE: Final = f"{HIDDEN}-beside"
_FIRST_READ: Final = 1 << 16
_TRIES: Final = 100
_IN_THE_MAKING: Final = threading.Lock()
T = TypeVar("T")
Durability = Literal["os", "fsync"]


def _as_version(version: object) -> FileVersion:
    """A version that a request expects, which is one of a file."""
    if not isinstance(version, FileVersion):
        raise TypeError(f"not a version of a file: {version!r}")
    return version


def _in_folder(folder: str, work: Callable[[], T], needs: str | None = None) -> T:
    """Do something in a folder that others may remove, when it is empty, at any moment."""
    for _ in range(_TRIES):
        try:
            return work()
        except FileNotFoundError:
            if needs is not None and not os.path.lexists(needs):
                raise
            with contextlib.suppress(FileNotFoundError, FileExistsError):  # gone again meanwhile
                os.makedirs(folder, exist_ok=True)
    return work()


def _is_making(folder: str) -> bool:
    """Whether a folder is a place in the making: it stays, however empty it becomes."""
    return folder.rpartition("/")[0].rpartition("/")[2] == HIDDEN or folder.startswith(_BESIDE)


class LocalStore(BlockingStore):
    """Keys are files below a root directory.

    Parameters
    ----------
    root
        The directory; made when something is first written.
    read_only
        Refuse all changes.
    durability
        ``os``: a value survives the process, not a power cut (as other Zarr libraries have it).
        ``fsync``: a value has reached the disk when a write returns.

    Symbolic links below the root are followed; anything that is not a regular file is an error.

    Examples
    --------
    >>> import tempfile
    >>> store = LocalStore(tempfile.mkdtemp())
    >>> store.blocking.set("a/b", b"spam")
    >>> store.blocking.list()
    ['a/b']
    """

    coalesce_gap_nbytes = 16 * 1024
    swaps_between_processes = fcntl is not None
    holds_nodes = fcntl is not None
    exchanges_nodes = True
    supports_partial_writes = True

    def __init__(
        self, root: str | os.PathLike[str], *, read_only: bool = False,
        durability: Durability = "os",
    ) -> None:  # fmt: skip
        super().__init__(read_only=read_only)
        if durability not in {"os", "fsync"}:
            raise ValueError(f"durability must be 'os' or 'fsync', got {durability!r}")
        self.durability = durability
        self._set_root(Path(root).expanduser().absolute())

    def _set_root(self, root: Path) -> None:
        self.root = root
        self._head = f"{root}/"
        self._beside = f"{root.parent}/.{root.name}{HIDDEN}/"
        self._identity = ("local", os.path.realpath(root))

    @classmethod
    async def open(
        cls, root: str | os.PathLike[str], *, read_only: bool = False,
        mode: Literal["r", "r+", "a", "w", "w-"] | None = None,
    ) -> Self:  # fmt: skip
        """Store at a directory, for use in an access mode.

        Parameters
        ----------
        root
            The directory.
        read_only
            Refuse all changes.
        mode
            ``r`` read only, ``r+`` the directory must exist, ``a`` it is made, ``w`` it is made and
            emptied, ``w-`` it must not exist.

        Raises
        ------
        FileNotFoundError, FileExistsError
            The directory is not there, or is.
        """
        if mode not in {None, "r", "r+", "a", "w", "w-"}:
            raise ValueError(f"mode must be one of 'r', 'r+', 'a', 'w', 'w-', got {mode!r}")
        store = cls(root, read_only=read_only or mode == "r")
        there = os.path.isdir(store.root)  # noqa: ASYNC240 - one short call
        if mode in {"r", "r+"} and not there:
            raise FileNotFoundError(f"{store.url}: there is no directory; mode is {mode!r}")
        if mode == "w-" and there:
            raise FileExistsError(f"{store.url}: the directory exists, and mode is 'w-'")
        if mode == "w":
            await store.clear()
        if mode in {"a", "w", "w-"}:
            os.makedirs(store.root, exist_ok=True)
        return store

    async def move(self, dest_root: str | os.PathLike[str]) -> None:
        """Move the directory to another path, and use it there.

        Raises
        ------
        FileExistsError
            Something stands there.
        ReadOnlyError
            The store is read-only.
        """
        # asyncio takes long to import, and callers that block do without
        from frozarr.io.runners.coroutines import in_thread  # noqa: PLC0415

        await in_thread(lambda: self._move(Path(dest_root).expanduser().absolute()))

    def _move(self, target: Path) -> None:
        self.check_writable()
        if target.exists():
            raise FileExistsError(f"{self.url}: can't move to {target}, which exists")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.root, target)
        self._set_root(target)

    def lock_names(self, keys: Iterable[str]) -> list[Hashable]:
        """Names of keys for locks: their real paths, the same by whatever root they are reached."""
        real = {"": str(self._identity[1])}
        names: list[Hashable] = []
        for key in keys:
            folder, _, name = key.rpartition("/")
            names.append(("local", f"{self._real_folder(folder, real)}/{name}"))
        return names

    def _real_folder(self, folder: str, real: dict[str, str]) -> str:
        """Real path of a folder below the root; of those met before, one link is looked for."""
        known = real.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            known = f"{self._real_folder(above, real)}/{name}"
            if os.path.islink(known):
                known = os.path.realpath(known)
            real[folder] = known
        return known

    @property
    def url(self) -> str:
        """``file://`` and the root."""
        return f"file://{self.root}"

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The root, symbolic links resolved."""
        return self._identity

    def admit(self, request: AnyStoreRequest) -> None:
        """Refuse keys that no store can hold, or no file on Windows; changes where read-only."""
        super().admit(request)
        if WINDOWS and request.changes:
            for key in getattr(request, "keys", [request.subject]):
                check_windows_key(key)

    def _path(self, key: str) -> str:
        if key.startswith(f"{_BESIDE}/"):
            return self._beside + key[len(_BESIDE) + 1 :]
        return self._head + key

    # ------------------------------------------------------------------ reading

    @answers(Get)
    def _get(self, request: Get) -> list[BytesLike | None]:
        if request.versions is not None:
            return self._get_versioned(request, request.versions)
        if len(request.keys) == 1:
            return [self._whole(request.keys[0], request.nbytes_hint, request.most_nbytes)]
        values: list[BytesLike | None] = [None] * len(request.keys)
        for i, fd in open_present(self._path, request.keys):
            try:
                hint = request.nbytes_hint or _FIRST_READ
                values[i] = read_whole(fd, hint, request.keys[i], request.most_nbytes)
            finally:
                os.close(fd)
        return values

    def _get_versioned(self, request: Get, versions: list[Hashable]) -> list[BytesLike | None]:
        values: list[BytesLike | None] = [None] * len(request.keys)
        versions += [MISSING_FILE] * len(request.keys)
        for i, fd in open_present(self._path, request.keys):
            try:
                entry = os.fstat(fd)
                hint = request.nbytes_hint or _FIRST_READ
                values[i] = read_whole(fd, hint, request.keys[i], request.most_nbytes)
            finally:
                os.close(fd)
            if values[i] is not None:
                versions[i] = FileVersion.of(entry, values[i])
        return values

    def _whole(self, key: str, nbytes_hint: int = 0, most_nbytes: int = 0) -> bytes | None:
        try:
            fd = open_read(self._path(key))
        except MISSING:
            return None
        try:
            return read_whole(fd, nbytes_hint or _FIRST_READ, key, most_nbytes)
        finally:
            os.close(fd)

    @answers(GetRanges)
    def _get_ranges(self, request: GetRanges) -> list[BytesLike | None]:
        """Parts of values; a file asked several times in a row is opened once."""
        wanted = zip(request.keys, request.ranges, strict=True)
        parts: list[BytesLike | None] = []
        for key, group in itertools.groupby(wanted, operator.itemgetter(0)):
            parts += self._parts_of(key, [byte_range for _, byte_range in group])
        return parts

    def _parts_of(self, key: str, ranges: Sequence[ByteRequest | None]) -> list[bytes | None]:
        try:
            fd = open_read(self._path(key))
        except MISSING:
            return [None] * len(ranges)
        try:
            nbytes = regular_nbytes(fd, key)
            spans = [(0, nbytes) if r is None else resolve_range(r, nbytes, key) for r in ranges]
            return [read_range(fd, first, last - first) for first, last in spans]
        except IsADirectoryError:
            return [None] * len(ranges)
        finally:
            os.close(fd)

    @answers(GetInto)
    def _get_into(self, request: GetInto) -> npt.NDArray[np.int64]:
        keys, rows = request.keys, request.rows
        if not rows.flags.c_contiguous:
            raise ValueError("rows to read into must lie side by side")
        sizes = [-1] * len(keys)
        width, flat = rows.shape[1], as_bytes_view(rows)
        beyond = memoryview(bytearray(1))  # asked for as well, to see that there is nothing more
        for i, fd in open_present(self._path, keys):
            row = flat[i * width : (i + 1) * width]
            try:
                got = read_into(fd, [row, beyond])
                sizes[i] = got if got == width else finish_row(fd, row, got, keys[i])
            except IsADirectoryError:
                continue
            finally:
                os.close(fd)
        return np.array(sizes, np.int64)

    @answers(Versions)
    def _versions(self, request: Versions) -> list[Hashable]:
        """Device, inode, size and times of each file; None where there is none."""
        versions: list[Hashable] = []
        for key in request.keys:
            try:
                entry = os.stat(self._path(key))
            except MISSING:
                versions.append(None)
            else:
                versions.append(stamp(entry))
        return versions

    def is_settled(self, version: Any) -> bool:
        """Whether the file is older than the ticks of the clock that dates changes in place."""
        return version is not None and time.time_ns() - max(version[3:]) > TICK_NS

    @answers(Sizes)
    def _sizes(self, request: Sizes) -> list[int | None]:
        return [self._size(key) for key in request.keys]

    def _size(self, key: str) -> int | None:
        try:
            entry = os.stat(self._path(key))
        except MISSING:
            return None
        return entry.st_size if stat.S_ISREG(entry.st_mode) else None

    # ------------------------------------------------------------------ writing

    @answers(Put)
    def _put(self, request: Put) -> list[str]:
        """Set keys one after the other; those that others changed are left as they are."""
        keys = request.keys
        expected = request.expected or itertools.repeat(None, len(keys))
        hidden = bool(keys) and is_hidden(keys[0])  # where nobody else looks
        locks = FolderLocks()
        refused = []
        with self._workshop(beside=hidden and keys[0].startswith(f"{_BESIDE}/")) as folder, locks:
            for key, value, version in zip(keys, request.values, expected, strict=True):
                made, path = folder + new_name(), self._path(key)
                try:
                    self._make(made, value)
                    if not hidden:
                        locks.take(path.rpartition("/")[0], shared=version is None)
                    if version is None or _as_version(version).is_at(path):
                        self._place(made, path)
                    else:
                        unlink(made)
                        refused.append(key)
                except BaseException as error:
                    unlink(made)
                    error.add_note(f"key {key!r} was not written, file {path}")
                    raise
                finally:
                    locks.give_back()
        return refused

    def _make(self, path: str, value: BytesLike | Parts) -> None:
        """Make a temporary file that holds the value."""
        try:
            fd = os.open(path, CREATE, 0o666)
        except FileNotFoundError:
            folder = path.rpartition("/")[0]
            fd = _in_folder(folder, lambda: os.open(path, CREATE, 0o666))
        try:
            if isinstance(value, Parts):
                write_parts(fd, value)
            else:
                write_all(fd, value)
            if self.durability == "fsync":
                os.fsync(fd)
        finally:
            os.close(fd)

    def _place(self, made: str, path: str) -> None:
        try:
            patiently(lambda: os.replace(made, path))
        except FileNotFoundError:  # no folder yet, or pruned by a deletion next to us
            folder = path.rpartition("/")[0]
            with contextlib.suppress(OSError):  # mostly the last folder is all that lacks
                os.mkdir(folder)
            _in_folder(folder, lambda: patiently(lambda: os.replace(made, path)), needs=made)
        if self.durability == "fsync":
            sync_folder(os.path.dirname(path))

    @contextlib.contextmanager
    def _workshop(self, *, beside: bool = False) -> Iterator[str]:
        """The hidden folder under the root; gone afterwards unless others work in it.

        Parameters
        ----------
        beside
            The one beside the root, where what replaces the root is built.
        """
        folder = self._beside if beside else f"{self._head}{HIDDEN}/"
        try:
            os.mkdir(folder)
        except FileExistsError:
            sweep(folder)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):  # there, and gone again: others are at work
                os.makedirs(folder, exist_ok=True)
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):  # not empty: somebody else is at work
                os.rmdir(folder)

    @answers(Delete)
    def _delete(self, request: Delete) -> list[str]:
        """Remove keys one after the other; those that others changed are left as they are."""
        expected = request.expected or itertools.repeat(None, len(request.keys))
        refused, folders = [], set()
        with FolderLocks() as locks:
            for key, version in zip(request.keys, expected, strict=True):
                path = self._path(key)
                try:
                    locks.take(path.rpartition("/")[0], shared=version is None, make=False)
                    if version is None or _as_version(version).is_at(path):
                        self._unlink(key, path)
                        folders.add(key.rpartition("/")[0])
                    else:
                        refused.append(key)
                except (FileNotFoundError, NotADirectoryError):
                    continue
                finally:
                    locks.give_back()
        self._prune(folders)
        return refused

    def _unlink(self, key: str, path: str) -> None:
        """Remove a file; a folder with all that it holds."""
        try:
            patiently(lambda: os.unlink(path))
        except (IsADirectoryError, PermissionError):
            if not os.path.isdir(path):
                raise
            self._delete_tree(key)

    def _prune(self, folders: set[str]) -> None:
        """Remove folders that have become empty, and their parents."""
        for emptied in sorted(folders, key=len, reverse=True):
            folder = emptied
            while folder and not _is_making(folder):
                try:
                    os.rmdir(self._path(folder))
                except OSError:
                    break
                folder = folder.rpartition("/")[0]

    @answers(DeletePrefix)
    def _delete_prefix(self, request: DeletePrefix) -> None:
        for path in [request.prefix] if request.prefix else self._names(""):
            if not request.prefix or os.path.isdir(self._path(path)):
                self._delete_tree(path)

    def _delete_tree(self, prefix: str) -> None:
        with self._workshop() as folder:
            aside = folder + new_name()
            place = self._path(prefix)
            if not os.path.lexists(place):
                return
            try:  # at once: no reader sees half of it gone
                _in_folder(folder, lambda: os.rename(place, aside), needs=place)
            except (FileNotFoundError, NotADirectoryError):
                return
            remove_tree(aside)
        self._prune({prefix.rpartition("/")[0]})

    # ------------------------------------------------------------------ changing safely

    @answers(Swap)
    def _swap(self, request: Swap) -> bool:
        if FOLDS_CASE and request.old is None:
            check_case(str(self.root), request.key)
        folder = self._path(request.key).rpartition("/")[0]
        # a place in the making is held by its maker, and other processes don't look there
        alone = _IN_THE_MAKING if is_hidden(request.key) else self._exclusive(folder)
        with alone:
            if self._whole(request.key) != request.old:
                self._prune({request.key.rpartition("/")[0]})
                return False
            path = self._path(request.key)
            if request.new is None:
                unlink(path)
                self._prune({request.key.rpartition("/")[0]})
            else:
                self._put_alone(request.key, path, request.new)
            return True

    def _put_alone(self, key: str, path: str, value: BytesLike) -> None:
        """Set a key whose folder is locked."""
        with self._workshop() as workshop:
            made = workshop + new_name()
            try:
                self._make(made, value)
                self._place(made, path)
            except BaseException as error:
                unlink(made)
                error.add_note(f"key {key!r} was not written, file {path}")
                raise

    @answers(Hold)
    def _hold(self, request: Hold) -> HeldNode | None:
        if FOLDS_CASE and request.prefix:
            check_case(str(self.root), request.prefix)
        folder = self._path(request.prefix) if request.prefix else str(self.root)
        return hold_node(f"{folder}/{HIDDEN}-held")

    @answers(LetGo)
    def _let_go(self, request: LetGo) -> None:
        if isinstance(request.held, HeldNode):
            request.held.let_go()
        self._prune({request.prefix})

    @contextlib.contextmanager
    def _exclusive(self, folder: str) -> Iterator[None]:
        """Hold a folder, by whatever root it is reached, and keep the root from being replaced."""
        root = str(self.root)
        with contextlib.ExitStack() as locks:
            if folder != root:
                locks.enter_context(locked_folder(root, shared=True))
            locks.enter_context(locked_folder(folder))
            yield

    @answers(Stage)
    def _stage(self, request: Stage) -> str | None:
        """Hidden prefix for building what will replace a folder; None if that can't be done."""
        prefix = request.prefix
        if FOLDS_CASE and prefix:
            check_case(str(self.root), prefix)
        place = self._path(prefix) if prefix else str(self.root)
        if os.path.exists(place) and not os.path.isdir(place):
            return None
        if not prefix and os.path.exists(place) and not same_device(place, f"{place}/.."):
            return None  # the root of a mount can't be exchanged
        name = new_name()
        staged = f"{HIDDEN}/{name}" if prefix else f"{_BESIDE}/{name}"
        try:
            os.makedirs(self._path(staged))
            hold_folder(self._path(staged))
        except OSError:
            return None
        sweep(os.path.dirname(self._path(staged)) + "/")
        if request.filled:
            try:
                fill_by_links(place, self._path(staged))
            except BaseException:
                self._discard(Discard(staged))
                raise
        return staged

    @answers(Replace)
    def _replace(self, request: Replace) -> None:
        """Exchange the staged directory and the one at a prefix, then remove the old one."""
        made = self._path(request.staged)
        place = self._path(request.prefix) if request.prefix else str(self.root)
        if not is_still_held(made):
            raise ConflictError(
                f"{self.url}: a folder above {request.prefix!r} was replaced by somebody else "
                "while this was built; nothing was changed",
                url=self.url,
            )
        with locked_folder(str(self.root)), contextlib.ExitStack() as locks:
            if place != str(self.root) and os.path.isdir(place):
                locks.enter_context(locked_folder(place))
            exchange(made, place)
            if not is_as_it_was(made):
                exchange(made, place)
                raise ConflictError(
                    f"{self.url}: {request.prefix!r} was changed by somebody else since the "
                    "transaction began; nothing was published. Begin it again",
                    url=self.url,
                )
        let_go_of_folder(made)
        remove_tree(made)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(made))

    @answers(Rename)
    def _rename(self, request: Rename) -> bool:
        source, target = self._path(request.prefix), self._path(request.to)
        if not request.prefix or not request.to or os.path.lexists(target):
            return False
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with locked_folder(str(self.root)), locked_folder(source):
            if os.path.lexists(target):
                return False
            try:
                patiently(lambda: os.rename(source, target))
            except OSError:  # made by others meanwhile, or on another device
                return False
        self._prune({request.prefix.rpartition("/")[0]})
        return True

    @answers(Discard)
    def _discard(self, request: Discard) -> None:
        made = self._path(request.prefix)
        forget_links(made)
        let_go_of_folder(made)
        remove_tree(made)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(made))

    # ------------------------------------------------------------------ listing

    @answers(ListPrefix)
    def _list_prefix(self, request: ListPrefix) -> list[str]:
        return sorted(walk(self._path(request.prefix), request.prefix))

    @answers(ListNames)
    def _list_names(self, request: ListNames) -> list[str]:
        return self._names(request.prefix)

    def _names(self, prefix: str) -> list[str]:
        """Names in a folder, sorted."""
        return sorted(
            entry.name
            for entry in scan(self._path(prefix))
            if not is_hidden(entry.name) and (not entry.is_symlink() or os.path.exists(entry.path))
        )

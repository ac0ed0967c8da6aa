"""New arrays: everything about them is checked first (`Creation`), then they are stored."""

import sys
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.config import Config
from frozarr.errors import ContainsArrayError, ContainsGroupError
from frozarr.handles.array import ArrayHandle
from frozarr.io.access import Access
from frozarr.io.kernels.bind import check_fill
from frozarr.io.programs.copy import Progress, Source, StoredSource, fill_array
from frozarr.io.programs.nodes import (
    contains_error,
    create_node,
    load_node,
    only_others_stand,
    remove_array,
    remove_unfilled,
    something_stands,
    stage_replacement,
)
from frozarr.io.programs.requests import Discard, Program, Replace, asking, on, undone_by
from frozarr.io.sources import SlicedSource, sliced_source
from frozarr.io.stores.path import StorePath
from frozarr.metadata.array_v2 import ArrayV2Metadata
from frozarr.metadata.dtypes.base import DataType
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyArray, AnyDtype

__all__ = [
    "ArrayData", "ArraySource", "Creation", "ProgressLike", "Sliceable",
    "as_progress", "as_source", "data_type_of", "exchange", "refuse_own_source", "store_new",
]  # fmt: skip

T = TypeVar("T")
ProgressLike: TypeAlias = bool | Progress
"""True for a line on standard error; or what is called with the bytes written and those in all."""


class Sliceable(Protocol):
    """An array of any library: it has a shape, a dtype, and gives its parts to numpy."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents in elements."""

    @property
    def dtype(self) -> Any:
        """Type of the elements, as numpy or the library knows it."""

    def __getitem__(self, region: object, /) -> Any:
        """The elements of a region."""


ArrayData: TypeAlias = npt.ArrayLike | ArrayHandle | Sliceable
"""Values of a new array: what numpy takes, an array in a store, an array of another library."""
ArraySource: TypeAlias = ArrayHandle | SlicedSource | AnyArray
"""Where the values of a new array come from."""


def as_source(data: ArrayData | SlicedSource) -> ArraySource:
    """The source meant by a ``data=`` argument: what is sliced, or else all of it as numpy has it.

    Examples
    --------
    >>> as_source([1, 2])
    array([1, 2])
    """
    if isinstance(data, ArrayHandle | SlicedSource):
        return data
    sliced = sliced_source(data)
    if sliced is not None:
        return sliced
    return data if isinstance(data, np.ma.MaskedArray) else np.asarray(data)


def data_type_of(source: ArraySource) -> DataType | AnyDtype | str:
    """Type of given values; objects that are all text, or all bytes, have types of their own."""
    if isinstance(source, SlicedSource):
        return source.data_type
    if isinstance(source, ArrayHandle):
        metadata = source.metadata
        if isinstance(metadata, ArrayV2Metadata):
            known = metadata.data_type.name in {"string", "variable_length_bytes"}
            return metadata.data_type if known else metadata.dtype
        return metadata.data_type
    if source.dtype != np.dtype(object):
        return source.dtype
    shown = source.compressed() if isinstance(source, np.ma.MaskedArray) else source.reshape(-1)
    entries = shown.tolist()
    kinds = set(map(type, entries))
    if type(None) in kinds and kinds <= {str, np.str_, bytes, np.bytes_, type(None)}:
        raise ValueError(
            f"element {entries.index(None)} is None, and text and bytes have no missing values: "
            "replace it by an empty one, or keep a mask beside the array"
        )
    if kinds <= {str, np.str_}:
        return "string"
    return "variable_length_bytes" if kinds <= {bytes, np.bytes_} else source.dtype


def as_progress(progress: ProgressLike) -> Progress | None:
    """Who is told how far a copy is; None for nobody."""
    if isinstance(progress, bool):
        return _show if progress else None
    return progress


def _show(written_nbytes: int, whole_nbytes: int) -> None:
    """One line on standard error that is written over and over."""
    end = "\n" if written_nbytes >= whole_nbytes else ""
    percent = 100 * written_nbytes / max(1, whole_nbytes)
    done = f"\r{percent:5.1f} % of {whole_nbytes / 1e6:.1f} MB written"
    sys.stderr.write(done + end)
    sys.stderr.flush()


@attrs.frozen(eq=False, kw_only=True)
class Creation:
    """A new array that is ready to be stored.

    Raises
    ------
    MetadataError
        Codecs can't store the fill value.
    """

    place: StorePath
    metadata: ArrayMetadata = attrs.field(validator=lambda _, __, metadata: check_fill(metadata))
    config: Config
    source: ArraySource | None = None
    """Values to write; None for none."""
    overwrite: bool = False
    progress: Progress | None = None
    handle: ArrayHandle = attrs.field(init=False)
    """Of the array, once it is stored."""
    fill: Callable[[Access], Program[None]] | None = attrs.field(init=False)
    """Given how the array is reached, what writes its values; those at hand were tried already."""

    @handle.default
    def _handle(self) -> ArrayHandle:
        return ArrayHandle(self.metadata, self.place, self.config)

    @fill.default
    def _fill(self) -> Callable[[Access], Program[None]] | None:
        self.place.store.check_writable(self.place.path)
        if self.source is None:
            return None
        refuse_own_source(self.place, self.source, overwrite=self.overwrite)
        made = self.handle
        return fill_array(_to_copy(self.source), made.bound, made.access, self.progress)


def store_new(new: Creation) -> Program[ArrayHandle]:
    """Store an array with its values; one that is replaced stays until the new one is complete.

    That is so in stores that can exchange one node for another (directories, memory); in others the
    old one goes first. If the values can't be written, no array is left; groups that were made
    above it stay.

    Raises
    ------
    ContainsArrayError, ContainsGroupError
        There is a node that is not to be overwritten.
    NotImplementedError
        The store can't remove what is to be replaced; nothing was changed.
    """
    made, place, store = new.handle, new.place, new.place.store
    if new.fill is None:
        yield from on(store, create_node(place, new.metadata, overwrite=new.overwrite))
        return made
    aside = new.overwrite and not (yield from on(store, only_others_stand(place)))
    if aside:  # even where there is nothing: somebody else may be at it, too
        staged = yield from on(store, stage_replacement(place, new.metadata))
        if staged is not None:
            building = exchange(new.fill(Access(staged, made.config)), place, staged)
            yield from undone_by(building, lambda: on(store, asking(Discard(staged.path))))
            return made
    if store.supports_deletes:
        yield from _create_wholly(new)
        removing = remove_array(place, new.metadata)
        yield from undone_by(new.fill(made.access), lambda: on(store, removing))
    else:  # what fails can't be removed: chunks first, without a document nobody sees them
        yield from on(store, check_free(place, overwrite=new.overwrite))
        yield from new.fill(made.access)
        yield from on(store, create_node(place, new.metadata))
    return made


def _create_wholly(new: Creation) -> Program[None]:
    """Store the documents; a call that is cancelled while they are stored leaves none."""
    place, store = new.place, new.place.store
    try:
        yield from on(store, create_node(place, new.metadata, overwrite=new.overwrite))
    except (GeneratorExit, ContainsArrayError, ContainsGroupError):
        raise
    except BaseException:
        yield from on(store, remove_unfilled(place, new.metadata))
        raise


def check_free(place: StorePath, *, overwrite: bool) -> Program[None]:
    """Refuse a place at which there is something, in a store that can't remove it."""
    if (yield from something_stands(place)):
        if not overwrite:
            node = yield from load_node(place)
            if node is not None:
                raise contains_error(place, node)
        raise NotImplementedError(
            f"{place}: the store can't remove what stands there; nothing was changed. Write "
            "another store, or another path"
        )


def exchange(filling: Program[T], place: StorePath, staged: StorePath) -> Program[None]:
    """Fill what was staged, and put it in its place."""
    yield from filling
    yield from on(place.store, asking(Replace(place.path, staged.path)))


def _to_copy(source: ArraySource) -> Source:
    return StoredSource(source.bound, source.access) if isinstance(source, ArrayHandle) else source


def refuse_own_source(
    place: StorePath, source: ArraySource | StorePath | None, *, overwrite: bool
) -> None:
    """Refuse to replace a node by a copy of itself, or of what it holds.

    Raises
    ------
    ContainsArrayError
        The source lies at the place, below or above it.
    """
    theirs = _place_of(source)
    if not overwrite or theirs is None:
        return
    ours = f"{place}/"
    if ours.startswith(f"{theirs}/") or f"{theirs}/".startswith(ours):
        raise ContainsArrayError(
            f"{place}: can't replace a node by a copy of what it holds ({theirs}); write the copy "
            "elsewhere first",
            url=str(place),
        )


def _place_of(source: ArraySource | StorePath | None) -> str | None:
    """Where a source is stored, as text; None if it does not say so."""
    if isinstance(source, StorePath):
        return str(source)
    if isinstance(source, ArrayHandle):
        return str(source.store_path)
    if isinstance(source, SlicedSource) and hasattr(source.values, "store_path"):
        theirs = source.values.store_path
        fs = getattr(getattr(theirs, "store", None), "fs", None)
        if fs is not None:  # of fsspec: as the filesystem names it
            inner = getattr(fs, "sync_fs", fs)
            root = str(getattr(theirs.store, "path", "")).rstrip("/")
            return str(inner.unstrip_protocol(f"{root}/{theirs.path}".rstrip("/")))
        return str(theirs)
    return None

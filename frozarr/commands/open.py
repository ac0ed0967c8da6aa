"""Opening arrays, as programs that give handles."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, Unpack

from frozarr.commands.create import create
from frozarr.commands.creation import ArrayData
from frozarr.commands.like import like
from frozarr.config import ConfigLike, as_config
from frozarr.errors import ArrayNotFoundError
from frozarr.handles.array import ArrayHandle
from frozarr.io.programs.nodes import load_array
from frozarr.io.programs.requests import Program, on
from frozarr.io.stores.path import AccessMode
from frozarr.io.stores.resolve import StoreLike, resolve
from frozarr.metadata.spec import ArrayOptions
from frozarr.types import ShapeLike

__all__ = ["open_array", "open_like"]

Format: TypeAlias = Literal[2, 3]


def open_array(
    store: StoreLike = None,
    *,
    path: str | None = None,
    mode: AccessMode | None = None,
    storage_options: Mapping[str, object] | None = None,
    config: ConfigLike = None,
    shape: ShapeLike | None = None,
    overwrite: bool = False,
    zarr_format: Format | None = None,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:
    """Handle of an array.

    Raises
    ------
    ArrayNotFoundError
        No array there (a FileNotFoundError); names store and path.
    ContainsArrayError, ContainsGroupError
        Mode ``w-``, and there is a node.

    Examples
    --------
    >>> import frozarr
    >>> values = {}
    >>> _ = frozarr.create_array(values, data=[1, 2, 3])
    >>> frozarr.open_array(values, mode="r").read_only
    True
    """
    place = resolve(store, path, mode=mode, storage_options=storage_options)
    mode = mode or ("r" if place.read_only else "a")
    if mode in {"r", "r+", "a"}:
        try:
            metadata = yield from on(place.store, load_array(place, zarr_format))
            return ArrayHandle(metadata, place, as_config(config))
        except ArrayNotFoundError:
            if mode != "a" or shape is None:
                raise
    if shape is None:
        raise ValueError(f"mode {mode!r} makes an array, which needs a shape and a dtype")
    return (yield from create(
        shape, store=place, overwrite=overwrite or mode == "w", config=config,
        zarr_format=zarr_format, **options,
    ))  # fmt: skip


def open_like(
    a: ArrayData, path: str, *, store: StoreLike = None, mode: AccessMode | None = None,
    storage_options: Mapping[str, object] | None = None, config: ConfigLike = None,
    shape: ShapeLike | None = None, zarr_format: Format | None = None,
    **options: Unpack[ArrayOptions],
) -> Program[ArrayHandle]:  # fmt: skip
    """Handle of the array at a path, made like another if there is none."""
    chosen = {"shape": shape, "zarr_format": zarr_format}
    given = {**options, **{name: value for name, value in chosen.items() if value is not None}}
    return open_array(
        store, path=path, mode=mode, storage_options=storage_options, config=config,
        **like(a, given),
    )  # fmt: skip

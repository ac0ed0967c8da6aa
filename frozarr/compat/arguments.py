"""Creation arguments of the older API: how today's functions spell them."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from frozarr.caller import warn_caller
from frozarr.compat.cells import handle_of
from frozarr.compat.meanings import WITHOUT_EFFECT
from frozarr.config import Config
from frozarr.metadata.json import FrozenMap
from frozarr.types import DEFAULT

__all__ = ["OLDER", "creation_arguments", "member_arguments", "plain_config", "todays_arguments"]

Format: TypeAlias = Literal[2, 3]
_OTHER_FORMAT: dict[int, dict[str, str]] = {
    2: {
        "chunk_shape": "chunks",
        "chunk_key_encoding": "dimension_separator",
        "codecs": "filters and compressor",
        "dimension_names": "the attribute _ARRAY_DIMENSIONS",
    },
    3: {
        "dimension_separator": "chunk_key_encoding",
        "filters": "codecs",
        "compressor": "codecs",
    },
}
"""For each format the parameters of the other one, and what takes their place."""

OLDER = (
    "chunk_shape",
    "codecs",
    "dimension_separator",
    "write_empty_chunks",
    "mode",
    *WITHOUT_EFFECT,
)
"""Parameters that only the older API has; None means that they are not given."""

_MODES = ("r", "r+", "a", "w", "w-")


def todays_arguments(
    given: Mapping[str, Any], *, opening: bool = False, takes_compressor: bool = True
) -> dict[str, Any]:
    """Arguments of `frozarr.create` from those of the older API.

    Parameters
    ----------
    given
        The arguments by their names.
    opening
        They are of a function that opens what there is: its format is not known yet.
    takes_compressor
        The function knows ``compressor=`` itself; for others it becomes `compressors`.

    Raises
    ------
    ValueError
        A parameter of the other format, with what to use instead; both spellings of one thing; a
        mode that makes nothing.

    Examples
    --------
    >>> todays_arguments({"dtype": "u1", "chunk_shape": 2, "mode": "w"})
    {'dtype': 'u1', 'chunks': 2, 'overwrite': True}
    """
    arguments = {name: value for name, value in given.items() if name not in OLDER}
    for name in WITHOUT_EFFECT:
        if given.get(name) is not None:
            warn_caller(f"{name}= has no effect; leave it out", RuntimeWarning)
    older = {name: given[name] for name in OLDER if given.get(name) is not None}
    if "chunk_shape" in older:
        if arguments.get("chunks") is not None:
            raise ValueError("give chunk_shape or chunks, not both")
        arguments["chunks"] = older["chunk_shape"]
    if "codecs" in older:
        arguments["codecs"] = older["codecs"]
    if "dimension_separator" in older:
        if arguments.get("zarr_format") != 2 and not opening:
            raise ValueError("dimension_separator is not for format 3; use chunk_key_encoding")
        arguments["chunk_key_encoding"] = older["dimension_separator"]
    if "write_empty_chunks" in older:
        config = arguments.get("config")
        settings = {} if config is None else plain_config(config)
        arguments["config"] = {**settings, "write_empty_chunks": older["write_empty_chunks"]}
    if isinstance(arguments.get("attributes"), Mapping):
        arguments["attributes"] = FrozenMap(arguments["attributes"], ("attributes",))
    if not takes_compressor and "compressor" in arguments:
        compressor = arguments.pop("compressor")
        if not (isinstance(compressor, str) and compressor == "auto"):
            arguments["compressors"] = compressor
    mode = older.get("mode")
    if mode == "w":
        arguments["overwrite"] = True
    elif mode is not None and (mode == "r" or mode not in _MODES):
        raise ValueError(f"mode {mode!r} makes no array; use open_array, or one of 'a', 'w', 'w-'")
    return arguments


def plain_config(given: Any) -> dict[str, Any]:
    """Settings of a ``config=`` argument: a mapping, a config, or an object of the older API.

    Examples
    --------
    >>> plain_config({"order": "F"})
    {'order': 'F'}
    """
    if isinstance(given, Config):
        return attrs.asdict(given)
    if isinstance(given, Mapping):
        return {str(name): value for name, value in given.items()}
    return {str(name): value for name, value in given.to_dict().items()}


def member_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of ``Group.create_array`` from those of the older API.

    Examples
    --------
    >>> member_arguments({"shape": 2, "dtype": "u1", "compressor": None, "storage_options": None})
    {'shape': 2, 'dtype': 'u1', 'compressors': None}
    """
    arguments = todays_arguments(given, opening=True)
    if arguments.get("storage_options") is None:
        arguments.pop("storage_options", None)
    compressor = arguments.pop("compressor", "auto")
    if not (isinstance(compressor, str) and compressor == "auto"):
        if arguments.get("compressors", "auto") not in ("auto", None):
            raise ValueError("give compressor or compressors, not both")
        arguments["compressors"] = compressor
    return {name: handle_of(value) for name, value in arguments.items()}


def creation_arguments(
    *,
    zarr_format: Format = 3,
    compressor: Any = "auto",
    fill_value: object = DEFAULT,
    **others: object,
) -> dict[str, Any]:
    """Arguments of `frozarr.create` from those of ``Array.create``.

    Raises
    ------
    ValueError
        A parameter of the other format, with what to use instead; or both spellings of chunks.

    Examples
    --------
    >>> creation_arguments(shape=4, dtype="u1", chunk_shape=2)
    {'zarr_format': 3, 'shape': 4, 'dtype': 'u1', 'chunks': 2}
    """
    if zarr_format not in _OTHER_FORMAT:
        raise ValueError(f"zarr_format must be 2 or 3, got {zarr_format!r}")
    named = {"compressor": None if isinstance(compressor, str) else compressor, **others}
    for name, instead in _OTHER_FORMAT[zarr_format].items():
        if named.get(name) is not None:
            raise ValueError(f"{name} is not for format {zarr_format}; use {instead}")
    arguments = {name: value for name, value in others.items() if value is not None}
    if fill_value is not DEFAULT:
        arguments["fill_value"] = fill_value
    if compressor != "auto" and "codecs" not in arguments:
        arguments["compressor"] = compressor
    return todays_arguments({"zarr_format": zarr_format, **arguments})

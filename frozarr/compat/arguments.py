"""Arguments of ``Array.create``, of which each format has its own."""

from typing import Any, Literal, TypeAlias

__all__ = ["creation_arguments"]

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


def creation_arguments(
    *,
    zarr_format: Format = 3,
    chunk_shape: Any = None,
    chunks: Any = None,
    compressor: Any = "auto",
    dimension_separator: Any = None,
    **others: Any,
) -> dict[str, Any]:
    """Arguments of `ArraySpec` from those of ``Array.create``.

    Raises
    ------
    ValueError
        A parameter of the other format, with what to use instead; or both spellings of chunks.

    Examples
    --------
    >>> creation_arguments(shape=4, dtype="u1", chunk_shape=2)
    {'zarr_format': 3, 'chunks': 2, 'shape': 4, 'dtype': 'u1'}
    """
    if zarr_format not in _OTHER_FORMAT:
        raise ValueError(f"zarr_format must be 2 or 3, got {zarr_format!r}")
    given = {
        "chunk_shape": chunk_shape,
        "compressor": None if isinstance(compressor, str) else compressor,
        "dimension_separator": dimension_separator,
        **others,
    }
    for name, instead in _OTHER_FORMAT[zarr_format].items():
        if given.get(name) is not None:
            raise ValueError(f"{name} is not for format {zarr_format}; use {instead}")
    if chunk_shape is not None and chunks is not None:
        raise ValueError("give chunk_shape or chunks, not both")
    sizes = chunks if chunk_shape is None else chunk_shape
    arguments = {
        "zarr_format": zarr_format,
        "chunks": "auto" if sizes is None else sizes,
        **{name: value for name, value in others.items() if value is not None},
    }
    if zarr_format == 2:
        arguments["compressors"] = compressor
        arguments["chunk_key_encoding"] = dimension_separator
    return arguments

"""Names that packages import from inside zarr-python."""

from frozarr.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__,
    dict.fromkeys(
        (
            "array",
            "array_spec",
            "attributes",
            "buffer",
            "chunk_grids",
            "chunk_key_encodings",
            "common",
            "config",
            "dtype",
            "group",
            "indexing",
            "metadata",
            "nodes",
            "sync",
            "sync_group",
        ),
        "",
    ),
)

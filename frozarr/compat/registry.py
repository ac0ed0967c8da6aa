"""Classes by the names that they have in documents."""

from typing import Any

from frozarr.errors import UnknownExtensionError
from frozarr.io import buffers
from frozarr.metadata.registry import default_registry, register

__all__ = [
    "get_buffer_class", "get_chunk_key_encoding_class", "get_codec_class", "get_ndbuffer_class",
    "register_chunk_key_encoding", "register_codec",
]  # fmt: skip


def _class(family: Any, name: str) -> Any:
    entry = default_registry().find(family, name)
    if entry is None:
        raise UnknownExtensionError(default_registry().describe_unknown(family, name))
    return entry.value_class


def get_codec_class(key: str, reload_config: bool = False) -> Any:
    """Class of a codec by its name.

    Parameters
    ----------
    key
        The name.
    reload_config
        Kept for older programs; what is registered is always seen.

    Raises
    ------
    UnknownCodecError
        There is none of that name.
    """
    del reload_config
    return _class("codecs", key)


def get_chunk_key_encoding_class(key: str) -> Any:
    """Class of a chunk key encoding by its name.

    Parameters
    ----------
    key
        The name.
    """
    return _class("chunk_key_encodings", key)


def register_codec(key: str, codec_cls: Any, *, qualname: str | None = None) -> None:
    """Have a codec found by a name; its class is as `frozarr.extensions` describes it.

    Parameters
    ----------
    key
        The name.
    codec_cls
        The class.
    qualname
        Kept for older programs; a class has one.
    """
    del qualname
    register("codecs", key, codec_cls)


def register_chunk_key_encoding(key: str, cls: Any) -> None:
    """Have a chunk key encoding found by a name.

    Parameters
    ----------
    key
        The name.
    cls
        The class, as `frozarr.extensions` describes it.
    """
    register("chunk_key_encodings", key, cls)


def get_buffer_class(reload_config: bool = False) -> type[buffers.Buffer]:
    """Class of bytes in host memory.

    Parameters
    ----------
    reload_config
        Kept for older programs.
    """
    del reload_config
    return buffers.Buffer


def get_ndbuffer_class(reload_config: bool = False) -> type[buffers.NDBuffer]:
    """Class of arrays in host memory.

    Parameters
    ----------
    reload_config
        Kept for older programs.
    """
    del reload_config
    return buffers.NDBuffer

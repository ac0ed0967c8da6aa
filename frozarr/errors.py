"""The error tree: every class is also the builtin that users already catch.

Each error has fields for machines and a text for people that says what was wrong, where, and
what to do next.
"""

from collections.abc import Sequence
from typing import Any

from frozarr.lazy import only

__all__ = [
    "ArrayNotFoundError",
    "BoundsCheckError",
    "ChunkDecodeError",
    "ChunkNotFoundError",
    "ConflictError",
    "ContainsArrayError",
    "ContainsGroupError",
    "FrozarrError",
    "GroupNotFoundError",
    "InvalidKeyError",
    "MetadataError",
    "NegativeStepError",
    "NodeNotFoundError",
    "NotJSONError",
    "OversizeError",
    "RangeNotSatisfiableError",
    "ReadOnlyError",
    "SelectionError",
    "ShapeMismatchError",
    "StaleHandleError",
    "StoreError",
    "UnknownExtensionError",
    "VindexInvalidSelectionError",
]

__dir__ = only(__all__)


_LONGEST = 4000
"""Characters of a message: whoever wrote a document may have made it as long as they liked."""


class FrozarrError(Exception):
    """Root of all errors that frozarr raises itself.

    Keyword arguments become fields; ``None`` for those that do not apply.

    Examples
    --------
    >>> FrozarrError("no such chunk", key="c/0/0").key
    'c/0/0'
    """

    url: str | None = None
    """Location of the array or store."""
    key: str | None = None
    """Store key concerned."""
    loc: tuple[str | int, ...] | None = None
    """Path inside the document concerned."""

    def __init__(self, message: str = "", *more: object, **fields: object) -> None:
        message = " ".join([str(message), *map(str, more)])
        super().__init__(message if len(message) <= _LONGEST else _shortened(message))
        self.__dict__.update(fields)


def _shortened(message: str) -> str:
    """The first and the last part of a text that is too long to be read."""
    left_out = len(message) - _LONGEST
    half = _LONGEST // 2
    return f"{message[:half]} … ({left_out} characters left out) … {message[-half:]}"


class MetadataError(FrozarrError, ValueError):
    """A document or a creation argument is not valid; lists *all* problems with their paths.

    Mend the named members; ``problems`` holds ``(loc, message)`` pairs for machines.
    """

    problems: Sequence[Any] = ()


class NotJSONError(MetadataError, TypeError):
    """A value was given that JSON has no form for."""


class UnknownExtensionError(MetadataError):
    """A document names a codec, data type, grid or key encoding that is not registered.

    Register it (see ``frozarr.metadata.registry``) or install the package that provides it.
    """


class SelectionError(FrozarrError, IndexError):
    """A selection does not fit the array it is applied to."""


class BoundsCheckError(SelectionError):
    """An integer index lies outside its axis."""


class NegativeStepError(SelectionError):
    """A slice has a step below 1; read forwards and reverse the result."""


class VindexInvalidSelectionError(SelectionError):
    """Coordinate indexing takes one integer array per axis, or one mask of the array's shape."""


class ShapeMismatchError(FrozarrError, ValueError):
    """Two shapes that must agree do not; nothing was read or written."""


class NodeNotFoundError(FrozarrError, FileNotFoundError, ValueError):
    """No metadata document where a node was expected."""


class ArrayNotFoundError(NodeNotFoundError):
    """No array document at this store and path; check both, or create the array."""


class GroupNotFoundError(NodeNotFoundError):
    """No group document at this store and path; check both, or create the group."""


class ContainsArrayError(FrozarrError, FileExistsError, ValueError):
    """There is already an array; pass ``overwrite=True`` or choose another path."""


class ContainsGroupError(FrozarrError, FileExistsError, ValueError):
    """There is already a group; pass ``overwrite=True`` or choose another path."""


class ReadOnlyError(FrozarrError, PermissionError, ValueError):
    """A change was asked of a read-only store; nothing was written."""


class InvalidKeyError(FrozarrError, ValueError):
    """A key or path that could leave the store's root, or that no store can hold."""


class RangeNotSatisfiableError(FrozarrError, ValueError):
    """A byte range starts past the end of the value it was asked of."""


class ConflictError(FrozarrError, RuntimeError):
    """The stored document changed since this handle was opened; nothing was written.

    Repeat the change on the handle that the other change returned, or open the array again.
    """


class StaleHandleError(ConflictError):
    """`resize` or `append` was called on this handle, so it has a shape of the past.

    Nothing was written. Use the handle that was returned: ``a = a.resize(...)``.
    """


class ChunkDecodeError(FrozarrError, ValueError):
    """A stored chunk is corrupt: truncated, oversized, or refused by its codec."""


class ChunkNotFoundError(FrozarrError, KeyError, ValueError):
    """Chunks are missing and the config asks for an error instead of the fill value."""

    keys: Sequence[str] = ()

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class OversizeError(FrozarrError, ValueError):
    """A stored value is larger than anything that it can be; it was not read.

    It is corrupt, or made to fill the reader's memory. Restore it from a copy, or delete the key.
    """


class StoreError(FrozarrError, OSError):
    """The store failed; the cause is the client's own error, unchanged."""

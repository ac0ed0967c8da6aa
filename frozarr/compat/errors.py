"""Errors and warnings by their older names; most are those of `frozarr.errors`."""

from frozarr import errors as frozen
from frozarr.errors import (
    ArrayNotFoundError,
    BoundsCheckError,
    ChunkNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    NegativeStepError,
    NodeNotFoundError,
    VindexInvalidSelectionError,
)
from frozarr.errors import FrozarrError as BaseZarrError
from frozarr.errors import MetadataError as MetadataValidationError
from frozarr.errors import SelectionError as ArrayIndexError
from frozarr.errors import UnknownExtensionError as UnknownCodecError

__all__ = [
    "ArrayIndexError", "ArrayNotFoundError", "BaseZarrError", "BoundsCheckError",
    "ChunkNotFoundError", "ContainsArrayAndGroupError", "ContainsArrayError", "ContainsGroupError",
    "DataTypeValidationError", "GroupNotFoundError", "MetadataValidationError",
    "NegativeStepError", "NodeNotFoundError", "NodeTypeValidationError",
    "PickleCodecDisabledError", "UnknownCodecError", "UnstableSpecificationWarning",
    "VindexInvalidSelectionError", "ZarrDeprecationWarning", "ZarrFutureWarning",
    "ZarrRuntimeWarning", "ZarrUserWarning",
]  # fmt: skip

DataTypeValidationError = MetadataValidationError
NodeTypeValidationError = ContainsGroupError
PickleCodecDisabledError = MetadataValidationError


class ContainsArrayAndGroupError(frozen.FrozarrError, ValueError):
    """Both kinds of node stand at one path; here the array is found, and this is not raised."""


class ZarrDeprecationWarning(DeprecationWarning):
    """Something has a newer name."""


class ZarrFutureWarning(FutureWarning):
    """Something will change."""


class UnstableSpecificationWarning(ZarrFutureWarning):
    """Other implementations may not read what is written."""


class ZarrRuntimeWarning(RuntimeWarning):
    """Something was not as it should be."""


class ZarrUserWarning(UserWarning):
    """Something may not be what was meant."""

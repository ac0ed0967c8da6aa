"""What metadata are: frozen values."""

from frozarr.types import Immutable as Metadata

__all__ = ["Metadata"]

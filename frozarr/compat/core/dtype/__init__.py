"""Data types."""

from frozarr.compat.dtype import *  # noqa: F403 - the same names
from frozarr.compat.dtype import __all__ as __all__

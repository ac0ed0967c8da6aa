"""Settings."""

from frozarr.compat.settings import BadConfigError, config
from frozarr.compat.settings import Settings as Config

__all__ = ["BadConfigError", "Config", "config"]

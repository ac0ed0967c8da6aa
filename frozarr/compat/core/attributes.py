"""Attributes."""

from frozarr.compat.attributes import Attributes

__all__ = ["Attributes"]

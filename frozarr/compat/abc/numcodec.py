"""Codecs of numcodecs."""

from numcodecs.abc import Codec as Numcodec

__all__ = ["Numcodec"]

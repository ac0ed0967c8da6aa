"""Classes to derive from."""

from frozarr.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__, dict.fromkeys(("buffer", "codec", "metadata", "numcodec", "store"), "")
)

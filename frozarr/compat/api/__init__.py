"""Functions of the older API, for callers that block and for those that wait."""

from frozarr.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, dict.fromkeys(("asynchronous", "synchronous"), ""))

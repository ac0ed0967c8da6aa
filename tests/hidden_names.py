"""A pytest plugin: frozarr is loaded as on a system that lacks what Windows lacks.

Run the suites of stores and arrays with it: ``python -m pytest -p tests.hidden_names tests/io``.
"""

import os
import sys

CALLS = ("readv", "preadv", "pread", "writev", "pwrite", "pwritev")


def load_without(calls, modules):
    """Import what decides on import how files are read, with names hidden meanwhile."""
    kept = {name: getattr(os, name) for name in calls if hasattr(os, name)}
    imported = {name: sys.modules.pop(name, None) for name in modules}
    try:
        for name in kept:
            delattr(os, name)
        sys.modules.update(dict.fromkeys(modules))
        from frozarr.io.stores.local import portable
    finally:
        for name, value in kept.items():
            setattr(os, name, value)
        for name, module in imported.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
    return portable


assert "frozarr.io.stores.local.portable" not in sys.modules
PORTABLE = load_without(CALLS, ("fcntl",))
assert PORTABLE.fcntl is PORTABLE.WRITEV is PORTABLE._PREAD is PORTABLE._READV is None

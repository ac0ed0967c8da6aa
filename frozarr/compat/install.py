"""``import zarr`` gives this package: for programs and packages that know no other name.

A finder answers for ``zarr`` and all below it with the modules of `frozarr.compat`, the same ones,
so that a class has one identity whichever name it was imported by.
"""

import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from types import ModuleType

from frozarr.compat import __version__ as version

__all__ = ["install", "uninstall"]

_OTHERS = {
    "zarr.buffer.cpu": "frozarr.io.buffers",
    "zarr.buffer.gpu": "frozarr.io.gpu_buffers",
    "zarr.core.buffer.cpu": "frozarr.io.buffers",
    "zarr.core.buffer.gpu": "frozarr.io.gpu_buffers",
    **dict.fromkeys(
        (f"zarr.codecs.{name}" for name in (
            "blosc", "bytes", "cast_value", "crc32c_", "gzip", "scale_offset", "sharding",
            "transpose", "vlen_utf8", "zstd",
        )), "frozarr.compat.codecs",
    ),
    **dict.fromkeys(
        (f"zarr.storage._{name}" for name in (
            "fsspec", "local", "logging", "memory", "obstore", "wrapper", "zip",
        )), "frozarr.compat.storage",
    ),
    "zarr.experimental": "frozarr.compat.core.chunk_grids",
    "zarr.testing": "frozarr.testing",
    "zarr.testing.store": "frozarr.testing.stores",
    "zarr.testing.stores": "frozarr.testing.stores",
}  # fmt: skip
"""Modules whose counterparts have other names."""


def _counterpart(name: str) -> str:
    return _OTHERS.get(name, f"frozarr.compat{name.removeprefix('zarr')}")


class _Metadata(Distribution):
    """What ``importlib.metadata`` says of zarr."""

    def read_text(self, filename: str) -> str | None:
        if filename != "METADATA":
            return None
        return f"Metadata-Version: 2.1\nName: zarr\nVersion: {version}\nSummary: frozarr.compat\n"

    def locate_file(self, path: object) -> Path:
        return Path(__file__).parent / str(path)


class _Alias(Loader):
    """Gives the module of this package, as it is."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(_counterpart(spec.name))
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own  # importing by the other name replaced it


_ANY = DistributionFinder.Context()


class _Finder(DistributionFinder):
    """Answers for ``zarr`` and all below it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target  # the name says all
        if name != "zarr" and not name.startswith("zarr."):
            return None
        counterpart = _counterpart(name)
        above, _, _ = counterpart.rpartition(".")
        importlib.import_module(above)
        own = PathFinder.find_spec(counterpart, sys.modules[above].__path__)
        if own is None:
            return None
        is_package = own.submodule_search_locations is not None
        spec = ModuleSpec(name, _Alias(), origin=own.origin, is_package=is_package)
        if is_package:  # what is below it is found here, not there
            spec.submodule_search_locations = []
        return spec

    def find_distributions(
        self, context: DistributionFinder.Context = _ANY
    ) -> Iterator[Distribution]:
        if context.name == "zarr":
            yield _Metadata()


_FINDER = _Finder()


def install() -> None:
    r"""Have ``import zarr``, and whatever is below it, give `frozarr.compat` from now on.

    Raises
    ------
    RuntimeError
        Something has imported another zarr already; call it before.

    Examples
    --------
    >>> import subprocess, sys
    >>> program = "import frozarr.compat as c; c.install(); import zarr; print(zarr.zeros(2)[:])"
    >>> subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
    '[0. 0.]\n'
    """
    if _FINDER in sys.meta_path:
        return
    loaded = sys.modules.get("zarr")
    if loaded is not None:
        where = getattr(loaded, "__file__", "?")
        raise RuntimeError(
            f"zarr was imported already, from {where}; call frozarr.compat.install() before "
            "whatever imports it, or run the program by `python -m frozarr.compat`"
        )
    sys.meta_path.insert(0, _FINDER)


def uninstall() -> None:
    """Undo `install`: modules that were imported meanwhile keep what they have."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
        for name in [name for name in sys.modules if name == "zarr" or name.startswith("zarr.")]:
            del sys.modules[name]

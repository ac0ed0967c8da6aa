"""``python -m frozarr.compat program.py args``, or ``-m module args``: run it on this library."""

import os
import runpy
import sys

from frozarr.compat.install import install

_USAGE = "usage: python -m frozarr.compat (program.py | -m module) [arguments]"


def main(arguments: list[str]) -> None:
    """Run a program, for which ``import zarr`` gives `frozarr.compat`."""
    if not arguments or arguments[0] in {"-h", "--help"} or arguments == ["-m"]:
        sys.exit(_USAGE)
    install()
    # for what the program runs in other processes through pytest, too
    os.environ.setdefault("PYTEST_ADDOPTS", "-p frozarr.compat.as_zarr")
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))  # noqa: PTH100, PTH120 - as Python does
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])

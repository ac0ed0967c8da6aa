"""Importing this module calls `frozarr.compat.install`.

So a whole test run uses it: ``PYTEST_ADDOPTS="-p frozarr.compat.as_zarr" pytest``.
"""

from frozarr.compat.install import install

install()

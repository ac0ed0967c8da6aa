"""``import zarr`` gives frozarr.compat: by a call, for a program, for a module, for a test run."""

import subprocess
import sys

import pytest

from frozarr import compat


def run(*arguments, check=True, **options):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=check,
        **options,
    )


SEEN = """
import importlib.metadata, importlib.util, pickle, sys
import zarr, zarr.codecs, zarr.core.metadata.v3, zarr.api.asynchronous
from zarr.storage._common import make_store_path
from zarr.core.group import Group
import frozarr.compat
assert zarr is frozarr.compat and Group is zarr.Group is frozarr.compat.Group
assert zarr.codecs is frozarr.compat.codecs
assert importlib.util.find_spec("zarr") is not None
assert importlib.util.find_spec("zarr.storage") is not None
assert importlib.util.find_spec("zarr.nothing") is None
assert zarr.__version__ == importlib.metadata.version("zarr") == "3.4.2"
assert frozarr.compat.__spec__.name == "frozarr.compat"
array = zarr.zeros(3)
assert hasattr(zarr.core, "dtype") and zarr.abc.store.Store
try:
    import zarr.nothing
except ModuleNotFoundError as error:
    assert error.name == "zarr.nothing", error.name
print(*sys.argv[1:], array[:].tolist())
"""


def test_programs_and_modules(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(SEEN)
    assert run("-m", "frozarr.compat", program, "a", "-b").stdout == "a -b [0.0, 0.0, 0.0]\n"
    (tmp_path / "module.py").write_text(SEEN)
    done = run("-m", "frozarr.compat", "-m", "module", "x", cwd=tmp_path)
    assert done.stdout == "x [0.0, 0.0, 0.0]\n"
    assert run("-m", "frozarr.compat", check=False).returncode != 0
    assert "usage" in run("-m", "frozarr.compat", "--help", check=False).stderr


def test_a_whole_test_run(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import zarr\ndef test_it():\n    assert zarr.zeros.__module__.startswith('frozarr')\n"
    )
    done = run("-m", "pytest", "-q", "-p", "frozarr.compat.as_zarr", "-p", "no:cacheprovider", cwd=tmp_path, check=False)  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_installed_and_not():
    run("-c", "import frozarr.compat as c; c.install(); c.install(); import zarr; assert zarr is c; "
              "c.uninstall(); import zarr; assert zarr is not c; assert zarr.zeros(2)[:].sum() == 0")  # fmt: skip
    import zarr  # noqa: F401 - so that it is there already

    with pytest.raises(RuntimeError, match=r"imported already.*python -m frozarr.compat"):
        compat.install()
    compat.uninstall()


def test_settings_of_the_environment(tmp_path):
    import os

    code = "import frozarr.compat as z; print(z.config.get('default_zarr_format'), z.zeros((2, 2)).order, z.zeros(2).metadata.zarr_format)"
    environment = {**os.environ, "ZARR_DEFAULT_ZARR_FORMAT": "2", "ZARR_ARRAY__ORDER": "F"}
    assert run("-c", code, env=environment).stdout.split() == ["2", "F", "2"]

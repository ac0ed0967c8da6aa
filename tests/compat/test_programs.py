"""Programs as zarr-python's guide has them: run by it and by `frozarr.compat`, they print the same."""

import os
import pathlib
import subprocess
import sys

import pytest
import zarr
from numpy.lib import NumpyVersion

PROGRAMS = sorted((pathlib.Path(__file__).parent / "programs").glob("*.py"))


def printed(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *map(str, arguments)], capture_output=True, text=True,
        env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.skipif(
    NumpyVersion(zarr.__version__) < "3.4.0",
    reason="compared with zarr-python 3.4, which needs Python 3.12",
)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_programs_print_the_same(program, tmp_path):
    theirs = printed(program, tmp_path / "theirs")
    ours = printed("-m", "frozarr.compat", program, tmp_path / "ours")
    assert ours == theirs


def test_programs_read_each_others_files(tmp_path):
    program = tmp_path / "read.py"
    program.write_text(
        "import sys, zarr\n"
        "g = zarr.open_group(sys.argv[1], mode='r')\n"
        "print(type(g).__module__.partition('.')[0])\n"
        "print(sorted((p, n.attrs.asdict()) for p, n in g.members(max_depth=None)), g['a/b'][:].tolist())\n"
    )
    maker = tmp_path / "make.py"
    maker.write_text(
        "import sys, zarr, numpy as np\n"
        "g = zarr.open_group(sys.argv[1], mode='w')\n"
        "g.create_array('a/b', data=np.arange(5), attributes={'u': 'm'})\n"
        "g['a'].attrs['t'] = [1]\n"
    )
    printed(maker, tmp_path / "theirs")
    printed("-m", "frozarr.compat", maker, tmp_path / "ours")
    seen = [
        printed(*how, program, tmp_path / whose)
        for how in ((), ("-m", "frozarr.compat"))
        for whose in ("theirs", "ours")
    ]
    assert [lines[0] for lines in seen] == ["zarr", "zarr", "frozarr", "frozarr"]
    assert len({tuple(lines[1:]) for lines in seen}) == 1

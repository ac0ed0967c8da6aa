"""Test suites of packages that use zarr, on zarr-python and on `frozarr.compat`.

``python -m tests.compat.suites``: needs the packages that the suites are of, with what their tests
need, and takes a quarter of an hour. Prints how many pass there, how many of these here, and which
do not.
"""

import pathlib
import subprocess
import sys
import tempfile
from xml.etree import ElementTree as ET

SUITES = {
    "xarray": (
        ["xarray.tests.test_backends", "xarray.tests.test_backends_datatree"],
        ["-k", "zarr or Zarr"],
    ),
    "dask": (
        ["dask.array.tests"],
        ["-k", "zarr", "-W", "error::dask.array.core.PerformanceWarning"],
    ),
}


def passed(modules, options, report, *more):
    command = [
        sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *more, *options,
        f"--junitxml={report}", "--pyargs", *modules,
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(command, check=False, cwd=folder, stdout=subprocess.DEVNULL)
    cases = ET.parse(report).getroot().iter("testcase")
    return {
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if not any(outcome.tag in {"failure", "error", "skipped"} for outcome in case)
    }


def main():
    failing = []
    print("| suite | pass with zarr-python | of these here |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (modules, options) in SUITES.items():
            theirs = passed(modules, options, pathlib.Path(folder) / "theirs.xml")
            ours = passed(
                modules, options, pathlib.Path(folder) / "ours.xml", "-p", "frozarr.compat.as_zarr"
            )
            print(f"| {name} | {len(theirs)} | {len(theirs & ours)} |", flush=True)
            failing += sorted(theirs - ours)
    print(*failing, sep="\n")


if __name__ == "__main__":
    main()

"""The ground floor: numpy and attrs only, and grids that know nothing of Zarr."""

import subprocess
import sys

import attrs
import numpy as np

from frozarr.indexing import RegularAxis, gather, parse_selection, plan_read, plan_write, scatter


def loaded_by(code):
    """Modules that are loaded after some code."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip


def test_it_loads_nothing_of_the_format():
    modules = loaded_by("import frozarr.indexing")
    above = ("frozarr.metadata", "frozarr.io", "frozarr.handles", "frozarr.commands")
    assert not [name for name in modules if name.startswith(above)]
    assert not {"numcodecs", "fsspec", "zstandard", "asyncio"} & set(modules)


def test_metadata_load_nothing_of_io():
    modules = loaded_by("import frozarr.metadata as m; m.parse")
    assert not [name for name in modules if name.startswith(("frozarr.io", "frozarr.handles"))]


@attrs.frozen
class Strips:
    """Chunks of whole rows, as a TIFF file may have them."""

    rows: int

    def axes(self, shape):
        return RegularAxis(shape[0], self.rows), RegularAxis(shape[1], max(1, shape[1]))


def test_a_grid_of_another_format_is_planned_over():
    values = np.arange(63).reshape(9, 7)
    strips = [np.full((4, 7), -1) for _ in range(3)]
    for i, strip in enumerate(strips):
        rows = values[4 * i : 4 * i + 4]
        strip[: len(rows)] = rows
    for mode, selection in (
        ("basic", np.s_[3:, 2]), ("orthogonal", ([8, 0, 5], slice(1, 7, 2))),
        ("coordinate", ([1, 8, 1], [0, 6, 3])),
    ):  # fmt: skip
        chosen = parse_selection(selection, values.shape, mode)
        plan = plan_read(Strips(4), values.shape, chosen)
        result = np.empty(plan.full_shape, values.dtype)
        scatter(plan, np.array([strips[row] for row, _ in plan.coords().tolist()]), result)
        expected = values[np.ix_(*map(np.arange(63).__getitem__, selection))] if (
            mode == "orthogonal") else values[selection]  # fmt: skip
        assert (result.reshape(plan.out_shape) == expected).all()
    plan = plan_write(Strips(4), values.shape, parse_selection(np.s_[2:5, 1], (9, 7), "basic"))
    chunks = np.array([strips[row] for row, _ in plan.coords().tolist()])
    gather(plan, np.zeros(plan.full_shape, int), chunks)
    assert (chunks[:, :, 1] == 0).sum() == 3

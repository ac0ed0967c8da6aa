"""A program of a user, for type checkers: every result has the type that it is shown to have."""

from collections.abc import Sequence
from typing import Any, assert_type

import attrs
import numpy as np

import frozarr
from frozarr import Array
from frozarr.aio import AsyncArray
from frozarr.indexing import AxisGrid, Grid, RegularAxis, parse_selection, plan_read


def blocking() -> Array:
    """Handles come from functions, and from handles."""
    made = frozarr.create_array({}, shape=(4, 4), dtype="i4", chunks=(2, 2), fill_value=1)
    assert_type(made, Array)
    assert_type(frozarr.zeros((2, 2)), Array)
    longer = made.append(np.ones((1, 4), "i4"))
    assert_type(longer, Array)
    assert_type(longer.shape, tuple[int, ...])
    longer[0, 0] = 3
    return longer.resize((8, 4)).update_attributes({"unit": "m"})


async def asynchronous() -> AsyncArray:
    """The same, awaited."""
    made = await frozarr.aio.create_array({}, shape=4, dtype="i4")
    assert_type(made, AsyncArray)
    await made.setitem(slice(2), 5)
    assert_type(await made.append([1, 2]), AsyncArray)
    assert_type(made.shape, tuple[int, ...])
    return made


@attrs.frozen
class Strips:
    """A foreign grid: rows, in strips. It knows nothing of Zarr."""

    rows: int

    def axes(self, shape: Sequence[int], /) -> tuple[AxisGrid, ...]:
        """The grid axis by axis."""
        return RegularAxis(shape[0], self.rows), RegularAxis(shape[1], shape[1])


def planned() -> Any:
    """Plans over it."""
    grid: Grid = Strips(3)
    shape = (9, 4)
    return plan_read(grid, shape, parse_selection((slice(2, 5), 1), shape, "basic"))

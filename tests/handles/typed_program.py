"""A program of a user, for type checkers: every result has the type that it is shown to have."""

from collections.abc import Sequence
from typing import Any, assert_type

import attrs
import numpy as np
import numpy.typing as npt

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


def made_in_many_words() -> None:
    """Arguments as users write them."""
    frozarr.zeros((4, 4), chunks=2, dtype=np.float32, compressors=None)
    frozarr.create_array(
        {}, shape=[4, 4], dtype=[("a", "i4"), ("b", "f8")], chunks=[2, 2], shards=(4, 4),
        fill_value=(1, 2.0), attributes={"a": [1, None]}, chunk_key_encoding=("v2", "/"),
        config={"workers": 1}, dimension_names=["x", None],
    )  # fmt: skip
    frozarr.create_array(
        "memory://typed", shape=4, dtype="string", filters=[frozarr.codecs.TransposeCodec((0,))],
        compressors=[{"name": "zstd", "configuration": {"level": 1}}, frozarr.codecs.GzipCodec()],
        chunks=[[1, 3]], storage_options={"a": 1}, overwrite=True,
    )  # fmt: skip
    frozarr.from_array(None, data=frozarr.array([1, 2]), chunks="auto", progress=True)
    frozarr.save({}, [1, 2], np.ones(3), named=[3.0])


def selected(array: Array) -> float:
    """Selections as users write them."""
    index = np.array([0, 1])
    values = [
        array[0], array[0, 1], array[..., ::2], array[index], array[[0, 1], 1:], array["a"],
        array["a", 1:], array[np.ones((4, 4), bool)], array[np.int64(3)], array[()],
        array.oindex[[0, 1], :], array.vindex[index, index], array.blocks[0, :1],
        array.get_basic_selection((slice(2), 1), fields="a", out=np.zeros(2)),
        array.get_orthogonal_selection(([0, 1], index)), array.get_mask_selection(index > 0),
    ]  # fmt: skip
    array[0] = 3
    array[1:3] = np.ones((2, 4))
    array[0, 0] = None
    array.set_coordinate_selection(([0], [1]), 7)
    assert_type(array[0], npt.NDArray[Any])
    return float(array[0, 0] + values[0].sum())


def of_groups(store: frozarr.storage.MemoryStore) -> frozarr.Group:
    group = frozarr.create_group(store)
    assert_type(group.create_array("a/b", shape=3, dtype="i4"), frozarr.Array)
    assert_type(group["a"], frozarr.Array | frozarr.Group)
    for _, array in group.arrays():
        assert_type(array, frozarr.Array)
    return group.update_attributes({"a": 1})

"""Where elements lie: selections, plans, and moving elements by them. Knows no format.

For any chunked format: describe its chunks by a `Grid`, parse what a user typed
(`parse_selection`), plan it (`plan_read`, `plan_write`), fetch the chunks that the plan names
(`Plan.coords`) in batches (`Plan.batches`), and move elements (`scatter`, `gather`). For formats
that keep many chunks in one object there is the arithmetic of shards and of byte ranges.

Imports numpy and attrs only.

Examples
--------
>>> import numpy as np
>>> grid, shape = RegularGrid((2, 2)), (4, 5)
>>> plan = plan_read(grid, shape, parse_selection(np.s_[1:, 3], shape, "basic"))
>>> chunks = {(0, 1): [[0, 1], [2, 3]], (1, 1): [[4, 5], [6, 7]]}
>>> result = np.empty(plan.full_shape, int)
>>> scatter(plan, np.array([chunks[tuple(c)] for c in plan.coords().tolist()]), result)
>>> result.reshape(plan.out_shape)
array([3, 5, 7])
"""

from frozarr.indexing.axes import AxisGrid, RegularAxis, Runs, RunsAxis
from frozarr.indexing.coalesce import Merged, coalesce
from frozarr.indexing.grid import AxisEdges, Grid, RectilinearGrid, RegularGrid, grid_shape
from frozarr.indexing.mask import MaskPlan, plan_mask
from frozarr.indexing.place import gather, scatter
from frozarr.indexing.plan import Plan, PointPlan, ProductPlan, plan_read, plan_write, singles
from frozarr.indexing.project import AxisRows, Columns, IndexRows, Segment, SliceRows
from frozarr.indexing.regions import chunk_regions
from frozarr.indexing.selection import (
    AxisIndices,
    AxisInt,
    AxisSlice,
    MaskSelection,
    PointSelection,
    ProductSelection,
    Selection,
    SelectionLike,
    SelectionMode,
    parse_selection,
)
from frozarr.indexing.shard import (
    MISSING,
    Located,
    ShardIndexError,
    check_index,
    first_inner,
    inner_counts,
    inner_ids,
    locate,
    refine,
    without_faults,
    write_order,
)
from frozarr.indexing.uniform import same_shape
from frozarr.lazy import only
from frozarr.types import InnerOrder

__all__ = [
    "MISSING",
    "AxisEdges",
    "AxisGrid",
    "AxisIndices",
    "AxisInt",
    "AxisRows",
    "AxisSlice",
    "Columns",
    "Grid",
    "IndexRows",
    "InnerOrder",
    "Located",
    "MaskPlan",
    "MaskSelection",
    "Merged",
    "Plan",
    "PointPlan",
    "PointSelection",
    "ProductPlan",
    "ProductSelection",
    "RectilinearGrid",
    "RegularAxis",
    "RegularGrid",
    "Runs",
    "RunsAxis",
    "Segment",
    "Selection",
    "SelectionLike",
    "SelectionMode",
    "ShardIndexError",
    "SliceRows",
    "check_index",
    "without_faults",
    "chunk_regions",
    "coalesce",
    "first_inner",
    "gather",
    "grid_shape",
    "inner_counts",
    "inner_ids",
    "locate",
    "parse_selection",
    "plan_mask",
    "plan_read",
    "plan_write",
    "refine",
    "same_shape",
    "scatter",
    "singles",
    "write_order",
]

__dir__ = only(__all__)

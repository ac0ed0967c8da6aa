"""From selections to plans: pure functions, usable on their own in other chunked formats.

Imports numpy and attrs only.
"""

from frozarr.indexing.place import gather, scatter
from frozarr.indexing.plan import Plan, PointPlan, ProductPlan, plan_read, plan_write, singles
from frozarr.indexing.project import Columns, IndexRows, Segment, SliceRows
from frozarr.indexing.selection import PointSelection, ProductSelection, Selection, parse_selection
from frozarr.indexing.uniform import same_shape
from frozarr.metadata.grids import RegularGrid
from frozarr.metadata.rectilinear import RectilinearGrid

__all__ = [
    "Columns",
    "IndexRows",
    "Plan",
    "PointPlan",
    "PointSelection",
    "ProductPlan",
    "ProductSelection",
    "RectilinearGrid",
    "RegularGrid",
    "Segment",
    "Selection",
    "SliceRows",
    "gather",
    "parse_selection",
    "plan_read",
    "plan_write",
    "same_shape",
    "scatter",
    "singles",
]

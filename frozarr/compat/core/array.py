"""Arrays."""

from frozarr.compat.api.asynchronous import create_array, from_array
from frozarr.compat.arrays import Array, AsyncArray
from frozarr.types import DEFAULT as DEFAULT_FILL_VALUE

__all__ = ["DEFAULT_FILL_VALUE", "Array", "AsyncArray", "create_array", "from_array"]

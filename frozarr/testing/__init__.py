"""For tests, here and elsewhere: hypothesis strategies, a NumPy oracle, a store test class, faults.

Nothing in frozarr imports this package; what it has needs hypothesis and pytest.
"""

from typing import TYPE_CHECKING

from frozarr.lazy import lazy_names

if TYPE_CHECKING:
    from frozarr.testing import faults, strategies, types
    from frozarr.testing.arrays import stored_array
    from frozarr.testing.faulty import FaultyStore
    from frozarr.testing.latency import LatencyStore
    from frozarr.testing.lying_server import Asked, Lie, LyingServer
    from frozarr.testing.oracle import assert_same_array, check_same
    from frozarr.testing.stores import StoreTests

__all__ = [
    "Asked",
    "FaultyStore",
    "LatencyStore",
    "Lie",
    "LyingServer",
    "StoreTests",
    "assert_same_array",
    "check_same",
    "faults",
    "stored_array",
    "strategies",
    "types",
]

_WHERE = {
    "Asked": "lying_server",
    "FaultyStore": "faulty",
    "LatencyStore": "latency",
    "Lie": "lying_server",
    "LyingServer": "lying_server",
    "StoreTests": "stores",
    "assert_same_array": "oracle",
    "check_same": "oracle",
    "faults": "",
    "stored_array": "arrays",
    "strategies": "",
    "types": "",
}

__getattr__, __dir__ = lazy_names(__name__, _WHERE)

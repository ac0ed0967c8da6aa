"""A hierarchy of 100 groups and 1000 arrays, five deep: made, moved and copied; others read it."""

import numpy as np
import pytest
import tensorstore
import zarr

import frozarr
from frozarr.errors import ContainsArrayError
from frozarr.metadata import ArraySpec, GroupMetadata
from frozarr.storage import LocalStore, MemoryStore, ZipStore
from frozarr.testing import LatencyStore

GROUPS = [
    f"a{number}" + "".join(f"/{'bcd'[depth]}{number}" for depth in range(number % 4))
    for number in range(100)
]
ARRAYS = [f"{GROUPS[number % 100]}/x{number}" for number in range(1000)]


def nodes(zarr_format):
    array = ArraySpec(shape=4, chunks=2, dtype="i4", zarr_format=zarr_format).metadata()
    return {
        **{path: GroupMetadata(zarr_format=zarr_format, attributes={"n": path}) for path in GROUPS},
        **dict.fromkeys(ARRAYS, array),
    }


def tensorstore_reads(root, path, zarr_format):
    spec = {
        "driver": "zarr3" if zarr_format == 3 else "zarr",
        "kvstore": {"driver": "file", "path": f"{root}/{path}/"},
    }
    return tensorstore.open(spec).result().read().result()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_made_moved_and_copied(tmp_path, zarr_format):
    root = tmp_path / "one"
    store = LocalStore(root)
    made = frozarr.create_hierarchy(store, nodes=nodes(zarr_format))
    depths = {path.count("/") for path in made}
    assert max(depths) == 4  # a node, four groups above it, and the root: five deep
    assert sum(isinstance(node, frozarr.Array) for node in made.values()) == 1000
    for number in (0, 498, 999):
        made[ARRAYS[number]][...] = number
    group = frozarr.open_group(store)
    whole = group.snapshot()
    assert set(whole) == set(made)
    with pytest.raises(ContainsArrayError):
        frozarr.create_hierarchy(store, nodes={"new": made[ARRAYS[0]].metadata}, path=ARRAYS[0])

    group = frozarr.consolidate_metadata(store)
    theirs = zarr.open_group(root, mode="r", zarr_format=zarr_format)
    assert {path for path, _ in theirs.members(max_depth=None)} == set(made) - {""}
    assert theirs[ARRAYS[999]][:].tolist() == [999] * 4
    assert theirs[GROUPS[7]].attrs["n"] == GROUPS[7]
    for number in (0, 498, 999):
        assert (tensorstore_reads(root, ARRAYS[number], zarr_format) == number).all()

    group.move("a99", "moved/here")  # as published, too
    moved = frozarr.open_consolidated(store)
    inner = ARRAYS[999].removeprefix("a99/")
    assert moved[f"moved/here/{inner}"][...].tolist() == [999] * 4
    assert "a99" not in moved
    assert moved.snapshot() == frozarr.open_group(store, use_consolidated=False).snapshot()
    assert zarr.open_group(root, mode="r")[f"moved/here/{inner}"][0] == 999

    other = 5 - zarr_format
    for number, target in enumerate(
        (LocalStore(tmp_path / "two"), MemoryStore(), ZipStore(tmp_path / "a.zip", mode="w"))
    ):
        chosen = other if number == 0 else zarr_format
        copied = frozarr.copy(moved, target, zarr_format=chosen)
        assert copied.metadata.zarr_format == chosen
        assert set(copied.snapshot()) == set(moved.snapshot())
        assert copied[ARRAYS[498]][...].tolist() == [498] * 4
        assert copied[GROUPS[7]].attrs == {"n": GROUPS[7]}
    assert zarr.open_group(tmp_path / "two", mode="r", zarr_format=other)[ARRAYS[0]][:].sum() == 0
    assert (tensorstore_reads(tmp_path / "two", ARRAYS[498], other) == 498).all()


@pytest.mark.skipif(
    not hasattr(zarr, "create_hierarchy"), reason="zarr-python makes hierarchies from 3.0.6 on"
)
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_theirs_is_read(tmp_path, zarr_format):
    template = zarr.zeros(4, chunks=2, dtype="i4", zarr_format=zarr_format).metadata
    below = {path: template for path in ARRAYS[::5]}
    store = zarr.storage.LocalStore(tmp_path)
    made = dict(zarr.create_hierarchy(store=store, nodes={
        "": zarr.core.group.GroupMetadata(zarr_format=zarr_format), **below}))  # fmt: skip
    made[ARRAYS[0]][:] = np.arange(4)
    for use_consolidated in (False, True):
        if use_consolidated:
            zarr.consolidate_metadata(store, zarr_format=zarr_format)
        group = frozarr.open_group(tmp_path, use_consolidated=use_consolidated)
        assert sum(isinstance(n, frozarr.Array) for _, n in group.members(None)) == 200
        assert group[ARRAYS[0]][...].tolist() == [0, 1, 2, 3]


def test_requests_of_a_big_hierarchy():
    values = {}
    frozarr.create_hierarchy(values, nodes=nodes(3))
    store = LatencyStore(values, delay=0)

    def asked(work):
        store.reset()
        work()
        return store.rounds, store.by_kind

    group = frozarr.open_group(store, use_consolidated=False)
    below = group.members(None)
    rounds, kinds = asked(lambda: group.members(None))
    assert kinds["list"] == 1 + sum(isinstance(node, frozarr.Group) for _, node in below)
    assert rounds < 60  # a listing and a bulk read for each level, 64 requests at a time
    frozarr.consolidate_metadata(store)
    rounds, kinds = asked(lambda: frozarr.open_group(store).members(None))
    assert (rounds, kinds.total()) == (1, 1)
    assert asked(lambda: frozarr.open_group(store)[ARRAYS[999]])[1].total() == 1

"""Groups where something is in the way: refused before any effect, or undone; nothing is lost."""

import asyncio
import threading

import numpy as np
import pytest

import frozarr
from frozarr.errors import (
    ChunkDecodeError,
    ConflictError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    InvalidKeyError,
    MetadataError,
)
from frozarr.metadata import ArraySpec
from frozarr.storage import LocalStore, MemoryStore, ZipStore
from frozarr.testing import LatencyStore

VALUES = np.arange(4)
SPEC = ArraySpec(shape=4, chunks=2, dtype="i2").metadata()


@pytest.fixture(params=["local", "memory", "latency"])
def store(request, tmp_path):
    kinds = {"local": lambda: LocalStore(tmp_path / "s"), "memory": MemoryStore}
    return kinds.get(request.param, lambda: LatencyStore(delay=0))()


@pytest.fixture
def root(store):
    made = frozarr.create_group(store)
    made.create_array("a", data=VALUES, chunks=2)
    made.create_array("x/a", data=VALUES, chunks=2)
    return made


def stored(store):
    return {key: bytes(store.blocking.get(key).to_bytes()) for key in store.blocking.list()}


def refused(store, error, work):
    before = stored(store)
    with pytest.raises(error):
        work()
    assert stored(store) == before


def test_the_group_itself_is_not_moved_or_removed(root):
    for work in (
        lambda: root.move("", "b"), lambda: root.move("/", "b"), lambda: root.__delitem__(""),
        lambda: root["x"].__delitem__("/"), lambda: root["x"].move("", "y"),
    ):  # fmt: skip
        refused(root.store, KeyError, work)


def test_groups_are_not_copied_over_themselves(root, store):
    for path in ("x", ""):
        refused(
            store,
            ContainsArrayError,
            lambda path=path: frozarr.copy(root["x"], store, path=path, overwrite=True),
        )
    refused(
        store,
        ContainsArrayError,
        lambda: frozarr.copy(root["x"], store, path="x/sub", overwrite=True),
    )


def test_a_copy_that_fails_leaves_what_was_there(root, store):
    root.create_array("src/good", data=VALUES)
    root.create_array("src/bad", data=np.arange(100), chunks=50)
    key = "src/bad/c/1"
    store.blocking.set(key, b"corrupt")
    root.create_array("dst/old", data=VALUES)
    if store.exchanges_nodes:
        refused(
            store,
            ChunkDecodeError,
            lambda: frozarr.copy(root["src"], store, path="dst", overwrite=True),
        )
    refused(store, ChunkDecodeError, lambda: frozarr.copy(root["src"], store, path="new"))
    frozarr.copy(root["x"], store, path="dst", overwrite=True)
    assert [path for path, _ in root["dst"].members(None)] == ["a"]


def test_moves_in_transactions(root, store):
    if not store.exchanges_nodes:
        return
    before = stored(store)
    with pytest.raises(ZeroDivisionError), frozarr.transaction(store) as node:
        frozarr.open_group(node).move("a", "z")
        assert frozarr.open_array(node, path="z")[...].tolist() == [0, 1, 2, 3]
        1 / 0  # noqa: B018
    assert stored(store) == before
    with frozarr.transaction(store) as node:
        frozarr.open_group(node).move("a", "z")
    assert frozarr.open_group(store)["z"][...].tolist() == [0, 1, 2, 3]
    assert "a" not in root


def test_transactions_that_overwrite_their_own_node(root, store):
    if not store.exchanges_nodes:
        return
    with frozarr.transaction(store, "x") as node:
        frozarr.create_group(node, overwrite=True, attributes={"new": 1})
    assert root["x"].attrs == {"new": 1}
    assert list(root["x"]) == []
    with frozarr.transaction(store, "x") as node:
        frozarr.save(node, p=VALUES)
    assert frozarr.load(store, "x")["p"].tolist() == [0, 1, 2, 3]


def test_what_is_in_the_way_of_a_move(root, store):
    root.create_array("b", data=np.arange(40), chunks=10)
    refused(store, ContainsArrayError, lambda: root.move("a", "b"))
    frozarr.create_array(store, name="v2", data=VALUES, zarr_format=2)
    refused(store, ContainsArrayError, lambda: root.move("a", "v2"))
    store.blocking.set("left/c/1", b"orphan")
    refused(store, ContainsGroupError, lambda: root.move("a", "left"))
    for name in ("zarr.json", "q/zarr.json", ".zgroup", ".frozarr-tmp/q"):
        refused(store, InvalidKeyError, lambda name=name: root.move("a", name))
        refused(store, InvalidKeyError, lambda name=name: root.create_array(name, data=VALUES))
    refused(store, ContainsGroupError, lambda: root.move("x", "x/y"))


def test_what_consolidated_metadata_do_not_know_is_in_the_way(root, store):
    handle = frozarr.consolidate_metadata(store)
    root.create_array("late", data=np.arange(40))
    with pytest.raises(ContainsArrayError):
        handle.move("a", "late")
    assert root["late"][...].sum() == 780
    assert root["a"][...].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", ["memory", "latency"])
def test_two_moves_to_one_place(kind):
    lost = 0
    for _ in range(20):
        store = MemoryStore() if kind == "memory" else LatencyStore(delay=0)
        group = frozarr.create_group(store)
        for name, value in (("a", 1), ("b", 2)):
            group.create_array(name, data=np.full(4, value))
        outcomes = []

        def moving(name, group=group, outcomes=outcomes):
            try:
                group.move(name, "c")
                outcomes.append(None)
            except (ContainsArrayError, ContainsGroupError, ConflictError) as error:
                outcomes.append(error)

        threads = [threading.Thread(target=moving, args=(name,)) for name in "ab"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        lost += sum(outcome is None for outcome in outcomes) != 1
        values = sorted(int(array[0]) for _, array in group.arrays())
        assert values == [1, 2] or any(outcomes), (values, outcomes)
    assert lost == 0


def test_archives_refuse_moves_before_any_effect(tmp_path):
    store = ZipStore(tmp_path / "a.zip", mode="w")
    group = frozarr.create_group(store)
    group.create_array("a", data=VALUES)
    with pytest.raises(NotImplementedError):
        group.move("a", "c")
    assert list(group) == ["a"]
    store.close()


def test_hierarchies_that_replace(root, store):
    root.create_array("arr", data=VALUES)
    root.create_hierarchy({"a": SPEC}, overwrite=True)
    assert root["a"][...].tolist() == [0] * 4
    for nodes in ({"a": SPEC, "z" * 300: SPEC}, {"a": SPEC, "a/x": SPEC}):
        refused(
            store, MetadataError, lambda nodes=nodes: root.create_hierarchy(nodes, overwrite=True)
        )
        refused(
            store,
            MetadataError,
            lambda nodes=nodes: frozarr.create_hierarchy(store, nodes=nodes, overwrite=True),
        )
    refused(store, MetadataError, lambda: root.create_hierarchy({"n": SPEC, "/n/": SPEC}))
    refused(store, ContainsArrayError, lambda: root.create_hierarchy({"q": SPEC, "arr/x": SPEC}))
    refused(
        store,
        ContainsArrayError,
        lambda: root.create_hierarchy({"x/a": SPEC, "arr/x": SPEC}, overwrite=True),
    )


def test_hierarchies_below_what_is_no_group_any_more(root, store):
    stale = root.create_group("p")
    root.create_array("p", data=VALUES, overwrite=True)
    refused(store, ContainsArrayError, lambda: stale.create_hierarchy({"x": SPEC}))
    gone = root.create_group("g")
    del root["g"]
    refused(store, GroupNotFoundError, lambda: gone.create_hierarchy({"x": SPEC}))


def test_a_loser_leaves_nothing(root, store):
    names = [f"n{number}" for number in range(6)]

    def making(mine, outcomes):
        try:
            root.create_hierarchy({**dict.fromkeys(mine, SPEC), "same": SPEC})
            outcomes[mine] = True
        except ContainsArrayError:
            outcomes[mine] = False

    for _ in range(10):
        outcomes = {}
        sides = (tuple(names[:3]), tuple(names[3:]))
        threads = [threading.Thread(target=making, args=(side, outcomes)) for side in sides]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        for side, won in outcomes.items():
            assert [name in root for name in side] == [won] * 3
        for name in list(root):
            if name.startswith("n") or name == "same":
                del root[name]


# ---------------------------------------------------------------------- consolidated metadata


def test_consolidating_beside_a_writer(store):
    root = frozarr.create_group(store)
    root.create_array("a", data=VALUES)
    done = threading.Event()

    def consolidating():
        while not done.is_set():
            try:
                frozarr.consolidate_metadata(store)
            except ConflictError:
                continue

    thread = threading.Thread(target=consolidating)
    thread.start()
    confirmed = 0
    try:
        while confirmed < 15:
            try:
                group = frozarr.open_group(store, use_consolidated=False)
                group.update_attributes({f"k{confirmed}": confirmed})
                confirmed += 1
            except ConflictError:
                continue
    finally:
        done.set()
        thread.join()
    kept = frozarr.open_group(store, use_consolidated=False).attrs
    assert [kept.get(f"k{number}") for number in range(15)] == list(range(15))


def test_stale_handles_of_a_consolidated_group(root, store):
    handle = frozarr.consolidate_metadata(store)
    handle.update_attributes({"one": 1})
    with pytest.raises(ConflictError):
        handle.update_attributes({"two": 2})
    assert frozarr.open_group(store).attrs == {"one": 1}


def test_what_was_overwritten_is_not_told_any_more(root, store):
    handle = frozarr.consolidate_metadata(store)
    handle.create_group("x", overwrite=True)
    assert [path for path, _ in frozarr.open_group(store).members(None)] == ["a", "x"]
    handle.create_array("x", data=VALUES, overwrite=True)
    assert frozarr.open_group(store)["x"].shape == (4,)
    whole = frozarr.open_group(store).snapshot()
    assert whole == frozarr.open_group(store, use_consolidated=False).snapshot()


def test_changes_of_arrays_are_told(root, store):
    frozarr.consolidate_metadata(store)
    array = frozarr.open_group(store)["a"]
    grown = array.append([7, 8])
    assert frozarr.open_group(store)["a"].shape == (6,)
    named = grown.update_attributes({"units": "m"})
    assert frozarr.open_group(store)["a"].attrs == {"units": "m"}
    named.resize(2)
    whole = frozarr.open_group(store).snapshot()
    assert whole == frozarr.open_group(store, use_consolidated=False).snapshot()
    made = frozarr.open_group(store).create_array("late", data=[1])
    made.append([2])
    assert frozarr.open_group(store)["late"].shape == (2,)


def test_conflicts_are_known_before_the_effect(root, store):
    frozarr.consolidate_metadata(store)
    first, second = frozarr.open_group(store), frozarr.open_group(store)
    array = second["a"]
    first.create_group("n")
    for work in (
        lambda: second.__delitem__("a"), lambda: second.move("a", "b"), lambda: array.append([1]),
        lambda: second.create_group("m"), lambda: second.create_array("m", data=[1]),
        lambda: second.create_hierarchy({"m": SPEC}), lambda: array.update_attributes({"q": 1}),
    ):  # fmt: skip
        refused(store, ConflictError, work)


def test_groups_that_are_consolidated_twice(root, store):
    frozarr.consolidate_metadata(store, "x")
    frozarr.consolidate_metadata(store)
    below = frozarr.open_group(store)["x"].update_attributes({"k": 1})
    assert below.attrs == frozarr.open_group(store)["x"].attrs == {"k": 1}
    assert frozarr.open_group(store, path="x").attrs == {"k": 1}
    assert list(frozarr.open_consolidated(store, path="x")) == ["a"]


# ---------------------------------------------------------------------- what is nobody's to remove


@pytest.mark.parametrize("path", ["", "n"])
def test_what_fails_at_any_request_removes_nothing_of_others(path):
    """A hierarchy, a copy and a move whose n-th request fails, for every n."""
    kept = {"foreign.txt": b"keep", "other/zarr.json": b'{"zarr_format": 3, "node_type": "group"}'}
    source = frozarr.create_group({})
    source.create_array("a", data=VALUES, chunks=2)
    source.create_array("b/c", data=VALUES, chunks=2)
    works = {
        "hierarchy": lambda store: frozarr.create_hierarchy(store, nodes={"a": SPEC, "b/c": SPEC}, path=path),
        "copy": lambda store: frozarr.copy(source, store, path=path),
    }  # fmt: skip
    for name, work in works.items():
        failures = 0
        for number in range(200):
            values = dict(kept)
            try:
                work(LatencyStore(values, delay=0, fail_at=number))
            except OSError:
                failures += 1
            else:
                break
            assert kept.items() <= values.items(), (name, number)
            left = {key for key in values if key not in kept and key != "zarr.json"}
            assert left <= {"n/zarr.json"}, (name, number, left)
        assert failures > 5


def test_a_move_that_fails_at_any_request_leaves_the_node():
    for number in range(200):
        values = {}
        group = frozarr.create_group(values)
        group.create_array("x/b/c", data=VALUES, chunks=2)
        before = dict(values)
        store = LatencyStore(values, delay=0, fail_at=number)
        try:
            frozarr.open_group(store).move("x", "y")
        except OSError:
            assert before.keys() <= values.keys() or "y/zarr.json" in values, number
            # whatever is there is whole
            for name in ("x", "y"):
                if f"{name}/zarr.json" in values and f"{name}/b/c/zarr.json" in values:
                    assert frozarr.open_array(values, path=f"{name}/b/c")[...].tolist() == [
                        0,
                        1,
                        2,
                        3,
                    ]
        else:
            break
    assert frozarr.open_array(values, path="y/b/c")[...].tolist() == [0, 1, 2, 3]
    assert number > 5


def test_a_loser_of_a_hierarchy_leaves_the_winners_node():
    """Somebody makes one of the nodes between the check and the storing."""

    values = {}
    outcomes = []
    for _ in range(30):
        values.clear()
        place = LatencyStore(values, delay=0.0005)

        def making(nodes, place=place):
            try:
                frozarr.create_hierarchy(place, nodes=nodes)
                outcomes.append(True)
            except (ContainsArrayError, ContainsGroupError):
                outcomes.append(False)

        def array(place=place):
            try:
                frozarr.create_array(place, name="a", data=VALUES)
                outcomes.append(True)
            except (ContainsArrayError, ContainsGroupError):
                outcomes.append(False)

        threads = [
            threading.Thread(target=making, args=({"a": SPEC, "b": SPEC},)),
            threading.Thread(target=array),
        ]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert any(outcomes[-2:])
        assert "a/zarr.json" in values  # whoever won has it


def test_threads_and_tasks_of_one_consolidated_group(store):
    frozarr.create_group(store)
    group = frozarr.consolidate_metadata(store)
    errors = []

    def making(number):
        try:
            array = group.create_array(f"x{number}", data=VALUES)
            array.append(VALUES)
        except ConflictError as error:
            errors.append(error)

    threads = [threading.Thread(target=making, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    async def awaited():
        waiting = frozarr.AsyncGroup.of(group)
        return await asyncio.gather(*[waiting.create_array(f"y{n}", data=VALUES) for n in range(8)])

    asyncio.run(awaited())
    assert errors == []
    told = frozarr.open_group(store)
    assert told.nmembers() == 16
    assert told["x3"].shape == (8,)
    assert told.snapshot() == frozarr.open_group(store, use_consolidated=False).snapshot()

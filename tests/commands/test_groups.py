"""Groups: found by path, listed in few requests, changed and consolidated; zarr-python agrees."""

import asyncio
import json
import pickle
import warnings

import numpy as np
import pytest
import zarr

import frozarr
from frozarr.errors import (
    ConflictError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    InvalidKeyError,
    MetadataError,
    NodeNotFoundError,
    ReadOnlyError,
)
from frozarr.metadata import ArraySpec
from frozarr.metadata.hierarchy import Hierarchy
from frozarr.storage import LocalStore, MemoryStore
from frozarr.testing import LatencyStore


@pytest.fixture(params=[2, 3])
def zarr_format(request):
    return request.param


@pytest.fixture(params=["local", "memory", "latency"])
def store(request, tmp_path):
    kinds = {"local": lambda: LocalStore(tmp_path / "s"), "memory": MemoryStore}
    return kinds.get(request.param, lambda: LatencyStore(delay=0))()


@pytest.fixture
def group(store, zarr_format):
    made = frozarr.create_group(store, zarr_format=zarr_format, attributes={"title": "spam"})
    made.create_array("a/b/c", data=np.arange(10), chunks=4, attributes={"units": "m"})
    made.create_array("x", data=np.ones((2, 3)), dimension_names=None)
    made.create_group("e", attributes={"y": [1, {"z": None}]})
    return made


def paths(group, max_depth=None):
    return [path for path, _ in group.members(max_depth)]


def test_what_is_found(group):
    assert list(group) == list(group.keys()) == ["a", "e", "x"]
    assert len(group) == group.nmembers() == 3
    assert group.nmembers(None) == 5
    assert paths(group) == ["a", "a/b", "a/b/c", "e", "x"]
    assert paths(group, 1) == ["a", "a/b", "e", "x"]
    assert group["a/b/c"][2:4].tolist() == group["a"]["b"]["c"][2:4].tolist() == [2, 3]
    assert isinstance(group["a"], frozarr.Group)
    assert isinstance(group["x"], frozarr.Array)
    assert "a/b" in group
    assert "a/q" not in group
    assert group.get("q") is None
    assert group.get("q", 5) == 5
    with pytest.raises(KeyError, match="no array or group at that path below"):
        group["q"]
    assert dict(group["e"].attrs) == {"y": [1, {"z": None}]}
    assert [name for name, _ in group.arrays()] == list(group.array_keys()) == ["x"]
    assert list(group.group_keys()) == ["a", "e"]
    assert [g.path for g in group.group_values()] == ["a", "e"]
    assert [a.shape for a in group.array_values()] == [(2, 3)]
    assert [node.basename for node in group.values()] == [n for n, _ in group.items()]
    assert group["a/b"].name == "/a/b"
    assert repr(group["a"]).startswith("<Group ")
    assert pickle.loads(pickle.dumps(group["a"])).path == "a"
    assert group.async_group.path == ""


def test_pictures(group):
    text = "/\n├── a\n│   └── b\n│       └── c (10,) int64\n├── e\n└── x (2, 3) float64"
    assert str(group.tree()) == repr(group.tree()) == text
    assert "└── x (2, 3)" in group.tree()._repr_html_()
    assert str(group.tree(level=1)) == "/\n├── a\n├── e\n└── x (2, 3) float64"
    info = group.info_complete()
    assert (info.arrays, info.groups, info.zarr_format) == (2, 3, group.zarr_format)
    assert "Arrays             : 2" in repr(info)
    assert "<td" in info._repr_html_()
    assert group.info.arrays is None


def test_what_is_made_once(group):
    assert group.require_group("e").attrs == group["e"].attrs
    new, deep = group.require_groups("n", "n/deep")
    assert (new.path, deep.path) == ("n", "n/deep")
    array = group.require_array("x", shape=(2, 3), dtype="f8")
    assert array[0, 0] == 1
    assert group.require_array("r", shape=4, dtype="i2").shape == (4,)
    for wrong in ({"shape": (3, 2)}, {"shape": (2, 3), "dtype": "i4"},
                  {"shape": (2, 3), "dtype": "c16", "exact": True}):  # fmt: skip
        with pytest.raises(TypeError, match="the array has"):
            group.require_array("x", **wrong)
    assert group.require_array("x", shape=(2, 3), dtype="c16").dtype == "f8"
    with pytest.raises(ContainsArrayError):
        group.require_group("x")
    with pytest.raises(ContainsGroupError):
        group.require_array("e", shape=1)
    with pytest.raises(ContainsGroupError):
        group.create_group("e")
    assert group.create_group("e", overwrite=True).attrs == {}


@pytest.mark.parametrize("path", ["../x", "a/../b", "zarr.json", "a/.zarray", ".", "a/./b"])
def test_bad_paths_are_refused_before_any_effect(group, path):
    before = set(group.store.blocking.list())
    for use in (group.create_group, lambda p: group.create_array(p, shape=1, dtype="u1")):
        with pytest.raises((InvalidKeyError, ValueError)):
            use(path)
    for use in ("", "/"):
        with pytest.raises(KeyError, match="the group itself"):
            group.create_group(use)
    with pytest.raises(ContainsArrayError):
        group.create_group("x/below")
    with pytest.raises(MetadataError):
        group.create_group("bad", attributes={"a": object()})
    assert set(group.store.blocking.list()) == before


def test_removing_and_moving(group):
    del group["a/b"]
    assert paths(group) == ["a", "e", "x"]
    with pytest.raises(KeyError):
        del group["a/b"]
    group.create_array("a/d/f", data=[1, 2, 3])
    group.move("a", "new/place")
    assert paths(group) == ["e", "new", "new/place", "new/place/d", "new/place/d/f", "x"]
    assert group["new/place/d/f"][...].tolist() == [1, 2, 3]
    assert not [key for key in group.store.blocking.list() if key.startswith("a/")]
    for source, dest, error in (
        ("q", "r", KeyError), ("x", "e", ContainsGroupError), ("new", "new/below", ContainsGroupError),
        ("e", "x", ContainsArrayError),
    ):  # fmt: skip
        with pytest.raises(error):
            group.move(source, dest)


def test_attributes(group):
    changed = group.update_attributes({"more": 1}, remove=["title"])
    assert (dict(group.attrs), dict(changed.attrs)) == ({"title": "spam"}, {"more": 1})
    assert frozarr.open_group(group.store).attrs == {"more": 1}
    with pytest.raises(ConflictError):
        group.update_attributes({"late": 1})
    inner = group["e"].update_attributes({"w": 2})
    assert dict(group["e"].attrs) == dict(inner.attrs) == {"y": [1, {"z": None}], "w": 2}


def test_read_only(group):
    shown = frozarr.open_group(group.store, mode="r") if not isinstance(
        group.store, LatencyStore
    ) else frozarr.Group(group.metadata, group.store_path.__class__(
        group.store.with_read_only(True)
    ))  # fmt: skip
    for change in (
        lambda: shown.create_group("z"), lambda: shown.create_array("z", shape=1, dtype="u1"),
        lambda: shown.__delitem__("x"), lambda: shown.move("x", "z"),
        lambda: shown.update_attributes({"a": 1}),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            change()
    assert paths(shown) == paths(group)


def test_modes(tmp_path, zarr_format):
    place = tmp_path / "g"
    for mode in ("r", "r+"):
        with pytest.raises(GroupNotFoundError):
            frozarr.open_group(place, mode=mode)
    frozarr.open_group(place, zarr_format=zarr_format).create_group("a")
    assert list(frozarr.open_group(place, mode="r")) == ["a"]
    assert list(frozarr.group(place)) == ["a"]
    with pytest.raises(ContainsGroupError):
        frozarr.open_group(place, mode="w-")
    assert list(frozarr.open_group(place, mode="w", zarr_format=zarr_format)) == []
    frozarr.create_array(place, name="x", data=[1], zarr_format=zarr_format)
    with pytest.raises(ContainsArrayError):
        frozarr.open_group(place / "x")
    assert isinstance(frozarr.open(place), frozarr.Group)
    assert isinstance(frozarr.open(place / "x"), frozarr.Array)
    assert frozarr.open(place / "y", mode="w", shape=3, dtype="u1").shape == (3,)
    with pytest.raises(NodeNotFoundError, match="no array or group"):
        frozarr.open(place / "q")


def test_consolidated_metadata_are_used_and_kept(group):
    with pytest.raises(GroupNotFoundError, match="call consolidate_metadata first"):
        frozarr.open_consolidated(group.store)
    whole = frozarr.consolidate_metadata(group.store)
    assert whole.snapshot() == frozarr.open_consolidated(group.store).snapshot()
    opened = frozarr.open_group(group.store, mode="r+")
    assert opened.info.consolidated
    assert paths(opened) == paths(group)
    opened.create_array("n/new", data=[1, 2])
    opened["a"].create_group("fresh", attributes={"q": 1})
    del opened["a/b"]
    opened.move("x", "y/x")
    opened["e"].update_attributes({"v": 3})
    top = opened.update_attributes({"all": 1})
    plain = frozarr.open_group(group.store, use_consolidated=False)
    for seen in (opened, top, frozarr.open_consolidated(group.store)):
        assert seen.snapshot().below("") == plain.snapshot().below("")
    assert dict(frozarr.open_consolidated(group.store).attrs) == dict(plain.attrs)
    assert opened["n/new"][...].tolist() == [1, 2]
    stale = frozarr.open_consolidated(group.store, mode="r+")
    opened.create_group("one")
    with pytest.raises(ConflictError, match="consolidate it anew"):
        stale.create_group("two")


def test_requests():
    store = LatencyStore(delay=0)
    group = frozarr.create_group(store)
    for name in "abc":
        group.create_array(f"{name}/x", data=[1])
    frozarr.consolidate_metadata(store)

    def asked(work):
        store.reset()
        work()
        return store.requests, store.rounds

    assert asked(lambda: frozarr.open_group(store, use_consolidated=False)) == (1, 1)
    plain = frozarr.open_group(store, use_consolidated=False)
    assert asked(lambda: plain["a/x"]) == (1, 1)
    assert asked(plain.members) == (4, 2)  # one listing, and a document of each
    assert asked(lambda: plain.members(None))[1] <= 4
    assert asked(lambda: frozarr.open_group(store).members(None)) == (1, 1)


def entries(document):
    return {"zarr.json": json.dumps({
        "zarr_format": 3, "node_type": "group", "attributes": {},
        "consolidated_metadata": {"kind": "inline", "must_understand": False,
                                  "metadata": document},
    }).encode()}  # fmt: skip


def test_hostile_consolidated_metadata():
    """All problems at once; nothing is followed, nothing left out."""
    plain = {"zarr_format": 3, "node_type": "group", "attributes": {}}
    array = ArraySpec(shape=4, chunks=2, dtype="i2").metadata().documents()["zarr.json"]
    bad = {"../out": plain, "a/../b": plain, "zarr.json": plain, "x": array, "x/below": plain,
           "wrong": {"zarr_format": 3, "node_type": "array"}, "no": 5}  # fmt: skip
    with pytest.raises(MetadataError) as caught:
        frozarr.open_group(entries(bad))
    for said in ("wrong", "no"):
        assert said in str(caught.value)
    good = {name: bad[name] for name in bad if name not in {"wrong", "no"}}
    with pytest.raises(MetadataError) as caught:
        frozarr.open_group(entries(good))
    for said in ("../out", "a/../b", "zarr.json", "below the array 'x'"):
        assert said in str(caught.value)
    for document in (5, [], None, "x"):
        with pytest.raises(MetadataError):
            frozarr.open_group(entries(document))
    many = frozarr.open_group(entries({f"n{i}": plain for i in range(20_000)}))
    assert len(many) == 20_000


def test_whole_hierarchies(store, zarr_format):
    array = ArraySpec(shape=4, chunks=2, dtype="i2", zarr_format=zarr_format).metadata()
    nodes = {"a/b": array, "c": array}
    made = frozarr.create_hierarchy(store, nodes=nodes)
    assert sorted(made) == ["", "a", "a/b", "c"]
    made["a/b"][...] = 7
    assert frozarr.open_group(store)["a/b"][0] == 7
    with pytest.raises(ContainsGroupError):
        frozarr.create_hierarchy(store, nodes=nodes)
    before = set(store.blocking.list())
    for wrong in ({"c/below": array, "c": array}, {"../x": array}, {"x": 5}):
        with pytest.raises(MetadataError):
            frozarr.create_hierarchy(store, path="new", nodes=wrong)
    assert set(store.blocking.list()) == before


def test_hierarchies_are_values():
    array = ArraySpec(shape=4, chunks=2, dtype="i2").metadata()
    tree = Hierarchy({"a/b": array})
    assert tree == Hierarchy({"a/b": array})
    assert hash(tree) == hash(Hierarchy({"a/b": array}))
    assert pickle.loads(pickle.dumps(tree)) == tree
    larger = tree.with_node("c", array)
    assert tree.diff(larger) == (("c",), (), ())
    assert larger.diff(tree.changed({"a": None})).removed == ("a", "a/b", "c")
    assert (len(tree), "a" in tree, tree.get("q")) == (3, True, None)


def test_copies(group, tmp_path):
    for target_format in (2, 3):
        target = LocalStore(tmp_path / f"copy{target_format}")
        copied = frozarr.copy(group, target, zarr_format=target_format)
        assert paths(copied) == paths(group)
        assert copied.zarr_format == target_format
        assert copied["a/b/c"][...].tolist() == list(range(10))
        assert dict(copied["a/b/c"].attrs) == {"units": "m"}
        assert dict(copied["e"].attrs) == dict(group["e"].attrs)
        theirs = zarr.open_group(tmp_path / f"copy{target_format}", mode="r")
        assert theirs["a/b/c"][...].tolist() == list(range(10))
    one = frozarr.copy(group["x"], {}, path="only")
    assert one[...].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_zarr_python_reads_what_is_written(tmp_path, zarr_format):
    ours = frozarr.create_group(tmp_path / "ours", zarr_format=zarr_format, attributes={"a": 1})
    ours.create_array("x/y", data=np.arange(6), chunks=2)
    frozarr.consolidate_metadata(tmp_path / "ours")
    for theirs in (
        zarr.open_group(tmp_path / "ours", mode="r", use_consolidated=False),
        zarr.open_consolidated(tmp_path / "ours", zarr_format=zarr_format),
    ):
        assert dict(theirs.attrs) == {"a": 1}
        assert sorted(path for path, _ in theirs.members(max_depth=None)) == ["x", "x/y"]
        assert theirs["x/y"][...].tolist() == list(range(6))


@pytest.mark.filterwarnings("ignore")
def test_what_zarr_python_writes_is_read(tmp_path, zarr_format):
    theirs = zarr.create_group(tmp_path / "theirs", zarr_format=zarr_format, attributes={"a": 1})
    theirs.create_group("g").create_array("y", data=np.arange(6), chunks=(2,))
    for consolidated in (False, True):
        if consolidated:
            zarr.consolidate_metadata(tmp_path / "theirs", zarr_format=zarr_format)
        ours = frozarr.open_group(tmp_path / "theirs", mode="r")
        assert ours.info.consolidated is consolidated
        assert dict(ours.attrs) == {"a": 1}
        assert paths(ours) == ["g", "g/y"]
        assert ours["g/y"][...].tolist() == list(range(6))


def test_awaited(store, zarr_format):
    async def main():
        group = await frozarr.aio.create_group(store, zarr_format=zarr_format)
        await group.create_array("a/x", data=[1, 2, 3])
        await group.require_group("g")
        assert [name async for name in group.keys()] == ["a", "g"]
        assert [path async for path, _ in group.members(None)] == ["a", "a/x", "g"]
        array = await group.getitem("a/x")
        assert isinstance(array, frozarr.AsyncArray)
        assert (await array.getitem(...)).tolist() == [1, 2, 3]
        assert [name async for name, _ in (await group.getitem("a")).arrays()] == ["x"]
        assert [name async for name, _ in group.groups()] == ["a", "g"]
        await group.delitem("g")
        assert not await group.contains("g")
        await frozarr.aio.consolidate_metadata(store)
        opened = await frozarr.aio.open_group(store)
        assert opened.info.consolidated
        assert isinstance(await frozarr.aio.open(store), frozarr.AsyncGroup)
        return await opened.nmembers(None)

    assert asyncio.run(main()) == 2


def test_transactions_of_groups(tmp_path):
    group = frozarr.create_group(tmp_path / "g")
    group.create_array("x", data=[1, 2])
    with frozarr.transaction(tmp_path / "g") as staged:
        inside = frozarr.open_group(staged)
        inside["x"][0] = 9
        inside.create_array("y", data=[3])
        assert paths(inside) == ["x", "y"]
        assert paths(group) == ["x"]
    assert paths(group) == ["x", "y"]
    assert group["x"][0] == 9


def test_saved_groups(tmp_path):
    frozarr.save_group(tmp_path / "g", np.arange(3), b=[1.5])
    assert str(frozarr.tree(tmp_path / "g")) == "/\n├── arr_0 (3,) int64\n└── b (1,) float64"
    assert frozarr.load(tmp_path / "g")["b"].tolist() == [1.5]


def test_members_that_make_arrays(group):
    import zarr

    model = np.arange(6.0).reshape(2, 3)
    assert group.zeros("a/zeros", (2, 3), dtype="i2")[...].tolist() == [[0] * 3] * 2
    assert group.ones(name="ones", shape=4, chunks=2)[...].tolist() == [1.0] * 4
    assert group.full("full", 2, 7, dtype="u1")[...].tolist() == [7, 7]
    assert group.empty("empty", (2,), dtype="i4").shape == (2,)
    group.create_array("model", data=model, chunks=(1, 3))
    for name, value in (("zeros_like", 0), ("ones_like", 1), ("empty_like", 0)):
        made = getattr(group, name)(name, group["model"])
        assert made.chunks == (1, 3)
        assert (made[...] == value).all()
    assert group.full_like("full_like", model, 3.0)[...].tolist() == [[3.0] * 3] * 2
    assert group.full_like("filled", group["model"], config={"workers": 1}).config.workers == 1
    with pytest.raises(ContainsArrayError):
        group.zeros("ones", 3)
    assert group.zeros("ones", 3, overwrite=True).shape == (3,)
    theirs = zarr.open_group(group.store.root, mode="r") if hasattr(group.store, "root") else None
    if theirs is not None:
        assert theirs["full"][:].tolist() == [7, 7]


def test_names_without_metadata_are_told_once(group):
    for key in ("stray/file", "notes.txt"):
        group.store.set_sync(f"{group.path}/{key}" if group.path else key, b"x")
    with pytest.warns(UserWarning, match=r"2 names without metadata .*'notes.txt', 'stray'"):
        assert [path for path, _ in group.members()] == ["a", "e", "x"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert list(group) == ["a", "e", "x"]


def test_hierarchies_are_not_made_in_part(store):
    array = ArraySpec(shape=4, dtype="i2").metadata()
    frozarr.create_array(store, name="c/b", data=[1])
    nodes = {"a": array, "b": array, "z/y": array}
    before = sorted(store.blocking.list())
    with pytest.raises(ContainsGroupError):
        frozarr.create_hierarchy(store, nodes={"c": array, **nodes})
    assert sorted(store.blocking.list()) == before
    made = frozarr.create_hierarchy(store, nodes=nodes, path="new")
    assert sorted(made) == ["", "a", "b", "z", "z/y"]


def test_members_are_copied_at_the_same_time():
    source = frozarr.create_group({})
    for number in range(20):
        source.create_array(f"g{number % 4}/a{number}", data=np.full(5, number))
    target = LatencyStore(delay=0.002)
    made = frozarr.copy(source, target)
    assert target.most_in_flight >= 10
    assert target.rounds < 60  # one after the other they take over 200
    assert made["g3/a19"][...].tolist() == [19] * 5

"""Groups and their hierarchies, as zarr-python's guide has it."""

import sys

import numpy as np
import zarr

root = sys.argv[1]
for zarr_format in (2, 3):
    store = zarr.storage.LocalStore(f"{root}/hierarchy{zarr_format}")
    group = zarr.create_group(store=store, zarr_format=zarr_format, attributes={"title": "root"})
    foo = group.create_group(name="foo")
    bar = foo.create_group(name="bar", attributes={"a": 1})
    z1 = bar.create_array(name="baz", shape=(100, 100), chunks=(10, 10), dtype="int32")
    z1[:] = 42
    zeros = group.zeros(name="zeros", shape=(3,), dtype="i2")
    print(group["foo/bar/baz"][0, :3], "foo" in group, "no" in group, sorted(group), len(group))
    print(
        sorted(group.array_keys()),
        sorted(group.group_keys()),
        group.nmembers(),
        group.nmembers(None),
    )
    print([path for path, _ in sorted(group.members(max_depth=None))], zeros[:].tolist())
    print(group.attrs["title"], dict(bar.attrs), bar.path, bar.name, bar.basename, bar.read_only)
    foo.attrs["spam"] = "ham"
    foo.attrs.update(eggs=42)
    print(sorted(zarr.open_group(store, path="foo", mode="r").attrs.items()))
    print(
        group.require_group("foo") == foo,
        group.require_array("zeros", shape=(3,), dtype="i2").shape,
    )
    for make in (
        lambda: group.create_group("foo"),
        lambda: group.require_array("zeros", shape=4, dtype="i2"),
    ):
        try:
            make()
        except (ValueError, TypeError) as error:
            print(type(error).__name__)
    try:
        group["nothing"]
    except KeyError:
        print("KeyError")
    group["new"] = np.arange(4)
    del group["zeros"]
    print(sorted(group), group.get("nothing", 7), group["new"][:].tolist())
    print([type(node).__name__ for _, node in sorted(group.members())])
    zarr.consolidate_metadata(store)
    consolidated = zarr.open_consolidated(store)
    print(sorted(consolidated.metadata.consolidated_metadata.flattened_metadata))
    print(
        consolidated["foo/bar/baz"].shape,
        sorted(consolidated["foo"]),
        consolidated["foo"].attrs["spam"],
    )
    print(zarr.open_group(store, use_consolidated=False).metadata.consolidated_metadata)
    zarr.save_group(
        f"{root}/saved{zarr_format}", np.arange(3), b=np.ones(2), zarr_format=zarr_format
    )
    saved = zarr.open_group(f"{root}/saved{zarr_format}", mode="r")
    print({name: array[:].tolist() for name, array in sorted(saved.arrays())})
    zarr.save(f"{root}/one{zarr_format}", np.arange(5), zarr_format=zarr_format)
    print(zarr.load(f"{root}/one{zarr_format}").tolist())
    nodes = {"a": zarr.core.group.GroupMetadata(zarr_format=zarr_format), "a/b": z1.metadata}
    made = dict(zarr.create_hierarchy(store=zarr.storage.MemoryStore(), nodes=nodes))
    print(sorted(made), made["a/b"].shape)
try:
    zarr.open_group(f"{root}/hierarchy3/foo/bar/baz", mode="r")
except (ValueError, FileNotFoundError):
    print("no group")
with zarr.config.set({"default_zarr_format": 2, "array.order": "F"}):
    print(zarr.create(shape=(2, 2)).metadata.zarr_format, zarr.create(shape=(2, 2)).order)
    print(zarr.config.get("array.order"), zarr.open_group({}, mode="w").metadata.zarr_format)
print(zarr.config.get("array.order"), zarr.create(shape=(2, 2)).metadata.zarr_format)

"""Arrays: made, written, resized, appended to, as zarr-python's guide has it."""

import sys

import numpy as np
import zarr

root = sys.argv[1]
z = zarr.create_array(
    store=f"{root}/example.zarr", shape=(100, 100), chunks=(10, 10), dtype="int32"
)
z[:] = 42
z[0, :] = np.arange(100)
z[:, 0] = np.arange(100)
print(z[0, 0], z[-1, -1], z[0, :5], z[:5, 0], z[:2, :3].tolist(), z[:].shape)
z2 = zarr.open(f"{root}/example.zarr", mode="r+")
print(type(z2).__name__, np.array_equal(z[:], z2[:]), z.shape, z.chunks, z.dtype, z.nchunks, z.ndim)
z.resize((120, 100))
print(z.shape, z[110:, 0].sum())
print(z.append(np.vstack([z[:2], z[:2]])), z.shape, z.append(z[:, :2], axis=1), z.shape)
z.attrs["foo"] = "bar"
z.attrs.update({"baz": [1, {"a": None}]})
print(sorted(z.attrs), "foo" in z.attrs, z.attrs["foo"], z.attrs.asdict(), len(z.attrs))
del z.attrs["foo"]
z.attrs.put({"only": 1})
print(dict(zarr.open_array(f"{root}/example.zarr").attrs))
print(z.info._zarr_format, z.path, z.name, z.basename, z.order, z.nbytes, z.size, z.fill_value)
print(z.cdata_shape, z.nchunks_initialized, z.shards, z.filters, z.read_only)
print([c.to_dict() for c in z.compressors], z.serializer.to_dict())

b = zarr.create_array(
    {}, shape=(20, 20), chunks=(5, 5), shards=(10, 10), dtype="f8", fill_value=np.nan,
    compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
    dimension_names=["y", "x"], attributes={"a": 1},
)  # fmt: skip
b[...] = np.arange(400.0).reshape(20, 20)
print(
    b.chunks,
    b.shards,
    b.metadata.dimension_names,
    b.compressors[0].to_dict(),
    b[3, 3],
    np.asarray(b).sum(),
)
print(b.oindex[[1, 3], :2].tolist(), b.vindex[[0, 1], [2, 3]].tolist(), b.blocks[1, 1].shape)
b.set_orthogonal_selection(([0, 2], slice(0, 2)), -1)
b.set_coordinate_selection(([5, 6], [7, 8]), [10, 20])
b.set_mask_selection(np.eye(20, dtype=bool), 0)
print(b[:3, :3].tolist(), b[5, 7], b[6, 8], b.get_basic_selection((0, slice(3))).tolist())
two = zarr.create_array({}, shape=10, chunks=3, dtype=">i2", zarr_format=2, order="F", fill_value=7)
print(two[...].tolist(), two.metadata.zarr_format, two.dtype, two.order, two.filters)
c = zarr.zeros((4, 4), chunks=(2, 2), dtype="i4")
like = zarr.ones_like(c)
print(
    c[...].sum(),
    like[...].sum(),
    like.chunks,
    zarr.full((2,), 9)[:].tolist(),
    zarr.array([1, 2])[:].tolist(),
)
s = zarr.create_array({}, shape=(3,), dtype=str)
s[:] = ["a", "bb", "ccc"]
print(s[:].tolist(), s.dtype)
for bad in (
    lambda: zarr.open_array({}, mode="r"),
    lambda: z[1000],
    lambda: zarr.open(f"{root}/no", mode="r"),
):
    try:
        bad()
    except (KeyError, IndexError, FileNotFoundError, ValueError) as error:
        print(isinstance(error, IndexError), isinstance(error, FileNotFoundError))

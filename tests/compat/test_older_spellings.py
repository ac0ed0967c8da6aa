"""Spellings of the older interface, as `frozarr.compat` has them."""

import pytest

import frozarr
from frozarr import compat
from frozarr.errors import ContainsArrayError


def test_array_create_is_deprecated():
    with pytest.warns(DeprecationWarning):
        array = compat.Array.create({}, shape=4, dtype="i4", chunk_shape=(2,), dimension_names=["x"],
                             codecs=[{"name": "bytes", "configuration": {"endian": "big"}}])  # fmt: skip
    assert array.chunks == (2,)
    assert array.compressors == ()
    for wrong, says in (
        ({"dimension_separator": "/"}, "chunk_key_encoding"), ({"filters": []}, "codecs"),
        ({"compressor": {"id": "zlib"}}, "codecs"), ({"chunk_shape": (2,), "chunks": (2,)}, "not both"),
        ({"zarr_format": 2, "chunk_shape": (2,)}, "chunks"), ({"zarr_format": 2, "codecs": []}, "compressor"),
        ({"zarr_format": 2, "dimension_names": ["x"]}, "_ARRAY_DIMENSIONS"),
    ):  # fmt: skip
        with pytest.warns(DeprecationWarning), pytest.raises(ValueError, match=says):
            compat.Array.create({}, shape=4, dtype="i4", **wrong)
    with pytest.warns(DeprecationWarning):
        two = compat.Array.create({}, shape=4, dtype="i4", zarr_format=2, chunks=(2,), order="F",
                           dimension_separator="/", compressor={"id": "zlib", "level": 1})  # fmt: skip
    assert two.metadata.dimension_separator == "/"
    assert two.order == "F"
    with pytest.warns(DeprecationWarning), pytest.raises(ContainsArrayError):
        compat.Array.create(two.store, shape=4, dtype="i4", zarr_format=2)
    with pytest.warns(RuntimeWarning, match="order"):
        frozarr.create_array({}, shape=4, dtype="i4", order="F")

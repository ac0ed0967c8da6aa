"""One small adapter per engine: open, create, read, write, index."""

import importlib.util
import pathlib
import shutil
from typing import Any

import numpy as np
from workloads import Layout, array_codecs, codecs


class Frozarr:
    name = "frozarr"

    def __init__(self):
        import frozarr

        self.lib = frozarr

    def create(self, path, layout: Layout):
        serializer, *compressors = codecs(layout)
        return self.lib.create_array(
            str(path), shape=layout.shape, chunks=layout.chunks, dtype=layout.dtype,
            shards=layout.shards, serializer=serializer, compressors=compressors, overwrite=True,
        )  # fmt: skip

    def open(self, path):
        return self.lib.open_array(str(path))

    def read(self, array, selection=...):
        return array[selection]

    def oindex(self, array, selection):
        return array.oindex[selection]

    def vindex(self, array, selection):
        return array.vindex[selection]

    def write(self, array, selection, value):
        array[selection] = value

    def memory(self, path, layout):
        array = self.lib.create_array(
            {}, shape=layout.shape, chunks=layout.chunks, dtype="u2", compressors=None
        )
        array[...] = self.open(path)[...]
        return array


class ZarrPython(Frozarr):
    name = "zarr-python"
    settings: dict[str, Any] = {}

    def __init__(self):
        import zarr

        self.lib = zarr
        zarr.config.set({"codec_pipeline.path": "zarr.core.codec_pipeline.BatchedCodecPipeline"})
        if self.settings:
            zarr.config.set(self.settings)

    def open(self, path):
        return self.lib.open_array(str(path), mode="r+")

    def memory(self, path, layout):
        array = self.lib.create_array(
            self.lib.storage.MemoryStore(), shape=layout.shape, chunks=layout.chunks, dtype="u2",
            compressors=None, fill_value=0,
        )  # fmt: skip
        array[...] = self.open(path)[...]
        return array


class ZarrFused(ZarrPython):
    name = "zarr fused"
    settings = {"codec_pipeline.path": "zarr.core.codec_pipeline.FusedCodecPipeline"}

    def __init__(self):
        super().__init__()
        import zarr.core.codec_pipeline as pipelines

        pipelines.FusedCodecPipeline  # noqa: B018 - AttributeError where this version lacks it


class Zarrs(ZarrPython):
    name = "zarr+zarrs"
    settings = {"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}

    def __init__(self):
        import zarrs  # noqa: F401 - registers the pipeline

        super().__init__()


class TensorStore:
    name = "tensorstore"

    def __init__(self):
        import tensorstore

        self.lib = tensorstore

    def _spec(self, path, layout=None):
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path)}}
        if layout is not None:
            if layout.dtype != "uint16":
                raise NotImplementedError(f"no data type for {layout.dtype}")
            stored, chain = array_codecs(layout)
            spec["metadata"] = {
                "shape": list(layout.shape),
                "data_type": "uint16",
                "chunk_grid": {
                    "name": "regular", "configuration": {"chunk_shape": list(stored)}
                },
                "codecs": chain,
                "fill_value": 0,
            }  # fmt: skip
        return spec

    def create(self, path, layout):
        shutil.rmtree(path, ignore_errors=True)
        return self.lib.open(self._spec(path, layout), create=True).result()

    def open(self, path):
        return self.lib.open(self._spec(path), open=True).result()

    def read(self, array, selection=...):
        return array[selection].read().result()

    def oindex(self, array, selection):
        return array.oindex[selection].read().result()

    def vindex(self, array, selection):
        return array.vindex[selection].read().result()

    def write(self, array, selection, value):
        array[selection].write(value).result()

    def memory(self, path, layout):
        spec = self._spec(path, layout)
        spec["kvstore"] = {"driver": "memory"}
        array = self.lib.open(spec, create=True, context=self.lib.Context()).result()
        array[...].write(np.asarray(self.read(self.open(path)))).result()
        return array


def engines() -> list[Any]:
    """Engines that are installed, ours first."""
    found = [Frozarr()]
    for cls, package in (
        (ZarrPython, "zarr"), (ZarrFused, "zarr"), (Zarrs, "zarrs"), (TensorStore, "tensorstore"),
    ):  # fmt: skip
        if importlib.util.find_spec(package) is None:
            continue
        try:
            found.append(cls())
        except AttributeError:
            continue
    return found


def fresh(path: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(path, ignore_errors=True)
    return path

"""The workloads: arrays, codecs and what is done with them. Same bytes on disk for everybody."""

from typing import Any, NamedTuple

import numpy as np


class Layout(NamedTuple):
    """An array on disk."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    codec: str
    shards: tuple[int, ...] | None = None
    dtype: Any = "uint16"


RECORD = np.dtype([("time", "<M8[s]"), ("x", "<f8"), ("y", "<f8"), ("name", "<U8"), ("n", "<i4")])

LAYOUTS = {
    "raw": Layout((256, 256, 512), (128, 128, 128), "none"),
    "zstd": Layout((256, 256, 512), (64, 64, 64), "zstd"),
    "blosc": Layout((256, 256, 512), (64, 64, 64), "blosc"),
    "gzip": Layout((128, 128, 512), (64, 64, 64), "gzip"),
    "small": Layout((256, 256, 128), (16, 16, 16), "zstd"),
    "raw small": Layout((256, 256, 128), (16, 16, 16), "none"),
    "rows": Layout((20000, 64), (500, 64), "zstd"),
    "sharded": Layout((256, 256, 512), (32, 32, 32), "zstd", (128, 128, 128)),
    "sharded small": Layout((256, 256, 256), (8, 8, 8), "none", (128, 128, 128)),
    "missing": Layout((256, 256, 1024), (16, 16, 16), "zstd"),
    "strings": Layout((400_000,), (20_000,), "zstd", dtype="string"),
    "strings sharded": Layout((400_000,), (2_000,), "zstd", (40_000,), dtype="string"),
    "fixed strings": Layout((400_000,), (20_000,), "zstd", dtype="<U12"),
    "records": Layout((400_000,), (20_000,), "zstd", dtype=RECORD),
    "records sharded": Layout((400_000,), (2_000,), "zstd", (40_000,), dtype=RECORD),
}

CODECS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "zstd": [{"name": "zstd", "configuration": {"level": 1, "checksum": False}}],
    "gzip": [{"name": "gzip", "configuration": {"level": 1}}],
    "blosc": [
        {
            "name": "blosc",
            "configuration": {
                "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 2, "blocksize": 0,
            },
        }
    ],
}  # fmt: skip


def values(layout: Layout) -> np.ndarray:
    """Data of a layout's shape and type: numbers are a smooth field plus noise."""
    rng = np.random.default_rng(7)
    shape = layout.shape
    if layout.dtype == "uint16":
        return numbers(shape, rng)
    words = np.array([f"name {n}" for n in rng.integers(0, 10**6, shape)], object)
    if layout.dtype == "string":
        return words.astype(np.dtypes.StringDType())
    if layout.dtype is not RECORD:
        return words.astype(layout.dtype)
    found = np.zeros(shape, RECORD)
    for name in RECORD.names:
        count = rng.integers(0, 10**6, shape)
        found[name] = words if name == "name" else count.astype(RECORD[name])
    return found


def numbers(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A smooth field plus noise: uint16 that compresses about twofold."""
    axes = np.meshgrid(*(np.linspace(0, 6, n) for n in shape), indexing="ij", sparse=True)
    smooth = sum(np.sin(a) for a in axes) * 4000 + 20000
    return (smooth + rng.integers(0, 120, shape)).astype(np.uint16)


def codecs(layout: Layout) -> list[dict[str, Any]]:
    """The codec chain of a chunk (an inner one, if sharded) of a layout, in format 3 JSON."""
    serializer = {"name": "bytes", "configuration": {"endian": "little"}}
    if layout.dtype == "string":
        serializer = {"name": "vlen-utf8", "configuration": {}}
    return [serializer, *CODECS[layout.codec]]


def array_codecs(layout: Layout) -> tuple[tuple[int, ...], list[dict[str, Any]]]:
    """Shape of what is stored under a key, and its codec chain, in format 3 JSON."""
    if layout.shards is None:
        return layout.chunks, codecs(layout)
    sharding = {
        "chunk_shape": list(layout.chunks),
        "codecs": codecs(layout),
        "index_codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}
        ],
    }  # fmt: skip
    return layout.shards, [{"name": "sharding_indexed", "configuration": sharding}]

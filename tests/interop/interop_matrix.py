"""Interop matrix: every type and codec, with and without shards, in both formats, each library
reading what each library wrote.

    python tests/interop/interop_matrix.py [--full] [--fixtures FOLDER]

prints a table; ``--full`` takes every type with every codec. A cell says how many arrays of a type
were read right of those that the writer could write; cells where frozarr fails and zarr-python does
not are marked and make the exit status 1. ``--fixtures`` keeps what the peers wrote, with the
expected values, as the archive that the test suite reads.
"""

import argparse
import itertools
import json
import pathlib
import shutil
import sys
import tempfile
import warnings
from collections import Counter

import attrs
import numpy as np

SHAPE, CHUNKS, SHARDS = (5, 6), (2, 3), (4, 6)


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


def numbers(dtype):
    values = np.arange(30).reshape(SHAPE)
    if dtype == "bool":
        return values % 3 == 0
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (values / 4 - 2).astype(kind)
    return (values * (1 + 2j) if kind.kind == "c" else values - 3 * (kind.kind == "i")).astype(kind)


def objects(make):
    room = np.empty(30, object)
    room[:] = [make(i) for i in range(30)]
    return room.reshape(SHAPE)


NUMERIC = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip
RECORD = np.dtype([("a", "<i2"), ("b", "<f8"), ("n", [("x", "u1"), ("y", "<U2")])])
TEXT = ("", "a", "bcd", "é", "日本")
VALUES = {
    **{name: numbers(name) for name in NUMERIC},
    "string": objects(lambda i: TEXT[i % 5] * (i % 3)).astype(np.dtypes.StringDType()),
    "variable_length_bytes": objects(lambda i: bytes(range(i % 4))),
    "fixed_length_utf32": np.array([TEXT[i % 5] for i in range(30)], "<U3").reshape(SHAPE),
    "null_terminated_bytes": np.array([b"abc"[: i % 4] for i in range(30)], "S3").reshape(SHAPE),
    "raw_bytes": np.arange(90, dtype="u1").view("V3").reshape(SHAPE),
    "datetime64": np.array([*range(28), -5, "NaT"], "M8[s]").reshape(SHAPE),
    "timedelta64": np.array([*range(28), -5, "NaT"], "m8[10ms]").reshape(SHAPE),
    "struct": np.array([(i, i / 2, (i, "éb"[: i % 3])) for i in range(30)], RECORD).reshape(SHAPE),
    "r16": np.arange(60, dtype="u1").view("V2").reshape(SHAPE),
}
try:
    import ml_dtypes

    for each in ("bfloat16", "float8_e5m2", "int4", "uint4"):
        VALUES[each] = (np.arange(30).reshape(SHAPE) % 8).astype(getattr(ml_dtypes, each))
except ImportError:
    pass

PLAIN = [named("zstd", level=1, checksum=False)]
V3_CODECS = {
    "none": {},
    "zstd": {"compressors": PLAIN},
    "gzip": {"compressors": [named("gzip", level=1)]},
    "blosc": {"compressors": [named(
        "blosc", cname="lz4", clevel=5, shuffle="shuffle", typesize=2, blocksize=0)]},
    "crc32c": {"compressors": [{"name": "crc32c"}]},
    "big-endian": {"serializer": named("bytes", endian="big")},
    "transpose": {"filters": [named("transpose", order=[1, 0])], "compressors": PLAIN},
    **{f"numcodecs.{name}": {"compressors": [named(f"numcodecs.{name}")]} for name in (
        "lz4", "zlib", "bz2", "lzma", "shuffle", "crc32", "adler32", "fletcher32",
        "jenkins_lookup3", "blosc", "zstd", "gzip", "crc32c")},
    "numcodecs.delta": {"filters": [named("numcodecs.delta", dtype="<i4")]},
    "numcodecs.bitround": {"filters": [named("numcodecs.bitround", keepbits=10)]},
    "numcodecs.quantize": {"filters": [named("numcodecs.quantize", digits=3, dtype="<f4")]},
    "numcodecs.fixedscaleoffset": {"filters": [named(
        "numcodecs.fixedscaleoffset", offset=0, scale=4, dtype="<f4", astype="<i2")]},
    "numcodecs.astype": {"filters": [named(
        "numcodecs.astype", encode_dtype="<f8", decode_dtype="<f4")]},
    "numcodecs.packbits": {"filters": [named("numcodecs.packbits")]},
    "numcodecs.pcodec": {"serializer": named("numcodecs.pcodec")},
    "numcodecs.zfpy": {"serializer": named("numcodecs.zfpy", mode=4, tolerance=0.01)},
    "scale_offset": {"filters": [named("scale_offset", offset=-2, scale=4)]},
    "cast_value": {"filters": [named("cast_value", data_type="float64")]},
    "packbits": {"serializer": named("packbits", padding_encoding="first_byte")},
    "reshape": {"filters": [named("reshape", shape=[-1])]},
    "bitround": {"filters": [named("bitround", keepbits=10)]},
}  # fmt: skip
V2_CODECS = {
    "none": {},
    **{name: {"compressors": {"id": name, "level": 1}} for name in ("zlib", "gzip", "bz2", "zstd")},
    "blosc": {"compressors": {
        "id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}},
    "lz4": {"compressors": {"id": "lz4"}},
    "lzma": {"compressors": {"id": "lzma"}},
    "order F": {"order": "F"},
    "shuffle": {"filters": [{"id": "shuffle", "elementsize": 4}], "compressors": {"id": "zlib"}},
    "delta": {"filters": [{"id": "delta", "dtype": "<i4"}]},
    "quantize": {"filters": [{"id": "quantize", "digits": 3, "dtype": "<f4"}]},
    "fixedscaleoffset": {"filters": [{
        "id": "fixedscaleoffset", "offset": 0, "scale": 4, "dtype": "<f4", "astype": "<i2"}]},
    "packbits": {"filters": [{"id": "packbits"}]},
    **{name: {"filters": [{"id": name}]} for name in ("crc32", "adler32", "fletcher32")},
}  # fmt: skip
ONE_TYPE = {"delta": "int32", "astype": "float32", "quantize": "float32", "bitround": "float32",
            "fixedscaleoffset": "float32", "packbits": "bool", "zfpy": "float32",
            "pcodec": "float32", "scale_offset": "float32", "cast_value": "float32",
            "shuffle": "int32"}  # fmt: skip
"""Codecs that are for one type, by the last part of their name."""


@attrs.frozen
class Case:
    """One array to write."""

    dtype: str
    codec: str
    zarr_format: int
    sharded: bool

    @property
    def name(self):
        """A name for its folder."""
        parts = (f"v{self.zarr_format}", self.dtype, self.codec, "shards" * self.sharded)
        return "-".join(filter(None, parts)).replace(" ", "_")


def cases(full):
    for zarr_format, codecs in ((3, V3_CODECS), (2, V2_CODECS)):
        for dtype, codec in itertools.product(VALUES, codecs):
            if zarr_format == 2 and dtype in {"r16", "bfloat16", "float8_e5m2", "int4", "uint4"}:
                continue
            only = ONE_TYPE.get(codec.removeprefix("numcodecs."))
            if only not in {None, dtype}:
                continue
            common = codec in {"none", "zstd", "order F", "big-endian"}
            if full or only or common or dtype in {"int32", "string"}:
                for sharded in (False, True) if zarr_format == 3 else (False,):
                    yield Case(dtype, codec, zarr_format, sharded)


# ---------------------------------------------------------------------- writers and readers


def data_type(dtype):
    """What frozarr and zarr-python take as ``dtype=``."""
    special = {"string", "variable_length_bytes", "r16", "bfloat16", "int4", "uint4", "float8_e5m2"}
    return dtype if dtype in special else VALUES[dtype].dtype


def arguments(case):
    codecs = (V3_CODECS if case.zarr_format == 3 else V2_CODECS)[case.codec]
    return {
        "shape": SHAPE, "chunks": CHUNKS, "shards": SHARDS if case.sharded else None,
        "zarr_format": case.zarr_format, "compressors": None, **codecs,
    }  # fmt: skip


def write_frozarr(case, path):
    import frozarr

    array = frozarr.create_array(path, dtype=data_type(case.dtype), **arguments(case))
    array[...] = VALUES[case.dtype]


def read_frozarr(case, path):
    import frozarr

    return frozarr.open_array(path, zarr_format=case.zarr_format)[...]


def zarr_arguments(case):
    import numcodecs
    import zarr.core.dtype as kinds

    given = arguments(case)
    if case.zarr_format == 2:
        given["filters"] = [numcodecs.get_codec(f) for f in given.get("filters", ())] or None
        if given["compressors"]:
            given["compressors"] = numcodecs.get_codec(given["compressors"])
        if case.dtype in {"string", "variable_length_bytes"}:
            given["filters"] = given["filters"] or "auto"
    if case.dtype == "variable_length_bytes":
        given["dtype"] = kinds.VariableLengthBytes()
    else:
        given["dtype"] = str if case.dtype == "string" else data_type(case.dtype)
    return given


def write_zarr(case, path):
    import zarr

    array = zarr.create_array(str(path), **zarr_arguments(case))
    array[...] = VALUES[case.dtype]


def read_zarr(case, path):
    import zarr

    return zarr.open_array(str(path), mode="r", zarr_format=case.zarr_format)[...]


def with_zarrs(call):
    def run(case, path):
        import zarr
        import zarrs  # noqa: F401 - registers the pipeline

        with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
            return call(case, path)

    return run


TENSORSTORE = {
    "none", "zstd", "gzip", "blosc", "crc32c", "big-endian", "transpose", "zlib", "bz2", "order F",
}  # fmt: skip
"""Codecs that tensorstore knows; some others, and some types, end its process."""


def tensorstore_driver(case):
    if case.codec not in TENSORSTORE or case.dtype not in {*NUMERIC, "bfloat16", "int4"}:
        raise NotImplementedError(case.codec)
    return "zarr3" if case.zarr_format == 3 else "zarr"


def write_tensorstore(case, path):
    import tensorstore

    import frozarr

    array = frozarr.create_array({}, dtype=data_type(case.dtype), **arguments(case))
    document = array.metadata.to_json()
    for name in ("zarr_format", "node_type", "attributes"):
        document.pop(name, None)
    spec = {
        "driver": tensorstore_driver(case), "metadata": document,
        "kvstore": {"driver": "file", "path": str(path)},
    }  # fmt: skip
    tensorstore.open(spec, create=True).result().write(VALUES[case.dtype]).result()


def read_tensorstore(case, path):
    import tensorstore

    spec = {"driver": tensorstore_driver(case), "kvstore": {"driver": "file", "path": str(path)}}
    return tensorstore.open(spec, open=True).result().read().result()


LIBRARIES = {
    "frozarr": (write_frozarr, read_frozarr),
    "zarr-python": (write_zarr, read_zarr),
    "zarrs": (with_zarrs(write_zarr), with_zarrs(read_zarr)),
    "tensorstore": (write_tensorstore, read_tensorstore),
}


def same(found, case):
    """Whether values are those written; lossy codecs may round them."""
    expected = VALUES[case.dtype]
    found = np.asarray(found)
    if found.shape != SHAPE:
        return False
    if expected.dtype.kind in "TO" or found.dtype.kind in "TO":
        return found.tolist() == expected.tolist()
    if case.codec.removeprefix("numcodecs.") in {
        "bitround",
        "quantize",
        "fixedscaleoffset",
        "zfpy",
    }:
        return bool(np.allclose(found, expected, atol=0.02))
    return np.ascontiguousarray(found).tobytes() == expected.tobytes()


def attempt(call, case, path):
    """Result of a call, or the error it raised."""
    try:
        return call(case, path), None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - peers raise what they like
        return None, error


def run(full=False, libraries=None, keep=None):
    """Outcome of every case, writer and reader: ``ok``, or why not; writers that can't: None."""
    chosen = {n: LIBRARIES[n] for n in libraries or LIBRARIES}
    outcome = {}
    root = pathlib.Path(tempfile.mkdtemp())
    warnings.simplefilter("ignore")
    try:
        for case, (writer, (write, _)) in itertools.product(cases(full), chosen.items()):
            path = root / writer / case.name
            _, error = attempt(write, case, path)
            for reader, (_, read) in chosen.items():
                if error is not None:
                    outcome[case, writer, reader] = None
                    continue
                found, problem = attempt(read, case, path)
                good = problem is None and same(found, case)
                outcome[case, writer, reader] = "ok" if good else repr(problem or found)[:200]
            if keep is not None and error is None and writer != "frozarr":
                if outcome[case, writer, writer] == "ok":
                    shutil.copytree(path, keep / writer / case.name)
    finally:
        shutil.rmtree(root)
    return outcome


def zarr_knows_struct():
    """Whether zarr-python knows ``struct``; older versions have its predecessor ``structured``."""
    import zarr.dtype

    fields = [{"name": "a", "data_type": "int8"}]
    try:
        zarr.dtype.parse_dtype(named("struct", fields=fields), zarr_format=3)
    except ValueError:
        return False
    return True


def red(outcome):
    """Cells where frozarr, as reader or as writer, fails and zarr-python does not."""
    found = []
    for (case, writer, reader), result in outcome.items():
        twin = {"frozarr": "zarr-python"}
        if "frozarr" not in {writer, reader} or result == "ok":
            continue
        if case.dtype == "struct" and writer == "frozarr" and not zarr_knows_struct():
            continue
        theirs = outcome.get((case, twin.get(writer, writer), twin.get(reader, reader)))
        if theirs == "ok":
            found.append((case, writer, reader, result))
    return found


def table(outcome):
    """The matrix as text, a row per format and type, a column per writer and reader."""
    pairs = sorted({(w, r) for _, w, r in outcome}, key=lambda p: (p[0] != "frozarr", p))
    short = {"frozarr": "F", "zarr-python": "Z", "zarrs": "R", "tensorstore": "T"}
    rows = sorted({(c.zarr_format, c.dtype) for c, _, _ in outcome})
    bad = Counter((c.zarr_format, c.dtype, w, r) for c, w, r, _ in red(outcome))
    lines = [f"{'writer > reader':<26}" + "".join(f"{short[w]}>{short[r]:<9}" for w, r in pairs)]
    for zarr_format, dtype in rows:
        cells = []
        for writer, reader in pairs:
            mine = [
                v for (c, w, r), v in outcome.items()
                if (c.zarr_format, c.dtype, w, r) == (zarr_format, dtype, writer, reader)
            ]  # fmt: skip
            tried = [v for v in mine if v is not None]
            mark = "!" if bad[zarr_format, dtype, writer, reader] else ""
            cells.append(f"{tried.count('ok')}/{len(tried)}{mark}" if tried else "-")
        lines.append(f"v{zarr_format} {dtype:<23}" + "".join(f"{cell:<11}" for cell in cells))
    lines.append("F frozarr, Z zarr-python, R zarrs, T tensorstore; ! red: zarr-python can")
    return "\n".join(lines)


def expected_document():
    """Values of all types as JSON: bytes of elements in hex, objects as they are."""

    def entry(values):
        if values.dtype.kind == "T":
            return values.tolist()
        if values.dtype.kind == "O":
            return [[v.hex() for v in row] for row in values.tolist()]
        return values.tobytes().hex()

    return {name: entry(values) for name, values in VALUES.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="every type with every codec")
    parser.add_argument("--fixtures", type=pathlib.Path, help="keep what peers wrote here")
    options = parser.parse_args()
    keep = pathlib.Path(tempfile.mkdtemp()) if options.fixtures else None
    outcome = run(options.full, keep=keep)
    print(table(outcome))
    for case, writer, reader, why in red(outcome):
        print(f"RED {case.name}: {writer} > {reader}: {why}")
    if keep is not None:
        (keep / "expected.json").write_text(json.dumps(expected_document()))
        shutil.make_archive(str(options.fixtures / "peers"), "xztar", keep)
    return 1 if red(outcome) else 0


if __name__ == "__main__":
    sys.exit(main())

"""What input may cost: memory and time are bounded by what was declared."""

import bz2
import gzip
import json
import lzma
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
import zlib

import numpy as np
import pytest
import zstandard

import frozarr
from frozarr.errors import ChunkDecodeError, MetadataError, OversizeError
from frozarr.testing.lying_server import Lie, LyingServer

MIB = 1 << 20
ZSTD = {"name": "zstd", "configuration": {"level": 0, "checksum": False}}
PLAIN = {"name": "bytes", "configuration": {"endian": "little"}}


def document(data_type, codecs, shape=(1,), chunk=(1,), fill=0):
    return json.dumps({
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": fill, "codecs": codecs,
    }).encode()  # fmt: skip


def document_v2(dtype, compressor, filters=None, shape=(1,)):
    return json.dumps({
        "zarr_format": 2, "shape": shape, "chunks": shape, "dtype": dtype, "order": "C",
        "compressor": compressor, "filters": filters, "fill_value": None,
    }).encode()  # fmt: skip


BOMBS = textwrap.dedent("""
    import io, json, resource, struct, sys, zipfile, zstandard
    import frozarr

    def frames(*parts):
        out = io.BytesIO()
        with zstandard.ZstdCompressor(level=1).stream_writer(out, closefd=False) as writer:
            for part, count in parts:
                for _ in range(count):
                    writer.write(part)
        return out.getvalue()

    mib = b"a" * (1 << 20)
    documents = json.load(sys.stdin)
    text = frames((struct.pack("<II", 1, 3 << 30), 1), (mib, 3072))
    objects = frames((b'["', 1), (mib, 1600), (b'","|O",[1]]', 1))
    with zipfile.ZipFile(sys.argv[1], "w", compression=8) as archive:
        archive.writestr("zarr.json", documents["plain"])
        with archive.open("c/0", "w", force_zip64=True) as member:
            for _ in range(2000):
                member.write(bytes(1 << 20))
    del mib
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for store in (
        {"zarr.json": documents["text"].encode(), "c/0": text},
        {".zarray": documents["objects"].encode(), "0": objects},
        sys.argv[1],
    ):
        try:
            frozarr.open_array(store, mode="r")[0]
        except (frozarr.errors.ChunkDecodeError, frozarr.errors.OversizeError) as error:
            assert "variable_chunk_nbytes" in str(error) or "at most" in str(error), error
        else:
            raise AssertionError(store)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) // 1024)
""")


def test_bombs_take_little_memory(tmp_path):
    documents = {
        "plain": document("uint8", [PLAIN]).decode(),
        "text": document("string", [{"name": "vlen-utf8"}, ZSTD], fill="").decode(),
        "objects": document_v2("|O", {"id": "zstd", "level": 1}, [{"id": "json2"}]).decode(),
    }
    done = subprocess.run(
        [sys.executable, "-c", BOMBS, str(tmp_path / "a.zip")], input=json.dumps(documents),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 900


def test_a_budget_can_be_raised():
    values = {"zarr.json": document("string", [{"name": "vlen-utf8"}, ZSTD], fill="")}
    values["c/0"] = zstandard.compress(struct.pack("<II", 1, 4000) + b"a" * 4000)
    small = {"variable_chunk_nbytes": 1}
    with pytest.raises(ChunkDecodeError, match="variable_chunk_nbytes"):
        frozarr.open_array(
            {**values, "c/0": zstandard.compress(struct.pack("<II", 1, 200000) + b"a" * 200000)},
            config=small,
        )[0]
    assert frozarr.open_array(values)[0] == "a" * 4000


def test_elements_have_a_largest_size():
    for dtype in ("|V2147483647", "<U200000000", "|S100000000"):
        with pytest.raises(MetadataError, match="exceed 67108864"):
            frozarr.open_array({".zarray": document_v2(dtype, None)})
        with pytest.raises(ValueError, match="at most 67108864"):
            frozarr.create_array({}, shape=1, dtype=dtype.strip("|<"))


@pytest.mark.parametrize("codec", ["gzip", "zlib", "bz2", "lzma", "zstd"])
def test_many_empty_members_take_linear_time(codec):
    empty = {
        "gzip": gzip.compress(b""), "zlib": zlib.compress(b""), "bz2": bz2.compress(b""),
        "lzma": lzma.compress(b""), "zstd": zstandard.compress(b""),
    }[codec]  # fmt: skip
    full = {
        "gzip": gzip.compress, "zlib": zlib.compress, "bz2": bz2.compress, "lzma": lzma.compress,
        "zstd": zstandard.compress,
    }[codec]  # fmt: skip

    def seconds(count):
        values = {
            ".zarray": document_v2("|u1", {"id": codec, "level": 1}, shape=[3]),
            "0": empty * count + full(b"abc"),
        }
        begun = time.perf_counter()
        assert bytes(frozarr.open_array(values)[...]) == b"abc"
        return time.perf_counter() - begun

    seconds(10)
    few = min(seconds(2000) for _ in range(3))
    assert seconds(32000) < 100 * few  # 16 times as many; in quadratic time it would be 256


def test_documents_with_many_members_that_stand_twice():
    members = ",".join(f'"a{i}":1,"a{i}":1' for i in range(40000))
    begun = time.perf_counter()
    with pytest.raises(MetadataError, match="stand twice") as caught:
        frozarr.open_array({"zarr.json": f"{{{members}}}".encode()})
    assert len(str(caught.value)) < 4500
    assert time.perf_counter() - begun < 10


def sharded(entries, data=b"abcd"):
    codec = {"name": "sharding_indexed", "configuration": {
        "chunk_shape": [1], "codecs": [PLAIN], "index_codecs": [PLAIN], "index_location": "end",
    }}  # fmt: skip
    index = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    values = {"zarr.json": document("uint8", [codec], [4], [4]), "c/0": data + index}
    return frozarr.open_array(values)


MISSING = (2**64 - 1, 2**64 - 1)


@pytest.mark.parametrize("entry", [
    (2**62, 2**62), (2**63, 2**63 + 5), (2**64 - 1, 5), (2**62, 1), (5, 2**62), (3, 2), (60, 9),
])  # fmt: skip
def test_hostile_entries_concern_their_own_inner_chunk_only(entry):
    array = sharded([(0, 1), entry, (2, 1), MISSING])
    for bad in (1, slice(None), slice(0, 2), slice(1, 4)):
        with pytest.raises(ChunkDecodeError, match="is corrupt"):
            array[bad]
    assert [array[0], array[2], array[3]] == [ord("a"), ord("c"), 0]
    with pytest.raises(ChunkDecodeError):
        array[0] = 1
    assert [array[0], array[2], array[3]] == [ord("a"), ord("c"), 0]


def test_entries_that_overlap():
    array = sharded([(0, 1), (0, 1), (1, 2), (2, 2)])
    assert array[:2].tolist() == [ord("a")] * 2
    for bad in (2, 3):
        with pytest.raises(ChunkDecodeError, match="overlaps"):
            array[bad]


def test_a_large_shard_is_written_in_part():
    codec = {"name": "sharding_indexed", "configuration": {
        "chunk_shape": [MIB], "codecs": [PLAIN, ZSTD], "index_codecs": [PLAIN],
        "index_location": "end",
    }}  # fmt: skip
    array = frozarr.open_array({"zarr.json": document("uint8", [codec], [40 << 30], [40 << 30])})
    array[5:9] = 7
    assert array[3:10].tolist() == [0, 0, 7, 7, 7, 7, 0]
    assert array.nbytes_stored() < 2 * MIB


def test_messages_are_short():
    for broken in (
        document("uint8", [{"name": "x" * 100_000}]), document("x" * 100_000, [PLAIN]),
        document("uint8", [{"name": f"n{i}"} for i in range(5000)]),
    ):  # fmt: skip
        with pytest.raises(MetadataError) as caught:
            frozarr.open_array({"zarr.json": broken})
        assert len(str(caught.value)) < 4500


def test_what_is_no_utf8():
    text = document("uint8", [PLAIN]).decode()
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        with pytest.raises(MetadataError, match="not UTF-8|not JSON"):
            frozarr.open_array({"zarr.json": text.encode(encoding)})


def test_many_axes():
    array = frozarr.create_array({}, shape=(1,) * 63, dtype="u1")
    array[...] = 3
    assert array[...].sum() == 3
    with pytest.raises(ValueError, match="at most 63"):
        frozarr.create_array({}, shape=(1,) * 64, dtype="u1")


def test_a_selection_that_memory_can_not_hold():
    array = frozarr.create_array({}, shape=1 << 50, chunks=1 << 20, dtype="f8")
    with pytest.raises(MemoryError) as caught:
        array[...]
    assert any(str(array.store_path) in note for note in caught.value.__notes__)


def test_a_library_that_lacks_a_codec_says_so():
    from numcodecs import blosc

    chunk = bytearray(blosc.compress(b"abcdefgh" * 100, b"lz4", 1, 1))
    chunk[2] = (chunk[2] & 0x1F) | 2 << 5
    values = {
        ".zarray": document_v2("|u1", {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 1,
                                       "blocksize": 0}, shape=[800]),
        "0": bytes(chunk),
    }  # fmt: skip
    if "snappy" in blosc.list_compressors():
        pytest.skip("this build of numcodecs has snappy")
    with pytest.raises(ChunkDecodeError, match="can't be decoded here.*snappy") as caught:
        frozarr.open_array(values)[0]
    assert "corrupt" not in str(caught.value)


def test_large_files_in_the_place_of_small_ones(tmp_path):
    array = frozarr.create_array(tmp_path, shape=4, chunks=4, dtype="u1")
    for name in ("c/0", "zarr.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(4 << 30)
        with pytest.raises(OversizeError, match="at most"):
            array[...] if name == "c/0" else frozarr.open_array(tmp_path)
        path.unlink()


@pytest.mark.parametrize("shards", [None, 10])
@pytest.mark.parametrize("lie", [
    Lie(endless=True), Lie(body=gzip.compress(bytes(80 * MIB)), headers={"Content-Encoding": "gzip"}),
], ids=["endless", "inflated"])  # fmt: skip
def test_bodies_that_are_longer_than_they_can_be(tmp_path, lie, web, shards):
    frozarr.create_array(tmp_path, data=np.arange(10, dtype="u1"), chunks=5, shards=shards)
    _, url, _ = web
    with LyingServer(url, lambda asked: lie if "/c/" in asked.path else None) as server:
        array = frozarr.open_array(f"{server.url}/", mode="r")
        for selection in (..., slice(2)):
            with pytest.raises((OversizeError, ChunkDecodeError), match="at most|corrupt"):
                array[selection]


def test_archives_whose_directory_lies(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zarr.json", document("uint8", [PLAIN]))
        archive.writestr("c/0", bytes(64 * MIB))
    raw = path.read_bytes().replace(struct.pack("<I", 64 * MIB), struct.pack("<I", 1))
    path.write_bytes(raw)
    with pytest.raises((OversizeError, ChunkDecodeError, zipfile.BadZipFile)):
        frozarr.open_array(path, mode="r")[0]


def test_a_document_in_an_archive_that_inflates(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zarr.json", b" " * (65 * MIB))
    with pytest.raises(OversizeError, match="'zarr.json'.*at most 67108864"):
        frozarr.open_array(path, mode="r")


@pytest.mark.parametrize("filters", ["x", [5], [{}], {"id": "delta"}, [{"id": 3}]])
def test_filters_that_are_none(filters):
    with pytest.raises(MetadataError, match="filters") as caught:
        frozarr.open_array({".zarray": document_v2("|u1", None, filters)})
    assert ".zarray" in str(caught.value)


def test_a_filter_whose_settings_make_no_sense_names_the_array():
    values = {".zarray": document_v2("<f8", None, [{"id": "delta", "dtype": "zzz"}])}
    array = frozarr.open_array(values)
    with pytest.raises(ValueError, match="codec 'delta'") as caught:
        array[0]
    assert any(str(array.store_path) in note for note in caught.value.__notes__)

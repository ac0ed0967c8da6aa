"""Laws of codecs: decode∘encode is the identity; corrupt bytes are errors; budgets hold."""

import tracemalloc

import hypothesis.strategies as st
import numpy as np
import pytest
import zstandard
from hypothesis import given

from frozarr.io.kernels.base import DecodeError
from frozarr.io.kernels.bind import bind_chain
from frozarr.io.kernels.blosc import BloscKernel
from frozarr.io.kernels.numcodecs import numcodecs_kernel
from frozarr.io.kernels.zstd import ZstdKernel, one_block_nbytes
from frozarr.testing.strategies import metadata, values_of

KERNELS = [
    {"id": "zstd", "level": 1}, {"id": "zstd", "level": 1, "checksum": True},
    {"id": "gzip", "level": 1}, {"id": "zlib", "level": 1}, {"id": "bz2", "level": 1},
    {"id": "lzma"}, {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1},
    {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 2}, {"id": "lz4"}, {"id": "crc32c"},
]  # fmt: skip
by_id = pytest.mark.parametrize("config", KERNELS, ids=lambda c: "-".join(map(str, c.values())))


@given(metadata(), st.data())
def test_decode_encode_is_identity(value, data):
    chain = bind_chain(value)
    dtype = value.dtype.newbyteorder("=")
    chunk = data.draw(values_of(dtype, value.chunk_spec.shape))
    staging = chain.staging(3)
    chain.logical(staging)[...] = chunk
    encoded = chain.encode_many(staging, [0, 2])
    for each in encoded:
        decoded = chain.decode(bytes(each))
        assert decoded.tobytes() == staging[:1].tobytes()
        found = chain.logical(decoded[np.newaxis])[0, ...].astype(dtype)
        np.testing.assert_array_equal(found, chunk)


@by_id
def test_round_trip_and_budget(config):
    kernel = numcodecs_kernel(config)
    for nbytes in (1, 100, 5000):
        data = np.random.default_rng(nbytes).integers(0, 4, nbytes, dtype=np.uint8)
        encoded = bytes(kernel.encode(data))
        assert bytes(kernel.decode(encoded, nbytes)) == data.tobytes()
        if config["id"] != "crc32c":
            with pytest.raises(DecodeError):
                kernel.decode(encoded, nbytes - 1)


@by_id
def test_every_truncation_is_an_error(config):
    kernel = numcodecs_kernel(config)
    encoded = bytes(kernel.encode(np.arange(300, dtype="u1") % 7))
    for end in range(len(encoded)):
        with pytest.raises(DecodeError):
            kernel.decode(encoded[:end], 300)


@by_id
def test_bombs_are_refused_without_their_memory(config):
    if config["id"] == "crc32c":
        return
    kernel = numcodecs_kernel(config)
    bomb = bytes(kernel.encode(np.zeros(64 * 1024 * 1024, np.uint8)))
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError):
            kernel.decode(bomb, 1000)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=200), st.integers(0, 199), st.integers(0, 255))
def test_mutilated_blosc_never_leaves_its_bytes(data, at, byte):
    kernel = BloscKernel("lz4", clevel=5, shuffle=1, typesize=4)
    encoded = bytearray(kernel.encode(data * 20))
    encoded[at % len(encoded)] = byte
    try:
        decoded = kernel.decode(bytes(encoded), len(data) * 20)
    except DecodeError:
        return
    assert len(decoded) <= len(data) * 20


def test_zstd_frames_in_a_row_and_without_size():
    raw = b"spam" * 100
    with_size = zstandard.ZstdCompressor().compress(raw)
    stream = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    without_size = stream.compress(raw) + stream.flush()
    kernel = ZstdKernel()
    for encoded in (without_size, with_size + with_size, without_size + with_size):
        expected = raw * (2 if len(encoded) > len(without_size) else 1)
        assert bytes(kernel.decode(encoded, len(expected))) == expected
    with pytest.raises(DecodeError):
        kernel.decode(with_size + b"x", 400)


@given(st.lists(st.binary(min_size=64, max_size=64), min_size=4, max_size=6), st.booleans())
def test_frames_together_are_frames_one_by_one(chunks, checksum):
    kernel = ZstdKernel(1, checksum=checksum)
    frames = [kernel.encode(chunk) for chunk in chunks]
    assert kernel.decode_many(frames, 64).tobytes() == b"".join(
        kernel.decode(f, 64) for f in frames
    )
    for broken in (frames[0] + b"x", frames[0] * 2, frames[0][:-1], kernel.encode(b"short")):
        assert kernel.decode_many([broken, *frames[1:]], 64) is None


@given(st.binary(max_size=400_000) | st.integers(1, 400_000).map(bytes))
def test_frame_ends(data):
    frame = zstandard.ZstdCompressor(level=1).compress(data)
    head = np.frombuffer(frame[:21].ljust(21, b"\0"), np.uint8)[np.newaxis]
    assert one_block_nbytes(head)[0] in {len(frame), -1}


def test_gzip_members_in_a_row():
    kernel = numcodecs_kernel({"id": "gzip", "level": 1})
    assert (
        bytes(kernel.decode(bytes(kernel.encode(b"ab")) + bytes(kernel.encode(b"cd")), 4))
        == b"abcd"
    )


def test_pickle_is_never_a_codec():
    with pytest.raises(ValueError, match="runs code"):
        numcodecs_kernel({"id": "pickle"})
    with pytest.raises(ValueError, match="no-such-codec"):
        numcodecs_kernel({"id": "no-such-codec"})

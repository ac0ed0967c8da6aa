"""Levels mean what they mean to zlib: sizes within a tenth of its own."""

import gzip
import zlib

import numpy as np
import pytest

from frozarr.io.kernels.base import DecodeError
from frozarr.io.kernels.gzip import gzip_stream, zlib_stream

NOISE = np.random.default_rng(0)
VALUES = {
    "smooth": (np.sin(np.linspace(0, 60, 100_000)) * 4000).astype("i2"),
    "noisy": (np.sin(np.linspace(0, 60, 100_000)) * 4000 + NOISE.integers(0, 120, 100_000)).astype(
        "u2"
    ),
    "mixed": (np.arange(100_000) // 3 % 199 + NOISE.integers(0, 4, 100_000)).astype("u2"),
    "counting": np.arange(30_000),
    "zeros": np.zeros(50_000),
}


@pytest.mark.parametrize("level", [0, 1, 2, 3, 5, 6, 9])
@pytest.mark.parametrize("name", VALUES)
def test_sizes_are_those_of_zlib(name, level):
    data = VALUES[name].tobytes()
    for kernel, theirs, decode in (
        (gzip_stream(level), zlib.compress(data, level, 31), gzip.decompress),
        (zlib_stream(level), zlib.compress(data, level), zlib.decompress),
    ):
        encoded = bytes(kernel.encode(data))
        assert decode(encoded) == data
        assert bytes(kernel.decode(theirs, len(data))) == data
        assert len(encoded) <= 1.1 * len(theirs) + 64
        assert bytes(kernel.encode(data)) == encoded


def test_members_in_a_row_are_not_taken_for_one():
    data = VALUES["mixed"].tobytes()
    kernel, general = gzip_stream(1), gzip_stream(1)
    general._decode_whole = None
    one = bytes(kernel.encode(data))
    half = bytes(kernel.encode(data[: len(data) // 2]))
    rest = bytes(kernel.encode(data[len(data) // 2 :]))
    for stored in (
        one, half + rest, one + one, one + gzip.compress(b""), one[:-1], one + b"\0\0", half, b"", one[:3],
        one[:20] + b"\xff" + one[21:], one[:-8] + bytes(8),
    ):  # fmt: skip
        assert outcome(kernel, stored, len(data)) == outcome(general, stored, len(data))


def outcome(kernel, stored, limit):
    try:
        return bytes(kernel.decode(stored, limit))
    except DecodeError as error:
        return type(error)

"""Elements of variable length: ``vlen-utf8``, ``vlen-bytes``, and format 2's other object codecs.

Both layouts: the number of elements, then for each its length in bytes and its bytes (32-bit
little-endian numbers). numcodecs walks them; what it would trust is checked here first.
"""

import math
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import (
    VARIABLE_NBYTES,
    ArrayCoding,
    Binding,
    BytesLike,
    DecodeError,
    as_bytes_view,
)
from frozarr.io.kernels.numcodecs import registered_codec
from frozarr.metadata.codecs.vlen import VlenCodec
from frozarr.types import AnyArray, Shape

__all__ = ["COUNTS_NULS", "Objects", "packed_ascii", "vlen_coding"]

_TEXT = np.dtypes.StringDType()
COUNTS_NULS = np.strings.str_len(np.array(["\0\0"], _TEXT)).tolist() == [2]
"""Whether numpy counts the NULs that a text ends with; before 2.5 it did not, and they got lost."""
_NOT_ASCII = 128
_HEAD = 4
"""Bytes of a length."""


@attrs.frozen(eq=False)
class Objects(ArrayCoding):
    r"""A chunk of Python objects in the bytes of an object codec.

    Examples
    --------
    >>> coding = Objects.of("vlen-utf8", (2,))
    >>> bytes(coding.encode(np.array(["a", "bc"], object)))
    b'\x02\x00\x00\x00\x01\x00\x00\x00a\x02\x00\x00\x00bc'
    """

    codec: Any
    shape: Shape
    most_nbytes: int = VARIABLE_NBYTES

    @classmethod
    def of(
        cls, codec: "str | dict[str, Any]", shape: Shape, most_nbytes: int = VARIABLE_NBYTES
    ) -> "Objects":
        """Coding of a chunk by the id or configuration of an object codec."""
        config = {"id": codec} if isinstance(codec, str) else codec
        return cls(registered_codec(config), shape, most_nbytes)

    @property
    def limit(self) -> int:
        """What the config allows, because elements have any length."""
        return self.most_nbytes

    @property
    def _counted(self) -> bool:
        return bool(self.codec.codec_id.startswith("vlen-"))

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The objects (short texts may be numpy's), shape of the chunk."""
        view: Any = as_bytes_view(encoded)
        expected = math.prod(self.shape)
        if self._counted:
            count = int.from_bytes(view[:4], "little")
            if len(view) < 4 or count != expected or len(view) < 4 + 4 * count:
                raise DecodeError(
                    f"{len(view)} bytes say that they hold {count} elements, expected {expected}"
                )
            if self.codec.codec_id == "vlen-utf8" and expected:
                texts = unpacked_ascii(np.frombuffer(view[4:], np.uint8), expected)
                if texts is not None:
                    return texts.reshape(self.shape)
        try:
            decoded = self.codec.decode(view)
        except Exception as error:  # codecs raise what they like
            raise DecodeError(f"{self.codec.codec_id}: {error}") from error
        objects = decoded if isinstance(decoded, np.ndarray) else np.asarray(decoded, object)
        if objects.size != expected:
            raise DecodeError(f"holds {objects.size} elements, expected {expected}")
        return objects.reshape(self.shape)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Bytes of the objects, in C order."""
        flat = chunk.reshape(-1)
        if flat.dtype.kind == "T":
            if (packed := packed_ascii(flat)) is not None:
                return packed
            flat = flat.astype(object)
        encoded: BytesLike = self.codec.encode(flat)
        return encoded


_WIDEST = 64


def packed_ascii(flat: AnyArray) -> AnyArray | None:
    r"""Short ASCII texts as ``vlen-utf8`` has them; None for all others.

    Skips making a Python object of every text: they are laid side by side in columns, and what
    stands beyond the end of each is left out.

    Parameters
    ----------
    flat
        Texts in numpy's StringDType, 1-d.

    Examples
    --------
    >>> packed = packed_ascii(np.array(["a", "bc"], np.dtypes.StringDType()))
    >>> packed is None or packed.tobytes() == b"\2\0\0\0\1\0\0\0a\2\0\0\0bc"
    True
    """
    lengths: AnyArray = np.strings.str_len(flat)
    widest = int(np.max(lengths, initial=0)) if COUNTS_NULS else 0
    if not 0 < widest <= _WIDEST or widest * flat.size > 4 * int(lengths.sum()) + 4096:
        return None
    try:
        fixed = flat.astype(f"S{widest}")
    except UnicodeEncodeError:
        return None
    if not np.array_equal(np.strings.str_len(fixed), lengths):  # texts that end with NULs
        return None
    columns = np.empty((flat.size, _HEAD + widest), np.uint8)
    columns[:, :_HEAD] = lengths.astype("<u4").view(np.uint8).reshape(-1, _HEAD)
    columns[:, _HEAD:] = fixed.view(np.uint8).reshape(-1, widest)
    kept = columns[np.arange(_HEAD + widest) < (lengths + _HEAD)[:, np.newaxis]]
    return np.concatenate([np.array([flat.size], "<u4").view(np.uint8), kept])


def unpacked_ascii(content: npt.NDArray[np.uint8], count: int) -> AnyArray | None:
    r"""Texts of ``vlen-utf8`` that are short, ASCII and not empty; None for all others.

    Lengths below 256 are a byte and three zeros, and such texts have no zeros of their own: so the
    zeros show where every text begins. What they show is checked against the lengths.

    Parameters
    ----------
    content
        The bytes behind the number of elements.
    count
        The number of elements.

    Examples
    --------
    >>> unpacked_ascii(np.frombuffer(b"\1\0\0\0a\2\0\0\0bc", "u1"), 2).tolist()
    ['a', 'bc']
    """
    if len(content) > (_HEAD + _WIDEST) * count or int(np.max(content, initial=0)) >= _NOT_ASCII:
        return None
    zeros = np.flatnonzero(content == 0)
    if len(zeros) != 3 * count or not np.array_equal(zeros[2::3], zeros[::3] + 2):
        return None
    begin: npt.NDArray[np.int64] = zeros[::3] - 1
    lengths = content[begin].astype(np.int64)
    end = begin + _HEAD + lengths
    whole = begin[0] == 0 and end[-1] == len(content) and np.array_equal(end[:-1], begin[1:])
    widest = int(np.max(lengths))
    if not whole or widest > _WIDEST or widest * count > 4 * len(content) + 4096:
        return None
    columns = np.arange(widest)
    padded = np.concatenate([content, np.zeros(widest, np.uint8)])
    texts: AnyArray = padded[(begin + _HEAD)[:, np.newaxis] + columns]
    texts *= columns < lengths[:, np.newaxis]
    unpacked: AnyArray = texts.view(f"S{widest}").reshape(-1).astype(_TEXT)
    return unpacked


def vlen_coding(codec: VlenCodec, binding: Binding) -> Objects:
    """Coding of ``vlen-utf8`` and ``vlen-bytes``."""
    return Objects.of(codec.name, binding.spec.shape, binding.variable_nbytes)

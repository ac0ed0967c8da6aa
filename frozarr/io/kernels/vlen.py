"""Elements of variable length: ``vlen-utf8``, ``vlen-bytes``, and format 2's other object codecs.

Both layouts: the number of elements, then for each its length in bytes and its bytes (32-bit
little-endian numbers). numcodecs walks them; what it would trust is checked here first.
"""

import math
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.io.kernels.base import BytesLike, DecodeError, as_bytes_view
from frozarr.io.kernels.numcodecs import registered_codec
from frozarr.types import Shape

__all__ = ["Objects"]

AnyArray: TypeAlias = npt.NDArray[Any]
_MOST = 2**31 - 1


@attrs.frozen(eq=False)
class Objects:
    r"""A chunk of Python objects in the bytes of an object codec.

    Examples
    --------
    >>> coding = Objects.of("vlen-utf8", (2,))
    >>> bytes(coding.encode(np.array(["a", "bc"], object)))
    b'\x02\x00\x00\x00\x01\x00\x00\x00a\x02\x00\x00\x00bc'
    """

    codec: Any
    shape: Shape
    limit: int = _MOST
    exact: bool = False

    @classmethod
    def of(cls, codec: "str | dict[str, Any]", shape: Shape) -> "Objects":
        """Coding of a chunk by the id or configuration of an object codec."""
        return cls(registered_codec({"id": codec} if isinstance(codec, str) else codec), shape)

    @property
    def _counted(self) -> bool:
        return bool(self.codec.codec_id.startswith("vlen-"))

    def decode(self, encoded: BytesLike) -> AnyArray:
        """The objects, shape of the chunk."""
        view: Any = as_bytes_view(encoded)
        expected = math.prod(self.shape)
        if self._counted:
            count = int.from_bytes(view[:4], "little")
            if len(view) < 4 or count != expected or len(view) < 4 + 4 * count:
                raise DecodeError(
                    f"{len(view)} bytes say that they hold {count} elements, expected {expected}"
                )
        try:
            found = self.codec.decode(view)
        except Exception as error:  # codecs raise what they like
            raise DecodeError(f"{self.codec.codec_id}: {error}") from error
        objects = np.asarray(found, object) if not isinstance(found, np.ndarray) else found
        if objects.size != expected:
            raise DecodeError(f"holds {objects.size} elements, expected {expected}")
        return objects.reshape(self.shape)

    def encode(self, chunk: AnyArray) -> BytesLike:
        """Bytes of the objects, in C order."""
        flat = np.empty(chunk.size, object)
        flat[:] = chunk.reshape(-1)
        encoded: BytesLike = self.codec.encode(flat)
        return encoded

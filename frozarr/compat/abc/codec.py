"""What codecs are, for those who write one; see docs/extending.md."""

from frozarr.extensions import ArrayCoding as ArrayBytesCodec
from frozarr.extensions import ArrayFilter as ArrayArrayCodec
from frozarr.extensions import BytesToBytesCodec as BytesBytesCodec
from frozarr.extensions import Codec
from frozarr.extensions import Codec as BaseCodec

__all__ = ["ArrayArrayCodec", "ArrayBytesCodec", "BaseCodec", "BytesBytesCodec", "Codec"]

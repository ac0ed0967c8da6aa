"""Buffers."""

from frozarr.buffer import Buffer, BufferPrototype, NDBuffer, cpu, default_buffer_prototype, gpu
from frozarr.compat.abc.buffer import ArrayLike, NDArrayLike
from frozarr.io.buffers import buffer_prototype as numpy_buffer_prototype
from frozarr.types import AnyArray as NDArrayLikeOrScalar

__all__ = [
    "ArrayLike", "Buffer", "BufferPrototype", "NDArrayLike", "NDArrayLikeOrScalar", "NDBuffer",
    "cpu", "default_buffer_prototype", "gpu", "numpy_buffer_prototype",
]  # fmt: skip

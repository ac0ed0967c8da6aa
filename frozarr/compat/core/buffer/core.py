"""Buffers."""

from frozarr.compat.core.buffer import (
    ArrayLike,
    Buffer,
    BufferPrototype,
    NDArrayLike,
    NDBuffer,
    default_buffer_prototype,
)

__all__ = [
    "ArrayLike", "Buffer", "BufferPrototype", "NDArrayLike", "NDBuffer",
    "default_buffer_prototype",
]  # fmt: skip

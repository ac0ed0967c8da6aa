"""Buffers, as users know them from ``zarr.buffer``."""

from frozarr.io import buffers as cpu
from frozarr.io import gpu_buffers as gpu
from frozarr.io.buffers import Buffer, BufferPrototype, NDBuffer, default_buffer_prototype
from frozarr.lazy import only

__all__ = ["Buffer", "BufferPrototype", "NDBuffer", "cpu", "default_buffer_prototype", "gpu"]

__dir__ = only(__all__)

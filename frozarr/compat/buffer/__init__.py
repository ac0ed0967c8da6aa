"""Buffers; they are those of `frozarr.buffer`."""

from frozarr.buffer import cpu, default_buffer_prototype, gpu

__all__ = ["cpu", "default_buffer_prototype", "gpu"]

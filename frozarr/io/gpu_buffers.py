"""Buffers in GPU memory: cupy's arrays behind the interface of `frozarr.io.buffers`.

Importable without cupy; what needs it says so when it is used.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from frozarr.io import buffers as cpu
from frozarr.io.kernels.base import BytesLike, as_bytes_view

__all__ = ["Buffer", "NDBuffer", "buffer_prototype", "device"]


def device() -> Any:
    """The cupy module.

    Raises
    ------
    ImportError
        cupy is not installed, or finds no GPU.
    """
    try:
        cupy: Any = import_module("cupy")
        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:
        raise ImportError(
            f"GPU memory needs cupy and a GPU (pip install 'frozarr[gpu]'): {error}"
        ) from error
    return cupy


def to_host(array: object) -> npt.NDArray[Any]:
    """The array in host memory; itself if it is there already."""
    if isinstance(array, np.ndarray):
        return array
    moved: npt.NDArray[Any] = device().asnumpy(array)
    return moved


class Buffer(cpu.Buffer):
    """Contiguous bytes in GPU memory."""

    def __init__(self, array: Any) -> None:
        if array.ndim != 1 or array.dtype.itemsize != 1:
            raise ValueError(f"expected a 1-d array of bytes, got {array.dtype}{array.shape}")
        self._bytes = device().asarray(array).view("u1")

    @classmethod
    def create_zero_length(cls) -> Self:
        """Buffer of no bytes."""
        return cls(np.empty(0, np.uint8))

    @classmethod
    def from_bytes(cls, bytes_like: BytesLike) -> Self:
        """Buffer with a copy of bytes of the host."""
        return cls(np.frombuffer(as_bytes_view(bytes_like), np.uint8))

    @classmethod
    def from_array_like(cls, array_like: Any) -> Self:
        """Buffer over a 1-d array of bytes, moved if it is on the host."""
        return cls(array_like)

    @classmethod
    def from_any(cls, value: Any) -> Self:
        """Buffer with what any buffer, array or bytes hold."""
        if isinstance(value, cpu.Buffer):
            return cls(value.as_array_like())
        return cls(value) if hasattr(value, "ndim") else cls.from_bytes(value)

    def as_numpy_array(self) -> npt.NDArray[np.uint8]:
        """The bytes in host memory."""
        return to_host(self._bytes)

    def as_buffer_like(self) -> memoryview:
        """The bytes in host memory, as a buffer."""
        return self.as_numpy_array().data

    def to_bytes(self) -> bytes:
        """The bytes in host memory."""
        return self.as_numpy_array().tobytes()


class NDBuffer(cpu.NDBuffer):
    """An n-dimensional array in GPU memory."""

    @classmethod
    def create(
        cls, *, shape: Iterable[int], dtype: npt.DTypeLike, order: object = "C",
        fill_value: object = None,
    ) -> Self:  # fmt: skip
        """New array, filled if a fill value is given."""
        array = device().empty(tuple(shape), dtype, order=order)
        if fill_value is not None:
            array[...] = fill_value
        return cls(array)

    @classmethod
    def from_numpy_array(cls, array_like: npt.ArrayLike) -> Self:
        """Buffer with a copy of an array of the host."""
        return cls(device().asarray(array_like))

    def as_numpy_array(self) -> npt.NDArray[Any]:
        """The array in host memory."""
        return to_host(self.as_ndarray_like())


buffer_prototype = cpu.BufferPrototype(buffer=Buffer, nd_buffer=NDBuffer)

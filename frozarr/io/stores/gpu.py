"""A store whose values live in GPU memory."""

from typing import TYPE_CHECKING, Self

import numpy as np

from frozarr.io import gpu_buffers
from frozarr.io.kernels.base import BytesLike, Parts, as_bytes_view
from frozarr.io.stores.memory import MemoryStore, Values
from frozarr.io.stores.verbs import as_value

if TYPE_CHECKING:
    from frozarr.io.buffers import Buffer

__all__ = ["GpuMemoryStore"]


class GpuMemoryStore(MemoryStore):
    """Keys and GPU buffers in a dictionary, which is used as it is.

    Values that are set are moved to the GPU; values that programs read are moved to the host,
    where the codecs run.

    Raises
    ------
    ImportError
        cupy, or a GPU, is missing.
    TypeError
        The dictionary holds something that is not in GPU memory.
    """

    def __init__(self, store_dict: Values | None = None, *, read_only: bool = False) -> None:
        arrays = gpu_buffers.device()
        super().__init__(store_dict, read_only=read_only)
        for key, value in self._values.items():
            held = getattr(value, "as_array_like", lambda value=value: value)()
            if not isinstance(held, arrays.ndarray):
                raise TypeError(f"key {key!r}: expected a GPU buffer, got {type(value).__name__}")

    @classmethod
    def from_dict(cls, store_dict: Values) -> Self:
        """Store with the values of a dictionary, moved to the GPU where they are not yet there."""
        moved = {key: gpu_buffers.Buffer.from_any(value) for key, value in store_dict.items()}
        return cls(moved)

    @property
    def url(self) -> str:
        """``gpu-memory://`` and the dictionary's id."""
        return f"gpu-memory://{id(self._values)}"

    def _kept(self, value: "Buffer | BytesLike | Parts") -> object:
        """A buffer in GPU memory."""
        view = as_bytes_view(as_value(value))
        return gpu_buffers.Buffer.from_array_like(np.frombuffer(view, np.uint8))

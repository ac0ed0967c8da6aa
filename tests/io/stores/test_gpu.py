"""GPU buffers: importable anywhere, clear without a GPU, and their staging with numpy standing in."""

import importlib
import types

import numpy as np
import pytest

import frozarr
from frozarr.buffer import BufferPrototype, gpu
from frozarr.io import gpu_buffers
from frozarr.io.buffers import Buffer
from frozarr.storage import GpuMemoryStore
from frozarr.testing.stores import StoreTests


class DeviceArray(np.ndarray):
    """An array that is not numpy's: what crosses to the host is counted."""


@pytest.fixture
def device(monkeypatch):
    """numpy in the place of cupy."""
    moved = types.SimpleNamespace(to_host=0, to_device=0)

    def asarray(array, dtype=None):
        if not isinstance(array, DeviceArray):
            moved.to_device += 1
        return np.array(array, dtype).view(DeviceArray)

    def asnumpy(array):
        moved.to_host += 1
        return np.array(array).view(np.ndarray)

    module = types.SimpleNamespace(
        ndarray=DeviceArray, asarray=asarray, asnumpy=asnumpy, moved=moved,
        empty=lambda *args, **kwargs: np.empty(*args, **kwargs).view(DeviceArray),
    )  # fmt: skip
    monkeypatch.setattr(gpu_buffers, "device", lambda: module)
    monkeypatch.setattr(gpu_buffers, "to_host", asnumpy)
    return module


class TestGpuMemoryStore(StoreTests):
    @pytest.fixture(autouse=True)
    def _device(self, device):
        return device

    @pytest.fixture
    def store(self):
        return GpuMemoryStore()

    def test_values_live_on_the_device(self, store):
        array = frozarr.create_array(store, data=np.arange(10), chunks=4)
        assert all(isinstance(v, gpu.Buffer) for v in store.store_dict.values())
        assert {type(v.as_array_like()) for v in store.store_dict.values()} == {DeviceArray}
        assert array[2:5].tolist() == [2, 3, 4]

    def test_given_dict_must_hold_gpu_buffers(self):
        with pytest.raises(TypeError, match="'a'"):
            GpuMemoryStore({"a": Buffer.from_bytes(b"x")})
        store = GpuMemoryStore.from_dict({"a": Buffer.from_bytes(b"x"), "b": b"yz"})
        assert store.blocking.get("b").to_bytes() == b"yz"


def test_reads_into_device_memory(device):
    array = frozarr.create_array({}, data=np.arange(12).reshape(3, 4), chunks=(2, 2))
    found = array.get_basic_selection(np.s_[1:, :2], prototype=gpu.buffer_prototype)
    assert isinstance(found, DeviceArray)
    assert found.tolist() == [[4, 5], [8, 9]]
    assert device.moved.to_device == 1  # all at once, when decoded


def test_buffers(device):
    buffer = gpu.Buffer.from_bytes(b"abc")
    assert isinstance(buffer.as_array_like(), DeviceArray)
    assert (buffer.to_bytes(), len(buffer), bytes(buffer[1:].as_buffer_like())) == (
        b"abc",
        3,
        b"bc",
    )
    assert gpu.Buffer.create_zero_length().to_bytes() == b""
    nd = gpu.NDBuffer.create(shape=(2, 2), dtype="i4", fill_value=3)
    assert nd.as_numpy_array().tolist() == [[3, 3], [3, 3]]
    assert type(nd.as_numpy_array()) is np.ndarray
    assert isinstance(gpu.buffer_prototype, BufferPrototype)
    with pytest.raises(ValueError, match="1-d"):
        gpu.Buffer(np.zeros((2, 2), "u1"))


def test_without_cupy_it_says_so():
    try:
        importlib.import_module("cupy")
    except ImportError:
        with pytest.raises(ImportError, match=r"frozarr\[gpu\]"):
            GpuMemoryStore()
        with pytest.raises(ImportError, match=r"frozarr\[gpu\]"):
            gpu.NDBuffer.create(shape=(2,), dtype="u1")
    else:
        assert gpu.Buffer.from_bytes(b"abc").to_bytes() == b"abc"

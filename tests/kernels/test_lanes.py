"""Each operation on lanes, compiled, gives what its Python body says."""

import numpy as np
import pytest
from numba import njit

from nrms_np.kernels import lanes
from nrms_np.kernels.lanes import add, fill, fold, load, multiply, multiply_add, repeat, store, xor_shift


@njit
def everything(x, y, out):
    a, b = load(x, 3, 12), load(y, 1, 12)
    store(out, 2, add(multiply(a, b), a))
    store(out, 14, multiply_add(a, b, fill(x[0], 12)))
    store(out, 26, fold(a, 3))
    store(out, 30, repeat(load(y, 5, 2), 4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_equals_python(dtype):
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal(16).astype(dtype) for _ in range(2))
    compiled, by_hand = np.full(40, -1, dtype=dtype), np.full(40, -1, dtype=dtype)
    everything(x, y, compiled)
    everything.py_func(x, y, by_hand)
    a, b = x[3:15], y[1:13]
    expected = [[-1, -1], a * b + a, a * b + x[0], a[:4] + a[4:8] + a[8:], np.tile(y[5:7], 4), [-1, -1]]
    np.testing.assert_allclose(by_hand, np.concatenate(expected), rtol=1e-6)
    np.testing.assert_allclose(compiled, by_hand, rtol=1e-6, atol=1e-6)
    assert compiled.dtype == dtype


@njit
def scrambled(x, bits, factor, out):
    z = load(x, 0, 8)
    store(out, 0, multiply(xor_shift(z, load(bits, 0, 8)), load(factor, 0, 8)))
    store(out, 8, add(z, z))


def test_whole_numbers_wrap_around():
    x, factor = np.random.default_rng(1).integers(2**63, 2**64 - 1, size=(2, 8), dtype=np.uint64)
    bits = np.arange(8, dtype=np.uint64) + 25
    out = np.empty(16, dtype=np.uint64)
    scrambled(x, bits, factor, out)
    for i in range(8):
        z = int(x[i])
        assert int(out[i]) == (z ^ (z >> int(bits[i]))) * int(factor[i]) % 2**64
        assert int(out[8 + i]) == 2 * z % 2**64


def test_lanes_of_different_widths_are_different_types():
    assert lanes.Lanes("float32", 8) != lanes.Lanes("float32", 16)

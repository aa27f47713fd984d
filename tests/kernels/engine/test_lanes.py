"""Each operation on lanes, compiled, gives what its Python body says."""

import os

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from nrms_np.kernels.engine.lane_instructions import Lanes
from nrms_np.kernels.engine.lanes import add, fill, fold, load, multiply, multiply_add, repeat, store, xor_shift

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="compilation is switched off")


@njit
def everything(x, y, at, out):
    a, b = load(x, at, 12), load(y, at - 2, 12)
    store(out, 2, add(multiply(a, b), a))
    store(out, 14, multiply_add(a, b, fill(x[0], 12)))
    store(out, 26, fold(a, 3))
    store(out, 30, repeat(load(y, 5, 2), 4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_equals_python(dtype):
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal(16).astype(dtype) for _ in range(2))
    compiled, by_hand = np.full(40, -1, dtype=dtype), np.full(40, -1, dtype=dtype)
    everything(x, y, 3, compiled)
    everything.py_func(x, y, 3, by_hand)
    a, b = x[3:15], y[1:13]
    expected = [[-1, -1], a * b + a, a * b + x[0], a[:4] + a[4:8] + a[8:], np.tile(y[5:7], 4), [-1, -1]]
    np.testing.assert_allclose(by_hand, np.concatenate(expected), rtol=1e-6)
    np.testing.assert_allclose(compiled, by_hand, rtol=1e-6, atol=1e-6)
    assert compiled.dtype == dtype


@pytest.mark.parametrize("count", [1, 7, 16, 20, 33])
def test_any_number_of_lanes(count):
    @njit
    def doubled(x, out):
        a = load(x, 0, count)
        store(out, 1, add(a, a))

    x = np.arange(1, count + 1, dtype=np.float32)
    out = np.zeros(count + 2, dtype=np.float32)
    doubled(x, out)
    np.testing.assert_array_equal(out, [0, *(2 * x), 0])


@njit
def scrambled(x, bits, factor, out):
    z = load(x, 0, 8)
    store(out, 0, multiply(xor_shift(z, load(bits, 0, 8)), load(factor, 0, 8)))
    store(out, 8, add(z, z))


@pytest.mark.parametrize("function", [scrambled, scrambled.py_func] if hasattr(scrambled, "py_func") else [scrambled])
def test_whole_numbers_wrap_around(function):
    x, factor = np.random.default_rng(1).integers(2**63, 2**64 - 1, size=(2, 8), dtype=np.uint64)
    bits = np.arange(8, dtype=np.uint64) + 25
    out = np.empty(16, dtype=np.uint64)
    function(x, bits, factor, out)
    for i in range(8):
        z = int(x[i])
        assert int(out[i]) == (z ^ (z >> int(bits[i]))) * int(factor[i]) % 2**64
        assert int(out[8 + i]) == 2 * z % 2**64


def test_lanes_of_different_widths_are_different_types():
    assert Lanes("float32", 8) != Lanes("float32", 16)


@njit
def copy(x, out):
    store(out, 0, load(x, 0, 4))


@njit
def as_many_as(x, count):
    store(x, 0, load(x, 0, count))


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (copy, (np.ones(8), np.ones(8, dtype=np.float32)), "contiguous array of float64"),
        (copy, (np.ones(8)[::2], np.ones(8)), "flat, contiguous array"),
        (copy, (np.ones((2, 4)), np.ones(8)), "flat, contiguous array"),
        (as_many_as, (np.ones(8), 4), "must be a constant"),
    ],
    ids=["another dtype", "every second number", "a matrix", "a number known too late"],
)
def test_what_would_be_read_wrongly_is_refused(function, arguments, message):
    with pytest.raises(TypingError, match=message):
        function(*arguments)

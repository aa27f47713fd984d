r"""exp and tanh of many numbers at once, for one thread.

NumPy's exp takes 1.4 ns a number on a processor without AVX-512, Numba's, one number after another, more. Written as plain
arithmetic, the compiler does eight numbers in the instructions of one:

.. math:: e^x = 2^n \, e^{x - n \ln 2}, \qquad n = \mathrm{round}(x / \ln 2)

What is left of x lies within ±0.35, where a polynomial is exact to rounding (its coefficients are those of the Cephes library), and
times 2^n is n added to the bits of a float32 that hold the exponent.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from nrms_np.arrays import Array
from nrms_np.kernels.engine.compile import compiled, inlined

F = np.float32
PER_LN2, LN2, LN2_REST = (
    F(1.44269504),
    F(0.693359375),
    F(-2.12194440e-4),
)  # ln 2 in two parts: n times the first is exact
ROUND = F(3 << 22)  # so large that adding it leaves no room for digits after the point
P0, P1, P2, P3, P4, P5 = (
    F(1.98756915e-4),
    F(1.39819995e-3),
    F(8.33345191e-3),
    F(4.16657959e-2),
    F(1.66666655e-1),
    F(0.5),
)
ONE, TWO, LEAST, MOST = F(1), F(2), F(-87), F(80)  # where 2^n is a float32, and a thousand of them still add up


def exp_in_place(x: Array) -> None:
    """Turn x into exp(x): of float32 with a relative error below 2e-7 from -87 to 80, and exp of these two beyond.

    x: contiguous.
    """
    _exp(x.reshape(-1)) if x.dtype == F else _numpy_exp(x)


def tanh_in_place(x: Array) -> None:
    """Turn x into tanh(x) = 1 - 2 / (exp(2x) + 1): of float32 with an absolute error below 2e-7.

    x: contiguous.
    """
    _tanh(x.reshape(-1)) if x.dtype == F else _numpy_tanh(x)


def _numpy_exp(x: Array) -> None:
    with np.errstate(over="ignore"):  # inf, as the loop's largest number tells: whoever asks looks at the sum
        np.exp(x, out=x)


def _numpy_tanh(x: Array) -> None:
    np.tanh(x, out=x)


@inlined
def _mantissa_and_power(x: F) -> tuple[F, F]:
    """The polynomial of what is left of x, and n."""
    x = LEAST if x < LEAST else x  # written so that NaN stays NaN
    x = MOST if x > MOST else x
    n = (x * PER_LN2 + ROUND) - ROUND
    rest = x - n * LN2 - n * LN2_REST
    y = ((((P0 * rest + P1) * rest + P2) * rest + P3) * rest + P4) * rest + P5
    return y * rest * rest + rest + ONE, n


@partial(compiled, otherwise=_numpy_exp, fused=True)
def _exp(x: Array) -> None:
    bits = x.view(np.int32)
    for i in range(len(x)):
        x[i], n = _mantissa_and_power(x[i])
        bits[i] += np.int32(n) << 23


@partial(compiled, otherwise=_numpy_tanh, fused=True)
def _tanh(x: Array) -> None:
    bits = x.view(np.int32)
    for i in range(len(x)):
        x[i], n = _mantissa_and_power(TWO * x[i])
        bits[i] += np.int32(n) << 23
        x[i] = ONE - TWO / (x[i] + ONE)

r"""Dropout: in training, a random share of the numbers is set to zero and the rest is scaled up to keep the mean.

The mask is not drawn from a generator with a state. It is computed from *where* a number stands: seed, training step,
layer, row and column (a counter-based generator, SplitMix64 here). So the mask is the same for any number of threads and for
every backend, a resumed run draws the masks the uninterrupted run would have drawn, and the backward can compute it
again instead of keeping it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / the golden ratio: SplitMix64's step from one counter to the next
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
LEVELS = 1 << 16  # one 64-bit random number serves four neighbours, 16 bits each


class DropoutCache(NamedTuple):
    """kept holds 0 where a number was dropped and the scale elsewhere."""

    kept: Array


def dropout_key(seed: int, step: int, layer: int) -> int:
    """One 64-bit number for one mask: a function of the run's seed, the training step and the layer."""
    key = 0
    for part in (seed, step, layer):
        key = splitmix64((key + part * GOLDEN) % 2**64)
    return key


def splitmix64(z: int) -> int:
    """The output function of SplitMix64 (Steele, Lea and Flood, 2014): scrambles a 64-bit number, one to one."""
    z = (z + GOLDEN) % 2**64
    z = ((z ^ (z >> 30)) * MIX_1) % 2**64
    z = ((z ^ (z >> 27)) * MIX_2) % 2**64
    return z ^ (z >> 31)


def drop_threshold(rate: float) -> int:
    """A 16-bit random number below this drops its element; the rate is rounded to a multiple of 1/65536 below 1."""
    return min(round(rate * LEVELS), LEVELS - 1)


def dropout_mask(key: int, rows: int | NDArray[np.integer[Any]], columns: int, rate: float) -> NDArray[np.bool_]:
    """True where a number is kept: (rows, columns), or for an array of row numbers (len(rows), columns), these rows alone."""
    quads = -(-columns // 4)
    row = (np.arange(rows) if isinstance(rows, int) else rows).astype(np.uint64)[:, None]
    z = row * np.uint64(quads) + np.arange(quads).astype(np.uint64)  # the counter
    # The scrambling of splitmix64, on whole arrays; unsigned arithmetic wraps around at 2^64.
    z = z * np.uint64(GOLDEN) + np.uint64((key + GOLDEN) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    z = z ^ (z >> np.uint64(31))
    shifts = np.array([0, 16, 32, 48], dtype=np.uint64)
    sixteen_bits = (z[:, :, None] >> shifts) & np.uint64(LEVELS - 1)
    return sixteen_bits.reshape(len(row), 4 * quads)[:, :columns] >= drop_threshold(rate)


def dropout_forward(
    x: Array, rate: float, key: int, rows: NDArray[np.integer[Any]] | None = None
) -> tuple[Array, DropoutCache]:
    r"""Drop a share `rate` of the numbers.

    .. math:: y = x \cdot m / (1 - p), \qquad m_{ij} = 0 \text{ with probability } p, \text{ else } 1

    x: (rows, columns).    rate: p, from 0 up to but not including 1.    key: from `dropout_key`.
    rows: (len(x),) where the rows of x stand in the array that the mask is for; None where x is all of it.

    Returns (y, cache): y (rows, columns). E[y] = x, so nothing has to be scaled when the model is used.
    """
    scale = LEVELS / (LEVELS - drop_threshold(rate))
    kept = dropout_mask(key, len(x) if rows is None else rows, x.shape[1], rate) * x.dtype.type(scale)
    return x * kept, DropoutCache(kept)


def dropout_backward(dy: Array, cache: DropoutCache) -> Array:
    """Gradient of x: what was dropped gets none, the rest is scaled as in the forward.

    dy: (rows, columns).    Returns dx (rows, columns).
    """
    # y = x * kept
    return dy * cache.kept

"""Dropout for all rows of a batch; equation and masks are those of `layers.dropout`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled
from nrms_np.kernels.engine.lanes import add, fill, load, multiply, store, xor_shift
from nrms_np.kernels.engine.parallel import even_bounds, run
from nrms_np.kernels.engine.workspace import workspace
from nrms_np.layers.dropout import GOLDEN, LEVELS, MIX_1, MIX_2, drop_threshold

ROWS_PER_TASK = 256
ROWS_PER_BLOCK = 8  # their random numbers stay in the processor's first cache
LANES = 8  # random numbers made at once
STEP = LANES * GOLDEN % 2**64


class DropoutCache(NamedTuple):
    """What the mask is computed from; the backward computes it again."""

    rate: float
    key: int
    rows: IntArray | None


def dropout_forward(x: Array, rate: float, key: int, rows: IntArray | None = None) -> tuple[Array, DropoutCache]:
    """Drop a share `rate` of the numbers; the same mask as `layers.dropout` draws.

    x: (rows, columns).    key: from `layers.dropout.dropout_key`.    rows: as there.    Returns (y, cache): y (rows, columns).
    """
    return _masked(x, rate, key, rows), DropoutCache(rate, key, rows)


def dropout_backward(dy: Array, cache: DropoutCache) -> Array:
    """Gradient of x: the forward's mask and scale, applied to the gradient.

    dy: (rows, columns).    Returns dx (rows, columns).
    """
    return _masked(dy, *cache)


def _masked(x: Array, rate: float, key: int, rows: IntArray | None) -> Array:
    y = workspace.empty(x.shape, x.dtype)
    threshold = np.uint16(drop_threshold(rate))
    scale = x.dtype.type(LEVELS / (LEVELS - drop_threshold(rate)))
    start = np.uint64((key + GOLDEN) % 2**64)
    if rows is None:
        mask: Callable[..., None] = partial(_mask_rows, x, y, start, threshold, scale, 0)
        run(mask, even_bounds(len(x), ROWS_PER_TASK))
    else:
        run(partial(_mask_these, x, y, start, threshold, scale, rows), even_bounds(len(x), ROWS_PER_TASK))
    return y


@compiled
def _mask_these(
    x: Array, y: Array, start: np.uint64, threshold: np.uint16, scale: Any, rows: IntArray, first: int, last: int
) -> None:
    """Rows that stand anywhere in the whole batch, one by one."""
    for i in range(first, last):
        _mask_rows(x, y, start, threshold, scale, rows[i] - i, i, i + 1)


@compiled
def _mask_rows(
    x: Array, y: Array, start: np.uint64, threshold: np.uint16, scale: Any, shift: int, first: int, last: int
) -> None:
    """Rows `first` to `last` - 1, which are those from `first` + `shift` on of the whole batch."""
    columns = x.shape[1]
    quads = (columns + 3) // 4
    zero = x.dtype.type(0)
    random = np.empty(ROWS_PER_BLOCK * quads + LANES, dtype=np.uint64)
    # The same memory, four numbers each; the lowest bits come first, as on all usual processors.
    sixteen_bits = random.view(np.uint16)
    for block in range(first, last, ROWS_PER_BLOCK):
        end = min(block + ROWS_PER_BLOCK, last)
        _splitmix64(random, (end - block) * quads, (block + shift) * quads, start)
        for row in range(block, end):
            place = (row - block) * quads * 4
            source, target, bits = x[row], y[row], sixteen_bits[place : place + columns]
            for column in range(columns):
                target[column] = source[column] * scale if bits[column] >= threshold else zero


@compiled
def _splitmix64(out: IntArray, count: int, counter: int, start: np.uint64) -> None:
    """`splitmix64` of `layers.dropout` for `counter` and following, LANES at a time.

    start: the key, with the GOLDEN that splitmix64 adds.    Writes up to LANES − 1 numbers beyond `count`; `out` has room.
    """
    # On arrays, not on single numbers: without compilation NumPy warns when a single number wraps around at 2^64.
    counters = np.arange(counter, counter + LANES).astype(np.uint64) * np.uint64(GOLDEN) + start
    step = fill(np.uint64(STEP), LANES)
    mix_1, mix_2 = fill(np.uint64(MIX_1), LANES), fill(np.uint64(MIX_2), LANES)
    by_30, by_27, by_31 = fill(np.uint64(30), LANES), fill(np.uint64(27), LANES), fill(np.uint64(31), LANES)
    z = load(counters, 0, LANES)
    for place in range(0, count, LANES):
        mixed = multiply(xor_shift(z, by_30), mix_1)
        mixed = multiply(xor_shift(mixed, by_27), mix_2)
        store(out, place, xor_shift(mixed, by_31))
        z = add(z, step)

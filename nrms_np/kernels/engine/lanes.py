"""Several numbers as one value, for the hot loops: what each operation means.

A processor multiplies 8 or 16 numbers in one instruction if they lie side by side in one of its registers. Compilers find such
places in simple loops. In the attention loops they do not find them all: sums that could stay in registers go to memory and back
for every pair of words. The functions below say it outright: `load` takes neighbouring numbers ("lanes") as one value,
`multiply_add` is one instruction on such values, and a sum stays in a register while its name is in use, if there are enough
registers.

These Python functions run when nothing is compiled. In compiled loops each is an instruction, written in `lane_instructions`.
There `count` and `times` must be constants for the compiler, and nothing checks that a place lies inside the array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def load(array: Array, at: int, count: int) -> Array:
    """The `count` numbers of a flat array from place `at` on."""
    return array[at : at + count].copy()


def store(array: Array, at: int, lanes: Array) -> None:
    """Write the lanes into a flat array from place `at` on."""
    array[at : at + len(lanes)] = lanes


def fill(number: Any, count: int) -> Array:
    """The same number in `count` lanes."""
    return np.full(count, number)


def add(x: Array, y: Array) -> Array:
    """Lane by lane, x + y."""
    return x + y


def multiply(x: Array, y: Array) -> Array:
    """Lane by lane, x · y. Unsigned whole numbers wrap around."""
    return x * y


def multiply_add(x: Array, y: Array, total: Array) -> Array:
    """Lane by lane, x · y + total. Not for whole numbers."""
    return x * y + total


def fold(lanes: Array, times: int) -> Array:
    """Cut the lanes into `times` equal pieces and add these up. Not for whole numbers."""
    return lanes.reshape(times, -1).sum(axis=0)


def repeat(lanes: Array, times: int) -> Array:
    """The lanes, `times` times one after another."""
    return np.tile(lanes, times)


def xor_shift(x: Array, bits: Array) -> Array:
    """Lane by lane, x xor (x shifted right by some bits), for unsigned whole numbers."""
    return x ^ (x >> bits)

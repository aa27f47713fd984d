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

Numbers = NDArray[Any]
"""A flat array, or the lanes of one value: float or whole numbers."""


def load(array: Numbers, at: int, count: int) -> Numbers:
    """The `count` numbers of a flat array from place `at` on."""
    return array[at : at + count].copy()


def store(array: Numbers, at: int, lanes: Numbers) -> None:
    """Write the lanes into a flat array from place `at` on."""
    array[at : at + len(lanes)] = lanes


def fill(number: Any, count: int) -> Numbers:
    """The same number in `count` lanes."""
    return np.full(count, number)


def add(x: Numbers, y: Numbers) -> Numbers:
    """Lane by lane, x + y."""
    return x + y


def multiply(x: Numbers, y: Numbers) -> Numbers:
    """Lane by lane, x · y. Unsigned whole numbers wrap around."""
    return x * y


def multiply_add(x: Numbers, y: Numbers, total: Numbers) -> Numbers:
    """Lane by lane, x · y + total. Not for whole numbers."""
    return x * y + total


def fold(lanes: Numbers, times: int) -> Numbers:
    """Cut the lanes into `times` equal pieces and add these up. Not for whole numbers."""
    return lanes.reshape(times, -1).sum(axis=0)


def repeat(lanes: Numbers, times: int) -> Numbers:
    """The lanes, `times` times one after another."""
    return np.tile(lanes, times)


def xor_shift(x: Numbers, bits: Numbers) -> Numbers:
    """Lane by lane, x xor (x shifted right by some bits), for unsigned whole numbers."""
    return x ^ (x >> bits)

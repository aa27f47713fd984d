"""Random draws that come out the same on every machine, one at a time (Draw) and in large numbers (Spread).

Only whole numbers are drawn: how NumPy turns random bits into a whole number is simple and stable, while its normal,
exponential and weighted draws go through floating point, whose last bit may differ between machines and versions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nrms_np.arrays import IntArray

T = TypeVar("T")


class Draw:
    """A seeded source of choices; `tag` names what they are for, so that one use never shifts another."""

    def __init__(self, seed: int, tag: int) -> None:
        self.generator = np.random.default_rng([seed, tag])

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1, each equally likely."""
        return int(self.generator.integers(count))

    def chance(self, permille: int) -> bool:
        """True `permille` times in a thousand."""
        return self.below(1000) < permille

    def choice(self, items: Sequence[T]) -> T:
        """One of the items, each equally likely."""
        return items[self.below(len(items))]


class Weighted:
    """Rows 0 to n - 1, each drawn as often as its weight (a whole number) says."""

    def __init__(self, weights: Sequence[int]) -> None:
        self.upto = list(accumulate(weights))

    def one(self, draw: Draw) -> int:
        """One row."""
        return bisect_right(self.upto, draw.below(self.upto[-1]))

    def some(self, draw: Draw, count: int) -> list[int]:
        """`count` different rows in the order they were drawn."""
        rows: dict[int, None] = {}
        while len(rows) < count:
            rows[self.one(draw)] = None
        return list(rows)


class Spread:
    """Places 0 to n - 1, each drawn as often as its weight says; weights: (n,) positive numbers."""

    def __init__(self, weights: NDArray[np.floating]) -> None:
        # The running sum is of whole numbers, so that rounding cannot differ between machines.
        self.upto = np.cumsum(np.maximum(1, np.round(weights / weights.max() * 1e8)).astype(np.int64))

    def places(self, count: int, generator: np.random.Generator) -> IntArray:
        """(count,) places."""
        return np.searchsorted(self.upto, generator.integers(self.upto[-1], size=count), side="right")

    def distinct(self, groups: IntArray, generator: np.random.Generator) -> IntArray:
        """A place for each element of `groups` (ascending), no place twice within a group."""
        places = self.places(len(groups), generator)
        while True:
            key = groups * len(self.upto) + places
            order = np.argsort(key, kind="stable")
            again = order[1:][key[order[1:]] == key[order[:-1]]]
            if len(again) == 0:
                return places
            places[again] = self.places(len(again), generator)


def segments(table: Sequence[tuple[int, int, int]], count: int, generator: np.random.Generator) -> IntArray:
    """(count,) whole numbers; a segment (shortest, longest, permille) is drawn `permille` times in a thousand."""
    shortest, longest, permille = (np.array(column) for column in zip(*table, strict=True))
    which = np.searchsorted(np.cumsum(permille), generator.integers(1000, size=count), side="right")
    lengths: IntArray = shortest[which] + generator.integers(1 << 30, size=count) % (longest - shortest + 1)[which]
    return lengths

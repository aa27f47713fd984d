"""Random draws of the demo corpora that come out the same on every machine.

Only whole numbers are drawn: how NumPy turns random bits into a whole number is simple and stable, while its normal,
exponential and weighted draws go through floating point, whose last bit may differ between machines and versions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

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

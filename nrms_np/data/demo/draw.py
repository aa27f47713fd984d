"""Random draws that come out the same on every machine, one at a time (with a Draw) and in large numbers (with a generator).

Only whole numbers are drawn: how NumPy turns random bits into a whole number is simple and stable, while its normal,
exponential and weighted draws go through floating point, whose last bit may differ between machines and versions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from nrms_np.arrays import Array, IntArray

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


class Draw:
    """A seeded source of choices; `tag` names what they are for, so that one use never shifts another."""

    def __init__(self, seed: int, tag: int) -> None:
        self.generator = np.random.default_rng([seed, tag])

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1, each equally likely."""
        return int(self.generator.integers(count))

    def chance(self, permille: int) -> bool:
        """True with a probability of `permille` thousandths."""
        return self.below(1000) < permille

    def choice(self, items: Sequence[T]) -> T:
        """One of the items, each equally likely."""
        return items[self.below(len(items))]


def different(count: int, draw_one: Callable[[], H]) -> list[H]:
    """`count` different items, in the order in which `draw_one` gave them first."""
    items: dict[H, None] = {}
    while len(items) < count:
        items[draw_one()] = None
    return list(items)


class Weighted:
    """Rows 0 to n - 1, each drawn as often as its weight says; weights: (n,) whole numbers."""

    def __init__(self, weights: Sequence[int] | IntArray) -> None:
        self.upto = np.cumsum(weights, dtype=np.int64)  # up to 10^12, on every machine
        self._upto = self.upto.tolist()

    def one(self, draw: Draw) -> int:
        """One row."""
        return bisect_right(self._upto, draw.below(self._upto[-1]))  # many times faster than NumPy for a single row

    def rows(self, count: int, generator: np.random.Generator) -> IntArray:
        """(count,) intp rows."""
        return np.searchsorted(self.upto, generator.integers(self.upto[-1], size=count), side="right")

    def distinct(self, groups: IntArray, generator: np.random.Generator) -> IntArray:
        """A row for each element of `groups` (ascending), no row twice within a group."""
        rows = self.rows(len(groups), generator)
        while True:
            key = groups.astype(np.int64) * len(self.upto) + rows
            order = np.argsort(key, kind="stable")
            again = order[1:][key[order[1:]] == key[order[:-1]]]
            if len(again) == 0:
                return rows
            rows[again] = self.rows(len(again), generator)


def whole(weights: Array) -> IntArray:
    """(n,) whole numbers, 1 or more, in proportion to positive weights: their sum is rounded on no machine."""
    return np.maximum(1, np.round(weights / weights.max() * 1e8)).astype(np.int64)


def segments(table: Sequence[tuple[int, int, int]], count: int, generator: np.random.Generator) -> IntArray:
    """(count,) intp; a segment (shortest, longest, permille) gives `permille` of a thousand lengths."""
    shortest, longest, permille = np.array(table, dtype=np.intp).T
    segment = Weighted(permille).rows(count, generator)
    beyond = generator.integers(1 << 30, size=count) % (longest - shortest + 1)[segment]
    return shortest[segment] + beyond.astype(np.intp)

"""Uneven draws in large numbers: lengths from a table, and places of which some are drawn far more often than others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nrms_np.arrays import IntArray


def segments(table: Sequence[tuple[int, int, int]], count: int, generator: np.random.Generator) -> IntArray:
    """(count,) whole numbers; a segment (shortest, longest, permille) is drawn `permille` times in a thousand."""
    shortest, longest, permille = (np.array(column) for column in zip(*table, strict=True))
    which = np.searchsorted(np.cumsum(permille), generator.integers(1000, size=count), side="right")
    lengths: IntArray = shortest[which] + generator.integers(1 << 30, size=count) % (longest - shortest + 1)[which]
    return lengths


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

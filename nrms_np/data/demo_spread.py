"""Uneven draws in large numbers: lengths from a table, and rows of which the first are far more popular than the last."""

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
    """Rows with a popularity that falls with their place: (place + flat) to the power of -`power`."""

    def __init__(self, rows: IntArray, flat: float, power: float) -> None:
        self.choices = rows
        places = np.arange(1, len(rows) + 1)
        self.upto = upto((places + flat) ** -power)

    def rows(self, count: int, generator: np.random.Generator) -> IntArray:
        """(count,) rows, most of them popular ones."""
        return self.choices[places_of(self.upto, count, generator)]

    def distinct(self, groups: IntArray, generator: np.random.Generator) -> IntArray:
        """A row for each element of `groups` (ascending), no row twice within a group."""
        places = places_of(self.upto, len(groups), generator)
        while True:
            key = groups * len(self.choices) + places
            order = np.argsort(key, kind="stable")
            again = order[1:][key[order[1:]] == key[order[:-1]]]
            if len(again) == 0:
                return self.choices[places]
            places[again] = places_of(self.upto, len(again), generator)


def upto(weights: NDArray[np.floating]) -> IntArray:
    """The running sum of weights as whole numbers, so that rounding cannot differ between machines."""
    return np.cumsum(np.maximum(1, np.round(weights / weights.max() * 1e8)).astype(np.int64))


def places_of(running: IntArray, count: int, generator: np.random.Generator) -> IntArray:
    """(count,) places, each drawn as often as its share of the running sum."""
    return np.searchsorted(running, generator.integers(running[-1], size=count), side="right")

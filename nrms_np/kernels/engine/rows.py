"""Adding into rows: the derivative of "refer to a row" is "add into that row".

np.add.at does it one reference after another. Here each reference writes into a place of its own, those of one row together; then
the rows are summed side by side on all threads, each number by one of them and in a fixed order.
A task takes rows with about as many references as another, and some of their columns: a word that every title has is not left to
one thread.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled
from nrms_np.kernels.engine.parallel import even_bounds, run, run_each, sequence_bounds
from nrms_np.kernels.engine.workspace import workspace

REFERENCES_PER_TASK = 512
COLUMNS_PER_TASK = 400


class Places(NamedTuple):
    """Where to write what each of N references adds to its row, so that little is left to add up.

    The first reference to a row writes where the sum will be. The others write behind all rows, those of one row together.

    of:       (N,) the place of each reference.
    starts:   (rows + 1,) where the others of each row start, and the end: so many places there are.
    has_none: (rows,) which rows nothing refers to.
    """

    of: IntArray
    starts: IntArray
    has_none: NDArray[np.bool_]


def places_of(index: IntArray, rows: int) -> Places:
    """The places for references to these rows.

    index: (N,) row numbers.    Raises IndexError where there is no such row.
    """
    of, starts, has_none, found = _places(index, rows)
    if not found:
        raise IndexError(f"row numbers must be at least 0 and below {rows}, got {index.min()} to {index.max()}.")
    return Places(of, starts, has_none)


def add_up(values: Array, places: Places) -> Array:
    """The sum of what the references to each row wrote, in place.

    values: (places, n).    Returns (rows, n), a view of values; zero for rows that nothing refers to.
    """
    rows, columns = len(places.has_none), values.shape[1]
    run_each(
        [
            partial(_add_up, values, places.starts, places.has_none, *part, left, min(left + COLUMNS_PER_TASK, columns))
            for part in pairwise(sequence_bounds(places.starts - rows, REFERENCES_PER_TASK))
            for left in range(0, columns, COLUMNS_PER_TASK)
        ]
    )
    return values[:rows]


def add_into_rows(values: Array, index: IntArray, rows: int) -> Array:
    """Sum of values[t] over all t with index[t] = row, for each row.

    values: (N, n).    index: (N,) row numbers.    Returns (rows, n), zero for rows that nothing refers to.
    Raises IndexError where there is no such row.
    """
    places = places_of(index, rows)
    placed = workspace.empty((int(places.starts[-1]), values.shape[1]), values.dtype)

    def task(first: int, last: int) -> None:
        placed[places.of[first:last]] = values[first:last]

    run(task, even_bounds(len(values), REFERENCES_PER_TASK))
    return add_up(placed, places)


@compiled
def _places(index: IntArray, rows: int) -> tuple[IntArray, IntArray, NDArray[np.bool_], bool]:
    """The fields of Places, and whether there are all the rows."""
    of, starts = np.empty(len(index), dtype=np.intp), np.zeros(rows + 1, dtype=np.intp)
    has_none = np.ones(rows, dtype=np.bool_)
    for row in index:
        if not 0 <= row < rows:
            return of, starts, has_none, False
        starts[row + 1] += 1
    starts[0] = rows
    for row in range(rows):
        starts[row + 1] = starts[row] + max(starts[row + 1] - 1, 0)
    free = starts[:-1].copy()
    for t in range(len(index)):
        row = index[t]
        if has_none[row]:
            of[t] = row
            has_none[row] = False
        else:
            of[t] = free[row]
            free[row] += 1
    return of, starts, has_none, True


@compiled
def _add_up(
    values: Array, starts: IntArray, has_none: NDArray[np.bool_], first: int, last: int, left: int, right: int
) -> None:
    for row in range(first, last):
        total = values[row]
        if has_none[row]:
            for e in range(left, right):
                total[e] = 0
        for place in range(starts[row], starts[row + 1]):
            value = values[place]
            for e in range(left, right):
                total[e] += value[e]

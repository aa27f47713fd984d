"""Adding into rows: the derivative of "refer to a row" is "add into that row".

np.add.at does it one reference after another. Here the references are sorted by row first, so that all that goes into
one row stands together; then the rows are summed side by side on all threads, each number by one of them and in a fixed order.
A task takes rows with about as many references as another, and some of their columns: a word that every title has is not left to
one thread.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled
from nrms_np.kernels.engine.parallel import run_each, sequence_bounds
from nrms_np.kernels.engine.workspace import workspace

REFERENCES_PER_TASK = 512
COLUMNS_PER_TASK = 400


def add_into_rows(values: Array, index: IntArray, rows: int) -> Array:
    """Sum of values[t] over all t with index[t] = row, for each row.

    values: (N, n).    index: (N,) row numbers.    Returns (rows, n), zero for rows that nothing refers to.
    Raises IndexError where there is no such row.
    """
    starts, order, found = _sorted_by_row(index, rows)
    if not found:
        raise IndexError(f"row numbers must be at least 0 and below {rows}, got {index.min()} to {index.max()}.")
    out = workspace.empty((rows, values.shape[1]), values.dtype)
    columns = values.shape[1]
    run_each(
        [
            partial(_sum_rows, values, order, starts, out, first, last, left, min(left + COLUMNS_PER_TASK, columns))
            for first, last in pairwise(sequence_bounds(starts, REFERENCES_PER_TASK))
            for left in range(0, columns, COLUMNS_PER_TASK)
        ]
    )
    return out


@compiled
def _sorted_by_row(index: IntArray, rows: int) -> tuple[IntArray, IntArray, bool]:
    """The references sorted by row, in their order within a row: a counting sort.

    Returns (starts, order, found): where the references to each row begin in `order`; whether there are all the rows.
    """
    starts, order = np.zeros(rows + 1, dtype=np.intp), np.empty(len(index), dtype=np.intp)
    for row in index:
        if not 0 <= row < rows:
            return starts, order, False
        starts[row + 1] += 1
    for row in range(rows):
        starts[row + 1] += starts[row]
    free = starts[:-1].copy()
    for place in range(len(index)):
        row = index[place]
        order[free[row]] = place
        free[row] += 1
    return starts, order, True


@compiled
def _sum_rows(
    values: Array, order: IntArray, starts: IntArray, out: Array, first: int, last: int, left: int, right: int
) -> None:
    for row in range(first, last):
        total = out[row]
        for e in range(left, right):
            total[e] = 0
        for place in range(starts[row], starts[row + 1]):
            value = values[order[place]]
            for e in range(left, right):
                total[e] += value[e]

"""Word embedding lookup for all words of a batch; the equation is in `layers.embedding`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.parallel import even_bounds, run
from nrms_np.kernels.engine.rows import add_into_rows
from nrms_np.kernels.engine.workspace import workspace
from nrms_np.packed import RowGradient, distinct

ROWS_PER_TASK = 256


class EmbeddingCache(NamedTuple):
    """rows says where each gradient row goes, words how many rows the table has."""

    rows: IntArray
    words: int


def embedding_forward(table: Array, rows: IntArray) -> tuple[Array, EmbeddingCache]:
    """Look up rows: x[t] is table[rows[t]].

    table: (words, D).    rows: (N,).    Returns (x, cache): x (N, D).
    """
    x = workspace.empty((len(rows), table.shape[1]), table.dtype)

    def task(first: int, last: int) -> None:
        x[first:last] = table[rows[first:last]]

    run(task, even_bounds(len(rows), ROWS_PER_TASK))
    return x, EmbeddingCache(rows, len(table))


def embedding_backward(dx: Array, cache: EmbeddingCache) -> RowGradient:
    """Gradient of the table: every use of a row adds into it. Rows that were not used are left out.

    dx: (N, D).    Returns the rows in ascending order, each once, with their gradients.
    """
    rows = cache.rows
    if bool(np.all(rows[1:] > rows[:-1])):  # as in a batch, which names each distinct word once
        return RowGradient(rows, dx)
    used, place = distinct(rows, cache.words)
    # x = table[rows]
    return RowGradient(used, add_into_rows(dx, place, len(used)))

r"""Word embedding lookup: word number w becomes row w of a table, e_w."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


class EmbeddingCache(NamedTuple):
    """rows says where each gradient row goes; shape and dtype are those of the table."""

    rows: IntArray
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def embedding_forward(table: Array, rows: IntArray) -> tuple[Array, EmbeddingCache]:
    """Look up rows of a table.

    table: (words, D) the vectors.    rows: (T,) row numbers; a word may occur more than once.

    Returns (x, cache): x (T, D), x[t] is table[rows[t]].
    """
    return table[rows], EmbeddingCache(rows, table.shape, table.dtype)


def embedding_backward(dx: Array, cache: EmbeddingCache) -> Array:
    r"""Gradient of the table: add each row's gradient into the row it was read from.

    With a one-hot matrix S (S[t, w] = 1 where word t is w) the lookup is the product x = S · table, so the gradient is
    Sᵀ · dx: row w receives the *sum* over all places t where w was used. `d_table[rows] = dx` would keep only the last
    use, and `d_table[rows] += dx` too, because NumPy reads, adds and writes the whole selection at once.

    dx: (T, D).    Returns d_table (words, D), zero in every row that was not used.
    """
    d_table = np.zeros(cache.shape, dtype=cache.dtype)
    # x = table[rows]
    np.add.at(d_table, cache.rows, dx)
    return d_table

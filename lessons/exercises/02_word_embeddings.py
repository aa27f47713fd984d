"""Exercises of lesson 02: from words to rows of numbers, and the way back.

`dropout_forward` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 02`.
"""

import numpy as np


def derive_row_gradient(dx: np.ndarray, rows: np.ndarray, w: int) -> np.ndarray:
    """Derive before you read on: the gradient of one row of the table, where x = table[rows].

    dx: (T, D) gradient of the loss with respect to x.    rows: (T,) row numbers; a word may occur several times.
    w: the number of the row.

    Returns (D,) the gradient of the loss with respect to table[w].
    """
    raise NotImplementedError


def derive_dropout_factor(rate: float) -> float:
    """Derive before you read on: what the kept numbers are multiplied by, so that the mean over all masks stays.

    rate: the probability that a number is dropped, below 1.    Returns one number.
    """
    raise NotImplementedError


def embedding_forward(table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Look up the vectors of a title's words.

    table: (words, D).    rows: (T,) row numbers; T is 0 for an empty title.

    Returns x (T, D): row t is row rows[t] of the table.
    """
    raise NotImplementedError


def embedding_backward(dx: np.ndarray, table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Backward of the lookup: add each row of dx into the row that was read. No matrix F is needed for it.

    dx: (T, D) gradient of the loss with respect to x.    table: (words, D).    rows: (T,) those of the forward.

    Returns d_table (words, D), of the table's dtype.
    """
    raise NotImplementedError


def dropout_forward(x: np.ndarray, rate: float, kept: np.ndarray) -> np.ndarray:
    """Dropout with a given mask: numbers that are not kept become 0, the others are scaled so that the mean stays.

    x: (T, D).    rate: the probability that a number is dropped, below 1.    kept: (T, D) of True and False.

    Returns y (T, D), of x's dtype.
    """
    return x * kept / kept.mean()


def dropout_backward(dy: np.ndarray, rate: float, kept: np.ndarray) -> np.ndarray:
    """Backward of dropout_forward.

    dy: (T, D) gradient of the loss with respect to y.    rate, kept: those of the forward.

    Returns dx (T, D).
    """
    raise NotImplementedError

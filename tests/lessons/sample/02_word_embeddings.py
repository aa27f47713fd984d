"""Exercises of lesson 02: from words to rows of numbers, and the way back."""

import numpy as np


def title_rows(words: list[str], row_of: dict[str, int]) -> np.ndarray:
    """Find the row of the word table for each word of a title.

    words: the T words of a title.    row_of: the row of each known word. A word that is not in it has row 0.

    Returns (T,) whole numbers (an integer dtype, for T = 0 too).
    """
    return np.array([row_of.get(word, 0) for word in words], dtype=int)


def embedding_backward(dx: np.ndarray, rows: np.ndarray, words: int) -> np.ndarray:
    """Backward of the lookup x = table[rows].

    dx: (T, D) gradient of the loss with respect to x.    rows: (T,) row numbers; a word may occur several times.
    words: how many rows the table has.

    Returns d_table (words, D).
    """
    d_table = np.zeros((words, dx.shape[1]))
    np.add.at(d_table, rows, dx)
    return d_table


def dropout_forward(x: np.ndarray, kept: np.ndarray, rate: float) -> np.ndarray:
    """Dropout with a given mask: numbers that are not kept become 0, the others are scaled so that the mean stays.

    x: (T, D).    kept: (T, D) of True and False.    rate: the probability that a number is dropped, below 1.

    Returns y (T, D).
    """
    return x * kept / (1 - rate)


def dropout_backward(dy: np.ndarray, kept: np.ndarray, rate: float) -> np.ndarray:
    """Backward of dropout_forward.

    dy: (T, D) gradient of the loss with respect to y.    kept, rate: those of the forward.

    Returns dx (T, D).
    """
    return dy * kept / (1 - rate)

"""Exercises of lesson 12: sequences end to end, rows that are referred to, and the softmax that padding needs.

`sequence_sums` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 12`.
"""

import numpy as np


def derive_lookup_backward(
    dy: np.ndarray, E: np.ndarray, W: np.ndarray, index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Derive, before the lesson does: y = (E W)[index], row t of y is row index[t] of the product E W.

    Ask of one number of E W which rows of y hold it; then go back through the product.

    dy: (N, m), gradient of the loss with respect to y.    E: (rows, D).    W: (D, m).    index: (N,), some rows twice, some never.

    Returns dE (rows, D), dW (D, m).
    """
    raise NotImplementedError


def keep_only(index: np.ndarray, offsets: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop elements from packed sequences, such as words that are too frequent, without a loop.

    index: (N,), offsets: (n + 1,), packed sequences.    kept: (N,) True for the elements that stay.

    Returns the new index and offsets (n + 1,); a sequence that lost all its elements has length 0.
    """
    places = np.cumsum(kept)  # how many elements stay, up to each and with it
    kept_before = ...  # how many of the first 0, 1, ..., N elements stay
    return ...  # your code


def sequence_sums(h: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Add up the rows of each packed sequence, without a loop.

    h: (N, m), sequence s in rows offsets[s] to offsets[s + 1].    offsets: (n + 1,), some sequences empty, the last too.

    Returns (n, m), a row for each sequence.
    """
    zeros = np.zeros((1, h.shape[1]))
    ends = np.concatenate([h, zeros])
    return np.add.reduceat(ends, offsets[:-1], axis=0)


def renumber(references: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the distinct rows that are referred to, and the same references as places among them; without np.unique, which sorts.

    references: (N,) row numbers of a table.    rows: how many rows the table has.

    Returns used (W,), ascending, and renumbered (N,) with used[renumbered] equal to references; both of an integer dtype.
    """
    raise NotImplementedError


def padded_weights(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Softmax over padded rows in which the padding gets no weight.

    scores: (n, width), only the first lengths[s] of row s are real, the others may hold anything.    lengths: (n,).

    Returns (n, width): the real weights of a row sum to 1, the padding's are 0. A row of length 0 is all zeros.
    """
    raise NotImplementedError

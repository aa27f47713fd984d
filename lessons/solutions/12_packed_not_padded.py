"""Exercises of lesson 12: sequences end to end, rows that are referred to, and the softmax that padding needs."""

import numpy as np


def derive_lookup_backward(
    dy: np.ndarray, E: np.ndarray, W: np.ndarray, index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Derive, before the lesson does: y = (E W)[index], row t of y is row index[t] of the product E W.

    Ask of one number of E W which rows of y hold it; then go back through the product.

    dy: (N, m), gradient of the loss with respect to y.    E: (rows, D).    W: (D, m).    index: (N,), some rows twice, some never.

    Returns dE (rows, D), dW (D, m).
    """
    d_product = np.zeros((len(E), W.shape[1]), dtype=dy.dtype)
    np.add.at(d_product, index, dy)
    return d_product @ W.T, E.T @ d_product


def keep_only(index: np.ndarray, offsets: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop elements from packed sequences, such as words that are too frequent, without a loop.

    index: (N,), offsets: (n + 1,), packed sequences.    kept: (N,) True for the elements that stay.

    Returns the new index and offsets (n + 1,); a sequence that lost all its elements has length 0.
    """
    places = np.cumsum(kept)  # how many elements stay, up to each and with it
    kept_before = np.append(0, places)  # blank: how many of the first 0, 1, ..., N elements stay
    return index[kept], kept_before[offsets]  # blank


def sequence_sums(h: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Add up the rows of each packed sequence, without a loop.

    h: (N, m), sequence s in rows offsets[s] to offsets[s + 1].    offsets: (n + 1,), some sequences empty, the last too.

    Returns (n, m), a row for each sequence.
    """
    zeros = np.zeros((1, h.shape[1]))
    ends = np.concatenate([zeros, np.cumsum(h, axis=0)])  # bug: ends = np.concatenate([h, zeros])
    return np.diff(ends[offsets], axis=0)  # bug: return np.add.reduceat(ends, offsets[:-1], axis=0)


def renumber(references: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the distinct rows that are referred to, and the same references as places among them; without np.unique, which sorts.

    references: (N,) row numbers of a table.    rows: how many rows the table has.

    Returns used (W,), ascending, and renumbered (N,) with used[renumbered] equal to references; both of an integer dtype.
    """
    is_used = np.zeros(rows, dtype=bool)
    is_used[references] = True
    used = np.flatnonzero(is_used)
    place = np.cumsum(is_used) - 1
    return used, place[references]


def padded_weights(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Softmax over padded rows in which the padding gets no weight.

    scores: (n, width), only the first lengths[s] of row s are real, the others may hold anything.    lengths: (n,).

    Returns (n, width): the real weights of a row sum to 1, the padding's are 0. A row of length 0 is all zeros.
    """
    real = np.arange(scores.shape[1]) < lengths[:, None]
    largest = np.where(real, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    exps = np.where(real, np.exp(np.where(real, scores - largest, 0.0)), 0.0)
    return exps / np.maximum(exps.sum(axis=1, keepdims=True), np.finfo(scores.dtype).tiny)

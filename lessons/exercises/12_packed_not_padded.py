"""Exercises of lesson 12: sequences end to end, and the mask that padding needs.

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 12`.
"""

import numpy as np


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """Find where sequences of these lengths start when they stand end to end.

    lengths: (n,) whole numbers, 0 among them.

    Returns (n + 1,) whole numbers: 0 first, the sum of all lengths last.
    """
    raise NotImplementedError


def pack(sequences: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Pack lists of row numbers. You may call your offsets_of.

    sequences: n lists, some of them empty, perhaps all.

    Returns index (total,) all row numbers end to end, and offsets (n + 1,); both of an integer dtype.
    """
    raise NotImplementedError


def take(index: np.ndarray, offsets: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pack some of the sequences anew, in the order of `chosen`. You may call your offsets_of.

    index, offsets: packed sequences.    chosen: (m,) numbers of sequences; one may be chosen several times.

    Returns the new index and offsets (m + 1,).
    """
    raise NotImplementedError


def padded_weights(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Softmax over padded rows in which the padding gets no weight.

    scores: (n, width), only the first lengths[s] of row s are real, the others may hold anything.    lengths: (n,).

    Returns (n, width): the real weights of a row sum to 1, the padding's are 0. A row of length 0 is all zeros.
    """
    raise NotImplementedError

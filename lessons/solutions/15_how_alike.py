"""Exercises of lesson 15: how alike are the best?"""

import numpy as np


def mean_cosine(r: np.ndarray) -> float:
    """How alike news are: the mean cosine over all pairs of two different ones.

    r: (n, H·d), n at least 2, no row of zeros.
    """
    unit = r / np.linalg.norm(r, axis=1, keepdims=True)
    n = len(r)
    return float(((unit @ unit.T).sum() - n) / (n * (n - 1)))

"""Exercises of lesson 15: how alike are the best?

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 15`.
"""

import numpy as np


def mean_cosine(r: np.ndarray) -> float:
    """How alike news are: the mean cosine over all pairs of two different ones.

    r: (n, H·d), n at least 2, no row of zeros.
    """
    raise NotImplementedError

"""Exercises of lesson 14: what the weights say, and what an ablation says.

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 14`.
"""

import numpy as np


def top_words(words: list[str], alpha: np.ndarray, n: int) -> list[str]:
    """The n words of a title with the largest weights, the largest first.

    words: the T words.    alpha: (T,) their weights. Of two equal weights the word that stands first in the title is first.
    n: how many; where the title is shorter, all.
    """
    raise NotImplementedError


def looks_elsewhere(alpha: np.ndarray) -> np.ndarray:
    """How much of its weight each head gives to words other than the one that looks, as a mean over the words.

    alpha: (H, T, T), alpha[k, i, j] is how much word i looks at word j in head k; T at least 1.

    Returns (H,): 0 for a head in which every word looks at itself alone.
    """
    raise NotImplementedError


def ablation_difference(full: np.ndarray, ablated: np.ndarray) -> tuple[float, float]:
    """What a part of the model is worth, with an error bar.

    Run s of both models has the same seed, so look at the differences full[s] − ablated[s].

    full, ablated: (n,) the AUC of n runs each, n at least 2.

    Returns the mean of the differences and its standard error: their standard deviation, with n − 1 in the
    denominator, divided by √n.
    """
    raise NotImplementedError

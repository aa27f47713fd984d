"""Exercises of lesson 00: the three measures on one impression.

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 00`.
"""

import numpy as np


def rank_candidates(scores: np.ndarray) -> np.ndarray:
    """Rank the candidates of one impression.

    scores: (C,) one score a candidate, higher is better.

    Returns (C,) whole numbers: 1 for the highest score, 2 for the next. Of two equal scores the one that stands first
    in `scores` has the better rank.
    """
    raise NotImplementedError


def auc(scores: np.ndarray, clicked: np.ndarray) -> float:
    """AUC of one impression.

    Of all pairs of a clicked and a not-clicked candidate, the share in which the clicked one has the higher score. A pair
    with equal scores counts one half.

    scores: (C,).    clicked: (C,) of True and False, at least one of each.    Returns one number from 0 to 1.
    """
    raise NotImplementedError


def mrr(rank: np.ndarray, clicked: np.ndarray) -> float:
    """MRR of one impression, as MIND counts it: the mean of 1 / rank over *all* clicked candidates.

    rank: (C,) from 1.    clicked: (C,) of True and False, at least one True.    Returns one number.
    """
    raise NotImplementedError


def ndcg(rank: np.ndarray, clicked: np.ndarray, k: int) -> float:
    """nDCG@k of one impression.

    A clicked candidate of rank t is worth 1 / log2(1 + t) if t ≤ k, else nothing. The sum over the clicked is divided by
    the largest sum that was possible: that of all clicked candidates on the first ranks.

    rank: (C,) from 1.    clicked: (C,) of True and False, at least one True.    k: how many ranks count.
    Returns one number from 0 to 1.
    """
    raise NotImplementedError

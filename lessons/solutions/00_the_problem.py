"""Exercises of lesson 00: the three measures on one impression."""

import numpy as np


def rank_candidates(scores: np.ndarray) -> np.ndarray:
    """Rank the candidates of one impression.

    scores: (C,) one score a candidate, higher is better.

    Returns (C,) whole numbers: 1 for the highest score, 2 for the next. Of two equal scores the one that stands first
    in `scores` has the better rank.
    """
    best_first = np.argsort(-scores, kind="stable")
    rank = np.empty(len(scores), dtype=int)
    rank[best_first] = np.arange(1, len(scores) + 1)
    return rank


def auc(scores: np.ndarray, clicked: np.ndarray) -> float:
    """AUC of one impression.

    Of all pairs of a clicked and a not-clicked candidate, the share in which the clicked one has the higher score. A pair
    with equal scores counts one half.

    scores: (C,).    clicked: (C,) of True and False, at least one of each.    Returns one number from 0 to 1.
    """
    yes = scores[clicked][:, None]
    no = scores[~clicked][None, :]
    return float(np.mean((yes > no) + 0.5 * (yes == no)))


def mrr(rank: np.ndarray, clicked: np.ndarray) -> float:
    """MRR of one impression, as MIND counts it: the mean of 1 / rank over *all* clicked candidates.

    rank: (C,) from 1.    clicked: (C,) of True and False, at least one True.    Returns one number.
    """
    return float(np.mean(1 / rank[clicked]))


def ndcg(rank: np.ndarray, clicked: np.ndarray, k: int) -> float:
    """nDCG@k of one impression.

    A clicked candidate of rank t is worth 1 / log2(1 + t) if t ≤ k, else nothing. The sum over the clicked is divided by
    the largest sum that was possible: that of all clicked candidates on the first ranks.

    rank: (C,) from 1.    clicked: (C,) of True and False, at least one True.    k: how many ranks count.
    Returns one number from 0 to 1.
    """
    ranks_of_clicked = rank[clicked]
    gain = np.sum(1 / np.log2(1 + ranks_of_clicked[ranks_of_clicked <= k]))
    ideal_ranks = np.arange(1, min(k, len(ranks_of_clicked)) + 1)
    return float(gain / np.sum(1 / np.log2(1 + ideal_ranks)))

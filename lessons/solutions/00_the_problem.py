"""Exercises of lesson 00: the three measures on one impression, and the mean over many."""

import numpy as np


def rank_candidates(scores: np.ndarray) -> np.ndarray:
    """Rank the candidates of one impression.

    scores: (C,) one score per candidate, higher is better.

    Returns (C,) whole numbers: 1 for the highest score, 2 for the next. Of two equal scores the one that stands first
    in `scores` has the better rank.
    """
    best_first = np.argsort(-scores, kind="stable")  # bug: best_first = np.argsort(scores, kind="stable")[::-1]
    rank = np.empty(len(scores), dtype=int)
    rank[best_first] = np.arange(1, len(scores) + 1)
    return rank


def auc_from_ranks(rank: np.ndarray, clicked: np.ndarray) -> float:
    """AUC of one impression from the ranks of the clicked alone, without going through the pairs (no score is tied).

    How many of the not clicked stand above a clicked candidate of rank t? Of the t − 1 candidates above it, all but the
    clicked ones. Add that up over the clicked.

    rank: (C,) from 1.    clicked: (C,) of True and False, at least one of each.    Returns one number from 0 to 1.
    """
    P = clicked.sum()
    N = len(clicked) - P
    wrong_pairs = rank[clicked].sum() - P * (P + 1) / 2
    return float(1 - wrong_pairs / (P * N))


def ndcg(rank: np.ndarray, clicked: np.ndarray, k: int) -> float:
    """nDCG@k of one impression.

    A clicked candidate of rank t is worth 1 / log2(1 + t) if t ≤ k, else nothing. The sum over the clicked is divided by
    the largest sum that any order could have: the clicked candidates on the first ranks. There may be fewer ranks that
    count than clicks, as with 3 clicks and k = 2: then the best order fills these k ranks.

    rank: (C,) from 1.    clicked: (C,) of True and False, at least one True.    k: how many ranks count.
    Returns one number from 0 to 1.
    """
    counted = rank[clicked & (rank <= k)]
    gain = np.sum(1 / np.log2(1 + counted))
    best = np.arange(
        1, min(k, clicked.sum()) + 1
    )  # blank: the ranks of the clicked in the best order, as far as they count
    largest = np.sum(1 / np.log2(1 + best))
    return float(gain / largest)


def mean_auc(scores: np.ndarray, clicked: np.ndarray, offsets: np.ndarray) -> float:
    """Mean AUC over impressions, each counted once, however many candidates it has.

    An impression in which nothing was clicked, or everything, has no AUC and is left out of the mean. A pair with equal scores
    counts one half.

    scores, clicked: (total,) of all impressions, end to end.
    offsets: (n + 1,) impression i has the candidates from offsets[i] up to, but not including, offsets[i + 1].
    """
    values = []
    for i in range(len(offsets) - 1):
        first, end = offsets[i], offsets[i + 1]
        s, y = scores[first:end], clicked[first:end]
        if y.any() and not y.all():
            values.append(np.mean((s[y][:, None] > s[~y]) + 0.5 * (s[y][:, None] == s[~y])))
    return float(np.mean(values))

"""AUC, MRR and nDCG as MIND evaluates them: each impression scored alone, then the mean over the impressions.

Impressions are packed like everything else: `scores` and `clicked` hold the candidates of all impressions end to end,
and `offsets` says where each impression starts. Two rules decide what the definitions leave open:

- Candidates with equal scores keep the order of the file, in the ranks and so in MRR and nDCG. (MIND's own scorer takes
  `np.argsort(y_score)[::-1]`, whose order among equal scores is an accident of the sorting method.) AUC does not depend
  on that order: a tie counts one half.
- An impression without a click, or with nothing but clicks, has no AUC. Its row holds NaN in all four columns, so that
  every mean is taken over the same impressions, and the mean says how many were left out. MIND has no impression
  without a click.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nrms_np.errors import NrmsError
from nrms_np.packed import IntArray

Scores = NDArray[np.floating[Any]]
METRIC_NAMES = ("auc", "mrr", "ndcg@5", "ndcg@10")


@dataclass(frozen=True, slots=True)
class Metrics:
    """The means of the four metrics over `impressions` impressions; `undefined` others have none and were left out."""

    auc: float
    mrr: float
    ndcg5: float
    ndcg10: float
    impressions: int
    undefined: int

    def named(self) -> dict[str, float]:
        """Give the four values under the names of METRIC_NAMES."""
        return dict(zip(METRIC_NAMES, (self.auc, self.mrr, self.ndcg5, self.ndcg10), strict=True))


def ranks(scores: Scores, offsets: IntArray) -> NDArray[np.int64]:
    """Rank the candidates of each impression: 1 is the highest score, equal scores keep the file's order.

    scores:  (total,) float, higher is better; infinities are in order, NaN is not.
    offsets: (n + 1,) where each impression starts.
    Returns (total,) int64. Raises NrmsError when a score is NaN.
    """
    return _ranks_in_order(_best_first(scores, offsets), offsets)


def impression_metrics(scores: Scores, clicked: NDArray[np.bool_], offsets: IntArray) -> NDArray[np.float64]:
    r"""Compute AUC, MRR, nDCG@5 and nDCG@10 of each impression alone.

    With P clicked and N other candidates, and ranks that count from 1:

    .. math::
        AUC = \frac{\#(s^+ > s^-) + \frac12 \#(s^+ = s^-)}{P N}, \quad
        MRR = \frac1P \sum_{clicked} \frac1{rank}, \quad
        nDCG@k = \frac{\sum_{clicked,\, rank \le k} 1 / \log_2(1 + rank)}{\sum_{i=1}^{\min(P, k)} 1 / \log_2(1 + i)}

    (the gain 2^y - 1 is 1 for a clicked candidate and 0 for the others).

    scores:  (total,) float, higher is better.
    clicked: (total,) bool.
    offsets: (n + 1,) where each impression starts.
    Returns (n, 4) float64 in the order of METRIC_NAMES; a row of NaN where P or N is 0.
    Raises NrmsError when a score is NaN.
    """
    count = len(offsets) - 1
    best_first = _best_first(scores, offsets)
    rank = _ranks_in_order(best_first, offsets)
    hits = np.flatnonzero(clicked)  # all that follows sums over the clicked alone, one in forty of MIND's candidates
    impression = _impression_of(offsets)[hits]

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(impression, weights=values, minlength=count).astype(np.float64)

    clicks = np.bincount(impression, minlength=count)
    others = np.diff(offsets) - clicks
    # A clicked candidate of rank t stands below t - 1 candidates. Summed over the clicked, that counts the pairs in the
    # wrong order and the P (P - 1) / 2 pairs of two clicked ones.
    wrong = total(_tied_ranks(scores, best_first, rank)[hits] - 1) - clicks * (clicks - 1) / 2
    rank_of_hits = rank[hits].astype(np.float64)
    result = np.full((count, 4), np.nan)
    some = (clicks > 0) & (others > 0)
    result[some, 0] = 1 - wrong[some] / (clicks * others)[some]
    result[some, 1] = total(1 / rank_of_hits)[some] / clicks[some]
    for column, cutoff in ((2, 5), (3, 10)):
        gain = total(np.where(rank_of_hits <= cutoff, 1 / np.log2(1 + rank_of_hits), 0.0))
        ideal = np.cumsum(1 / np.log2(1 + np.arange(1, cutoff + 1)))
        result[some, column] = gain[some] / ideal[np.minimum(clicks, cutoff)[some] - 1]
    return result


def mean_metrics(per_impression: NDArray[np.float64]) -> Metrics:
    """Average over the impressions that have metrics.

    per_impression: (n, 4) from `impression_metrics`; rows of NaN are left out and counted in `undefined`.
    Raises NrmsError when no row is left.
    """
    rows = _defined(per_impression)
    auc, mrr, ndcg5, ndcg10 = rows.mean(axis=0).tolist()
    return Metrics(auc, mrr, ndcg5, ndcg10, impressions=len(rows), undefined=len(per_impression) - len(rows))


def bootstrap_interval(
    per_impression: NDArray[np.float64], seed: int, resamples: int = 1000, level: float = 0.95
) -> NDArray[np.float64]:
    """Find the percentile bootstrap interval of each mean: where it falls when the impressions are drawn again.

    Each of `resamples` times n of the n impressions are drawn with replacement.

    per_impression: (n, 4) from `impression_metrics`; rows of NaN are left out.
    seed:           the draws depend on it alone.
    level:          the share of the resampled means between the two ends.
    Returns (2, 4) float64, the lower and the upper ends. Raises NrmsError when no row is left.
    """
    rows = _defined(per_impression)
    generator = np.random.default_rng([seed, 0xB0075])
    means = np.empty((resamples, rows.shape[1]))
    for resample in range(resamples):
        # How often each impression was drawn: n numbers, where drawing the rows themselves would move 4 n.
        times = np.bincount(generator.integers(len(rows), size=len(rows)), minlength=len(rows))
        means[resample] = times.astype(np.float64) @ rows / len(rows)
    return np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)


def _impression_of(offsets: IntArray) -> NDArray[np.int64]:
    """Give the number of each candidate's impression, (total,)."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def _best_first(scores: Scores, offsets: IntArray) -> NDArray[np.int64]:
    """Give the candidates' places, impression after impression, each from its highest score to its lowest, (total,)."""
    wrong = np.flatnonzero(np.isnan(scores))
    if len(wrong):
        impression = int(np.searchsorted(offsets, wrong[0], side="right")) - 1
        raise NrmsError(
            f"{len(wrong)} of {len(scores)} scores are NaN, the first one in impression {impression + 1} of the file: "
            "the model has diverged, train it with a lower learning rate."
        )
    best_first = np.empty(len(scores), dtype=np.int64)
    lengths = np.diff(offsets)
    # Impressions of one length make a matrix. Sorting its short rows takes a quarter of the time of one long lexsort.
    for length in np.unique(lengths):
        places = offsets[:-1][lengths == length, None] + np.arange(length)
        order = np.argsort(-scores[places], axis=1, kind="stable")
        best_first[places] = np.take_along_axis(places, order, axis=1)
    return best_first


def _ranks_in_order(best_first: NDArray[np.int64], offsets: IntArray) -> NDArray[np.int64]:
    """Turn the places in order into the rank of each candidate, (total,)."""
    result = np.empty(len(best_first), dtype=np.int64)
    result[best_first] = np.arange(1, len(best_first) + 1) - np.repeat(offsets[:-1], np.diff(offsets))
    return result


def _tied_ranks(scores: Scores, best_first: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give each candidate of a tie the mean of the tie's ranks, (total,): that is how a tie counts one half in AUC."""
    score, place = scores[best_first], rank[best_first]
    starts = np.ones(len(scores), dtype=bool)
    # Rank 1 opens an impression, and with it a new tie, even where the score is that of the impression before.
    starts[1:] = (score[1:] != score[:-1]) | (place[1:] == 1)
    first = np.flatnonzero(starts)
    length = np.diff(np.append(first, len(scores)))
    result = np.empty(len(scores))
    result[best_first] = np.repeat(place[first] + (length - 1) / 2, length)
    return result


def _defined(per_impression: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out the rows of NaN."""
    rows = per_impression[~np.isnan(per_impression).any(axis=1)]
    if not len(rows):
        raise NrmsError(
            f"None of the {len(per_impression)} impressions has both a clicked and a not-clicked candidate, "
            "so there is nothing to evaluate: use a split with labels."
        )
    return rows

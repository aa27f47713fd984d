"""AUC, MRR and nDCG as MIND evaluates them: each impression scored alone, then the mean over the impressions.

Impressions are packed like everything else: `scores` and `clicked` hold the candidates of all impressions end to end,
and `offsets` says where each impression starts. Two rules decide what the definitions leave open:

- Candidates with equal scores keep the order of the file, in the ranks and so in MRR and nDCG. (MIND's own scorer takes
  `np.argsort(y_score)[::-1]`, whose order among equal scores is an accident of the sorting method.) AUC does not depend
  on that order: a tie counts one half.
- An impression without a click, or with nothing but clicks, has no AUC. Its row holds NaN in all columns, so that
  every mean is taken over the same impressions, and the mean says how many were left out. MIND has no impression
  without a click.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, BoolArray, IntArray
from nrms_np.errors import NrmsError

IMPRESSIONS_PER_TASK = 16384


class Hits(NamedTuple):
    """What metrics are computed from: the clicked candidates, one in forty of MIND's.

    impression: (hits,) where each was clicked.    rank: (hits,) float, its rank there, counted from 1.
    above:      (hits,) candidates with a higher score there, ties as one half.
    clicks, others: (n,) clicked and other candidates of each impression.
    """

    impression: IntArray
    rank: Array
    above: Array
    clicks: IntArray
    others: IntArray

    def total(self, values: Array) -> Array:
        """(n,) the sum of a value over the clicked candidates of each impression."""
        return np.bincount(self.impression, weights=values, minlength=len(self.clicks)).astype(np.float64)


def auc(hits: Hits) -> Array:
    """The share of pairs of a clicked and another candidate that are in the right order, (n,)."""
    # `above` counts the pairs in the wrong order, and once each of the P (P - 1) / 2 pairs of two clicked candidates.
    wrong = hits.total(hits.above) - hits.clicks * (hits.clicks - 1) / 2
    return 1 - wrong / (hits.clicks * hits.others)


def mrr(hits: Hits) -> Array:
    """The mean of 1 / rank over the clicked candidates, (n,)."""
    return hits.total(1 / hits.rank) / hits.clicks


def ndcg(hits: Hits, cutoff: int) -> Array:
    """The discounted gain of the first `cutoff` ranks as a share of the most that there can be, (n,)."""
    gain = hits.total(np.where(hits.rank <= cutoff, 1 / np.log2(1 + hits.rank), 0.0))
    ideal = np.cumsum(1 / np.log2(1 + np.arange(1, cutoff + 1)))
    return gain / ideal[np.minimum(hits.clicks, cutoff) - 1]


class Metric(NamedTuple):
    """name: in files.    title: for people.    of: (n,) from the hits of n impressions."""

    name: str
    title: str
    of: Callable[[Hits], Array]


METRICS = (
    Metric("auc", "AUC", auc),
    Metric("mrr", "MRR", mrr),
    Metric("ndcg@5", "nDCG@5", partial(ndcg, cutoff=5)),
    Metric("ndcg@10", "nDCG@10", partial(ndcg, cutoff=10)),
)
"""All metrics, in the order in which commands, reports and files show them."""


class MeanMetrics(NamedTuple):
    """The means of the metrics, by name; `undefined` impressions have none and were left out."""

    values: dict[str, float]
    undefined: int


def ranks(scores: Array, offsets: IntArray) -> IntArray:
    """Rank the candidates of each impression: 1 is the highest score, equal scores keep the file's order.

    scores:  (total,) float, higher is better; infinities are in order, NaN is not.
    offsets: (n + 1,) where each impression starts.
    Returns (total,) integers. Raises NrmsError when a score is NaN.
    """
    check_scores(scores, offsets)
    result = np.empty(len(scores), dtype=np.intp)
    lengths = np.diff(offsets)
    # Impressions of one length make a matrix. Sorting its short rows takes a quarter of the time of one long lexsort.
    for length in np.unique(lengths):
        places = offsets[:-1][lengths == length, None] + np.arange(length)
        best_first = np.argsort(-scores[places], axis=1, kind="stable")
        result[np.take_along_axis(places, best_first, axis=1)] = np.arange(1, length + 1)
    return result


def check_scores(scores: Array, offsets: IntArray) -> None:
    """Raise NrmsError when one of the scores, which are as `ranks` takes them, is NaN."""
    wrong = np.flatnonzero(np.isnan(scores))
    if len(wrong):
        impression = int(np.searchsorted(offsets, wrong[0], side="right"))
        raise NrmsError(
            f"{len(wrong)} of {len(scores)} scores are NaN, the first one in impression {impression} of the file: "
            "the model has diverged, train it with a lower learning rate."
        )


def impression_metrics(scores: Array, clicked: BoolArray, offsets: IntArray) -> Array:
    r"""Compute the metrics of each impression alone.

    With P clicked and N other candidates, and ranks that count from 1:

    .. math::
        AUC = \frac{\#(s^+ > s^-) + \frac12 \#(s^+ = s^-)}{P N}, \quad
        MRR = \frac1P \sum_{clicked} \frac1{rank}, \quad
        nDCG@k = \frac{\sum_{clicked,\, rank \le k} 1 / \log_2(1 + rank)}{\sum_{i=1}^{\min(P, k)} 1 / \log_2(1 + i)}

    (the gain 2^y - 1 is 1 for a clicked candidate and 0 for the others).

    scores:  (total,) float, higher is better.
    clicked: (total,) bool.
    offsets: (n + 1,) where each impression starts.
    Returns (n, metrics) float64 in the order of METRICS; a row of NaN where P or N is 0.
    Raises NrmsError when a score is NaN.
    """
    from nrms_np.kernels.engine.parallel import even_bounds, run  # only now: to name metrics, no kernels are needed

    check_scores(scores, offsets)
    result = np.empty((len(offsets) - 1, len(METRICS)))

    def some(first: int, last: int) -> None:
        place = slice(offsets[first], offsets[last])
        result[first:last] = _metrics_of_some(scores[place], clicked[place], offsets[first : last + 1] - offsets[first])

    run(some, even_bounds(len(result), IMPRESSIONS_PER_TASK))
    return result


def _metrics_of_some(scores: Array, clicked: BoolArray, offsets: IntArray) -> Array:
    """What `impression_metrics` returns, at once."""
    lengths = np.diff(offsets)
    places = np.flatnonzero(clicked)
    impression = np.repeat(np.arange(len(lengths)), lengths)[places]
    clicks = np.bincount(impression, minlength=len(lengths))
    rank, rank_from_below = (ranks(values, offsets)[places] for values in (scores, -scores))
    # Candidates before it, best first, and after it, worst first: the higher ones are in both, each tie in one of the two.
    above = (rank - 1 + lengths[impression] - rank_from_below) / 2
    return _metrics_of(Hits(impression, rank.astype(np.float64), above, clicks, lengths - clicks))


def expected_at_random(clicked: BoolArray, offsets: IntArray) -> Array:
    r"""Compute what the metrics of each impression are on average over all orders of its candidates.

    Each candidate has each of the n ranks equally often, and all metrics add up a value f of the ranks of the P clicked:

    .. math::
        E\Big[\sum_{clicked} f(rank)\Big] = \frac Pn \sum_{r=1}^n f(r)

    so that AUC is 1/2, MRR is H_n / n, and the gain of nDCG@k is P/n times the sum of the first k discounts.

    clicked, offsets: as `impression_metrics` takes them.    Returns what it returns, without any draw.
    """
    lengths = np.diff(offsets)
    clicks = np.bincount(np.repeat(np.arange(len(lengths)), lengths)[clicked], minlength=len(lengths))
    # Impressions with as many clicked and other candidates have the same averages.
    pairs, which = np.unique(np.column_stack([clicks, lengths - clicks]), axis=0, return_inverse=True)
    sizes = pairs.sum(axis=1)
    impression = np.repeat(np.arange(len(pairs)), sizes)
    above = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return _metrics_of(_HitsAtRandom(impression, above + 1.0, above.astype(np.float64), *pairs.T))[which.ravel()]


class _HitsAtRandom(Hits):
    """All ranks of each impression as hits, each counted P/n times."""

    def total(self, values: Array) -> Array:
        return super().total(values) * self.clicks / (self.clicks + self.others)


def _metrics_of(hits: Hits) -> Array:
    """(n, metrics), NaN for impressions without a pair."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.column_stack([metric.of(hits) for metric in METRICS])
    result[(hits.clicks == 0) | (hits.others == 0)] = np.nan
    return result


def mean_metrics(per_impression: Array) -> MeanMetrics:
    """Average over the impressions that have metrics.

    per_impression: (n, metrics) from `impression_metrics`; rows of NaN are left out and counted in `undefined`.
    Raises NrmsError when no row is left.
    """
    rows = _defined(per_impression)
    values = {metric.name: float(value) for metric, value in zip(METRICS, rows.mean(axis=0), strict=True)}
    return MeanMetrics(values, undefined=len(per_impression) - len(rows))


def bootstrap_interval(per_impression: Array, seed: int, resamples: int = 1000, level: float = 0.95) -> Array:
    """Find the percentile bootstrap interval of each mean: where it falls when the impressions are drawn again.

    Each of `resamples` times n of the n impressions are drawn with replacement.

    per_impression: (n, metrics) from `impression_metrics`; rows of NaN are left out.
    seed:           the draws depend on it alone.
    level:          the share of the resampled means between the two ends.
    Returns (2, metrics) float64, the lower and the upper ends. Raises NrmsError when no row is left.
    """
    rows = _defined(per_impression)
    generator = np.random.default_rng([seed, 0xB0075])
    means = np.empty((resamples, rows.shape[1]))
    for resample in range(resamples):
        # How often each impression was drawn: n numbers, where drawing the rows themselves would move a row each.
        drawn = generator.integers(len(rows), size=len(rows)).astype(np.intp)
        means[resample] = np.bincount(drawn, minlength=len(rows)).astype(np.float64) @ rows / len(rows)
    return np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)


def _defined(per_impression: Array) -> Array:
    """Leave out the rows of NaN."""
    rows = per_impression[~np.isnan(per_impression).any(axis=1)]
    if not len(rows):
        raise NrmsError(
            f"None of the {len(per_impression)} impressions has both a clicked and a not-clicked candidate, "
            "so there is nothing to evaluate: use a split with labels."
        )
    return rows

"""The vectorised metrics against textbook definitions that count pairs and walk down the ranking."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import (
    METRICS,
    bootstrap_interval,
    expected_at_random,
    impression_metrics,
    mean_metrics,
    ranks,
)
from nrms_np.packed import offsets_of


def textbook_auc(scores: list[float], clicked: list[bool]) -> float:
    pairs = [(p, n) for p, hit in zip(scores, clicked, strict=True) if hit
             for n, other in zip(scores, clicked, strict=True) if not other]  # fmt: skip
    return sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)


def textbook_ranking(scores: list[float], clicked: list[bool]) -> list[bool]:
    """Clicked or not from the best to the worst score; Python's sort is stable, so ties keep their order."""
    return [clicked[i] for i in sorted(range(len(scores)), key=lambda i: -scores[i])]


def textbook_mrr(ranking: list[bool]) -> float:
    return sum(1 / (i + 1) for i, hit in enumerate(ranking) if hit) / sum(ranking)


def textbook_ndcg(ranking: list[bool], k: int) -> float:
    def dcg(order: list[bool]) -> float:
        return sum((2**y - 1) / math.log2(i + 2) for i, y in enumerate(order[:k]))

    return dcg(ranking) / dcg(sorted(ranking, reverse=True))


TEXTBOOK = {
    "auc": lambda scores, clicked, _: textbook_auc(scores, clicked),
    "mrr": lambda _, __, ranking: textbook_mrr(ranking),
    "ndcg@5": lambda _, __, ranking: textbook_ndcg(ranking, 5),
    "ndcg@10": lambda _, __, ranking: textbook_ndcg(ranking, 10),
}
"""Each metric of METRICS, of the scores and clicks of one impression and of the clicks from the best to the worst score."""


def of_one(found: np.ndarray) -> dict[str, float]:
    """The metrics of the only impression, by name."""
    assert len(found) == 1
    return dict(zip((metric.name for metric in METRICS), found[0].tolist(), strict=True))


def random_impressions(seed: int, count: int, longest: int, values: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, 71])
    offsets = offsets_of(rng.integers(0, longest, size=count))
    total = offsets[-1]
    return rng.integers(0, values, size=total) / 4.0 - 1, rng.random(total) < rng.uniform(0.1, 0.6), offsets


@pytest.mark.parametrize("values", [2, 6, 10_000], ids=["mostly ties", "some ties", "no ties"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_metrics_equal_the_textbook_definitions_on_ragged_impressions_with_ties(
    values: int, dtype: type[np.floating]
) -> None:
    scores, clicked, offsets = random_impressions(values, 300, 23, values)
    scores = scores.astype(dtype)
    found = impression_metrics(scores, clicked, offsets)
    assert found.shape == (300, len(METRICS))
    assert found.dtype == np.float64
    defined = 0
    for row, start, stop in zip(found, offsets[:-1], offsets[1:], strict=True):
        s, c = scores[start:stop].tolist(), clicked[start:stop].tolist()
        if not any(c) or all(c):
            assert np.isnan(row).all()
            continue
        defined += 1
        ranking = textbook_ranking(s, c)
        for metric, value in zip(METRICS, row, strict=True):
            assert value == pytest.approx(TEXTBOOK[metric.name](s, c, ranking), rel=0, abs=1e-12)
    assert 200 < defined < 300
    means = mean_metrics(found)
    assert means.undefined == 300 - defined


def test_an_impression_worked_by_hand() -> None:
    # In order: .9 other, .7 clicked, .4 other, .1 clicked. Of four pairs only .7 > .4 is right.
    scores, clicked = np.array([0.1, 0.9, 0.7, 0.4]), np.array([True, False, True, False])
    found = of_one(impression_metrics(scores, clicked, np.array([0, 4])))
    assert found["auc"] == 1 / 4
    assert found["mrr"] == pytest.approx((1 / 2 + 1 / 4) / 2)
    expected = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert found["ndcg@5"] == pytest.approx(expected)
    assert found["ndcg@10"] == pytest.approx(expected)


def test_a_click_below_the_cutoff_counts_only_for_the_larger_one() -> None:
    scores, clicked = -np.arange(12.0), np.arange(12) == 6  # the seventh of twelve
    found = of_one(impression_metrics(scores, clicked, np.array([0, 12])))
    assert found["auc"] == pytest.approx(5 / 11)
    assert found["mrr"] == pytest.approx(1 / 7)
    assert found["ndcg@5"] == 0
    assert found["ndcg@10"] == pytest.approx(1 / 3)


def test_more_clicks_than_the_cutoff_can_still_be_perfect() -> None:
    scores, clicked = -np.arange(13.0), np.arange(13) < 11
    found = of_one(impression_metrics(scores, clicked, np.array([0, 13])))
    assert (found["auc"], found["ndcg@5"], found["ndcg@10"]) == pytest.approx((1, 1, 1))


def test_a_tie_is_one_half_in_auc_and_keeps_the_order_of_the_file_in_the_rest() -> None:
    scores, clicked = np.array([2.0, 2.0, 2.0]), np.array([False, True, False])
    found = of_one(impression_metrics(scores, clicked, np.array([0, 3])))
    assert found["auc"] == 1 / 2
    assert found["mrr"] == 1 / 2


def test_equal_scores_of_neighbouring_impressions_are_no_tie() -> None:
    # Each impression ends with the score that the next one begins with.
    scores, clicked = np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, False, True, False])
    assert impression_metrics(scores, clicked, np.array([0, 2, 4]))[:, 0].tolist() == [1, 1]


def test_the_mean_is_over_impressions_and_not_over_pooled_candidates() -> None:
    # The first impression is perfect, the second is wrong on all five pairs. Pooled, 4 of 12 pairs would be right.
    scores = np.array([3.5, 2.5, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    clicked = np.array([True, False, True, False, False, False, False, False])
    means = mean_metrics(impression_metrics(scores, clicked, np.array([0, 2, 8])))
    assert means.values["auc"] == 1 / 2
    assert list(means.values) == [metric.name for metric in METRICS] == list(TEXTBOOK)
    assert means.values["mrr"] == pytest.approx((1 + 1 / 6) / 2)


def test_impressions_without_a_click_or_without_another_candidate_are_left_out_and_counted() -> None:
    scores = np.array([1.0, 2.0, 3.0, 1.0, 0.5])
    clicked = np.array([False, False, True, True, False])
    found = impression_metrics(scores, clicked, np.array([0, 2, 3, 3, 5]))
    assert np.isnan(found).all(axis=1).tolist() == [True, True, True, False]
    means = mean_metrics(found)
    assert (means.values["auc"], means.undefined) == (1, 3)


def test_nothing_to_evaluate_is_an_error() -> None:
    found = impression_metrics(np.ones(3), np.zeros(3, dtype=bool), np.array([0, 1, 3]))
    with pytest.raises(NrmsError, match="None of the 2 impressions"):
        mean_metrics(found)
    with pytest.raises(NrmsError, match="None of the 2 impressions"):
        bootstrap_interval(found, seed=3)


def test_a_nan_score_is_an_error_that_names_the_impression() -> None:
    scores, offsets = np.array([1.0, 2.0, np.nan, 0.0]), np.array([0, 2, 2, 4])
    with pytest.raises(NrmsError, match=r"1 of 4 scores are NaN, the first one in impression 3"):
        impression_metrics(scores, scores > 0, offsets)
    with pytest.raises(NrmsError, match="NaN"):
        ranks(scores, offsets)


def test_ranks_count_from_the_best_in_each_impression_and_ties_keep_their_order() -> None:
    scores = np.array([0.5, np.inf, 0.5, -np.inf, 7.0, 1.0, 1.0, 2.0])
    assert ranks(scores, np.array([0, 4, 4, 5, 8])).tolist() == [2, 1, 3, 4, 1, 2, 3, 1]


def test_ranks_do_not_overflow_or_tie_large_float32_scores() -> None:
    scores = np.array([3e38, -3e38, 2.9e38], dtype=np.float32)
    assert ranks(scores, np.array([0, 3])).tolist() == [1, 3, 2]


def test_the_bootstrap_interval_has_the_width_of_the_normal_one_and_depends_on_the_seed_alone() -> None:
    rng = np.random.default_rng([5, 9])
    values = rng.random((400, 4)) * np.array([1.0, 2.0, 3.0, 4.0])
    rows = np.vstack([values, np.full((7, 4), np.nan)])
    interval = bootstrap_interval(rows, seed=11)
    assert interval.shape == (2, 4)
    half_width = 1.96 * values.std(axis=0) / np.sqrt(len(values))
    np.testing.assert_allclose(interval.mean(axis=0), values.mean(axis=0), atol=0.15 * half_width.max())
    np.testing.assert_allclose((interval[1] - interval[0]) / 2, half_width, rtol=0.12)
    np.testing.assert_array_equal(interval, bootstrap_interval(rows, seed=11))
    assert (interval != bootstrap_interval(rows, seed=12)).any()
    narrow = bootstrap_interval(rows, seed=11, level=0.5)
    assert (narrow[0] > interval[0]).all()
    assert (narrow[1] < interval[1]).all()


def clicks_of(*impressions: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The labels of impressions, end to end, and their offsets."""
    return np.concatenate([np.array(each, dtype=bool) for each in impressions]), offsets_of(
        np.array([len(each) for each in impressions])
    )


def test_random_is_the_mean_over_all_orders() -> None:
    """Of 6 candidates with 3 clicked, and of 7 with 1: more and fewer than the cutoffs, all 720 and 5,040 orders."""
    for labels in ([1, 0, 1, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0]):
        orders = np.array(list(permutations(range(len(labels)))), dtype=np.float64)
        clicked, offsets = clicks_of(*[labels] * len(orders))
        expected = impression_metrics(orders.ravel(), clicked, offsets).mean(axis=0)
        np.testing.assert_allclose(expected_at_random(*clicks_of(labels))[0], expected, rtol=1e-12)


def test_random_is_the_closed_form() -> None:
    clicked, offsets = clicks_of([1] * 3 + [0] * 37)
    ranks = np.arange(1, 41)
    gain = [3 / 40 * np.sum(1 / np.log2(1 + ranks[:k])) / np.sum(1 / np.log2(1 + ranks[:3])) for k in (5, 10)]
    np.testing.assert_allclose(expected_at_random(clicked, offsets), [[0.5, np.sum(1 / ranks) / 40, *gain]], rtol=1e-12)


def test_random_is_what_many_draws_come_near_to() -> None:
    generator = np.random.default_rng(3)
    impressions = [[1, *generator.integers(0, 2, size).tolist(), 0] for size in generator.integers(0, 30, 50)]
    clicked, offsets = clicks_of(*impressions)
    draws = np.array(
        [impression_metrics(generator.random(len(clicked)), clicked, offsets).mean(axis=0) for _ in range(400)]
    )
    errors = (draws.mean(axis=0) - expected_at_random(clicked, offsets).mean(axis=0)) / (draws.std(axis=0) / 20)
    assert np.abs(errors).max() < 4  # standard errors


def test_random_is_exactly_one_half_in_auc_and_undefined_where_the_others_are() -> None:
    generator = np.random.default_rng(4)
    clicked, offsets = clicks_of(*[generator.integers(0, 2, size).tolist() for size in range(1, 200)], [], [1, 1], [0])
    random, scored = (
        expected_at_random(clicked, offsets),
        impression_metrics(generator.random(len(clicked)), clicked, offsets),
    )
    np.testing.assert_array_equal(np.isnan(random), np.isnan(scored))
    assert set(random[~np.isnan(random[:, 0]), 0]) == {0.5}

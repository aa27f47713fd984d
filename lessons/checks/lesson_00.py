"""Lesson 00: ranks, AUC, MRR and nDCG of one impression."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect
from lessons.checks.run import Function, Task
from nrms_np.evaluation.metrics import impression_metrics, ranks


def check_ranks(rank_candidates: Function) -> None:
    """By eye, with ties, and at random."""
    expect(rank_candidates(np.array([0.2, 0.9, 0.5])), rank=np.array([3, 1, 2]))
    expect(rank_candidates(np.array([0.5, 0.7, 0.5, 0.7])), rank=np.array([3, 1, 4, 2]))
    scores = np.random.default_rng([0, 0]).standard_normal(17)
    expect(rank_candidates(scores), rank=ranks(scores, np.array([0, 17])))
    expect(rank_candidates(np.array([-3.0])), rank=np.array([1]))


def check_auc(auc: Function) -> None:
    """By eye, with a tie, and against the package."""
    clicked = np.array([False, True, False])
    expect(auc(np.array([0.1, 0.5, 0.9]), clicked), auc=0.5)
    expect(auc(np.array([0.5, 0.5, 0.1]), clicked), auc=0.75)
    rng = np.random.default_rng([0, 1])
    scores, clicked = rng.integers(0, 6, 23) / 5, rng.random(23) < 0.3
    expect(auc(scores, clicked), auc=impression_metrics(scores, clicked, np.array([0, 23]))[0, 0])


def check_mrr(mrr: Function) -> None:
    """One click, then several."""
    expect(mrr(np.array([3, 1, 2]), np.array([True, False, False])), mrr=1 / 3)
    expect(mrr(np.array([3, 1, 4, 2]), np.array([True, False, False, True])), mrr=(1 / 3 + 1 / 2) / 2)


def check_ndcg(ndcg: Function) -> None:
    """The best order, a click below k, several clicks, more clicks than k, no click among the first k."""
    three = np.array([3, 1, 2])
    expect(ndcg(three, np.array([False, True, True]), 5), ndcg=1.0)
    expect(ndcg(three, np.array([True, False, False]), 5), ndcg=1 / 2)
    rank, clicked = np.array([2, 6, 1, 3, 5, 4]), np.array([True, True, False, False, True, False])
    discounts = 1 / np.log2(1 + np.arange(1, 7))
    expect(ndcg(rank, clicked, 5), ndcg=(discounts[1] + discounts[4]) / discounts[:3].sum())
    expect(ndcg(rank, clicked, 2), ndcg=discounts[1] / discounts[:2].sum())
    expect(ndcg(three, np.array([True, False, False]), 2), ndcg=0.0)


TASKS = {
    "rank_candidates": Task(
        check_ranks,
        "np.argsort(-scores, kind='stable') says which candidate stands first, second, ... A rank is the other way "
        "round: rank[best_first[0]] is 1, rank[best_first[1]] is 2.",
    ),
    "auc": Task(
        check_auc,
        "Compare every clicked score with every other: scores[clicked][:, None] > scores[~clicked] is a table of all "
        "pairs. A second table with == has the ties.",
    ),
    "mrr": Task(check_mrr, "rank[clicked] picks the ranks of the clicked. First 1 / rank, then the mean."),
    "ndcg": Task(
        check_ndcg,
        "The best possible ranks of P clicked candidates are 1, 2, ..., P. Those above k count neither above nor below "
        "the line.",
    ),
}

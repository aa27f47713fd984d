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


def check_auc_from_ranks(auc_from_ranks: Function) -> None:
    """By eye, and against the package."""
    expect(auc_from_ranks(np.array([3, 1, 2]), np.array([False, True, False])), auc=1.0)
    expect(auc_from_ranks(np.array([3, 1, 2]), np.array([True, True, False])), auc=0.5)
    rng = np.random.default_rng([0, 1])
    scores, clicked = rng.standard_normal(23), rng.random(23) < 0.3
    right = impression_metrics(scores, clicked, np.array([0, 23]))[0, 0]
    expect(auc_from_ranks(ranks(scores, np.array([0, 23])), clicked), auc=right)


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


def check_mean_auc(mean_auc: Function) -> None:
    """Impressions of different lengths, with ties, without a click, with nothing but clicks."""
    scores = np.array([0.9, 0.1, 0.5, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.6])
    clicked = np.array([1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1], dtype=bool)
    for offsets in (np.array([0, 2, 6, 11]), np.array([0, 2, 4, 7, 9, 11])):
        per_impression = impression_metrics(scores, clicked, offsets)[:, 0]
        expect(mean_auc(scores, clicked, offsets), mean=float(np.nanmean(per_impression)))


TASKS = {
    "rank_candidates": Task(
        check_ranks,
        "Try it with two equal scores, by hand: a stable sort keeps them in the order of the file. And then the whole list is "
        "turned round.",
    ),
    "auc_from_ranks": Task(
        check_auc_from_ranks,
        "The clicked have the ranks t. Above them stand Σ (t − 1) candidates; those of them that are clicked make "
        "0 + 1 + ... + (P − 1). The rest are wrong pairs, of P · N in all.",
    ),
    "ndcg": Task(
        check_ndcg,
        "The best possible ranks of P clicked candidates are 1, 2, ..., P. Those above k count neither above nor below "
        "the line.",
    ),
    "mean_auc": Task(
        check_mean_auc,
        "A loop over the impressions: cut out their scores and labels, leave out those without a pair, and take the mean of "
        "the AUCs, not the AUC of everything.",
    ),
}

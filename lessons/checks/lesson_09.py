"""Lesson 09: score, loss, negatives."""

from __future__ import annotations

from functools import partial

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers import click


def check_score_forward(click_score_forward: Function) -> None:
    """Several candidates, one, none."""
    rng = np.random.default_rng([9, 4])
    for C in (5, 1, 0):
        u, r = rng.standard_normal(6), rng.standard_normal((C, 6))
        expect(click_score_forward(u, r), scores=np.array([float(np.sum(u * row)) for row in r]))


def check_score_backward(click_score_backward: Function) -> None:
    """Against differences, and one candidate."""
    rng = np.random.default_rng([9, 0])
    for C in (5, 1):
        u, r, d_scores = rng.standard_normal(6), rng.standard_normal((C, 6)), rng.standard_normal(C)
        right = gradients(lambda u, r: r @ u, d_scores, du=u, dr=r)
        expect(click_score_backward(d_scores, u, r), **right)


def _loss(scores: Array, clicked: int) -> Array:
    return np.asarray(click.softmax_loss_forward(scores, clicked)[0])


def check_derived(derive_loss_gradient: Function) -> None:
    """Against differences: several candidates, two."""
    rng = np.random.default_rng([9, 5])
    for C in (5, 2):
        scores = rng.standard_normal(C)
        right = gradients(partial(_loss, clicked=0), np.ones(()), d_scores=scores)
        expect(derive_loss_gradient(scores), **right)


def check_loss_forward(softmax_loss_forward: Function) -> None:
    """Equal scores, random ones, large ones, one candidate."""
    expect(softmax_loss_forward(np.zeros(5), 0), loss=np.log(5))
    scores = np.random.default_rng([9, 1]).standard_normal(5)
    for clicked in (0, 3):
        expect(softmax_loss_forward(scores, clicked), loss=float(_loss(scores, clicked)))
    large = np.array([10_000.0, -10_000.0, 9_999.0])
    for clicked in (0, 1):
        expect(softmax_loss_forward(large, clicked), loss=float(_loss(large, clicked)))
    expect(softmax_loss_forward(np.array([-7.0]), 0), loss=0.0)


def check_loss_backward(softmax_loss_backward: Function) -> None:
    """Against differences, with an upstream gradient that is not 1; large scores, one candidate."""
    rng = np.random.default_rng([9, 2])
    scores = rng.standard_normal(5)
    for clicked, d_loss in ((0, 1.0), (3, -0.7)):
        right = gradients(partial(_loss, clicked=clicked), np.array(d_loss), d_scores=scores)
        expect(softmax_loss_backward(d_loss, scores, clicked), **right)
    expect(softmax_loss_backward(1.0, np.array([10_000.0, 0.0]), 1), d_scores=np.array([1.0, -1.0]))
    expect(softmax_loss_backward(1.0, np.array([-7.0]), 0), d_scores=np.zeros(1))


def check_negatives(draw_negatives: Function) -> None:
    """K different ones, every one of them sometimes; with replacement where there are too few."""
    rng = np.random.default_rng([9, 3])
    not_clicked = np.array([31, 12, 45, 7, 28, 19])
    seen: set[int] = set()
    for _ in range(100):
        drawn = _drawn(draw_negatives, not_clicked, 4, rng)
        if len(set(drawn)) < 4:
            raise AnswerError(f"There are 6 candidates to choose 4 from, but it drew one twice: {drawn}.")
        seen.update(drawn)
    never = set(not_clicked.tolist()) - seen
    if never:
        raise AnswerError(
            f"In 100 draws of 4 out of 6 it never drew {sorted(never)}: every candidate should have a chance."
        )
    if len(set(_drawn(draw_negatives, not_clicked, 6, rng))) < 6:
        raise AnswerError("There are 6 candidates to choose 6 from: it should take each one once.")
    few = [_drawn(draw_negatives, not_clicked[:2], 4, rng) for _ in range(50)]
    if {row for drawn in few for row in drawn} != {31, 12}:
        raise AnswerError("With 2 candidates and K = 4, both should be drawn in 50 attempts.")
    _drawn(draw_negatives, not_clicked[:1], 4, rng)
    first, again = np.random.default_rng(5), np.random.default_rng(5)
    # ten draws each: one alone is the same by chance once in 360 times
    if any(
        _drawn(draw_negatives, not_clicked, 4, first) != _drawn(draw_negatives, not_clicked, 4, again)
        for _ in range(10)
    ):
        raise AnswerError("The same rng gave two different draws: use no other source of chance than rng.")


def _drawn(draw_negatives: Function, not_clicked: Array, K: int, rng: np.random.Generator) -> list[int]:
    got = draw_negatives(not_clicked, K, rng)
    if not isinstance(got, np.ndarray) or got.shape != (K,):
        shape = f"the shape {got.shape}" if isinstance(got, np.ndarray) else f"the type {type(got).__name__}"
        raise AnswerError(f"The draw has {shape}, expected is an array of shape ({K},).")
    wrong = [i for i in range(K) if got[i] not in not_clicked]
    if wrong:
        raise AnswerError(f"drawn[{wrong[0]}] is wrong: {got[wrong[0]]} is not among the candidates.")
    return [int(row) for row in got]


TASKS = {
    "click_score_forward": Task(
        check_score_forward, "A product of r (C, n) and u (n,) has C numbers, one dot product each."
    ),
    "click_score_backward": Task(
        check_score_backward,
        "Each factor of a product gets the other one, times what comes from above. u is in every candidate's score, so it "
        "gets a sum over them.",
    ),
    "derive_loss_gradient": Task(
        check_derived,
        "Two terms. The derivative of log Z is 1 / Z times that of Z, and of Z's terms only exp(ŷ_j) depends on ŷ_j. The second "
        "term depends on ŷ_0 alone.",
    ),
    "softmax_loss_forward": Task(
        check_loss_forward,
        "−log(exp(s) / Σ exp) = log Σ exp − s. Subtract the largest score from all of them first; never take the logarithm "
        "of p, which may be 0.",
    ),
    "softmax_loss_backward": Task(
        check_loss_backward,
        "What was predicted minus what happened: p, and 1 less at the clicked one, all of it times d_loss. Again, subtract the "
        "largest score before exp.",
    ),
    "draw_negatives": Task(
        check_negatives, "rng.choice has an argument `replace`, and without it draws one twice. When should it be True?"
    ),
}

"""Lesson 03: softmax and scores."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers import softmax


def check_weight_by_score(derive_weight_by_score: Function) -> None:
    """Against differences, one column for each score; and one word, whose weight is always 1."""
    a, step = np.random.default_rng([3, 3]).standard_normal(4), 1e-5 * np.eye(4)
    measured = (softmax.softmax_forward(a + step)[0] - softmax.softmax_forward(a - step)[0]).T / 2e-5
    expect(derive_weight_by_score(softmax.softmax_forward(a)[0]), table=measured)
    expect(derive_weight_by_score(np.ones(1)), table=np.zeros((1, 1)))


def check_softmax_forward(softmax_forward: Function) -> None:
    """At random, more and fewer axes, large scores, one column, no column."""
    rng = np.random.default_rng([3, 0])
    for shape in ((3, 5), (5,), (2, 3, 4)):
        a = rng.standard_normal(shape)
        got = softmax_forward(a)
        if a.ndim > 1 and np.shape(got) == a.shape and np.isclose(np.sum(got), 1):
            raise AnswerError(
                "All numbers of the table together sum to 1. Each row must: divide it by the sum of its own row."
            )
        expect(got, p=softmax.softmax_forward(a)[0])
    large = np.array([[10_000.0, 10_001.0, 9_999.0], [-10_000.0, 0.0, 10_000.0], [-10_000.0, -10_000.0, -10_001.0]])
    got = softmax_forward(large)
    if isinstance(got, np.ndarray) and np.isnan(got).any():
        rows = np.flatnonzero(np.isnan(got).any(axis=1))
        if rows.tolist() == [2]:
            raise AnswerError(
                "The row with scores near −10,000 gives NaN: with the largest score of the whole table subtracted, exp of "
                "them is 0 for all, and 0 / 0. Subtract from each row its own largest score."
            )
        raise AnswerError("Scores of ±10,000 give NaN: exp of them is larger, or smaller, than any float64.")
    expect(got, p=softmax.softmax_forward(large)[0])
    expect(softmax_forward(np.array([[-3.0], [7.0]])), p=np.ones((2, 1)))
    expect(softmax_forward(np.zeros((2, 0))), p=np.zeros((2, 0)))


def check_softmax_backward(softmax_backward: Function) -> None:
    """Against differences; a square one, where a lost axis would be hidden; one column, whose weight cannot change; one row."""
    rng = np.random.default_rng([3, 1])
    for shape in ((3, 5), (4, 4), (6,), (0,)):
        a, d_alpha = rng.standard_normal(shape), rng.standard_normal(shape)
        alpha, _ = softmax.softmax_forward(a)
        right = gradients(lambda a: softmax.softmax_forward(a)[0], d_alpha, da=a)
        got = softmax_backward(d_alpha, alpha)
        whole = alpha * (d_alpha - (alpha * d_alpha).sum())
        if a.ndim == 2 and np.shape(got) == a.shape and np.allclose(got, whole):
            raise AnswerError(
                "da is right for a single row, (T,), but here are several: the sum goes over each row alone, not over the "
                "whole array."
            )
        expect(got, **right)
    expect(softmax_backward(rng.standard_normal((2, 1)), np.ones((2, 1))), da=np.zeros((2, 1)))


def check_cross_scores(cross_scores_backward: Function) -> None:
    """Against differences, with a B that is not symmetric; and one word that looks at one."""
    rng = np.random.default_rng([3, 2])
    for T, n, D in ((5, 2, 3), (1, 1, 4)):
        x, B, y, c, dS = (rng.standard_normal(shape) for shape in ((T, D), (D, D), (n, D), (D,), (T, n)))
        right = gradients(lambda x, B, y, c: x @ B @ y.T + y @ c, dS, dx=x, dB=B, dy=y, dc=c)
        expect(cross_scores_backward(dS, x, B, y, c), **right)


def check_scaled_scores(scaled_scores_backward: Function) -> None:
    """Against differences."""
    rng = np.random.default_rng([3, 4])
    x, B, dS = rng.standard_normal((5, 3)), rng.standard_normal((3, 3)), rng.standard_normal((5, 5))
    right = gradients(lambda x, B, scale: scale * (x @ B @ x.T), dS, dx=x, dB=B, d_scale=np.array(0.3))
    expect(scaled_scores_backward(dS, x, B, 0.3), **{**right, "d_scale": float(right["d_scale"])})


TASKS = {
    "derive_weight_by_score": Task(
        check_weight_by_score,
        "p_i = exp(a_i) / Z. For i ≠ j only Z depends on a_j, and its derivative is exp(a_j). For i = j the numerator moves "
        "too. Then write exp(a_i) / Z as p_i wherever it stands.",
    ),
    "softmax_forward": Task(
        check_softmax_forward,
        "Subtract from each row its own largest score before exp: a.max(axis=-1, keepdims=True) has one number per row. "
        "initial=-np.inf lets max take an empty row.",
    ),
    "softmax_backward": Task(
        check_softmax_backward,
        "Put ∂p_i/∂a_j = p_i ([i = j] − p_j) into da_j = Σ dp_i ∂p_i/∂a_j. The first part leaves one term; from the second "
        "p_j comes out of the sum, which is then one number per row (keepdims=True).",
    ),
    "cross_scores_backward": Task(
        check_cross_scores,
        "a_j is added to S_ij in every row i: what comes back to it is a sum over i. y has two ways, the product with Y, as on "
        "the page, and a = y c; what they pass back is added.",
    ),
    "scaled_scores_backward": Task(
        check_scaled_scores,
        "dx and dB are right. How much does S_ij grow when the scale grows a little? Then add up over all pairs: is there still "
        "a scale in it?",
    ),
}

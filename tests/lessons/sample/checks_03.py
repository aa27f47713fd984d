"""Checks of the sample: softmax and scores."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers import softmax


def check_softmax_forward(softmax_forward: Function) -> None:
    """At random, large scores, one column."""
    a = np.random.default_rng([3, 0]).standard_normal((3, 5))
    expect(softmax_forward(a), p=softmax.softmax_forward(a)[0])
    large = np.array([[10_000.0, 10_001.0, 9_999.0], [-10_000.0, 0.0, 10_000.0], [-10_000.0, -10_000.0, -10_000.0]])
    got = softmax_forward(large)
    if isinstance(got, np.ndarray) and np.isnan(got).any():
        raise AnswerError("Scores of ±10,000 give NaN: exp of them is larger, or smaller, than any float64.")
    expect(got, p=softmax.softmax_forward(large)[0])
    expect(softmax_forward(np.array([[-3.0], [7.0]])), p=np.ones((2, 1)))


def check_softmax_backward(softmax_backward: Function) -> None:
    """Against differences; a square one, where a lost axis would be hidden; one column, whose weight cannot change."""
    rng = np.random.default_rng([3, 1])
    for T, n in ((3, 5), (4, 4)):
        a, dp = rng.standard_normal((T, n)), rng.standard_normal((T, n))
        right = gradients(lambda a: softmax.softmax_forward(a)[0], dp, da=a)
        expect(softmax_backward(dp, softmax.softmax_forward(a)[0]), **right)
    expect(softmax_backward(rng.standard_normal((2, 1)), np.ones((2, 1))), da=np.zeros((2, 1)))


def check_scores_backward(scores_backward: Function) -> None:
    """Against differences, with a Q that is not symmetric; and one word."""
    rng = np.random.default_rng([3, 2])
    for T, D in ((5, 3), (1, 4)):
        x, Q, dS = rng.standard_normal((T, D)), rng.standard_normal((D, D)), rng.standard_normal((T, T))
        right = gradients(lambda x, Q: x @ Q @ x.T, dS, dx=x, dQ=Q)
        expect(scores_backward(dS, x, Q), **right)


TASKS = {
    "softmax_forward": Task(
        check_softmax_forward,
        "Subtract from each row its own largest score before exp. a.max(axis=1, keepdims=True) has one number per row.",
    ),
    "softmax_backward": Task(
        check_softmax_backward,
        "A score moves its own weight and, through the sum below the line, all weights of its row: you need Σ p dp of each "
        "row, with keepdims=True.",
    ),
    "scores_backward": Task(
        check_scores_backward,
        "S = Y xᵀ with Y = x Q. x stands in both: once as the word that looks, once as the word that is looked at. Its "
        "gradient is the sum.",
    ),
}

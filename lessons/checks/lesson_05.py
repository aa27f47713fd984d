"""Lesson 05: additive attention."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers import additive_attention
from nrms_np.layers.softmax import softmax_forward


def _inputs(rng: np.random.Generator, T: int) -> tuple[Array, Array, Array, Array]:
    """Draw h (T, 6), W (6, 4), b (4,), q (4,)."""
    draw = rng.standard_normal
    return draw((T, 6)), draw((6, 4)), draw(4), draw(4)


def check_score_gradient(derive_score_gradient: Function) -> None:
    """Against differences, and one word, whose score does not matter."""
    rng = np.random.default_rng([5, 2])
    h, a, dr = rng.standard_normal((5, 6)), rng.standard_normal(5), rng.standard_normal(6)
    right = gradients(lambda a: softmax_forward(a)[0] @ h, dr, da=a)
    expect(derive_score_gradient(dr, h, softmax_forward(a)[0]), **right)
    expect(derive_score_gradient(dr, h[:1], np.ones(1)), da=np.zeros(1))


def check_forward(additive_attention_forward: Function) -> None:
    """At random, one word, no word."""
    rng = np.random.default_rng([5, 0])
    for T in (5, 1, 0):
        h, W, b, q = _inputs(rng, T)
        expect(additive_attention_forward(h, W, b, q), r=additive_attention.additive_attention_forward(h, W, b, q)[0])


def check_backward(additive_attention_backward: Function) -> None:
    """Against differences, one word, no word."""
    rng = np.random.default_rng([5, 1])
    for T in (5, 1, 0):
        h, W, b, q = _inputs(rng, T)
        dr = rng.standard_normal(6)
        right = gradients(
            lambda *inputs: additive_attention.additive_attention_forward(*inputs)[0], dr, dh=h, dW=W, db=b, dq=q
        )
        expect(additive_attention_backward(dr, h, W, b, q), **right)


def check_two_questions(two_questions_backward: Function) -> None:
    """Against differences."""
    rng = np.random.default_rng([5, 3])
    h, W, q, da = (rng.standard_normal(shape) for shape in ((5, 6), (6, 4), (4, 2), (5, 2)))
    right = gradients(lambda h, W, q: np.tanh(h @ W) @ q, da, dh=h, dW=W, dq=q)
    expect(two_questions_backward(da, h, W, q), **right)


TASKS = {
    "derive_score_gradient": Task(
        check_score_gradient,
        "dα_i = h_i · dr. Softmax gives da_i = α_i (dα_i − Σ_j α_j dα_j). Put the first into the second: Σ_j α_j h_j is r.",
    ),
    "additive_attention_forward": Task(
        check_forward,
        "np.tanh(h @ W + b) has one row per word, (T, A); its product with q is one score per word. r = Σ α_i h_i is α @ h, "
        "and that is zero where there is no row.",
    ),
    "additive_attention_backward": Task(
        check_backward,
        "Which arrays are right tells where to look: dq needs da alone, db and dW also what passes through tanh, dh both its "
        "ways, in the mean and in the scores. Begin with the first of these that is wrong.",
        more="Go back through the graph: dα = h dr, then da, then dz = outer(da, q) ∗ (1 − hidden²). z = h W + b is a product and "
        "a bias. h gets outer(α, dr) on one way, and what z passes back on the other.",
    ),
    "two_questions_backward": Task(
        check_two_questions,
        "hidden is used by both questions. What does a value get that goes two ways?",
    ),
}

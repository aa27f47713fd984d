"""Lesson 05: additive attention."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.softmax import softmax_forward


def _inputs(rng: np.random.Generator, T: int) -> tuple[Array, Array, Array, Array]:
    """Draw h (T, 6), W (6, 4), b (4,), q (4,)."""
    draw = rng.standard_normal
    return draw((T, 6)), draw((6, 4)), draw(4), draw(4)


def check_forward(forward: Function) -> None:
    """At random, one word, no word."""
    rng = np.random.default_rng([5, 0])
    for T in (5, 1, 0):
        h, W, b, q = _inputs(rng, T)
        expect(forward(h, W, b, q), r=additive_attention_forward(h, W, b, q)[0])


def check_scores_backward(backward: Function) -> None:
    """Against differences, and one word."""
    rng = np.random.default_rng([5, 1])
    for T in (5, 1):
        h, W, b, q = _inputs(rng, T)
        da = rng.standard_normal(T)
        right = gradients(lambda h, W, b, q: np.tanh(h @ W + b) @ q, da, dh=h, dW=W, db=b, dq=q)
        expect(backward(da, h, W, b, q), **right)


def check_pooling_backward(backward: Function) -> None:
    """Each way against differences with the other one held still; and one word, whose score does not matter."""
    rng = np.random.default_rng([5, 2])
    h, a, dr = rng.standard_normal((5, 6)), rng.standard_normal(5), rng.standard_normal(6)
    right = gradients(lambda h, a: softmax_forward(a)[0] @ h, dr, dh=h, da=a)
    expect(backward(dr, h, a), **right)
    expect(backward(dr, h[:1], a[:1]), dh=dr[None], da=np.zeros(1))


def check_both_ways(backward: Function) -> None:
    """Against differences, and one word."""
    rng = np.random.default_rng([5, 3])
    for T in (5, 1):
        h, W, b, q = _inputs(rng, T)
        dr = rng.standard_normal(6)
        right = gradients(lambda *inputs: additive_attention_forward(*inputs)[0], dr, dh=h, dW=W, db=b, dq=q)
        expect(backward(dr, h, W, b, q), dh=right["dh"])


TASKS = {
    "additive_attention_forward": Task(
        check_forward,
        "np.tanh(h @ W + b) has one row per word, (T, A); its product with q is one score per word. r = Σ α_i h_i is α @ h, "
        "and that is zero where there is no row.",
    ),
    "additive_scores_backward": Task(
        check_scores_backward,
        "Three steps: z = h W + b, hidden = tanh(z), a = hidden q. Go back through them one at a time; the derivative of "
        "tanh is 1 − hidden². b is added to every row.",
    ),
    "pooling_backward": Task(
        check_pooling_backward,
        "r = Σ α_i h_i: h_i gets α_i dr, and α_i gets the dot product h_i · dr. From dα to da there is softmax_backward.",
    ),
    "both_ways": Task(
        check_both_ways,
        "pooling_backward gives the first way and da. With da, additive_scores_backward gives the second. What goes two "
        "ways gets the sum.",
    ),
}

"""Lesson 04: one head, many heads, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers import self_attention


def _projected(x: Array, Q: Array, K: Array, V: Array, heads: int, width: int = 0) -> Array:
    """The package's, scaled by 1/√d, or by that of another width."""
    scale = (width or Q.shape[1] // heads) ** -0.5
    return self_attention.projected_attention_forward(x, Q, K, V, heads, scale)[0]


def _expect_h(got: Any, x: Array, Q: Array, K: Array, V: Array, heads: int) -> None:
    """A forward whose only fault is the scale is told what it was scaled by."""
    widths = {
        1: "1, no scale at all",
        x.shape[1]: "1/√D, the width of a word",
        Q.shape[1]: "1/√(H·d), the width of all heads",
    }
    right = _projected(x, Q, K, V, heads)
    for width, name in widths.items():
        other = _projected(x, Q, K, V, heads, width)
        if np.shape(got) == right.shape and np.allclose(got, other) and not np.allclose(other, right):
            raise AnswerError(f"h is what the scale {name}, gives: it should be 1/√d, with d the width of one head.")
    expect(got, h=right)


def _expect_gradients(got: Any, dh: Array, x: Array, Q: Array, K: Array, V: Array, heads: int) -> None:
    """Against differences; a backward whose only fault is the scale is told so."""
    right = gradients(lambda x, Q, K, V: _projected(x, Q, K, V, heads), dh, dx=x, dQ=Q, dK=K, dV=V)
    root, dQ = np.sqrt(Q.shape[1] // heads), right["dQ"]
    returned: Any = got[1] if isinstance(got, tuple) and len(got) == 4 else None
    if np.any(dQ) and np.shape(returned) == dQ.shape and np.allclose(returned, root * dQ):
        raise AnswerError("dQ is √d times the right answer: the backward of the scores needs the scale, too.")
    expect(got, **right)


def check_scores_backward(derive_query_and_key_gradients: Function) -> None:
    """Against differences."""
    rng = np.random.default_rng([4, 4])
    for T, d in ((5, 3), (1, 2)):
        queries, keys, dS = rng.standard_normal((T, d)), rng.standard_normal((T, d)), rng.standard_normal((T, T))
        right = gradients(lambda q, k: 0.7 * q @ k.T, dS, d_queries=queries, d_keys=keys)
        expect(derive_query_and_key_gradients(dS, queries, keys, 0.7), **right)


def check_one_head(one_head_forward: Function) -> None:
    """Against the package; one word, which can only look at itself; no word."""
    rng = np.random.default_rng([4, 0])
    for T in (5, 1, 0):
        x, (Q, K, V) = rng.standard_normal((T, 7)), rng.standard_normal((3, 7, 4))
        _expect_h(one_head_forward(x, Q, K, V), x, Q, K, V, 1)


def check_one_head_backward(one_head_backward: Function) -> None:
    """Against differences; one word; no word."""
    rng = np.random.default_rng([4, 1])
    for T in (5, 1, 0):
        x, (Q, K, V) = rng.standard_normal((T, 7)), rng.standard_normal((3, 7, 4))
        dh = rng.standard_normal((T, 4))
        _expect_gradients(one_head_backward(dh, x, Q, K, V), dh, x, Q, K, V, 1)


def check_heads(projected_attention_forward: Function) -> None:
    """Against the package, with several heads and with one; no word."""
    rng = np.random.default_rng([4, 2])
    for T, heads, d in ((5, 3, 2), (2, 1, 4), (0, 2, 2)):
        x, (Q, K, V) = rng.standard_normal((T, 7)), rng.standard_normal((3, 7, heads * d))
        _expect_h(projected_attention_forward(x, Q, K, V, heads), x, Q, K, V, heads)


def check_heads_backward(projected_attention_backward: Function) -> None:
    """Against differences, with several heads and with one; no word."""
    rng = np.random.default_rng([4, 3])
    for T, heads, d in ((5, 3, 2), (2, 1, 4), (0, 2, 2)):
        x, (Q, K, V) = rng.standard_normal((T, 7)), rng.standard_normal((3, 7, heads * d))
        dh = rng.standard_normal((T, heads * d))
        _expect_gradients(projected_attention_backward(dh, x, Q, K, V, heads), dh, x, Q, K, V, heads)


def check_side_by_side(heads_side_by_side: Function) -> None:
    """By eye, at random, and one head."""
    expect(
        heads_side_by_side(np.array([[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]])),
        h=np.arange(1.0, 9).reshape(2, 4),
    )
    stacked = np.random.default_rng([4, 5]).standard_normal((3, 5, 2))
    expect(heads_side_by_side(stacked), h=np.concatenate(list(stacked), axis=1))
    expect(heads_side_by_side(stacked[:1]), h=stacked[0])


TASKS = {
    "derive_query_and_key_gradients": Task(
        check_scores_backward,
        "A product C = A B passes back dA = dC Bᵀ and dB = Aᵀ dC. Here A is scale · queries and B is keysᵀ: transpose what "
        "you get for B.",
    ),
    "one_head_forward": Task(
        check_one_head,
        "The scores (T, T) are queries times keys transposed, divided by np.sqrt(d), and d is Q.shape[1]. Row i of h is the "
        "sum of all values, each times α[i, j].",
    ),
    "one_head_backward": Task(
        check_one_head_backward,
        "Which arrays are right tells where to look: dV needs the way of the values alone, dQ and dK also the softmax and the "
        "scale, dx the three ways together. Begin with the first of these that is wrong.",
        more="Go back through the graph: from dh to dα and d_values (a product), from dα to the scores (softmax_backward), from "
        "there to queries and keys (your derive_query_and_key_gradients), and from each of the three to x and its matrix.",
    ),
    "projected_attention_forward": Task(
        check_heads,
        "d = Q.shape[1] // heads, and head k has the columns slice(k * d, (k + 1) * d) of Q, K, V and h. The scale is that "
        "of one head: 1/√d with d its width.",
    ),
    "projected_attention_backward": Task(
        check_heads_backward,
        "Head k gets its columns of dh, and gives its columns of dQ, dK and dV. x is used by all heads: its gradients are "
        "added up.",
    ),
    "heads_side_by_side": Task(
        check_side_by_side,
        "reshape never moves a number: it reads head 0 to its end before it starts with head 1. But the first row of h "
        "needs the first row of every head.",
    ),
}

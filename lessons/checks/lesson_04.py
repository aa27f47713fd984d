"""Lesson 04: values, heads, projected and bilinear."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.self_attention import projected_attention_forward


def check_one_head(one_head_forward: Function) -> None:
    """Against the package, and one word, which can only look at itself."""
    rng = np.random.default_rng([4, 0])
    for T in (5, 1):
        x, (Q, K, V) = rng.standard_normal((T, 7)), rng.standard_normal((3, 7, 4))
        expect(one_head_forward(x, Q, K, V), h=projected_attention_forward(x, Q, K, V, 1, 0.5)[0])


def check_split_heads(split_heads: Function) -> None:
    """By eye, at random, and one head."""
    expect(split_heads(np.array([[1, 2, 3, 4]]), 2), split=np.array([[[1, 2]], [[3, 4]]]))
    values = np.random.default_rng([4, 1]).standard_normal((5, 6))
    expect(split_heads(values, 3), split=np.stack([values[:, 0:2], values[:, 2:4], values[:, 4:6]]))
    expect(split_heads(values, 1), split=values[None])


def check_values_backward(values_backward: Function) -> None:
    """Against differences, and one word."""
    rng = np.random.default_rng([4, 2])
    for T in (5, 1):
        alpha, x, V = rng.random((T, T)), rng.standard_normal((T, 7)), rng.standard_normal((7, 2))
        dh = rng.standard_normal((T, 2))
        right = gradients(lambda alpha, x, V: alpha @ (x @ V), dh, d_alpha=alpha, dx=x, dV=V)
        expect(values_backward(dh, alpha, x, V), **right)


def check_bilinear(bilinear_from_projected: Function) -> None:
    """The pair scores, one at a time; and one head as wide as x."""
    rng = np.random.default_rng([4, 3])
    for D, heads, d in ((7, 3, 4), (2, 1, 2)):
        Q, K = rng.standard_normal((D, heads * d)), rng.standard_normal((D, heads * d))
        B = np.zeros((heads, D, D))
        for k, i, j in np.ndindex(B.shape):
            B[k, i, j] = Q[i, k * d : (k + 1) * d] @ K[j, k * d : (k + 1) * d] / np.sqrt(d)
        expect(bilinear_from_projected(Q, K, heads), B=B)


TASKS = {
    "one_head_forward": Task(
        check_one_head,
        "Three products make queries, keys and values, (T, d) each. The scores (T, T) are divided by np.sqrt(d), and d is "
        "Q.shape[1].",
    ),
    "split_heads": Task(
        check_split_heads,
        "reshape(T, H, d) cuts each row into its heads. Then the axes T and H have to change places: transpose, not a "
        "second reshape.",
    ),
    "values_backward": Task(
        check_values_backward,
        "h = α Y with Y = x V. Both are products, and C = A B passes back dA = dC Bᵀ and dB = Aᵀ dC.",
    ),
    "bilinear_from_projected": Task(
        check_bilinear,
        "query_i = e_iᵀ Q_k and key_j = e_jᵀ K_k, so query_i · key_j = e_iᵀ Q_k K_kᵀ e_j. d is the width of one head, "
        "not of all.",
    ),
}

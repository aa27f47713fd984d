"""Exercises of lesson 03: the weights of one head.

`scaled_scores_backward` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 03`.
"""

import numpy as np


def derive_weight_by_score(p: np.ndarray) -> np.ndarray:
    """Derive before you read on: by how much does weight i of a softmax move when score j does?

    p: (T,) the weights of one row, p_i = exp(a_i) / Σ exp(a_m).

    Returns (T, T): ∂p_i / ∂a_j at [i, j].
    """
    raise NotImplementedError


def softmax_forward(a: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, right for scores of any size: 10,000 and −10,000 in one row, and in different rows.

    a: (T,) or (T, n) or any shape; the last axis may be empty, as in a title without words.

    Returns p, of a's shape and dtype.
    """
    raise NotImplementedError


def softmax_backward(d_alpha: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Backward of softmax over the last axis. Do the sum over i with pencil first: then no T × T table is needed.

    d_alpha: gradient of the loss with respect to the weights.    alpha: the weights, of the same shape.

    Returns da, of the same shape.
    """
    raise NotImplementedError


def cross_scores_backward(
    dS: np.ndarray, x: np.ndarray, B: np.ndarray, y: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of S = x B yᵀ + y c, where the words of one title look at the words of another one.

    Every word of y has a score of its own, y_j · c, whoever looks: S_ij = x_i B y_jᵀ + y_j · c.

    dS: (T, n) gradient of the loss with respect to the scores.    x: (T, D).    B: (D, D).    y: (n, D).    c: (D,).

    Returns dx (T, D), dB (D, D), dy (n, D), dc (D,).
    """
    Y = x @ B
    da = ...  # (n,), of a = y @ c, which is added to each row of S
    dc = ...  # a = y @ c passes back to c
    dY = ...  # S = Y @ y.T + a passes back to Y
    dy = ...  # y stands in both
    dB = ...  # Y = x @ B passes back to B
    dx = ...  # and to x
    return dx, dB, dy, dc


def scaled_scores_backward(
    dS: np.ndarray, x: np.ndarray, B: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Backward of S = scale · x B xᵀ: a scale above 1 makes the weights sharper, one below 1 more even.

    dS: (T, T) gradient of the loss with respect to the scores.    x: (T, D).    B: (D, D).

    Returns dx (T, D), dB (D, D), and d_scale, one number: the scale may be learned, too.
    """
    dZ = scale * dS  # S = scale * Z
    dB = x.T @ dZ @ x
    dx = dZ @ x @ B.T
    dx += dZ.T @ x @ B
    d_scale = (dZ * (x @ B @ x.T)).sum()
    return dx, dB, d_scale

"""Exercises of lesson 03: the weights of one head."""

import numpy as np


def softmax_forward(a: np.ndarray) -> np.ndarray:
    """Softmax of each row, right for scores of any size, 10,000 and −10,000 among them.

    a: (T, n) scores.

    Returns p (T, n) weights; each row sums to 1.
    """
    exps = np.exp(a - a.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def softmax_backward(dp: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Backward of p = softmax(a), row by row.

    dp: (T, n) gradient of the loss with respect to the weights.    p: (T, n) the weights.

    Returns da (T, n).
    """
    return p * (dp - (p * dp).sum(axis=1, keepdims=True))


def scores_backward(dS: np.ndarray, x: np.ndarray, Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of the scores of all pairs, S = x Q xᵀ.

    dS: (T, T) gradient of the loss with respect to the scores.    x: (T, D).    Q: (D, D).

    Returns dx (T, D), dQ (D, D).
    """
    dx = dS @ x @ Q.T + dS.T @ x @ Q
    return dx, x.T @ dS @ x

"""Exercises of lesson 05: additive attention."""

import numpy as np

from nrms_np.layers.softmax import softmax_backward, softmax_forward


def additive_attention_forward(h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Equations 3 to 5: scores a_i = q · tanh(h_i W + b), weights α = softmax(a), then r = Σ α_i h_i.

    h: (T, n) one row per word.    W: (n, A).    b: (A,).    q: (A,).
    `softmax_forward(a)` returns the weights and a cache you do not need here.

    Returns r (n,). For T = 0 it is the zero vector.
    """
    a = np.tanh(h @ W + b) @ q
    alpha, _ = softmax_forward(a)
    return alpha @ h


def additive_scores_backward(
    da: np.ndarray, h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of equation 3, a = tanh(h W + b) q.

    da: (T,) gradient of the loss with respect to the scores.    h: (T, n).    W: (n, A).    b: (A,).    q: (A,).

    Returns dh (T, n), dW (n, A), db (A,), dq (A,).
    """
    hidden = np.tanh(h @ W + b)
    dq = hidden.T @ da
    dz = np.outer(da, q) * (1 - hidden**2)
    return dz @ W.T, h.T @ dz, dz.sum(axis=0), dq


def pooling_backward(dr: np.ndarray, h: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of equations 4 and 5, r = softmax(a) h.

    dr: (n,) gradient of the loss with respect to r.    h: (T, n).    a: (T,) the scores.
    `softmax_backward(d_alpha, alpha)` returns the gradient of the scores.

    Returns dh (T, n), da (T,). dh is only h's way through the sum, not the one through the scores.
    """
    alpha, _ = softmax_forward(a)
    return np.outer(alpha, dr), softmax_backward(h @ dr, alpha)


def both_ways(dr: np.ndarray, h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The whole gradient of h through additive attention: as what is summed, and as what decides the weights.

    You may call your pooling_backward and additive_scores_backward.

    dr: (n,) gradient of the loss with respect to r.    h: (T, n).    W: (n, A).    b: (A,).    q: (A,).

    Returns dh (T, n).
    """
    a = np.tanh(h @ W + b) @ q
    dh_sum, da = pooling_backward(dr, h, a)
    dh_scores, _, _, _ = additive_scores_backward(da, h, W, b, q)
    return dh_sum + dh_scores

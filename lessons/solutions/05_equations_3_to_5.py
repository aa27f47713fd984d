"""Exercises of lesson 05: additive attention."""

import numpy as np

from nrms_np.layers.softmax import softmax_backward, softmax_forward


def derive_score_gradient(dr: np.ndarray, h: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Derive before you read on: the gradient of the scores a, where α = softmax(a) and r = Σ α_i h_i.

    dr: (n,) gradient of the loss with respect to r.    h: (T, n).    alpha: (T,) the weights.

    Returns da (T,).
    """
    r = alpha @ h
    return alpha * ((h - r) @ dr)


def additive_attention_forward(h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Equations 3 to 5 for all words at once, with no loop over them.

    h: (T, n) one row per word.    W: (n, A).    b: (A,).    q: (A,).
    `softmax_forward(a)` returns the weights and a cache you do not need here.

    Returns r (n,). For T = 0 it is the zero vector.
    """
    hidden = np.tanh(h @ W + b)  # blank: (T, A)
    a = hidden @ q  # blank: the scores (T,)
    alpha, _ = softmax_forward(a)
    return alpha @ h  # blank: the weighted sum of the rows


def additive_attention_backward(
    dr: np.ndarray, h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of additive_attention_forward. h gets what comes back along both ways.

    dr: (n,) gradient of the loss with respect to r.    h: (T, n).    W: (n, A).    b: (A,).    q: (A,).
    `softmax_backward(d_alpha, alpha)` returns the gradient of the scores.

    Returns dh (T, n), dW (n, A), db (A,), dq (A,).
    """
    hidden = np.tanh(h @ W + b)
    alpha, _ = softmax_forward(hidden @ q)
    da = softmax_backward(h @ dr, alpha)
    dz = np.outer(da, q) * (1 - hidden**2)
    dh = np.outer(alpha, dr) + dz @ W.T
    return dh, h.T @ dz, dz.sum(axis=0), hidden.T @ da


def two_questions_backward(
    da: np.ndarray, h: np.ndarray, W: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backward of the scores of two questions at once, a = tanh(h W) q: each word has two scores, one for each column of q.

    da: (T, 2) gradient of the loss with respect to the scores.    h: (T, n).    W: (n, A).    q: (A, 2).

    Returns dh (T, n), dW (n, A), dq (A, 2).
    """
    hidden = np.tanh(h @ W)
    dq = hidden.T @ da
    d_hidden = np.zeros_like(hidden)
    for question in range(2):
        from_question = np.outer(da[:, question], q[:, question])
        d_hidden += from_question  # bug: d_hidden = from_question
    dz = d_hidden * (1 - hidden**2)
    return dz @ W.T, h.T @ dz, dq

"""Exercises of lesson 04: values and heads."""

import numpy as np

from nrms_np.layers.softmax import softmax_forward


def one_head_forward(x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One head in the projected form: weights α from the scores (x Q)(x K)ᵀ / √d, then the weighted sum of the values x V.

    x: (T, D).    Q, K, V: (D, d).    `softmax_forward(scores)` returns the weights and a cache you do not need here.

    Returns h (T, d).
    """
    scores = (x @ Q) @ (x @ K).T / np.sqrt(Q.shape[1])
    alpha, _ = softmax_forward(scores)
    return alpha @ (x @ V)


def split_heads(values: np.ndarray, heads: int) -> np.ndarray:
    """Take the heads apart: head k is columns k·d to (k+1)·d.

    values: (T, H·d).    heads: H.

    Returns (H, T, d), head k at [k].
    """
    T, width = values.shape
    return values.reshape(T, heads, width // heads).transpose(1, 0, 2)


def values_backward(
    dh: np.ndarray, alpha: np.ndarray, x: np.ndarray, V: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backward of equation 2 for one head, h = α (x V).

    dh: (T, d) gradient of the loss with respect to h.    alpha: (T, T).    x: (T, D).    V: (D, d).

    Returns d_alpha (T, T), dx (T, D), dV (D, d). dx is only x's way through the values, not the one through α.
    """
    d_alpha = dh @ (x @ V).T
    d_values = alpha.T @ dh
    return d_alpha, d_values @ V.T, x.T @ d_values


def bilinear_from_projected(Q: np.ndarray, K: np.ndarray, heads: int) -> np.ndarray:
    """Make the bilinear matrices that give the same scores as projected heads: e_iᵀ B_k e_j = (query_i · key_j) / √d.

    Q, K: (D, H·d) the projected form's matrices, head k in columns k·d to (k+1)·d.    heads: H.

    Returns B (H, D, D).
    """
    D, width = Q.shape
    d = width // heads
    B = np.empty((heads, D, D))
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        B[k] = Q[:, columns] @ K[:, columns].T / np.sqrt(d)
    return B

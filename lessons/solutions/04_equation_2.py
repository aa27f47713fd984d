"""Exercises of lesson 04: one head, many heads, and their backwards."""

import numpy as np

from nrms_np.layers.softmax import softmax_backward, softmax_forward


def derive_query_and_key_gradients(
    dS: np.ndarray, queries: np.ndarray, keys: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Derive before you read on: what does S = scale · queries keysᵀ pass back?

    dS: (T, T) gradient of the loss with respect to the scores.    queries, keys: (T, d).

    Returns d_queries (T, d), d_keys (T, d).
    """
    return scale * (dS @ keys), scale * (dS.T @ queries)


def one_head_forward(x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """One head in the projected form: weights α from the scores (x Q)(x K)ᵀ / √d, then the weighted sum of the values x V.

    x: (T, D).    Q, K, V: (D, d).    `softmax_forward(scores)` returns the weights and a cache you do not need here.

    Returns h (T, d).
    """
    queries, keys, values = x @ Q, x @ K, x @ V  # blank: three products, (T, d) each
    scores = queries @ keys.T / np.sqrt(Q.shape[1])  # blank: (T, T), scaled
    alpha, _ = softmax_forward(scores)
    return alpha @ values


def one_head_backward(
    dh: np.ndarray, x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of one_head_forward. Compute again what you need of the forward, then go back through the graph.

    dh: (T, d) gradient of the loss with respect to h.    x: (T, D).    Q, K, V: (D, d).
    `softmax_backward(d_alpha, alpha)` returns the gradient of the scores.

    Returns dx (T, D), dQ, dK, dV (D, d).
    """
    scale = 1 / np.sqrt(Q.shape[1])
    queries, keys, values = x @ Q, x @ K, x @ V
    alpha, _ = softmax_forward(scale * (queries @ keys.T))
    d_alpha, d_values = dh @ values.T, alpha.T @ dh
    d_scores = softmax_backward(d_alpha, alpha)
    d_queries, d_keys = scale * (d_scores @ keys), scale * (d_scores.T @ queries)
    dx = d_queries @ Q.T + d_keys @ K.T + d_values @ V.T
    return dx, x.T @ d_queries, x.T @ d_keys, x.T @ d_values


def projected_attention_forward(x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int) -> np.ndarray:
    """Self-attention with several heads: each looks in its own columns of Q, K and V, and fills the same columns of h.

    x: (T, D).    Q, K, V: (D, H·d), head k in columns k·d to (k+1)·d.    heads: H.    You may call your one_head_forward.

    Returns h (T, H·d), of x's dtype.
    """
    d = Q.shape[1] // heads
    h = np.empty((len(x), heads * d), dtype=x.dtype)
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        h[:, columns] = one_head_forward(x, Q[:, columns], K[:, columns], V[:, columns])
    return h


def projected_attention_backward(
    dh: np.ndarray, x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of projected_attention_forward: x is used in every head, each head has columns of Q, K and V of its own.

    dh: (T, H·d) gradient of the loss with respect to h.    x: (T, D).    Q, K, V: (D, H·d).    heads: H.
    You may call your one_head_backward.

    Returns dx (T, D), dQ, dK, dV (D, H·d).
    """
    d = Q.shape[1] // heads
    dx, dQ, dK, dV = np.zeros_like(x), np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        dx_k, dQ[:, columns], dK[:, columns], dV[:, columns] = one_head_backward(
            dh[:, columns], x, Q[:, columns], K[:, columns], V[:, columns]
        )
        dx += dx_k
    return dx, dQ, dK, dV


def heads_side_by_side(stacked: np.ndarray) -> np.ndarray:
    """Put heads that were computed one upon the other side by side: head k in columns k·d to (k+1)·d.

    stacked: (H, T, d).    Returns h (T, H·d).
    """
    heads, T, d = stacked.shape
    return stacked.transpose(1, 0, 2).reshape(T, heads * d)  # bug: return stacked.reshape(T, heads * d)

r"""Multi-head self-attention over one sequence: equations 1-2 (words of a title) and 6-7 (news of a history).

Every element of the sequence looks at every element, itself included, and becomes a weighted mean of what it sees; each
head weighs in its own way. For head k:

.. math::
    \alpha^k_{i,j} = \frac{\exp(e_i^T Q_k e_j)}{\sum_m \exp(e_i^T Q_k e_m)}, \qquad
    h_{i,k} = V_k \Big( \sum_j \alpha^k_{i,j} e_j \Big), \qquad h_i = [h_{i,1}; \dots; h_{i,H}]

Two forms differ in the matrix between e_i and e_j:

- bilinear, to the letter: one full (D, D) matrix Q_k per head, no scaling;
- projected, what every implementation runs: Q_k = W_Q W_Kᵀ / √d, a matrix of rank d. Queries x W_Q and keys x W_K are
  short vectors, and their dot product is the same number with far fewer parameters.

Each has functions of its own here; the encoder runs the one that the parameters fit: {Q, K, V} is projected, {Q, V} is
bilinear. {V} alone is attention switched off, to measure what it is worth: every element sees only itself, h = x V, a plain
product. With O as well, the heads are mixed by one more product, as in the original Transformer; the paper has none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.layers.softmax import softmax_backward, softmax_forward

Array = NDArray[np.floating[Any]]


class ProjectedCache(NamedTuple):
    """x, Q, K, V: the factors of the products; queries, keys, values (T, H·d) and alpha (H, T, T): factors further on."""

    x: Array
    Q: Array
    K: Array
    V: Array
    queries: Array
    keys: Array
    values: Array
    alpha: Array
    scale: float


class BilinearCache(NamedTuple):
    """x, Q, V: the factors of the products; values (T, H·d) and alpha (H, T, T): factors further on."""

    x: Array
    Q: Array
    V: Array
    values: Array
    alpha: Array
    scale: float


class ProductCache(NamedTuple):
    """The two factors of a product x W."""

    x: Array
    W: Array


def projected_attention_forward(
    x: Array, Q: Array, K: Array, V: Array, heads: int, scale: float
) -> tuple[Array, ProjectedCache]:
    r"""Equations 1-2 and 6-7 with projected queries and keys.

    .. math:: \alpha^k = \mathrm{softmax}(s \cdot x Q_k (x K_k)^T), \qquad h_k = \alpha^k \, x V_k

    x: (T, D) rows of one sequence.    Q, K, V: (D, H·d), head k in columns k·d to (k+1)·d.
    scale: s, usually 1/√d: a dot product of d independent terms grows like √d, and large scores make softmax a maximum.

    Returns (h, cache): h (T, H·d), the heads side by side.
    """
    T, d = len(x), Q.shape[1] // heads
    queries, keys, values = x @ Q, x @ K, x @ V  # (T, H·d) each
    alpha = np.empty((heads, T, T), dtype=x.dtype)
    h = np.empty_like(values)
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        scores = scale * (queries[:, columns] @ keys[:, columns].T)  # (T, T)
        alpha[k], _ = softmax_forward(scores)
        h[:, columns] = alpha[k] @ values[:, columns]
    return h, ProjectedCache(x, Q, K, V, queries, keys, values, alpha, scale)


def projected_attention_backward(dh: Array, cache: ProjectedCache) -> tuple[Array, Array, Array, Array]:
    r"""Gradients of x, Q, K, V.

    A product C = A B passes back dA = dC Bᵀ and dB = Aᵀ dC (check the shapes: there is no other way to multiply them).
    Softmax has its own backward. x is used three times, by Q, K and V, so its gradient is a sum of three.

    dh: (T, H·d).    Returns dx (T, D), dQ, dK, dV (D, H·d).
    """
    x, Q, K, V, queries, keys, values, alpha, scale = cache
    heads, d = len(alpha), Q.shape[1] // len(alpha)
    d_queries, d_keys, d_values = np.empty_like(queries), np.empty_like(keys), np.empty_like(values)
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        # h[:, columns] = alpha[k] @ values[:, columns]
        d_alpha = dh[:, columns] @ values[:, columns].T
        d_values[:, columns] = alpha[k].T @ dh[:, columns]
        # alpha[k] = softmax(scores)
        d_scores = softmax_backward(d_alpha, alpha[k])
        # scores = scale * (queries[:, columns] @ keys[:, columns].T)
        d_queries[:, columns] = scale * (d_scores @ keys[:, columns])
        d_keys[:, columns] = scale * (d_scores.T @ queries[:, columns])
    # queries, keys, values = x @ Q, x @ K, x @ V
    dQ, dK, dV = x.T @ d_queries, x.T @ d_keys, x.T @ d_values
    dx = d_queries @ Q.T  # x goes three ways: as query,
    dx += d_keys @ K.T  # as key
    dx += d_values @ V.T  # and as value
    return dx, dQ, dK, dV


def bilinear_attention_forward(x: Array, Q: Array, V: Array, scale: float) -> tuple[Array, BilinearCache]:
    r"""Equations 1-2 and 6-7 to the letter.

    .. math:: \alpha^k = \mathrm{softmax}(s \cdot x Q_k x^T), \qquad h_k = \alpha^k \, x V_k

    The paper applies V_k after the weighted sum, we before it; the product is the same either way:
    (α x) V_k = α (x V_k).

    x: (T, D) rows of one sequence.    Q: (H, D, D).    V: (D, H·d).    scale: s, 1 in the paper.

    Returns (h, cache): h (T, H·d), the heads side by side.
    """
    T, heads, d = len(x), len(Q), V.shape[1] // len(Q)
    values = x @ V  # (T, H·d)
    alpha = np.empty((heads, T, T), dtype=x.dtype)
    h = np.empty_like(values)
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        scores = scale * (x @ Q[k] @ x.T)  # (T, T)
        alpha[k], _ = softmax_forward(scores)
        h[:, columns] = alpha[k] @ values[:, columns]
    return h, BilinearCache(x, Q, V, values, alpha, scale)


def bilinear_attention_backward(dh: Array, cache: BilinearCache) -> tuple[Array, Array, Array]:
    r"""Gradients of x, Q, V.

    The score of i for j is s · e_iᵀ Q_k e_j. Its derivative with respect to Q_k is the outer product e_i e_jᵀ, with
    respect to e_i it is Q_k e_j and with respect to e_j it is Q_kᵀ e_i. Summed over all pairs with weight dS_ij these are
    xᵀ dS x, dS x Q_kᵀ and dSᵀ x Q_k.

    dh: (T, H·d).    Returns dx (T, D), dQ (H, D, D), dV (D, H·d).
    """
    x, Q, V, values, alpha, scale = cache
    heads, d = len(Q), V.shape[1] // len(Q)
    dx, dQ, d_values = np.zeros_like(x), np.empty_like(Q), np.empty_like(values)
    for k in range(heads):
        columns = slice(k * d, (k + 1) * d)
        # h[:, columns] = alpha[k] @ values[:, columns]
        d_alpha = dh[:, columns] @ values[:, columns].T
        d_values[:, columns] = alpha[k].T @ dh[:, columns]
        # alpha[k] = softmax(scores)
        d_scores = softmax_backward(d_alpha, alpha[k])
        # scores = scale * (x @ Q[k] @ x.T)
        dQ[k] = scale * (x.T @ d_scores @ x)
        dx += scale * (d_scores @ x @ Q[k].T)  # x on the left: the element that looks
        dx += scale * (d_scores.T @ x @ Q[k])  # x on the right: the element that is looked at
    # values = x @ V
    dV = x.T @ d_values
    dx += d_values @ V.T  # x as value
    return dx, dQ, dV


def product_forward(x: Array, W: Array) -> tuple[Array, ProductCache]:
    """A plain product y = x W: the output matrix O that mixes the heads, or V where attention is switched off.

    x: (T, n).    W: (n, m).    Returns (y, cache): y (T, m).
    """
    return x @ W, ProductCache(x, W)


def product_backward(dy: Array, cache: ProductCache) -> tuple[Array, Array]:
    """Gradients of x and W: a product C = A B passes back dA = dC Bᵀ and dB = Aᵀ dC.

    dy: (T, m).    Returns dx (T, n), dW (n, m).
    """
    x, W = cache
    # y = x @ W
    return dy @ W.T, x.T @ dy

r"""Additive attention: a sequence is pooled into one vector, equations 3-5 (words of a title) and 8-10 (news of a history).

.. math::
    a_i = q^T \tanh(W^T h_i + b), \qquad \alpha_i = \frac{\exp(a_i)}{\sum_j \exp(a_j)}, \qquad r = \sum_i \alpha_i h_i

With no parameters at all the pooling is the plain mean: attention switched off, to measure what it is worth.

The paper writes V h_i + v where we write Wᵀ h_i + b: our vectors are rows, so the matrix stands on their right.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.layers.softmax import softmax_backward, softmax_forward

Array = NDArray[np.floating[Any]]


class AdditiveCache(NamedTuple):
    """h, W, q: factors of the products; hidden (T, A) = tanh(...), whose derivative it gives; alpha (T,) the weights."""

    h: Array
    W: Array
    q: Array
    hidden: Array
    alpha: Array


class MeanCache(NamedTuple):
    """How many rows the mean was taken over."""

    T: int


def additive_attention_forward(h: Array, W: Array, b: Array, q: Array) -> tuple[Array, AdditiveCache]:
    r"""Equations 3-5 and 8-10.

    h: (T, H·d) rows of one sequence.    W: (H·d, A), b: (A,), q: (A,) the additive query.

    Returns (r, cache): r (H·d,) the weighted mean of the rows. For T = 0 it is the zero vector.
    """
    hidden = np.tanh(h @ W + b)  # (T, A)
    a = hidden @ q  # (T,)
    alpha, _ = softmax_forward(a)  # (T,)
    r = alpha @ h  # (H·d,)
    return r, AdditiveCache(h, W, q, hidden, alpha)


def additive_attention_backward(dr: Array, cache: AdditiveCache) -> tuple[Array, Array, Array, Array]:
    r"""Gradients of h, W, b, q.

    From r back to h there are two ways: h is what is averaged, r = Σ α_i h_i, and h decides the weights, α(h). With
    the derivative of tanh, 1 - tanh²:

    .. math::
        \frac{\partial L}{\partial \alpha_i} = h_i \cdot dr, \qquad
        da = \mathrm{softmax\_backward}(d\alpha), \qquad
        dz_i = da_i \, q \, (1 - \tanh^2 z_i), \qquad
        dh_i = \alpha_i \, dr + W \, dz_i

    dr: (H·d,).    Returns dh (T, H·d), dW (H·d, A), db (A,), dq (A,).
    """
    h, W, q, hidden, alpha = cache
    # r = alpha @ h
    d_alpha = h @ dr
    dh = np.outer(alpha, dr)  # first way: h as what is averaged
    # alpha = softmax(a)
    da = softmax_backward(d_alpha, alpha)
    # a = hidden @ q
    dq = hidden.T @ da
    d_hidden = np.outer(da, q)
    # hidden = np.tanh(z)
    dz = d_hidden * (1 - hidden**2)
    # z = h @ W + b
    dW = h.T @ dz
    db = dz.sum(axis=0)
    dh += dz @ W.T  # second way: h as what decides the weights
    return dh, dW, db, dq


def mean_pooling_forward(h: Array) -> tuple[Array, MeanCache]:
    """The plain mean of the rows: pooling with attention switched off.

    h: (T, D).    Returns (r, cache): r (D,). For T = 0 it is the zero vector.
    """
    T = len(h)
    return h.sum(axis=0) / max(T, 1), MeanCache(T)


def mean_pooling_backward(dr: Array, cache: MeanCache) -> Array:
    """Gradient of h: every row moved the mean by 1/T, so every row gets dr / T.

    dr: (D,).    Returns dh (T, D).
    """
    # r = h.sum(axis=0) / T
    return np.tile(dr / max(cache.T, 1), (cache.T, 1))

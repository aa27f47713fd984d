"""Additive attention on packed sequences; equations and derivations are in `layers.additive_attention`.

Each task takes whole sequences from the product h W to the pooled vector, so that their rows are still in the processor's
cache when they are used again.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled_freely
from nrms_np.kernels.engine.exponential import tanh_in_place
from nrms_np.kernels.engine.parallel import run, sequence_bounds
from nrms_np.kernels.engine.products import matmul
from nrms_np.kernels.engine.workspace import workspace

ROWS_PER_TASK = 512


class AdditiveCache(NamedTuple):
    """h, offsets, W, q: the inputs. hidden (N, A) = tanh(...) and alpha (N,): factors further on."""

    h: Array
    offsets: IntArray
    W: Array
    q: Array
    hidden: Array
    alpha: Array

    def weights(self, s: int) -> Array:
        """(T,) the weights of sequence s."""
        return self.alpha[self.offsets[s] : self.offsets[s + 1]]


class MeanCache(NamedTuple):
    """Where the sequences start, and (N,) what share each row has in the mean of its sequence."""

    offsets: IntArray
    shares: Array


def additive_attention_forward(
    h: Array, offsets: IntArray, W: Array, b: Array, q: Array
) -> tuple[Array, AdditiveCache]:
    """Equations 3-5 and 8-10 for every sequence.

    h: (N, H·d), sequence s in rows offsets[s] to offsets[s + 1].    W: (H·d, A).    b, q: (A,).

    Returns (pooled, cache): pooled (n, H·d), zeros for a sequence of length 0.
    """
    hidden = workspace.empty((len(h), len(q)), h.dtype)
    alpha = np.empty(len(h), dtype=h.dtype)
    pooled = np.empty((len(offsets) - 1, h.shape[1]), dtype=h.dtype)

    def task(first: int, last: int) -> None:
        rows = slice(offsets[first], offsets[last])
        z = np.dot(h[rows], W, out=hidden[rows])
        z += b
        tanh_in_place(z)
        np.dot(z, q, out=alpha[rows])
        _pool(h, offsets, alpha, pooled, first, last)

    run(task, sequence_bounds(offsets, ROWS_PER_TASK))
    return pooled, AdditiveCache(h, offsets, W, q, hidden, alpha)


def additive_attention_backward(d_pooled: Array, cache: AdditiveCache) -> tuple[Array, Array, Array, Array]:
    """Gradients of h, W, b, q.

    d_pooled: (n, H·d).    Returns dh (N, H·d), dW (H·d, A), db (A,), dq (A,).
    """
    h, offsets, W, q, hidden, alpha = cache
    bounds = sequence_bounds(offsets, ROWS_PER_TASK)
    dh = workspace.empty(h.shape, h.dtype)
    dz = workspace.empty(hidden.shape, h.dtype)
    da = np.empty(len(h), dtype=h.dtype)
    parts_of_db = np.zeros((len(bounds) - 1, len(q)), dtype=h.dtype)  # one row per task, summed in order below
    parts_of_dq = np.zeros_like(parts_of_db)

    def task(first: int, last: int) -> None:
        rows, part = slice(offsets[first], offsets[last]), bounds.index(first)
        # pooled = Σ_i alpha_i h_i, alpha = softmax(a)
        _pool_backward(d_pooled, h, offsets, alpha, da, first, last)
        # a = hidden @ q, hidden = tanh(z)
        _tanh_backward(da[rows], q, hidden[rows], dz[rows])
        np.dot(da[rows], hidden[rows], out=parts_of_dq[part])
        # z = h @ W + b
        np.sum(dz[rows], axis=0, out=parts_of_db[part])
        np.dot(dz[rows], W.T, out=dh[rows])  # h as what decides the weights
        _add_weighted(d_pooled, offsets, alpha, dh, first, last)  # and h as what is averaged

    run(task, bounds)
    dW = matmul(h.T, dz)
    return dh, dW, parts_of_db.sum(axis=0), parts_of_dq.sum(axis=0)


def mean_pooling_forward(h: Array, offsets: IntArray) -> tuple[Array, MeanCache]:
    """The plain mean of each sequence: pooling with attention switched off.

    h: (N, H·d).    offsets: (n + 1,).    Returns (pooled, cache): pooled (n, H·d), zeros for a sequence of length 0.
    """
    lengths = np.diff(offsets)
    shares = np.repeat((1 / np.maximum(lengths, 1)).astype(h.dtype), lengths)
    pooled = np.empty((len(lengths), h.shape[1]), dtype=h.dtype)
    run(partial(_weighted_mean, h, offsets, shares, pooled), sequence_bounds(offsets, ROWS_PER_TASK))
    return pooled, MeanCache(offsets, shares)


def mean_pooling_backward(d_pooled: Array, cache: MeanCache) -> Array:
    """Gradient of h: every row of a sequence of length T gets 1/T of the gradient.

    d_pooled: (n, H·d).    Returns dh (N, H·d).
    """
    # pooled = mean of the rows
    return np.repeat(d_pooled, np.diff(cache.offsets), axis=0) * cache.shares[:, None]


@compiled_freely
def _pool(h: Array, offsets: IntArray, alpha: Array, pooled: Array, first: int, last: int) -> None:
    """Softmax of alpha over each sequence, in place, and the weighted sum of its rows."""
    for s in range(first, last):
        weights = alpha[offsets[s] : offsets[s + 1]]
        if len(weights) > 0:
            weights[:] = np.exp(weights - weights.max())
            weights /= weights.sum()
    _weighted_mean(h, offsets, alpha, pooled, first, last)


@compiled_freely
def _weighted_mean(h: Array, offsets: IntArray, weights: Array, pooled: Array, first: int, last: int) -> None:
    for s in range(first, last):
        total = pooled[s]
        total[:] = 0
        for i in range(offsets[s], offsets[s + 1]):
            row, weight = h[i], weights[i]
            for e in range(len(total)):
                total[e] += weight * row[e]


@compiled_freely
def _pool_backward(
    d_pooled: Array, h: Array, offsets: IntArray, alpha: Array, da: Array, first: int, last: int
) -> None:
    """da: the gradient of the scores before their softmax."""
    for s in range(first, last):
        upstream = d_pooled[s]
        weights, gradients = alpha[offsets[s] : offsets[s + 1]], da[offsets[s] : offsets[s + 1]]
        mean = h.dtype.type(0)
        for i in range(len(weights)):
            row = h[offsets[s] + i]
            total = h.dtype.type(0)
            for e in range(len(upstream)):
                total += row[e] * upstream[e]
            gradients[i] = total
            mean += weights[i] * total
        for i in range(len(weights)):
            gradients[i] = weights[i] * (gradients[i] - mean)


@compiled_freely
def _tanh_backward(da: Array, q: Array, hidden: Array, dz: Array) -> None:
    """Through tanh and the product with q: dz = da qᵀ (1 − hidden²)."""
    one = q.dtype.type(1)  # a plain 1 would make every number a float64
    for i in range(len(da)):
        row, out, gradient = hidden[i], dz[i], da[i]
        for e in range(len(q)):
            out[e] = gradient * q[e] * (one - row[e] * row[e])


@compiled_freely
def _add_weighted(d_pooled: Array, offsets: IntArray, alpha: Array, dh: Array, first: int, last: int) -> None:
    """dh_i += alpha_i d_pooled."""
    for s in range(first, last):
        upstream = d_pooled[s]
        for i in range(offsets[s], offsets[s + 1]):
            row, weight = dh[i], alpha[i]
            for e in range(len(upstream)):
                row[e] += weight * upstream[e]

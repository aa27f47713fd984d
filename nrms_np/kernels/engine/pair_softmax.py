"""Softmax over all pairs of packed sequences, forward and backward; the equations are in `layers.softmax`.

`pairs` has one row of H numbers for each pair (i, j) of a sequence; the T × T pairs of sequence s start at
`pair_offsets[s]`, pair (i, j) at i·T + j. The softmax runs over j, for each i and each head.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled_freely
from nrms_np.kernels.engine.exponential import exp_in_place
from nrms_np.kernels.engine.parallel import sequence_bounds
from nrms_np.packed import Packed

PAIRS_PER_TASK = 8192


def task_bounds(pair_offsets: IntArray) -> list[int]:
    """Cut the sequences into tasks of about PAIRS_PER_TASK pairs: where each starts, and the end."""
    return sequence_bounds(pair_offsets, PAIRS_PER_TASK)


def pair_softmax(sequences: Packed, pair_offsets: IntArray, pairs: Array, first: int, last: int) -> None:
    """Turn the scores of the sequences first to last into weights, in place."""
    _subtract_maximum(sequences, pair_offsets, pairs, first, last)
    exp_in_place(pairs[pair_offsets[first] : pair_offsets[last]])
    _divide_by_sum(sequences, pair_offsets, pairs, first, last)


@compiled_freely
def pair_softmax_backward(
    sequences: Packed, pair_offsets: IntArray, alpha: Array, scale: Any, d_pairs: Array, first: int, last: int
) -> None:
    """Turn the gradients of the weights into those of the scores, times `scale`, in place."""
    H = alpha.shape[1]
    mean = np.empty(H, dtype=alpha.dtype)
    for s in range(first, last):
        T = sequences.offsets[s + 1] - sequences.offsets[s]
        for i in range(T):
            start = pair_offsets[s] + i * T
            weights, gradients = alpha[start : start + T], d_pairs[start : start + T]
            mean[:] = 0
            for j in range(T):
                for k in range(H):
                    mean[k] += weights[j, k] * gradients[j, k]
            # alpha_ij = exp(score_ij) / Σ_m exp(score_im)
            for j in range(T):
                for k in range(H):
                    gradients[j, k] = scale * weights[j, k] * (gradients[j, k] - mean[k])


@compiled_freely
def _subtract_maximum(sequences: Packed, pair_offsets: IntArray, scores: Array, first: int, last: int) -> None:
    H = scores.shape[1]
    largest = np.empty(H, dtype=scores.dtype)
    for s in range(first, last):
        T = sequences.offsets[s + 1] - sequences.offsets[s]
        for row in scores[pair_offsets[s] : pair_offsets[s + 1]].reshape(T, T, H):
            for k in range(H):
                largest[k] = row[0, k]
            for j in range(1, T):
                for k in range(H):
                    largest[k] = max(largest[k], row[j, k])
            for j in range(T):
                for k in range(H):
                    row[j, k] -= largest[k]


@compiled_freely
def _divide_by_sum(sequences: Packed, pair_offsets: IntArray, exps: Array, first: int, last: int) -> None:
    H = exps.shape[1]
    total = np.empty(H, dtype=exps.dtype)
    for s in range(first, last):
        T = sequences.offsets[s + 1] - sequences.offsets[s]
        for row in exps[pair_offsets[s] : pair_offsets[s + 1]].reshape(T, T, H):
            total[:] = 0
            for j in range(T):
                for k in range(H):
                    total[k] += row[j, k]
            for k in range(H):
                total[k] = 1 / total[k]
            for j in range(T):
                for k in range(H):
                    row[j, k] *= total[k]

"""The attention hot loops, compiled for one number of heads and one head width.

Lanes. A processor multiplies 8 or 16 numbers at once if they stand side by side and go the same way. The d numbers of one head
must be *added up*, which is no good; but the same number of all heads goes the same way. So inside the loops a row of H·d numbers
stands with the heads innermost: number c of head k is at place c·H + k ("lane order"). H lanes are few, so several c are
taken together to make a wide row of `wide` lanes, which is folded to H lanes at the end.

    head order   h0: c0 c1 c2 …   h1: c0 c1 c2 …
    lane order   c0: h0 h1 h2 …   c1: h0 h1 h2 …

Numba compiles the functions below anew for each (heads, head_dim), because loops whose length the compiler knows are unrolled
and vectorised; the result is kept on disk. `fastmath` allows it to reorder sums, which vectorising is.

Every function works on the sequences `first` to `last` and writes nowhere else, so parts can run side by side. `pair_offsets[s]`
is where the T × T pairs of sequence s start in `alpha`, which has one row of H numbers for each pair, pair (i, j) of a
sequence with length T at i·T + j.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nrms_np.packed import Packed

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

LANES = 64  # a row of at least so many lanes keeps the vector units busy

compiled = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})


class Loops(NamedTuple):
    """The compiled functions for one number of heads and one head width."""

    scores: Callable[..., None]
    weighted_sum: Callable[..., None]
    weighted_sum_backward: Callable[..., None]
    scores_backward: Callable[..., None]


def wide_lanes(heads: int, head_dim: int) -> int:
    """The width of a wide row: a multiple of H that divides H·d, at least LANES where there are so many."""
    for together in range(1, head_dim + 1):
        if head_dim % together == 0 and heads * together >= LANES:
            return heads * together
    return heads * head_dim


def to_lane_order(W: Array, heads: int) -> Array:
    """Reorder the columns of W (D, H·d) from head order to lane order."""
    D, width = W.shape
    return np.ascontiguousarray(W.reshape(D, heads, width // heads).transpose(0, 2, 1).reshape(D, width))


def to_head_order(W: Array, heads: int) -> Array:
    """Reorder the columns of W (D, H·d) from lane order to head order."""
    D, width = W.shape
    return np.ascontiguousarray(W.reshape(D, width // heads, heads).transpose(0, 2, 1).reshape(D, width))


@cache
def attention_loops(heads: int, head_dim: int) -> Loops:
    """Compile the loops for H = heads and d = head_dim."""
    H, d = heads, head_dim
    WIDTH = H * d
    WIDE = wide_lanes(H, d)
    CHUNKS = WIDTH // WIDE
    FOLDS = WIDE // H
    places = np.arange(WIDTH, dtype=np.int32)
    lane_of = places.reshape(d, H).T.flatten()  # where a number in head order stands in lane order
    head_of = places.reshape(H, d).T.flatten()  # and the other way round

    @compiled
    def scores(
        projected: Array, sequences: Packed, pair_offsets: IntArray, scale: Any, alpha: Array,
        first: int, last: int,
    ) -> None:  # fmt: skip
        """alpha[pair, k] = scale · query_i · key_j, for each head k. Rows of `projected`: query, key, value."""
        row = np.empty(WIDE, dtype=alpha.dtype)
        for s in range(first, last):
            words = sequences.index[sequences.offsets[s] : sequences.offsets[s + 1]]
            T = len(words)
            for i in range(T):
                query = projected[words[i], :WIDTH]
                for j in range(T):
                    key = projected[words[j], WIDTH : 2 * WIDTH]
                    for e in range(WIDE):
                        total = query[e] * key[e]
                        for c in range(1, CHUNKS):
                            total += query[c * WIDE + e] * key[c * WIDE + e]
                        row[e] = total
                    score = alpha[pair_offsets[s] + i * T + j]
                    for k in range(H):
                        total = row[k]
                        for f in range(1, FOLDS):
                            total += row[f * H + k]
                        score[k] = total * scale

    @compiled
    def weighted_sum(
        projected: Array, values_at: int, sequences: Packed, pair_offsets: IntArray, alpha: Array,
        h: Array, first: int, last: int,
    ) -> None:  # fmt: skip
        """h_i = Σ_j alpha_ij value_j, the heads in head order."""
        weight = np.empty(WIDE, dtype=alpha.dtype)
        total = np.empty(WIDTH, dtype=alpha.dtype)
        for s in range(first, last):
            words = sequences.index[sequences.offsets[s] : sequences.offsets[s + 1]]
            T = len(words)
            for i in range(T):
                total[:] = 0
                for j in range(T):
                    pair = alpha[pair_offsets[s] + i * T + j]
                    for f in range(FOLDS):
                        for k in range(H):
                            weight[f * H + k] = pair[k]
                    value = projected[words[j], values_at : values_at + WIDTH]
                    for c in range(CHUNKS):
                        for e in range(WIDE):
                            total[c * WIDE + e] += weight[e] * value[c * WIDE + e]
                out = h[sequences.offsets[s] + i]
                for e in range(WIDTH):
                    out[e] = total[lane_of[e]]

    @compiled
    def weighted_sum_backward(
        dh: Array, projected: Array, values_at: int, sequences: Packed, pair_offsets: IntArray,
        alpha: Array, d_alpha: Array, d_projected: Array, first: int, last: int,
    ) -> None:  # fmt: skip
        """d_alpha_ij = dh_i · value_j and d_value_j = Σ_i alpha_ij dh_i. d_projected: one row a word, not a table row."""
        weight = np.empty(WIDE, dtype=alpha.dtype)
        row = np.empty(WIDE, dtype=alpha.dtype)
        d_out = np.empty(WIDTH, dtype=alpha.dtype)
        for s in range(first, last):
            start = sequences.offsets[s]
            words = sequences.index[start : sequences.offsets[s + 1]]
            T = len(words)
            d_projected[start : start + T, values_at : values_at + WIDTH] = 0
            for i in range(T):
                d_row = dh[start + i]
                for e in range(WIDTH):
                    d_out[e] = d_row[head_of[e]]
                for j in range(T):
                    place = pair_offsets[s] + i * T + j
                    value = projected[words[j], values_at : values_at + WIDTH]
                    d_value = d_projected[start + j, values_at : values_at + WIDTH]
                    pair, d_pair = alpha[place], d_alpha[place]
                    for f in range(FOLDS):
                        for k in range(H):
                            weight[f * H + k] = pair[k]
                    # h_i = Σ_j alpha_ij value_j
                    for e in range(WIDE):
                        total = d_out[e] * value[e]
                        for c in range(1, CHUNKS):
                            total += d_out[c * WIDE + e] * value[c * WIDE + e]
                        row[e] = total
                    for c in range(CHUNKS):
                        for e in range(WIDE):
                            d_value[c * WIDE + e] += weight[e] * d_out[c * WIDE + e]
                    for k in range(H):
                        total = row[k]
                        for f in range(1, FOLDS):
                            total += row[f * H + k]
                        d_pair[k] = total

    @compiled
    def scores_backward(
        d_scores: Array, projected: Array, sequences: Packed, pair_offsets: IntArray,
        d_projected: Array, first: int, last: int,
    ) -> None:  # fmt: skip
        """d_query_i = Σ_j d_score_ij key_j and d_key_j = Σ_i d_score_ij query_i."""
        weight = np.empty(WIDE, dtype=d_scores.dtype)
        for s in range(first, last):
            start = sequences.offsets[s]
            words = sequences.index[start : sequences.offsets[s + 1]]
            T = len(words)
            d_projected[start : start + T, : 2 * WIDTH] = 0
            for i in range(T):
                query = projected[words[i], :WIDTH]
                d_query = d_projected[start + i, :WIDTH]
                for j in range(T):
                    key = projected[words[j], WIDTH : 2 * WIDTH]
                    d_key = d_projected[start + j, WIDTH : 2 * WIDTH]
                    d_pair = d_scores[pair_offsets[s] + i * T + j]
                    for f in range(FOLDS):
                        for k in range(H):
                            weight[f * H + k] = d_pair[k]
                    # score_ij = query_i · key_j
                    for c in range(CHUNKS):
                        for e in range(WIDE):
                            d_query[c * WIDE + e] += weight[e] * key[c * WIDE + e]
                    for c in range(CHUNKS):
                        for e in range(WIDE):
                            d_key[c * WIDE + e] += weight[e] * query[c * WIDE + e]

    return Loops(scores, weighted_sum, weighted_sum_backward, scores_backward)

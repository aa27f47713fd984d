"""The attention hot loops, compiled for one number of heads and one head width.

For all pairs of a sequence, self-attention does two things only, forward and backward (`layers.self_attention` has the
derivations):

    products        pairs_ij = x_i · y_j          forward: the scores.      backward: the gradients of the weights.
    weighted sums   out_i = Σ_j weight_ij y_j     forward: h.               backward: the gradients of values, queries and keys.

Both keep their sums in registers: four products, or five vectors of a weighted sum, at a time.

Rows are in lane order (`lane_order`). Every loop works on the sequences `first` to `last` and writes nowhere else, so parts can run
side by side. `pair_offsets[s]` is where the T × T pairs of sequence s start; each pair has H numbers, and pair (i, j) of a
sequence with length T is row i·T + j. The loops flatten their arrays; places inside are counted in numbers, `pair_offsets` in
pairs.

Numba compiles the loops anew for each (heads, head_dim) and keeps the result on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled, inlined
from nrms_np.kernels.engine.lane_order import lane_order
from nrms_np.kernels.engine.lanes import fill, fold, load, multiply, multiply_add, repeat, store
from nrms_np.packed import Packed


class Loops(NamedTuple):
    """The compiled functions for one number of heads and one head width."""

    scores: Callable[..., None]
    weighted_sum: Callable[..., None]
    weighted_sum_backward: Callable[..., None]
    scores_backward: Callable[..., None]


@cache
def attention_loops(heads: int, head_dim: int) -> Loops:
    """Compile the loops for H = heads and d = head_dim."""
    H, d = heads, head_dim
    WIDTH = H * d
    order = lane_order(H, d)
    LANES, TOGETHER = order.lanes, order.together
    WHOLE = order.groups  # groups in which each lane is a head; there may be one more, which shares
    GROUPS = WHOLE + (order.sharing > 0)
    PIECE = LANES // TOGETHER
    SHARED_VECTORS = d // TOGETHER
    head_of, lane_of = order.head_of.astype(np.int32), order.lane_of.astype(np.int32)

    @inlined
    def products(x: Array, x_at: int, y: Array, rows: IntArray, y_at: int, scale: Any, pairs: Array, at: int) -> None:
        """pairs_j = scale · x · y_j for the row of x at x_at and all rows of y at rows[j] + y_at."""
        zero = fill(x.dtype.type(0), LANES)
        scales = fill(scale, LANES)
        T = len(rows)
        fours = T - T % 4
        for g in range(GROUPS):
            start = g * d * LANES
            stop = start + (d if g < WHOLE else SHARED_VECTORS) * LANES
            for j in range(0, fours, 4):
                y0, y1, y2, y3 = rows[j] + y_at, rows[j + 1] + y_at, rows[j + 2] + y_at, rows[j + 3] + y_at
                sum0, sum1, sum2, sum3 = zero, zero, zero, zero
                for e in range(start, stop, LANES):
                    x_e = load(x, x_at + e, LANES)
                    sum0 = multiply_add(x_e, load(y, y0 + e, LANES), sum0)
                    sum1 = multiply_add(x_e, load(y, y1 + e, LANES), sum1)
                    sum2 = multiply_add(x_e, load(y, y2 + e, LANES), sum2)
                    sum3 = multiply_add(x_e, load(y, y3 + e, LANES), sum3)
                _store_heads(pairs, at + j * H, g, multiply(sum0, scales))
                _store_heads(pairs, at + (j + 1) * H, g, multiply(sum1, scales))
                _store_heads(pairs, at + (j + 2) * H, g, multiply(sum2, scales))
                _store_heads(pairs, at + (j + 3) * H, g, multiply(sum3, scales))
            for j in range(fours, T):
                y0 = rows[j] + y_at
                sum0 = zero
                for e in range(start, stop, LANES):
                    sum0 = multiply_add(load(x, x_at + e, LANES), load(y, y0 + e, LANES), sum0)
                _store_heads(pairs, at + j * H, g, multiply(sum0, scales))

    @inlined
    def _store_heads(pairs: Array, at: int, g: int, sums: Any) -> None:
        """Write the sums of the heads of group g."""
        if g < WHOLE:
            store(pairs, at + g * LANES, sums)
        else:
            store(pairs, at + g * LANES, fold(sums, TOGETHER))

    @inlined
    def _load_heads(pairs: Array, at: int, g: int) -> Any:
        """Read the weights of the heads of group g."""
        if g < WHOLE:
            return load(pairs, at + g * LANES, LANES)
        return repeat(load(pairs, at + g * LANES, PIECE), TOGETHER)

    @inlined
    def weighted_rows(
        weights: Array, at: int, step: int, y: Array, rows: IntArray, y_at: int, out: Array, out_at: int
    ) -> None:
        """The row of out at out_at = Σ_j weight_j y_j; weight_j stands at at + j · step, y_j at rows[j] + y_at."""
        zero = fill(y.dtype.type(0), LANES)
        for g in range(GROUPS):
            vectors = d if g < WHOLE else SHARED_VECTORS
            start = g * d * LANES
            middle = start + (vectors - vectors % 5) * LANES
            stop = start + vectors * LANES
            # Five: 20 heads of 20 have 20 and 5 vectors. Five sums and a weight fit in the registers of all processors.
            for e in range(start, middle, 5 * LANES):
                sum0, sum1, sum2, sum3, sum4 = zero, zero, zero, zero, zero
                for j in range(len(rows)):
                    weight = _load_heads(weights, at + j * step, g)
                    y_e = rows[j] + y_at + e
                    sum0 = multiply_add(weight, load(y, y_e, LANES), sum0)
                    sum1 = multiply_add(weight, load(y, y_e + LANES, LANES), sum1)
                    sum2 = multiply_add(weight, load(y, y_e + 2 * LANES, LANES), sum2)
                    sum3 = multiply_add(weight, load(y, y_e + 3 * LANES, LANES), sum3)
                    sum4 = multiply_add(weight, load(y, y_e + 4 * LANES, LANES), sum4)
                store(out, out_at + e, sum0)
                store(out, out_at + e + LANES, sum1)
                store(out, out_at + e + 2 * LANES, sum2)
                store(out, out_at + e + 3 * LANES, sum3)
                store(out, out_at + e + 4 * LANES, sum4)
            for e in range(middle, stop, LANES):
                sum0 = zero
                for j in range(len(rows)):
                    weight = _load_heads(weights, at + j * step, g)
                    sum0 = multiply_add(weight, load(y, rows[j] + y_at + e, LANES), sum0)
                store(out, out_at + e, sum0)

    @inlined
    def _row_starts(sequences: Packed, s: int, stride: int) -> IntArray:
        """Where the rows that sequence s refers to start in a flat table."""
        return sequences.index[sequences.offsets[s] : sequences.offsets[s + 1]].astype(np.intp) * stride

    @compiled
    def scores(
        projected: Array, sequences: Packed, pair_offsets: IntArray, scale: Any, alpha: Array,
        first: int, last: int,
    ) -> None:  # fmt: skip
        """alpha[pair, k] = scale · query_i · key_j, for each head k. Rows of `projected`: query, key, value."""
        flat, pairs = projected.reshape(-1), alpha.reshape(-1)
        for s in range(first, last):
            rows = _row_starts(sequences, s, projected.shape[1])
            for i in range(len(rows)):
                pair = (pair_offsets[s] + i * len(rows)) * H
                products(flat, rows[i], flat, rows, WIDTH, scale, pairs, pair)

    @compiled
    def weighted_sum(
        projected: Array, values_at: int, sequences: Packed, pair_offsets: IntArray, alpha: Array,
        h: Array, first: int, last: int,
    ) -> None:  # fmt: skip
        """h_i = Σ_j alpha_ij value_j, in head order. A row of `projected` has its value from values_at on."""
        flat, pairs = projected.reshape(-1), alpha.reshape(-1)
        h_i = np.empty(WIDTH, dtype=h.dtype)
        for s in range(first, last):
            start = sequences.offsets[s]
            rows = _row_starts(sequences, s, projected.shape[1])
            for i in range(len(rows)):
                pair = (pair_offsets[s] + i * len(rows)) * H
                weighted_rows(pairs, pair, H, flat, rows, values_at, h_i, 0)
                out = h[start + i]
                for e in range(WIDTH):
                    out[e] = h_i[lane_of[e]]

    @compiled
    def weighted_sum_backward(
        dh: Array, projected: Array, values_at: int, sequences: Packed, pair_offsets: IntArray,
        alpha: Array, d_alpha: Array, d_references: Array, places: IntArray, first: int, last: int,
    ) -> None:  # fmt: skip
        """d_alpha_ij = dh_i · value_j and d_value_j = Σ_i alpha_ij dh_i.

        d_references: one row for each reference, in the place that `places` says.
        """
        flat, d_flat = projected.reshape(-1), d_references.reshape(-1)
        pairs, d_pairs = alpha.reshape(-1), d_alpha.reshape(-1)
        one = dh.dtype.type(1)
        for s in range(first, last):
            start = sequences.offsets[s]
            rows = _row_starts(sequences, s, projected.shape[1])
            T = len(rows)
            # h_i = Σ_j alpha_ij value_j
            dh_lanes = np.empty(T * WIDTH, dtype=dh.dtype)
            dh_rows = np.arange(T) * WIDTH
            for i in range(T):
                dh_i = dh[start + i]
                for e in range(WIDTH):
                    dh_lanes[i * WIDTH + e] = dh_i[head_of[e]]
                pair = (pair_offsets[s] + i * T) * H
                products(dh_lanes, i * WIDTH, flat, rows, values_at, one, d_pairs, pair)
            for j in range(T):
                pair = (pair_offsets[s] + j) * H
                d_value = places[start + j] * d_references.shape[1] + values_at
                weighted_rows(pairs, pair, T * H, dh_lanes, dh_rows, 0, d_flat, d_value)

    @compiled
    def scores_backward(
        d_scores: Array, projected: Array, sequences: Packed, pair_offsets: IntArray,
        d_references: Array, places: IntArray, first: int, last: int,
    ) -> None:  # fmt: skip
        """d_query_i = Σ_j d_score_ij key_j and d_key_j = Σ_i d_score_ij query_i."""
        flat, d_flat, d_pairs = projected.reshape(-1), d_references.reshape(-1), d_scores.reshape(-1)
        for s in range(first, last):
            start = sequences.offsets[s]
            rows = _row_starts(sequences, s, projected.shape[1])
            T = len(rows)
            # score_ij = query_i · key_j
            for i in range(T):
                pair = (pair_offsets[s] + i * T) * H
                d_query = places[start + i] * d_references.shape[1]
                weighted_rows(d_pairs, pair, H, flat, rows, WIDTH, d_flat, d_query)
            for j in range(T):
                pair = (pair_offsets[s] + j) * H
                d_key = places[start + j] * d_references.shape[1] + WIDTH
                weighted_rows(d_pairs, pair, T * H, flat, rows, 0, d_flat, d_key)

    return Loops(scores, weighted_sum, weighted_sum_backward, scores_backward)

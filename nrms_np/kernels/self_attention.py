"""Self-attention on packed sequences, in both forms; equations and derivations are in `layers.self_attention`.

What is different here: x W is computed once for each row of the table, not for each reference to it, and the gradients of
all references to a row are added up before the product with Wᵀ. So the large products have as many rows as there are
distinct words.

Equation 1 to the letter (bilinear) needs a product with a full (D, D) matrix for each head. It is done one head after another: all
heads at once would need H·D numbers for each word.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.attention_loops import Loops, attention_loops
from nrms_np.kernels.engine.lane_order import apart, side_by_side, to_head_order, to_lane_order
from nrms_np.kernels.engine.pair_softmax import pair_softmax, pair_softmax_backward, task_bounds
from nrms_np.kernels.engine.parallel import run
from nrms_np.kernels.engine.products import matmul, matmuls
from nrms_np.kernels.engine.rows import add_up, places_of
from nrms_np.kernels.engine.workspace import workspace
from nrms_np.layers.self_attention import ProductCache
from nrms_np.packed import Packed, offsets_of


class AttentionCache(NamedTuple):
    """table, sequences, Q, scale: the inputs; only the bilinear form multiplies by this Q. The rest are factors further on.

    in_lanes:     (D, 3·H·d) Q, K, V side by side, each in lane order; of the bilinear form V alone, (D, H·d).
    projected:    (rows, as wide) table · in_lanes: query, key and value of each row, or its value alone.
    pair_offsets: (n + 1,) where the pairs of each sequence start in alpha.
    alpha:        (pairs, H) the attention weights.
    """

    table: Array
    sequences: Packed
    Q: Array
    scale: float
    in_lanes: Array
    projected: Array
    pair_offsets: IntArray
    alpha: Array

    def weights(self, s: int) -> Array:
        """(H, T, T) the attention weights of sequence s."""
        pairs = self.alpha[self.pair_offsets[s] : self.pair_offsets[s + 1]]
        T = int(self.sequences.lengths[s])
        return pairs.reshape(T, T, self.alpha.shape[1]).transpose(2, 0, 1)


def projected_attention_forward(
    table: Array, sequences: Packed, Q: Array, K: Array, V: Array, heads: int, scale: float
) -> tuple[Array, AttentionCache]:
    """Equations 1-2 and 6-7 with projected queries and keys, for every sequence.

    table: (rows, D).    sequences: refer to its rows, N references in all.    Q, K, V: (D, H·d).

    Returns (h, cache): h (N, H·d), one row per reference.
    """
    loops = attention_loops(heads, V.shape[1] // heads)
    in_lanes = side_by_side([Q, K, V], heads)
    projected = matmul(table, in_lanes)  # (rows, 3·H·d)
    pair_offsets = offsets_of(sequences.lengths**2)
    alpha = workspace.empty((int(pair_offsets[-1]), heads), table.dtype)
    h = workspace.empty((len(sequences.index), V.shape[1]), table.dtype)

    def task(first: int, last: int) -> None:
        loops.scores(projected, sequences, pair_offsets, table.dtype.type(scale), alpha, first, last)
        pair_softmax(sequences, pair_offsets, alpha, first, last)
        loops.weighted_sum(projected, 2 * V.shape[1], sequences, pair_offsets, alpha, h, first, last)

    run(task, task_bounds(pair_offsets))
    return h, AttentionCache(table, sequences, Q, scale, in_lanes, projected, pair_offsets, alpha)


def projected_attention_backward(dh: Array, cache: AttentionCache) -> tuple[Array, Array, Array, Array]:
    """Gradients of table, Q, K, V.

    dh: (N, H·d).    Returns d_table (rows, D), dQ, dK, dV (D, H·d).
    """
    table, sequences, _, scale, in_lanes, projected, pair_offsets, alpha = cache
    heads, width = alpha.shape[1], dh.shape[1]
    loops = attention_loops(heads, width // heads)
    d_pairs = workspace.empty(alpha.shape, alpha.dtype)
    places = places_of(sequences.index, len(table))
    d_references = workspace.empty(
        (int(places.starts[-1]), 3 * width), dh.dtype
    )  # of each one's own query, key and value

    def task(first: int, last: int) -> None:
        # h = weighted_sum(alpha, values)
        loops.weighted_sum_backward(
            dh, projected, 2 * width, sequences, pair_offsets, alpha, d_pairs, d_references, places.of, first, last
        )
        # alpha = pair_softmax(scale · scores)
        pair_softmax_backward(sequences, pair_offsets, alpha, dh.dtype.type(scale), d_pairs, first, last)
        # scores = queries · keys
        loops.scores_backward(d_pairs, projected, sequences, pair_offsets, d_references, places.of, first, last)

    run(task, task_bounds(pair_offsets))
    # each reference used projected[sequences.index]
    d_projected = add_up(d_references, places)
    # projected = table @ in_lanes
    d_in_lanes, d_table = matmuls((table.T, d_projected), (d_projected, in_lanes.T))
    dQ, dK, dV = apart(d_in_lanes, 3, heads)
    return d_table, dQ, dK, dV


def bilinear_attention_forward(
    table: Array, sequences: Packed, Q: Array, V: Array, scale: float
) -> tuple[Array, AttentionCache]:
    """Equations 1-2 and 6-7 to the letter, for every sequence.

    table: (rows, D).    sequences: refer to its rows, N references in all.    Q: (H, D, D).    V: (D, H·d).

    Returns (h, cache): h (N, H·d), one row per reference.
    """
    heads = len(Q)
    loops = attention_loops(heads, V.shape[1] // heads)
    in_lanes = to_lane_order(V, heads)
    values = matmul(table, in_lanes)
    pair_offsets = offsets_of(sequences.lengths**2)
    alpha = workspace.empty((int(pair_offsets[-1]), heads), table.dtype)
    h = workspace.empty((len(sequences.index), V.shape[1]), table.dtype)
    for k in range(heads):
        one_head, rows = _queries_and_elements(table, Q[k])
        of_head = workspace.empty((len(alpha), 1), table.dtype)
        scores = partial(one_head.scores, rows, sequences, pair_offsets, table.dtype.type(scale), of_head)
        run(scores, task_bounds(pair_offsets))
        alpha[:, k] = of_head[:, 0]

    def task(first: int, last: int) -> None:
        pair_softmax(sequences, pair_offsets, alpha, first, last)
        loops.weighted_sum(values, 0, sequences, pair_offsets, alpha, h, first, last)

    run(task, task_bounds(pair_offsets))
    return h, AttentionCache(table, sequences, Q, scale, in_lanes, values, pair_offsets, alpha)


def bilinear_attention_backward(dh: Array, cache: AttentionCache) -> tuple[Array, Array, Array]:
    """Gradients of table, Q, V.

    dh: (N, H·d).    Returns d_table (rows, D), dQ (H, D, D), dV (D, H·d).
    """
    table, sequences, Q, scale, in_lanes, values, pair_offsets, alpha = cache
    heads, places = len(Q), places_of(sequences.index, len(table))
    loops = attention_loops(heads, dh.shape[1] // heads)
    d_pairs = workspace.empty(alpha.shape, alpha.dtype)
    d_references = workspace.empty((int(places.starts[-1]), dh.shape[1]), dh.dtype)

    def task(first: int, last: int) -> None:
        # h = weighted_sum(alpha, values)
        loops.weighted_sum_backward(
            dh, values, 0, sequences, pair_offsets, alpha, d_pairs, d_references, places.of, first, last
        )
        # alpha = pair_softmax(scale · scores)
        pair_softmax_backward(sequences, pair_offsets, alpha, dh.dtype.type(scale), d_pairs, first, last)

    run(task, task_bounds(pair_offsets))
    # each reference used values[sequences.index]
    d_values = add_up(d_references, places)
    # values = table @ in_lanes
    d_in_lanes, d_table = matmuls((table.T, d_values), (d_values, in_lanes.T))  # the table as value
    dV = to_head_order(d_in_lanes, heads)

    dQ = np.empty_like(Q)
    for k in range(heads):
        one_head, rows = _queries_and_elements(table, Q[k])  # made again: keeping them would take H times the table
        of_head = np.ascontiguousarray(d_pairs[:, k : k + 1])
        d_used = workspace.empty((int(places.starts[-1]), rows.shape[1]), table.dtype)
        # scores = queries · elements
        scores_backward = partial(one_head.scores_backward, of_head, rows, sequences, pair_offsets, d_used, places.of)
        run(scores_backward, task_bounds(pair_offsets))
        # each reference used rows[sequences.index]
        d_rows = add_up(d_used, places)
        d_queries, d_elements = (part[:, : table.shape[1]] for part in np.split(d_rows, 2, axis=1))
        # queries = table @ Q[k]
        dQ[k] = matmul(table.T, d_queries)
        d_table += matmul(d_queries, Q[k].T)  # the table on the left: the element that looks
        d_table += d_elements  # and on the right: the element that is looked at
    return d_table, dQ, dV


def product_forward(x: Array, W: Array) -> tuple[Array, ProductCache]:
    """A plain product y = x W: the output matrix O that mixes the heads, or V where attention is switched off.

    x: (N, n).    W: (n, m).    Returns (y, cache): y (N, m).
    """
    return matmul(x, W), ProductCache(x, W)


def product_backward(dy: Array, cache: ProductCache) -> tuple[Array, Array]:
    """Gradients of x and W.

    dy: (N, m).    Returns dx (N, n), dW (n, m).
    """
    # y = x @ W
    dx, dW = matmuls((dy, cache.W.T), (cache.x.T, dy))
    return dx, dW


def _queries_and_elements(table: Array, Q: Array) -> tuple[Loops, Array]:
    """For one bilinear head: query and element of each row as one head of projected attention, and the loops for it.

    The head is as wide as the table and zeros up to a multiple of 16, so that it fills registers.
    """
    rows, D = table.shape
    width = -(-D // 16) * 16
    both = workspace.empty((rows, 2 * width), table.dtype)
    both.fill(0)
    both[:, :D] = matmul(table, Q)
    both[:, width : width + D] = table
    return attention_loops(1, width), both

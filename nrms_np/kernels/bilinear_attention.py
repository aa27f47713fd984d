"""Bilinear self-attention on packed sequences; equations and derivations are in `layers.self_attention`.

Equation 1 to the letter needs a product with a full (D, D) matrix for each head. It is done one head after another: all
heads at once would need H·D numbers for each word.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.kernels.attention_loops import attention_loops
from nrms_np.kernels.lane_order import to_head_order, to_lane_order
from nrms_np.kernels.pair_softmax import compiled, pair_softmax, pair_softmax_backward, task_bounds
from nrms_np.kernels.parallel import matmul, run
from nrms_np.kernels.rows import add_into_rows
from nrms_np.kernels.workspace import workspace
from nrms_np.packed import Packed, offsets_of

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


class BilinearCache(NamedTuple):
    """table, sequences, Q, scale: the inputs. The rest are factors further on.

    weights:      (D, H·d) V in lane order.
    values:       (rows, H·d) table · weights.
    pair_offsets: (n + 1,) where the pairs of each sequence start in alpha.
    alpha:        (pairs, H) the attention weights.
    """

    table: Array
    sequences: Packed
    Q: Array
    scale: float
    weights: Array
    values: Array
    pair_offsets: IntArray
    alpha: Array


def bilinear_attention_forward(
    table: Array, sequences: Packed, Q: Array, V: Array, scale: float
) -> tuple[Array, BilinearCache]:
    """Equations 1-2 and 6-7 to the letter, for every sequence.

    table: (rows, D).    sequences: refer to its rows, N references in all.    Q: (H, D, D).    V: (D, H·d).

    Returns (h, cache): h (N, H·d), one row a reference.
    """
    heads = len(Q)
    loops = attention_loops(heads, V.shape[1] // heads)
    weights = to_lane_order(V, heads)
    values = matmul(table, weights)
    pair_offsets = offsets_of(sequences.lengths**2)
    alpha = workspace.empty((int(pair_offsets[-1]), heads), table.dtype)
    h = workspace.empty((len(sequences.index), V.shape[1]), table.dtype)
    for k in range(heads):
        queries = matmul(table, Q[k])  # (rows, D)

        def scores(first: int, last: int, k: int = k, queries: Array = queries) -> None:
            _scores(queries, table, sequences, pair_offsets, table.dtype.type(scale), k, alpha, first, last)

        run(scores, task_bounds(pair_offsets))

    def task(first: int, last: int) -> None:
        pair_softmax(sequences, pair_offsets, alpha, first, last)
        loops.weighted_sum(values, 0, sequences, pair_offsets, alpha, h, first, last)

    run(task, task_bounds(pair_offsets))
    return h, BilinearCache(table, sequences, Q, scale, weights, values, pair_offsets, alpha)


def bilinear_attention_backward(dh: Array, cache: BilinearCache) -> tuple[Array, Array, Array]:
    """Gradients of table, Q, V.

    dh: (N, H·d).    Returns d_table (rows, D), dQ (H, D, D), dV (D, H·d).
    """
    table, sequences, Q, scale, weights, values, pair_offsets, alpha = cache
    heads, index = len(Q), sequences.index
    loops = attention_loops(heads, dh.shape[1] // heads)
    d_pairs = workspace.empty(alpha.shape, alpha.dtype)
    d_references = workspace.empty(dh.shape, dh.dtype)

    def task(first: int, last: int) -> None:
        # h = weighted_sum(alpha, values)
        loops.weighted_sum_backward(dh, values, 0, sequences, pair_offsets, alpha, d_pairs, d_references, first, last)
        # alpha = pair_softmax(scale · scores)
        pair_softmax_backward(sequences, pair_offsets, alpha, dh.dtype.type(scale), d_pairs, first, last)

    run(task, task_bounds(pair_offsets))
    # values = table @ weights
    d_values = add_into_rows(d_references, index, len(table))
    dV = to_head_order(matmul(table.T, d_values), heads)
    d_table = matmul(d_values, weights.T)  # the table as value

    dQ = np.empty_like(Q)
    d_elements = workspace.zeros((len(index), table.shape[1]), table.dtype)
    d_queries = workspace.empty(d_elements.shape, table.dtype)
    for k in range(heads):
        # scores = queries · elements
        queries = matmul(table, Q[k])  # computed again: keeping it would take H times the table

        def scores_backward(first: int, last: int, k: int = k, queries: Array = queries) -> None:
            _scores_backward(d_pairs, queries, table, sequences, pair_offsets, k, d_queries, d_elements, first, last)

        run(scores_backward, task_bounds(pair_offsets))
        d_rows = add_into_rows(d_queries, index, len(table))
        # queries = table @ Q[k]
        dQ[k] = matmul(table.T, d_rows)
        d_table += matmul(d_rows, Q[k].T)  # the table on the left: the element that looks
    d_table += add_into_rows(d_elements, index, len(table))  # and on the right: the element that is looked at
    return d_table, dQ, dV


@compiled
def _scores(
    queries: Array, table: Array, sequences: Packed, pair_offsets: IntArray, scale: Any, k: int, alpha: Array,
    first: int, last: int,
) -> None:  # fmt: skip
    for s in range(first, last):
        words = sequences.index[sequences.offsets[s] : sequences.offsets[s + 1]]
        T = len(words)
        for i in range(T):
            query = queries[words[i]]
            for j in range(T):
                element = table[words[j]]
                total = query[0] * element[0]
                for e in range(1, len(query)):
                    total += query[e] * element[e]
                alpha[pair_offsets[s] + i * T + j, k] = total * scale


@compiled
def _scores_backward(
    d_scores: Array, queries: Array, table: Array, sequences: Packed, pair_offsets: IntArray, k: int,
    d_queries: Array, d_elements: Array, first: int, last: int,
) -> None:  # fmt: skip
    for s in range(first, last):
        start = sequences.offsets[s]
        words = sequences.index[start : sequences.offsets[s + 1]]
        T = len(words)
        d_queries[start : start + T] = 0
        for i in range(T):
            query, d_query = queries[words[i]], d_queries[start + i]
            for j in range(T):
                element, d_element = table[words[j]], d_elements[start + j]
                d_score = d_scores[pair_offsets[s] + i * T + j, k]
                # score_ij = query_i · e_j
                for e in range(len(query)):
                    d_query[e] += d_score * element[e]
                    d_element[e] += d_score * query[e]

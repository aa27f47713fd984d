"""Projected self-attention on packed sequences; equations and derivations are in `layers.self_attention`.

What is different here: x W is computed once for each row of the table, not for each reference to it, and the gradients of
all references to a row are added up before the product with Wᵀ. So the large products have as many rows as there are
distinct words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.kernels.attention_loops import attention_loops
from nrms_np.kernels.lane_order import to_head_order, to_lane_order
from nrms_np.kernels.pair_softmax import pair_softmax, pair_softmax_backward, task_bounds
from nrms_np.kernels.parallel import matmul, run
from nrms_np.kernels.rows import add_into_rows
from nrms_np.kernels.workspace import workspace
from nrms_np.packed import Packed, offsets_of

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


class ProjectedCache(NamedTuple):
    """table, sequences, heads, scale: the inputs. The rest are factors further on.

    weights:      (D, 3·H·d) Q, K, V side by side, each in lane order.
    projected:    (rows, 3·H·d) table · weights: query, key and value of each row.
    pair_offsets: (n + 1,) where the pairs of each sequence start in alpha.
    alpha:        (pairs, H) the attention weights.
    """

    table: Array
    sequences: Packed
    heads: int
    scale: float
    weights: Array
    projected: Array
    pair_offsets: IntArray
    alpha: Array


def projected_attention_forward(
    table: Array, sequences: Packed, Q: Array, K: Array, V: Array, heads: int, scale: float
) -> tuple[Array, ProjectedCache]:
    """Equations 1-2 and 6-7 with projected queries and keys, for every sequence.

    table: (rows, D).    sequences: refer to its rows, N references in all.    Q, K, V: (D, H·d).

    Returns (h, cache): h (N, H·d), one row a reference.
    """
    loops = attention_loops(heads, V.shape[1] // heads)
    weights = np.concatenate([to_lane_order(W, heads) for W in (Q, K, V)], axis=1)
    projected = matmul(table, weights)  # (rows, 3·H·d)
    pair_offsets = offsets_of(sequences.lengths**2)
    alpha = workspace.empty((int(pair_offsets[-1]), heads), table.dtype)
    h = workspace.empty((len(sequences.index), V.shape[1]), table.dtype)

    def task(first: int, last: int) -> None:
        loops.scores(projected, sequences, pair_offsets, table.dtype.type(scale), alpha, first, last)
        pair_softmax(sequences, pair_offsets, alpha, first, last)
        loops.weighted_sum(projected, 2 * V.shape[1], sequences, pair_offsets, alpha, h, first, last)

    run(task, task_bounds(pair_offsets))
    return h, ProjectedCache(table, sequences, heads, scale, weights, projected, pair_offsets, alpha)


def projected_attention_backward(dh: Array, cache: ProjectedCache) -> tuple[Array, Array, Array, Array]:
    """Gradients of table, Q, K, V.

    dh: (N, H·d).    Returns d_table (rows, D), dQ, dK, dV (D, H·d).
    """
    table, sequences, heads, scale, weights, projected, pair_offsets, alpha = cache
    width = dh.shape[1]
    loops = attention_loops(heads, width // heads)
    d_pairs = workspace.empty(alpha.shape, alpha.dtype)
    d_references = workspace.empty((len(dh), 3 * width), dh.dtype)  # of each reference's own query, key and value

    def task(first: int, last: int) -> None:
        # h = weighted_sum(alpha, values)
        loops.weighted_sum_backward(
            dh, projected, 2 * width, sequences, pair_offsets, alpha, d_pairs, d_references, first, last
        )
        # alpha = pair_softmax(scale · scores)
        pair_softmax_backward(sequences, pair_offsets, alpha, dh.dtype.type(scale), d_pairs, first, last)
        # scores = queries · keys
        loops.scores_backward(d_pairs, projected, sequences, pair_offsets, d_references, first, last)

    run(task, task_bounds(pair_offsets))
    # each reference used projected[sequences.index]
    d_projected = add_into_rows(d_references, sequences.index, len(table))
    # projected = table @ weights
    d_weights = matmul(table.T, d_projected)
    d_table = matmul(d_projected, weights.T)
    dQ, dK, dV = (to_head_order(d_weights[:, i * width : (i + 1) * width], heads) for i in range(3))
    return d_table, dQ, dK, dV

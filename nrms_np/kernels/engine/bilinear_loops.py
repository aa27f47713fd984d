"""The loops over all pairs of equation 1 to the letter, for one head: scores of rows as wide as the table.

Every loop works on the sequences `first` to `last` and writes nowhere else; pairs lie as in `attention_loops`.
"""

from __future__ import annotations

from typing import Any

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled_freely
from nrms_np.packed import Packed


@compiled_freely
def bilinear_scores(
    queries: Array, table: Array, sequences: Packed, pair_offsets: IntArray, scale: Any, k: int, alpha: Array,
    first: int, last: int,
) -> None:  # fmt: skip
    """alpha[pair, k] = scale · query_i · e_j."""
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


@compiled_freely
def bilinear_scores_backward(
    d_scores: Array, queries: Array, table: Array, sequences: Packed, pair_offsets: IntArray, k: int,
    d_queries: Array, d_elements: Array, first: int, last: int,
) -> None:  # fmt: skip
    """d_query_i = Σ_j d_score_ij e_j is written, d_element_j += Σ_i d_score_ij query_i is added: one row for each reference."""
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

"""Exercises of lesson 13: the other half of each rung. Functions with loops are written so that Numba can compile them.

`projected` is (rows, 3·H·d): query, key and value of each row of the table, side by side. `sequences.index` names its rows,
`sequences.offsets` says where each sequence starts. Pair (i, j) of a sequence of length T is row i·T + j of its pairs.

`sequence_bounds` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 13`.
"""

import numpy as np

from nrms_np.packed import Packed


def attend_rows_backward(
    dh: np.ndarray, queries: np.ndarray, keys: np.ndarray, values: np.ndarray, alpha: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Go back through attention in one sequence, all heads in one stack, without a loop over them.

    dh: (T, H·d), gradient of the loss with respect to h.    queries, keys, values: (T, H·d), projected already.
    alpha: (H, T, T) the weights.    scale: what the scores were multiplied by.

    Returns d_queries, d_keys, d_values (T, H·d).
    """
    T, width = dh.shape
    d_out, query, key, value = (
        rows.reshape(T, len(alpha), width // len(alpha)).transpose(1, 0, 2) for rows in (dh, queries, keys, values)
    )  # (H, T, d)
    d_alpha = ...  # (H, T, T)
    mean = (alpha * d_alpha).sum(axis=2, keepdims=True)
    d_scores = ...  # (H, T, T), through the softmax and the scale
    d_query = ...  # (H, T, d)
    d_key = ...  # (H, T, d)
    d_value = ...  # (H, T, d)
    d_queries, d_keys, d_values = (stack.transpose(1, 0, 2).reshape(T, width) for stack in (d_query, d_key, d_value))
    return d_queries, d_keys, d_values


def weighted_sum(alpha: np.ndarray, projected: np.ndarray, sequences: Packed) -> np.ndarray:
    """Sum the values of each sequence: in head k, h_i is the sum over j of alpha[pair (i, j), k] · value_j.

    alpha: (pairs, H).    projected: (rows, 3·H·d).    sequences: N references to its rows.

    Returns h (N, H·d), one row for each reference.
    """
    raise NotImplementedError


def scores_backward(
    d_scores: np.ndarray, projected: np.ndarray, sequences: Packed, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Go back through score_ij = scale · query_i · key_j: rows of the pairs give d_query, columns d_key.

    d_scores: (pairs, H).    projected: (rows, 3·H·d).    sequences: N references to its rows.    scale: a number.

    Returns d_queries, d_keys (N, H·d), one row for each reference.
    """
    raise NotImplementedError


def pair_softmax_backward(d_alpha: np.ndarray, alpha: np.ndarray, sequences: Packed) -> np.ndarray:
    """Go back through the softmax over j, for every i of every sequence and every head.

    d_alpha, alpha: (pairs, H).    sequences: says how long each sequence is.

    Returns d_scores (pairs, H).
    """
    raise NotImplementedError


def pool_backward(
    d_pooled: np.ndarray, alpha: np.ndarray, h: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Go back through `pool` of the lesson: alpha is the softmax of a in each sequence, pooled the sum of alpha_i · h_i.

    d_pooled: (n, H·d).    alpha: (N,).    h: (N, H·d).    offsets: (n + 1,).

    Returns da (N,), dh (N, H·d); of dh only the part of h as what is averaged.
    """
    raise NotImplementedError


def add_into_rows(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Sum values[t] over all t with index[t] = row, for each row, without np.add.at.

    Sort first, so that rows can be shared out among threads: count the references to each row, add the counts up, and you know
    where the references to each row will stand. Put each there; then sum one row after another.

    values: (N, n).    index: (N,) row numbers, in no order.    rows: how many rows there are; some are never referred to.

    Returns (rows, n).
    """
    raise NotImplementedError


def to_lane_order(W: np.ndarray, heads: int, lanes: int) -> np.ndarray:
    """Reorder columns so that the same number of `lanes` heads stands side by side.

    The first `lanes` heads make a group, the next `lanes` the second, and so on; those that are left over make a smaller last
    group. In each group comes number 0 of all its heads, then number 1 of all its heads, and so on.

    W: (D, H·d) in head order: number c of head k is column k·d + c.    heads: H.    lanes: at most H.

    Returns (D, H·d) in lane order.
    """
    raise NotImplementedError


def to_head_order(W: np.ndarray, heads: int, lanes: int) -> np.ndarray:
    """Undo to_lane_order, which you may call: it can also tell where each column went.

    W: (D, H·d) in lane order.    heads: H.    lanes: at most H.

    Returns (D, H·d) in head order.
    """
    raise NotImplementedError


def hidden_rows(h: np.ndarray, W: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Compute tanh(h W + b) in `out`, without any other array of that size.

    h: (N, n).    W: (n, A).    b: (A,).    out: (N, A), C-contiguous, holds anything.

    Returns out.
    """
    raise NotImplementedError


def sequence_bounds(offsets: np.ndarray, size: int) -> list[int]:
    """Cut sequences into tasks for threads, by size alone: a task is full as soon as it has `size` elements or more.

    offsets: (n + 1,) where each sequence starts.    size: at least 1.

    Returns the number of the first sequence of each task, and n at the end; [0, n] for one task, [0, 0] where there is no sequence.
    """
    bounds = [0]
    for s in range(1, len(offsets) - 1):
        filled = offsets[s]
        if filled >= size:
            bounds.append(s)
    return [*bounds, len(offsets) - 1]

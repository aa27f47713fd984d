"""Exercises of lesson 13: the other half of each rung. Functions with loops are written so that Numba can compile them.

`projected` is (rows, 3·H·d): query, key and value of each row of the table, side by side. `sequences.index` names its rows,
`sequences.offsets` says where each sequence starts. Pair (i, j) of a sequence of length T is row i·T + j of its pairs.
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
    d_alpha = d_out @ value.transpose(0, 2, 1)  # blank: (H, T, T)
    mean = (alpha * d_alpha).sum(axis=2, keepdims=True)
    d_scores = scale * alpha * (d_alpha - mean)  # blank: (H, T, T), through the softmax and the scale
    d_query = d_scores @ key  # blank: (H, T, d)
    d_key = d_scores.transpose(0, 2, 1) @ query  # blank: (H, T, d)
    d_value = alpha.transpose(0, 2, 1) @ d_out  # blank: (H, T, d)
    d_queries, d_keys, d_values = (stack.transpose(1, 0, 2).reshape(T, width) for stack in (d_query, d_key, d_value))
    return d_queries, d_keys, d_values


def weighted_sum(alpha: np.ndarray, projected: np.ndarray, sequences: Packed) -> np.ndarray:
    """Sum the values of each sequence: in head k, h_i is the sum over j of alpha[pair (i, j), k] · value_j.

    alpha: (pairs, H).    projected: (rows, 3·H·d).    sequences: N references to its rows.

    Returns h (N, H·d), one row for each reference.
    """
    width = projected.shape[1] // 3
    heads = alpha.shape[1]
    d = width // heads
    h = np.zeros((len(sequences.index), width), dtype=projected.dtype)
    pair = 0
    for s in range(len(sequences.offsets) - 1):
        first, last = sequences.offsets[s], sequences.offsets[s + 1]
        for i in range(first, last):
            for row in sequences.index[first:last]:
                for k in range(heads):
                    for c in range(k * d, (k + 1) * d):
                        h[i, c] += alpha[pair, k] * projected[row, 2 * width + c]
                pair += 1
    return h


def scores_backward(
    d_scores: np.ndarray, projected: np.ndarray, sequences: Packed, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Go back through score_ij = scale · query_i · key_j: rows of the pairs give d_query, columns d_key.

    d_scores: (pairs, H).    projected: (rows, 3·H·d).    sequences: N references to its rows.    scale: a number.

    Returns d_queries, d_keys (N, H·d), one row for each reference.
    """
    width = projected.shape[1] // 3
    heads = d_scores.shape[1]
    d = width // heads
    d_queries = np.zeros((len(sequences.index), width), dtype=projected.dtype)
    d_keys = np.zeros_like(d_queries)
    start = 0
    for s in range(len(sequences.offsets) - 1):
        first = sequences.offsets[s]
        rows = sequences.index[first : sequences.offsets[s + 1]]
        T = len(rows)
        for i in range(T):
            for j in range(T):
                for k in range(heads):
                    along_row, down_column = (
                        scale * d_scores[start + i * T + j, k],
                        scale * d_scores[start + j * T + i, k],
                    )
                    for c in range(k * d, (k + 1) * d):
                        d_queries[first + i, c] += along_row * projected[rows[j], width + c]
                        d_keys[first + i, c] += down_column * projected[rows[j], c]
        start += T * T
    return d_queries, d_keys


def pair_softmax_backward(d_alpha: np.ndarray, alpha: np.ndarray, sequences: Packed) -> np.ndarray:
    """Go back through the softmax over j, for every i of every sequence and every head.

    d_alpha, alpha: (pairs, H).    sequences: says how long each sequence is.

    Returns d_scores (pairs, H).
    """
    d_scores = np.empty_like(alpha)
    pair = 0
    for s in range(len(sequences.offsets) - 1):
        T = sequences.offsets[s + 1] - sequences.offsets[s]
        for _ in range(T):
            for k in range(alpha.shape[1]):
                mean = alpha.dtype.type(0)
                for j in range(pair, pair + T):
                    mean += alpha[j, k] * d_alpha[j, k]
                for j in range(pair, pair + T):
                    d_scores[j, k] = alpha[j, k] * (d_alpha[j, k] - mean)
            pair += T
    return d_scores


def pool_backward(
    d_pooled: np.ndarray, alpha: np.ndarray, h: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Go back through `pool` of the lesson: alpha is the softmax of a in each sequence, pooled the sum of alpha_i · h_i.

    d_pooled: (n, H·d).    alpha: (N,).    h: (N, H·d).    offsets: (n + 1,).

    Returns da (N,), dh (N, H·d); of dh only the part of h as what is averaged.
    """
    da = np.empty_like(alpha)
    dh = np.empty_like(h)
    for s in range(len(offsets) - 1):
        mean = alpha.dtype.type(0)
        for i in range(offsets[s], offsets[s + 1]):
            total = alpha.dtype.type(0)
            for e in range(h.shape[1]):
                total += h[i, e] * d_pooled[s, e]
                dh[i, e] = alpha[i] * d_pooled[s, e]
            da[i] = total
            mean += alpha[i] * total
        for i in range(offsets[s], offsets[s + 1]):
            da[i] = alpha[i] * (da[i] - mean)
    return da, dh


def add_into_rows(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Sum values[t] over all t with index[t] = row, for each row, without np.add.at.

    Sort first, so that rows can be shared out among threads: count the references to each row, add the counts up, and you know
    where the references to each row will stand. Put each there; then sum one row after another.

    values: (N, n).    index: (N,) row numbers, in no order.    rows: how many rows there are; some are never referred to.

    Returns (rows, n).
    """
    starts = np.zeros(rows + 1, dtype=np.intp)
    for row in index:
        starts[row + 1] += 1
    for row in range(rows):
        starts[row + 1] += starts[row]
    free = starts.copy()
    order = np.empty(len(index), dtype=np.intp)
    for t in range(len(index)):
        order[free[index[t]]] = t
        free[index[t]] += 1
    total = np.zeros((rows, values.shape[1]), dtype=values.dtype)
    for row in range(rows):
        for place in range(starts[row], starts[row + 1]):
            for e in range(values.shape[1]):
                total[row, e] += values[order[place], e]
    return total


def to_lane_order(W: np.ndarray, heads: int, lanes: int) -> np.ndarray:
    """Reorder columns so that the same number of `lanes` heads stands side by side.

    The first `lanes` heads make a group, the next `lanes` the second, and so on; those that are left over make a smaller last
    group. In each group comes number 0 of all its heads, then number 1 of all its heads, and so on.

    W: (D, H·d) in head order: number c of head k is column k·d + c.    heads: H.    lanes: at most H.

    Returns (D, H·d) in lane order.
    """
    by_head = W.reshape(len(W), heads, W.shape[1] // heads)
    groups = [by_head[:, k : k + lanes].transpose(0, 2, 1) for k in range(0, heads, lanes)]
    return np.concatenate([group.reshape(len(W), -1) for group in groups], axis=1)


def to_head_order(W: np.ndarray, heads: int, lanes: int) -> np.ndarray:
    """Undo to_lane_order, which you may call: it can also tell where each column went.

    W: (D, H·d) in lane order.    heads: H.    lanes: at most H.

    Returns (D, H·d) in head order.
    """
    came_from = to_lane_order(np.arange(W.shape[1])[None, :], heads, lanes)[0]
    result = np.empty_like(W)
    result[:, came_from] = W
    return result


def hidden_rows(h: np.ndarray, W: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Compute tanh(h W + b) in `out`, without any other array of that size.

    h: (N, n).    W: (n, A).    b: (A,).    out: (N, A), C-contiguous, holds anything.

    Returns out.
    """
    np.dot(h, W, out=out)
    out += b
    np.tanh(out, out=out)
    return out


def sequence_bounds(offsets: np.ndarray, size: int) -> list[int]:
    """Cut sequences into tasks for threads, by size alone: a task is full as soon as it has `size` elements or more.

    offsets: (n + 1,) where each sequence starts.    size: at least 1.

    Returns the number of the first sequence of each task, and n at the end; [0, n] for one task, [0, 0] where there is no sequence.
    """
    bounds = [0]
    for s in range(1, len(offsets) - 1):
        filled = offsets[s] - offsets[bounds[-1]]  # bug: filled = offsets[s]
        if filled >= size:
            bounds.append(s)
    return [*bounds, len(offsets) - 1]

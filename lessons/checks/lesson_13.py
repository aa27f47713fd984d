"""Lesson 13: the other half of each rung, on ragged sequences with a word that is used twice and one without any word."""

from __future__ import annotations

import tracemalloc

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_backward, softmax_forward
from nrms_np.packed import Packed

HEADS, WIDTH = 3, 6
RAGGED = Packed.from_lists([[4, 0, 4], [], [3], [2, 1]])
PAIRS = int((RAGGED.lengths**2).sum())


def _random(seed: int, *shape: int) -> Array:
    return np.random.default_rng([13, seed]).standard_normal(shape)


def _by_head(rows: Array) -> Array:
    """(T, H·d) as a stack (H, T, d)."""
    return rows.reshape(len(rows), HEADS, WIDTH // HEADS).swapaxes(0, 1)


def _keeps_float32(function: Function, *arguments: object) -> None:
    """Training runs in float32, and a float64 in the middle makes it slow."""
    small = [a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in arguments]
    result = function(*small)
    for array in result if isinstance(result, tuple) else (result,):
        if array.dtype != np.float32:
            raise AnswerError(f"Of float32 arrays it makes {array.dtype}: take the dtype of the arguments.")


def check_attend_rows_backward(attend_rows_backward: Function) -> None:
    """Against differences; one word, no word."""
    identity = np.eye(WIDTH)
    for T in (5, 1, 0):
        dh, queries, keys, values = (_random(n, T, WIDTH) for n in range(4))
        alpha, _ = softmax_forward(0.7 * (_by_head(queries) @ _by_head(keys).swapaxes(1, 2)))

        def attend(queries: Array, keys: Array, values: Array) -> Array:
            scores = 0.7 * (_by_head(queries) @ _by_head(keys).swapaxes(1, 2))
            return (softmax_forward(scores)[0] @ _by_head(values)).swapaxes(0, 1).reshape(values.shape)

        x = _random(9, 4, WIDTH)
        assert np.allclose(attend(x, x, x), projected_attention_forward(x, identity, identity, identity, HEADS, 0.7)[0])
        right = gradients(attend, dh, d_queries=queries, d_keys=keys, d_values=values)
        expect(attend_rows_backward(dh, queries, keys, values, alpha, 0.7), **right)


def _sum_by_title(alpha: Array, values: Array) -> Array:
    """H of each reference; values (N, H·d), those of the references."""
    h, pair = np.zeros_like(values), 0
    for first, T in zip(RAGGED.offsets, RAGGED.lengths, strict=False):
        weights = alpha[pair : pair + T * T].reshape(T, T, HEADS).transpose(2, 0, 1)
        h[first : first + T] = (weights @ _by_head(values[first : first + T])).swapaxes(0, 1).reshape(T, WIDTH)
        pair += T * T
    return h


def _scores_by_title(queries: Array, keys: Array) -> Array:
    """(pairs, H), times 0.7."""
    parts = [np.zeros((0, HEADS))]
    for first, T in zip(RAGGED.offsets, RAGGED.lengths, strict=False):
        query, key = _by_head(queries[first : first + T]), _by_head(keys[first : first + T])
        parts.append(0.7 * (query @ key.swapaxes(1, 2)).transpose(1, 2, 0).reshape(T * T, HEADS))
    return np.concatenate(parts)


def check_weighted_sum(weighted_sum: Function) -> None:
    """Ragged titles, then none at all."""
    alpha, projected = _random(10, PAIRS, HEADS), _random(11, 5, 3 * WIDTH)
    expect(weighted_sum(alpha, projected, RAGGED), h=_sum_by_title(alpha, projected[RAGGED.index, 2 * WIDTH :]))
    expect(weighted_sum(alpha[:0], projected, Packed.from_lists([])), h=np.zeros((0, WIDTH)))
    _keeps_float32(weighted_sum, alpha, projected, RAGGED)


def check_scores_backward(scores_backward: Function) -> None:
    """Against differences; then no title at all."""
    dS, projected = _random(20, PAIRS, HEADS), _random(21, 5, 3 * WIDTH)
    queries, keys, _ = (part.copy() for part in np.hsplit(projected[RAGGED.index], 3))
    right = gradients(_scores_by_title, dS, d_queries=queries, d_keys=keys)
    expect(scores_backward(dS, projected, RAGGED, 0.7), **right)
    nothing = np.zeros((0, WIDTH))
    expect(scores_backward(dS[:0], projected, Packed.from_lists([[]]), 0.7), d_queries=nothing, d_keys=nothing)
    _keeps_float32(scores_backward, dS, projected, RAGGED, np.float32(0.7))


def check_pair_softmax_backward(pair_softmax_backward: Function) -> None:
    """Each title as NumPy does it; then no title at all."""
    alpha, right, pair = np.empty((PAIRS, HEADS)), np.empty((PAIRS, HEADS)), 0
    d_alpha, scores = _random(30, PAIRS, HEADS), _random(31, PAIRS, HEADS)
    for T in RAGGED.lengths:
        part = slice(pair, pair + T * T)
        weights = softmax_forward(scores[part].reshape(T, T, HEADS).swapaxes(1, 2))[0]
        upstream = d_alpha[part].reshape(T, T, HEADS).swapaxes(1, 2)
        alpha[part] = weights.swapaxes(1, 2).reshape(T * T, HEADS)
        right[part] = softmax_backward(upstream, weights).swapaxes(1, 2).reshape(T * T, HEADS)
        pair += T * T
    expect(pair_softmax_backward(d_alpha, alpha, RAGGED), d_scores=right)
    expect(pair_softmax_backward(d_alpha[:0], alpha[:0], Packed.from_lists([[]])), d_scores=np.zeros((0, HEADS)))
    _keeps_float32(pair_softmax_backward, d_alpha, alpha, RAGGED)


def check_pool_backward(pool_backward: Function) -> None:
    """Da against differences; dh with the weights held still."""
    offsets, h, a, d_pooled = RAGGED.offsets, _random(40, 6, WIDTH), _random(41, 6), _random(42, 4, WIDTH)

    def weights_of(a: Array) -> Array:
        return np.concatenate([softmax_forward(part)[0] for part in np.split(a, offsets[1:-1])])

    def pool(alpha: Array, h: Array) -> Array:
        return np.stack([w @ rows for w, rows in zip(*(np.split(x, offsets[1:-1]) for x in (alpha, h)), strict=True)])

    alpha = weights_of(a)
    da = gradients(lambda a: pool(weights_of(a), h), d_pooled, da=a)["da"]
    dh = gradients(lambda h: pool(alpha, h), d_pooled, dh=h)["dh"]
    expect(pool_backward(d_pooled, alpha, h, offsets), da=da, dh=dh)
    _keeps_float32(pool_backward, d_pooled, alpha, h, offsets)


def check_add_into_rows(add_into_rows: Function) -> None:
    """Rows that nothing refers to, at the ends too; no reference at all."""
    for index in (np.array([3, 1, 5, 1, 3, 3, 1]), np.zeros(0, dtype=int)):
        values = _random(50, len(index), 4)
        total = np.zeros((8, 4))
        for t, row in enumerate(index):
            total[row] += values[t]
        expect(add_into_rows(values, index, 8), sums=total)
    _keeps_float32(add_into_rows, _random(50, 3, 2), np.array([1, 0, 1]), 2)


def _lane_order(heads: int, head_dim: int, lanes: int) -> list[int]:
    """Which column stands at each place."""
    groups = [range(k, min(k + lanes, heads)) for k in range(0, heads, lanes)]
    return [k * head_dim + c for group in groups for c in range(head_dim) for k in group]


ORDERS = ((2, 3, 2), (5, 2, 5), (5, 3, 2), (4, 1, 4), (1, 6, 1))  # heads, head_dim, lanes


def check_lane_order(to_lane_order: Function) -> None:
    """By eye; heads that are left over; one number a head; one head."""
    expect(to_lane_order(np.array([[10, 11, 12, 20, 21, 22]]), 2, 2), lanes=np.array([[10, 20, 11, 21, 12, 22]]))
    for heads, head_dim, lanes in ORDERS:
        W = _random(60, 4, heads * head_dim)
        expect(to_lane_order(W, heads, lanes), lanes=W[:, _lane_order(heads, head_dim, lanes)])


def check_head_order(to_head_order: Function) -> None:
    """By eye, then as above."""
    expect(to_head_order(np.array([[10, 20, 11, 21, 12, 22]]), 2, 2), heads=np.array([[10, 11, 12, 20, 21, 22]]))
    for heads, head_dim, lanes in ORDERS:
        W = _random(61, 4, heads * head_dim)
        expect(to_head_order(W[:, _lane_order(heads, head_dim, lanes)], heads, lanes), heads=W)


def check_hidden_rows(hidden_rows: Function) -> None:
    """The numbers, the array itself, and the memory that it took."""
    h, W, b = _random(70, 300, 5), _random(71, 5, 40), _random(72, 40)
    out = np.full((300, 40), np.nan)
    expect(hidden_rows(h, W, b, out), hidden=np.tanh(h @ W + b))
    expect(out, out=np.tanh(h @ W + b))

    def peak(function: Function, *arguments: Array) -> int:
        tracemalloc.start()
        function(*arguments)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    arrays = [h.repeat(40, axis=0), W, b, np.empty((12_000, 40))]
    kept = sum(array.nbytes for array in arrays)  # what the watch on the arguments copies
    if peak(hidden_rows, *arrays) > kept + arrays[-1].nbytes // 2:
        raise AnswerError(
            "The numbers are right, but it made another large array on the way: let each step write into `out`."
        )


def check_sequence_bounds(sequence_bounds: Function) -> None:
    """By eye; long sequences; empty ones; none."""
    for lengths, size, right in (
        ([3, 3, 3, 3, 3], 6, [0, 2, 4, 5]),
        ([3, 3, 3, 3], 6, [0, 2, 4]),
        ([9, 1, 1, 1, 9], 3, [0, 1, 4, 5]),
        ([0, 0, 2, 0, 2, 0], 2, [0, 3, 5, 6]),
        ([5], 2, [0, 1]),
        ([1, 1], 100, [0, 2]),
        ([], 4, [0, 0]),
    ):
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=int)])
        found = sequence_bounds(offsets, size)
        if not isinstance(found, list):
            raise AnswerError(f"It returned a {type(found).__name__}, expected is a list of whole numbers.")
        if [int(place) for place in found] != right:
            raise AnswerError(f"For lengths {lengths} and size {size} it returned {found}, expected is {right}.")


TASKS = {
    "attend_rows_backward": Task(
        check_attend_rows_backward,
        "Make stacks (H, T, d) of all four arrays, as the page does. Then it is lesson 04 without a loop: dα = "
        "dh vᵀ, dv = αᵀ dh, "
        "the softmax over the last axis, times the scale, dq = dS k, dk = dSᵀ q; and back to (T, H·d).",
    ),
    "weighted_sum": Task(
        check_weighted_sum,
        "The five loops of `scores`: title, i, j, k, c. A value stands in columns 2·H·d and following. Start from zeros and add; "
        "`pair` grows with every j.",
    ),
    "scores_backward": Task(
        check_scores_backward,
        "score_ij = scale · query_i · key_j, so d_query_i gets scale · dS_ij · key_j for all j: a row. d_key_i "
        "gets scale · dS_ji · "
        "query_j for all j: a column, pairs j·T + i.",
    ),
    "pair_softmax_backward": Task(
        check_pair_softmax_backward,
        "For each i and k: first the mean, the sum over j of alpha · d_alpha, then alpha · (d_alpha − mean). The "
        "T pairs of one i stand "
        "one after another.",
    ),
    "pool_backward": Task(
        check_pool_backward,
        "dα_i = h_i · d_pooled of its sequence; then the softmax's backward within the sequence. dh_i = alpha_i · d_pooled.",
    ),
    "add_into_rows": Task(
        check_add_into_rows,
        "Count how often each row is named, add the counts up: starts[row] is where its references begin. A "
        "second walk puts each "
        "reference at the next free place of its row. A stretch may be empty.",
        forbidden=("np.add.at",),
    ),
    "to_lane_order": Task(
        check_lane_order,
        "reshape(D, H, d) gives the columns two numbers, k and c. Take `lanes` heads at a time, let the two axes "
        "change places, and "
        "flatten each group.",
    ),
    "to_head_order": Task(
        check_head_order,
        "Send the numbers 0, 1, 2, … through to_lane_order: they tell which column stands at each place. Write "
        "each back to where it "
        "came from.",
    ),
    "hidden_rows": Task(
        check_hidden_rows,
        "np.dot, np.add and np.tanh all take out=…; `out += b` writes in place too.",
        writes=("out",),
    ),
    "sequence_bounds": Task(
        check_sequence_bounds,
        "Walk over the sequences and keep the number of the one where the task began. Before sequence s there stand offsets[s] − "
        "offsets[began] elements in the task: if they are enough, a new task begins at s.",
    ),
}

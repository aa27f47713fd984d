"""Lesson 12: packed sequences, and what padding needs."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect
from lessons.checks.run import Function, Task
from nrms_np.packed import Packed

SEQUENCES = [[4, 0, 4], [], [2, 1], [7], [3, 6, 5, 5, 9]]


def check_offsets(offsets_of: Function) -> None:
    """With empty sequences among them, and no sequence at all."""
    expect(offsets_of(np.array([3, 0, 2])), offsets=np.array([0, 3, 3, 5]))
    expect(offsets_of(np.array([0, 4, 1, 0])), offsets=np.array([0, 0, 4, 5, 5]))
    expect(offsets_of(np.zeros(0, dtype=int)), offsets=np.array([0]))


def check_pack(pack: Function) -> None:
    """As in the lesson, only empty ones, none."""
    lists: list[list[list[int]]] = [SEQUENCES, [[], []], []]
    for sequences in lists:
        right = Packed.from_lists(sequences)
        expect(pack(sequences), index=right.index, offsets=right.offsets)


def check_take(take: Function) -> None:
    """Another order, one of them twice, empty ones, none."""
    packed = Packed.from_lists(SEQUENCES)
    for chosen in ([2, 0], [4, 1, 2, 4], [1, 1], []):
        right = Packed.from_lists([SEQUENCES[s] for s in chosen])
        got = take(packed.index, packed.offsets, np.array(chosen, dtype=int))
        expect(got, index=right.index, offsets=right.offsets)


def check_padded_weights(padded_weights: Function) -> None:
    """Padding of zeros, large padding, an empty row."""
    rng = np.random.default_rng([12, 3])
    lengths = np.array([3, 5, 1])
    real = np.arange(5) < lengths[:, None]
    scores = np.where(real, rng.standard_normal((3, 5)), 0.0)
    exps = np.exp(scores) * real
    weights = exps / exps.sum(axis=1, keepdims=True)
    expect(padded_weights(scores, lengths), weights=weights)
    expect(padded_weights(np.where(real, scores, 10_000.0), lengths), weights=weights)
    expect(padded_weights(np.where(real, scores - 10_000.0, 0.0), lengths), weights=weights)
    expect(padded_weights(scores, np.array([3, 5, 0])), weights=weights * np.array([[1.0], [1.0], [0.0]]))


TASKS = {
    "offsets_of": Task(
        check_offsets, "A sequence starts where all before it end: np.cumsum of the lengths, with a 0 in front."
    ),
    "pack": Task(
        check_pack,
        "Without any row, np.array([]) has the dtype float64, and that cannot be used as an index: say dtype=int.",
    ),
    "take": Task(
        check_take,
        "Sequence s is index[offsets[s] : offsets[s + 1]]. Put those of `chosen` end to end; np.concatenate wants at least "
        "one array, so think of an empty `chosen`.",
    ),
    "padded_weights": Task(
        check_padded_weights,
        "Padding must be out before the maximum and out of the sum; a score of 0 is not out, exp(0) is 1. A loop over the "
        "rows that looks only at scores[s, :lengths[s]] is good enough.",
    ),
}

"""Lesson 12: packed sequences, references to rows, and what padding needs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lessons.checks.compare import expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.packed import Packed

SEQUENCES = [[4, 0, 4], [], [2, 1], [7], [3, 6, 5, 5, 9], []]


def check_derive(derive_lookup_backward: Function) -> None:
    """Against differences, with rows that are used twice and one that is never used; then no reference at all."""
    rng = np.random.default_rng([12, 0])
    E, W, dy = rng.standard_normal((5, 3)), rng.standard_normal((3, 2)), rng.standard_normal((6, 2))
    index = np.array([4, 0, 4, 2, 1, 4])
    right = gradients(lambda E, W: (E @ W)[index], dy, dE=E, dW=W)
    expect(derive_lookup_backward(dy, E, W, index), **right)
    expect(derive_lookup_backward(dy[:0], E, W, index[:0]), dE=np.zeros((5, 3)), dW=np.zeros((3, 2)))


def check_keep_only(keep_only: Function) -> None:
    """Some, all, none; empty sequences at the end too."""
    packed = Packed.from_lists(SEQUENCES)
    for dropped in ({4, 5}, set(), set(range(10)), {7}):
        right = Packed.from_lists([[row for row in sequence if row not in dropped] for sequence in SEQUENCES])
        got = keep_only(packed.index, packed.offsets, ~np.isin(packed.index, list(dropped)))
        expect(got, index=right.index, offsets=right.offsets)


def check_sequence_sums(sequence_sums: Function) -> None:
    """All of length 1 or more; an empty one in the middle; one at the end; no sequence."""
    rng = np.random.default_rng([12, 1])
    for lengths in ([2, 1, 3], [2, 0, 3], [2, 3, 0], []):
        h = rng.standard_normal((sum(lengths), 4))
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=int)])
        sums = [h[first:last].sum(axis=0) for first, last in pairwise(offsets)]
        expect(sequence_sums(h, offsets), sums=np.array(sums).reshape(len(lengths), 4))


def check_renumber(renumber: Function) -> None:
    """Rows 0 and the last among them and not; none."""
    for references in ([4, 0, 4, 2, 1], [7, 3, 3], [9], []):
        rows = np.array(references, dtype=int)
        used, renumbered = np.unique(rows, return_inverse=True)
        expect(renumber(rows, 10), used=used, renumbered=renumbered)


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
    "derive_lookup_backward": Task(
        check_derive,
        "Name the middle: P = E W, y = P[index]. Row w of P stands in all rows t of y with index[t] = w, so dP_w "
        "is the sum of their "
        "dy_t. Of the product: dE = dP Wᵀ, dW = Eᵀ dP.",
    ),
    "keep_only": Task(
        check_keep_only,
        "The new offset of a sequence is the number of kept elements before the place where it started: count "
        "them once for all places, "
        "N + 1 of them, and look the offsets up.",
    ),
    "sequence_sums": Task(
        check_sequence_sums,
        "np.add.reduceat gives an empty stretch the row where it starts, not zero. The sum of a stretch is also "
        "the difference of two running "
        "sums: all up to its end, less all up to its start.",
    ),
    "renumber": Task(
        check_renumber,
        "Mark the rows that are used in an array of `rows` truth values. np.flatnonzero lists them, and a "
        "running sum of the marks tells how "
        "many used rows there are up to each.",
        forbidden=("np.unique",),
    ),
    "padded_weights": Task(
        check_padded_weights,
        "Padding must be out before the maximum and out of the sum; a score of 0 is not out, exp(0) is 1. A loop over the "
        "rows that looks only at scores[s, :lengths[s]] is good enough.",
    ),
}

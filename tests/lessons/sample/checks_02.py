"""Checks of the sample: lookup and dropout."""

from __future__ import annotations

from functools import partial

import numpy as np

from lessons.checks.compare import expect, gradients
from lessons.checks.run import Function, Task


def check_title_rows(title_rows: Function) -> None:
    """Known, unknown, repeated words, and no word at all."""
    row_of = {"rockets": 3, "win": 1, "again": 4}
    expect(title_rows(["rockets", "win", "again"], row_of), rows=np.array([3, 1, 4]))
    expect(title_rows(["again", "and", "again"], row_of), rows=np.array([4, 0, 4]))
    expect(title_rows([], row_of), rows=np.zeros(0, dtype=int))


def check_embedding_backward(embedding_backward: Function) -> None:
    """No repeats, repeats, an empty title."""
    rng = np.random.default_rng([2, 1])
    table = rng.standard_normal((6, 3))
    for rows in (np.array([4, 0, 5]), np.array([2, 5, 2, 2, 0])):
        dx = rng.standard_normal((len(rows), 3))
        right = gradients(partial(np.take, indices=rows, axis=0), dx, d_table=table)
        expect(embedding_backward(dx, rows, 6), **right)
    expect(embedding_backward(np.zeros((0, 3)), np.zeros(0, dtype=int), 6), d_table=np.zeros((6, 3)))


def check_dropout_forward(dropout_forward: Function) -> None:
    """By eye, at random, and rate 0."""
    expect(
        dropout_forward(np.array([[1.0, 2.0, 3.0]]), np.array([[True, False, True]]), 0.5),
        y=np.array([[2.0, 0.0, 6.0]]),
    )
    rng = np.random.default_rng([2, 2])
    x, kept = rng.standard_normal((5, 4)), rng.random((5, 4)) >= 0.2
    expect(dropout_forward(x, kept, 0.2), y=np.where(kept, 1.25 * x, 0.0))
    expect(dropout_forward(x, np.ones((5, 4), dtype=bool), 0.0), y=x)


def check_dropout_backward(dropout_backward: Function) -> None:
    """Against differences, and with everything dropped."""
    rng = np.random.default_rng([2, 3])
    x, dy, kept = rng.standard_normal((5, 4)), rng.standard_normal((5, 4)), rng.random((5, 4)) >= 0.2
    right = gradients(lambda x: np.where(kept, 1.25 * x, 0.0), dy, dx=x)
    expect(dropout_backward(dy, kept, 0.2), **right)
    expect(dropout_backward(dy, np.zeros((5, 4), dtype=bool), 0.2), dx=np.zeros((5, 4)))


TASKS = {
    "title_rows": Task(check_title_rows, "row_of.get(word, 0) is 0 for a word that is not in the dict."),
    "embedding_backward": Task(
        check_embedding_backward,
        "Begin with zeros. A word that stands at two places gets the sum of both gradients; d_table[rows] += dx keeps "
        "only one of them.",
    ),
    "dropout_forward": Task(
        check_dropout_forward,
        "A number is kept with probability 1 − rate. To have the same mean as before, what is left has to be larger.",
    ),
    "dropout_backward": Task(
        check_dropout_backward, "y is x times a number that does not depend on x, a different one at each place."
    ),
}

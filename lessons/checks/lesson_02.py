"""Lesson 02: lookup and dropout."""

from __future__ import annotations

import tracemalloc
from functools import partial

import numpy as np

from lessons.checks.compare import AnswerError, expect, gradients
from lessons.checks.run import Function, Task

MOST_MEMORY = 12
"""In sizes of the table, which copies and loops stay below: F takes 25 of them where its numbers are True and False, else 200."""


def check_row_gradient(derive_row_gradient: Function) -> None:
    """A word that stands once, one that stands three times, one that does not occur."""
    rng = np.random.default_rng([2, 4])
    table, rows = rng.standard_normal((6, 3)), np.array([2, 5, 2, 2, 0])
    dx = rng.standard_normal((5, 3))
    measured = gradients(partial(np.take, indices=rows, axis=0), dx, d_table=table)["d_table"]
    for w in (5, 2, 4):
        expect(derive_row_gradient(dx, rows, w), row=measured[w])


def check_dropout_factor(derive_dropout_factor: Function) -> None:
    """Two rates, and none."""
    for rate in (0.5, 0.2, 0.0):
        expect(derive_dropout_factor(rate), factor=1 / (1 - rate))


def check_embedding_forward(embedding_forward: Function) -> None:
    """Known and repeated words, and a title without words."""
    table = np.random.default_rng([2, 0]).standard_normal((6, 3))
    expect(embedding_forward(table, np.array([4, 0, 4])), x=np.stack([table[4], table[0], table[4]]))
    expect(embedding_forward(table, np.zeros(0, dtype=int)), x=np.zeros((0, 3)))


def check_embedding_backward(embedding_backward: Function) -> None:
    """No repeats, repeats, an empty title, the table's dtype."""
    rng = np.random.default_rng([2, 1])
    table = rng.standard_normal((6, 3))
    for rows in (np.array([4, 0, 5]), np.array([2, 5, 2, 2, 0])):
        dx = rng.standard_normal((len(rows), 3))
        right = gradients(partial(np.take, indices=rows, axis=0), dx, d_table=table)
        expect(embedding_backward(dx, table, rows), **right)
    expect(embedding_backward(np.zeros((0, 3)), table, np.zeros(0, dtype=int)), d_table=np.zeros((6, 3)))
    got = embedding_backward(np.ones((1, 3), np.float32), table.astype(np.float32), np.array([1]))
    if got.dtype != np.float32:
        raise AnswerError(f"For a table of float32 it returned {got.dtype}: training would take twice the memory.")
    _expect_little_memory(embedding_backward)


def _expect_little_memory(embedding_backward: Function) -> None:
    """A table of many rows: the matrix F of all places by all rows is far larger than it."""
    table, rows = np.zeros((4000, 2)), np.arange(400)
    tracemalloc.start()
    try:
        embedding_backward(np.ones((400, 2)), table, rows)
        largest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if largest > MOST_MEMORY * table.nbytes:
        raise AnswerError(
            f"For a table of {table.nbytes / 1e6:.2f} MB and 400 places it took {largest / 1e6:.1f} MB: that is the size of the "
            "matrix F. Add each row of dx where it belongs, without F."
        )


def check_dropout_forward(dropout_forward: Function) -> None:
    """By eye, at random, and rate 0."""
    expect(
        dropout_forward(np.array([[1.0, 2.0, 3.0]]), 0.5, np.array([[True, False, True]])),
        y=np.array([[2.0, 0.0, 6.0]]),
    )
    rng = np.random.default_rng([2, 2])
    x, kept = rng.standard_normal((5, 4)), rng.random((5, 4)) >= 0.2
    expect(dropout_forward(x, 0.2, kept), y=np.where(kept, 1.25 * x, 0.0))
    expect(dropout_forward(x, 0.0, np.ones((5, 4), dtype=bool)), y=x)


def check_dropout_backward(dropout_backward: Function) -> None:
    """Against differences, and with everything dropped."""
    rng = np.random.default_rng([2, 3])
    x, dy, kept = rng.standard_normal((5, 4)), rng.standard_normal((5, 4)), rng.random((5, 4)) >= 0.2
    right = gradients(lambda x: np.where(kept, 1.25 * x, 0.0), dy, dx=x)
    expect(dropout_backward(dy, 0.2, kept), **right)
    expect(dropout_backward(dy, 0.2, np.zeros((5, 4), dtype=bool)), dx=np.zeros((5, 4)))


TASKS = {
    "derive_row_gradient": Task(
        check_row_gradient,
        "dE = Fᵀ dx: row w of Fᵀ has a 1 at each place where word w stands. `rows == w` is True at these places.",
    ),
    "derive_dropout_factor": Task(
        check_dropout_factor,
        "A number is kept with probability 1 − p, so the mean of y is (1 − p) c x. That should be x.",
    ),
    "embedding_forward": Task(
        check_embedding_forward,
        "Indexed with a list of row numbers, NumPy makes an array of these rows, in their order.",
    ),
    "embedding_backward": Task(
        check_embedding_backward,
        "Begin with np.zeros_like(table). A word that stands at two places gets the sum of both gradients: add them one "
        "after the other in a loop, or look up np.add.at.",
    ),
    "dropout_forward": Task(
        check_dropout_forward,
        "The factor comes from the rate, which is the same in each step, not from what this one mask happened to keep: what y is "
        "for one number must not depend on whether another one is kept.",
    ),
    "dropout_backward": Task(
        check_dropout_backward, "y is x times a number that does not depend on x, a different one at each place."
    ),
}

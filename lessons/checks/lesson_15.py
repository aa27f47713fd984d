"""Lesson 15: how alike the best news are."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect
from lessons.checks.run import Function, Task


def check_mean_cosine(mean_cosine: Function) -> None:
    """By eye, and at random pair by pair."""
    expect(mean_cosine(np.array([[2.0, 0.0], [0.0, 3.0]])), mean=0.0)
    expect(mean_cosine(np.array([[2.0, 0.0], [3.0, 0.0], [0.0, 1.0]])), mean=1 / 3)
    r = np.random.default_rng([15, 1]).standard_normal((5, 7))
    pairs = [(i, j) for i in range(5) for j in range(i)]
    cosines = [r[i] @ r[j] / np.sqrt((r[i] @ r[i]) * (r[j] @ r[j])) for i, j in pairs]
    expect(mean_cosine(r), mean=float(np.mean(cosines)))


TASKS = {
    "mean_cosine": Task(
        check_mean_cosine,
        "Divide each row by its length; then unit @ unit.T holds all cosines. Its diagonal, n ones, is no pair.",
    ),
}

"""Lesson 11: Adam's first step, a mean loss, Adam on rows, clipping."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect, expect_named
from lessons.checks.run import Function, Task

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def check_derive_first_step(derive_first_step: Function) -> None:
    """The step itself, made with numbers: at once, a little later, late."""
    for t in (1, 2, 11, 1000, 5001):
        m, v = (1 - BETA_1) * -0.3, (1 - BETA_2) * 0.3**2
        step = (m / (1 - BETA_1**t)) / np.sqrt(v / (1 - BETA_2**t))
        expect(derive_first_step(t), step=float(abs(step)))


def check_epoch_loss(epoch_loss: Function) -> None:
    """A last batch of one sample, many batches, one batch."""
    expect(epoch_loss(np.array([1.0, 2.0]), np.array([64, 1])), loss=66 / 65)
    rng = np.random.default_rng([11, 5])
    losses, sizes = rng.random(7), np.array([64, 64, 64, 64, 64, 64, 13])
    of_samples = np.concatenate([np.full(size, loss) for size, loss in zip(sizes, losses, strict=True)])
    expect(epoch_loss(losses, sizes), loss=float(of_samples.mean()))
    expect(epoch_loss(np.array([1.5]), np.array([3])), loss=1.5)


def check_adam_rows_step(adam_rows_step: Function) -> None:
    """Some steps with other rows each; a word that comes late; no rows at all."""
    rng = np.random.default_rng([11, 2])
    table, m, v = rng.standard_normal((6, 3)), np.zeros((6, 3)), np.zeros((6, 3))
    for t, rows in enumerate(([1, 4], [4, 0, 5], [2], []), start=1):
        g = rng.standard_normal((len(rows), 3))
        after = table.copy(), m.copy(), v.copy()
        for row, of_row in zip(rows, g, strict=True):
            after[1][row] = BETA_1 * m[row] + (1 - BETA_1) * of_row
            after[2][row] = BETA_2 * v[row] + (1 - BETA_2) * of_row * of_row
            m_hat, v_hat = after[1][row] / (1 - BETA_1**t), after[2][row] / (1 - BETA_2**t)
            after[0][row] -= 0.02 * m_hat / (np.sqrt(v_hat) + EPSILON)
        got = adam_rows_step(table, m, v, np.array(rows, dtype=int), g, t, 0.02)
        expect(got, table=after[0], m=after[1], v=after[2])
        table, m, v = after


def check_clip(clip: Function) -> None:
    """A norm of 5 from two arrays, one that is small enough, one that is exactly `most`, and nothing but zeros."""
    gradients = {"W": np.array([[3.0, 0.0]]), "b": np.array([0.0, -4.0, 0.0])}
    expect_named(clip(gradients, 1.0), {"W": np.array([[0.6, 0.0]]), "b": np.array([0.0, -0.8, 0.0])})
    expect_named(clip(gradients, 5.0), gradients)
    expect_named(clip(gradients, 7.5), gradients)
    zero = {"W": np.zeros((2, 2))}
    expect_named(clip(zero, 1.0), zero)
    rng = np.random.default_rng([11, 4])
    some = {"e": rng.standard_normal((4, 3)), "Q": 10 * rng.standard_normal((3, 3)), "q": rng.standard_normal(5)}
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in some.values()]))
    expect_named(clip(some, 2.0), {name: 2.0 * g / norm for name, g in some.items()})


TASKS = {
    "derive_first_step": Task(
        check_derive_first_step,
        "m = (1 − BETA_1) g and v = (1 − BETA_2) g². Put both into the third line of Adam, divide by η, and let g drop out.",
    ),
    "epoch_loss": Task(
        check_epoch_loss,
        "The last batch may have one sample. Should that sample count as much as the 64 of another batch together?",
    ),
    "adam_rows_step": Task(
        check_adam_rows_step,
        "Everything happens in m[rows], v[rows] and table[rows]. What is kept in m and v is not corrected; m_hat and v_hat are "
        "made anew at each step.",
    ),
    "clip": Task(
        check_clip,
        "One norm for all arrays together, one factor for all: most / norm, but never more than 1. What if all gradients are 0?",
    ),
}

"""Lesson 11: Adam, and the best epoch."""

from __future__ import annotations

import json

import numpy as np

from lessons.checks.compare import expect
from lessons.checks.run import Function, Task

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def check_running_means(running_means: Function) -> None:
    """From zero, and on the way."""
    g = np.array([2.0, -3.0])
    expect(running_means(np.zeros(2), np.zeros(2), g), m=np.array([0.2, -0.3]), v=np.array([0.004, 0.009]))
    rng = np.random.default_rng([11, 0])
    m, g = rng.standard_normal((2, 3, 4))
    v = rng.random((3, 4))
    expect(running_means(m, v, g), m=0.9 * m + 0.1 * g, v=0.999 * v + 0.001 * g * g)


def check_corrected(corrected: Function) -> None:
    """The same gradient at every step, so that the answer is that gradient; once and many times."""
    g = np.random.default_rng([11, 1]).standard_normal((3, 4))
    m, v = np.zeros_like(g), np.zeros_like(g)
    for t in range(1, 41):
        m, v = BETA_1 * m + (1 - BETA_1) * g, BETA_2 * v + (1 - BETA_2) * g * g
        if t in (1, 2, 40):
            expect(corrected(m.copy(), v.copy(), t), m_hat=g, v_hat=g * g)


def check_adam_step(adam_step: Function) -> None:
    """The first step has the size of the learning rate; a few steps; a gradient of zero."""
    theta, g = np.array([1.0, 1.0, 1.0]), np.array([5.0, -0.01, 0.3])
    m, v = np.zeros(3), np.zeros(3)
    after = theta - 0.1 * g / (np.abs(g) + EPSILON)
    expect(adam_step(theta, g, m, v, 1, 0.1), theta=after, m=0.1 * g, v=0.001 * g * g)
    rng = np.random.default_rng([11, 2])
    theta, m, v = rng.standard_normal((4, 3)), np.zeros((4, 3)), np.zeros((4, 3))
    for t in range(1, 6):
        g = rng.standard_normal((4, 3))
        new_m, new_v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        move = 0.02 * (new_m / (1 - 0.9**t)) / (np.sqrt(new_v / (1 - 0.999**t)) + EPSILON)
        expect(adam_step(theta, g, m, v, t, 0.02), theta=theta - move, m=new_m, v=new_v)
        theta, m, v = theta - move, new_m, new_v
    zero = np.zeros((4, 3))
    expect(adam_step(theta, zero, zero, zero, 1, 0.02), theta=theta, m=zero, v=zero)


def check_best_epoch(best_epoch: Function) -> None:
    """A peak in the middle, a tie, one epoch, and a run that was resumed."""
    for aucs, first, best in (
        ([0.5, 0.61, 0.64, 0.62], 0, 2),
        ([0.5, 0.6, 0.6], 0, 1),
        ([0.51], 0, 0),
        ([0.7, 0.6], 3, 3),
    ):
        lines = [json.dumps({"epoch": first + i, "loss": 1.5 - i / 10, "auc": auc}) for i, auc in enumerate(aucs)]
        expect(best_epoch(lines), epoch=best)


TASKS = {
    "running_means": Task(
        check_running_means,
        "The new mean is BETA times the old one plus (1 − BETA) times what is new: g for m, g² for v.",
    ),
    "corrected": Task(
        check_corrected,
        "After t steps with the same g, m is (1 − BETA_1ᵗ) g. So divide by that factor; v has the same one with BETA_2.",
    ),
    "adam_step": Task(
        check_adam_step,
        "First the running means, then the corrected ones; θ moves by learning_rate · m_hat / (√v_hat + EPSILON) against the "
        "gradient. Return the running means, not the corrected ones.",
    ),
    "best_epoch": Task(
        check_best_epoch,
        'Read every line into a dict. The answer is the "epoch" of the best one, which need not be its place in the list.',
    ),
}

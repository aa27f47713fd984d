"""Lesson 14: the fourth crossing, an interval, agreement, pairs of words."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect
from lessons.checks.run import Function, Task


def check_derive_fourth(derive_fourth: Function) -> None:
    """Sums of numbers that are drawn; the square of the lesson among them."""
    expect(derive_fourth(1.0, -1.0, -1.0), fourth=-3.0)
    for home, work in np.random.default_rng([14, 0]).standard_normal((5, 2, 2)):
        expect(
            derive_fourth(float(home[0] + work[0]), float(home[0] + work[1]), float(home[1] + work[0])),
            fourth=float(home[1] + work[1]),
        )


def check_paired_difference(paired_difference: Function) -> None:
    """By eye, runs that go up and down together, and two equal models."""
    expect(paired_difference(np.array([0.62, 0.64]), np.array([0.61, 0.61]), 2.0), mean=0.02, half=0.02)
    rng = np.random.default_rng([14, 2])
    ablated = 0.6 + 0.05 * rng.standard_normal(7)
    full = ablated + 0.02 + 0.004 * rng.standard_normal(7)
    d = full - ablated
    error = np.sqrt(((d - d.mean()) ** 2).sum() / 6) / np.sqrt(7)
    expect(paired_difference(full, ablated, 2.45), mean=float(d.mean()), half=float(2.45 * error))
    expect(paired_difference(ablated, ablated.copy(), 2.45), mean=0.0, half=0.0)


def check_agreement(agreement: Function) -> None:
    """Two titles by eye, one of them with a negative effect; many of different lengths."""
    weights = [np.array([0.7, 0.3]), np.array([0.1, 0.6, 0.2, 0.1])]
    effects = [np.array([-2.0, 1.0]), np.array([0.3, 0.1, -0.2, -0.9])]
    expect(agreement(weights, effects), found=0.5, by_lot=(1 / 2 + 1 / 4) / 2)
    rng = np.random.default_rng([14, 3])
    lengths = rng.integers(2, 9, 40)
    weights = [rng.dirichlet(np.ones(T)) for T in lengths]
    effects = [w * rng.standard_normal(len(w)) for w in weights]
    same = [np.argsort(w)[-1] == np.argsort(e * e)[-1] for w, e in zip(weights, effects, strict=True)]
    expect(agreement(weights, effects), found=float(np.mean(same)), by_lot=float(np.mean(1 / lengths)))


def _score(words: list[str]) -> float:
    """Two words that mean something together, one that means something alone, and length."""
    pair = {"rockets", "win"} <= set(words)
    return 2.0 * pair + 0.5 * ("tonight" in words) + 0.1 * len(words) ** 2


def check_interaction(interaction: Function) -> None:
    """A score with one pair in it, a word that is there twice, and a title of one word."""
    words = ["rockets", "win", "tonight", "again"]
    expected = np.full((4, 4), 0.2)
    expected[0, 1] = expected[1, 0] = 0.2 + 2.0
    np.fill_diagonal(expected, 0.0)
    expect(interaction(_score, words), together=expected)
    alone = {"a": 1.0, "b": -2.0}
    expect(interaction(lambda some: sum(alone[word] for word in some), ["a", "b", "a"]), together=np.zeros((3, 3)))
    twice = np.zeros((3, 3))
    twice[0, 2] = twice[2, 0] = -1.0
    expect(interaction(lambda some: float("a" in some), ["a", "b", "a"]), together=twice)
    expect(interaction(_score, ["rockets"]), together=np.zeros((1, 1)))


TASKS = {
    "derive_fourth": Task(
        check_derive_fourth,
        "Write the four sums down: a(A) + b(A), a(A) + b(N), a(N) + b(A), a(N) + b(N). Which two together hold each number once?",
    ),
    "paired_difference": Task(
        check_paired_difference,
        "Of what is the standard error? If the AUC of a seed is high for both models, the difference does not feel it; a spread of "
        "each model by itself does.",
    ),
    "agreement": Task(
        check_agreement,
        "Compare two np.argmax, the second of the effects without their signs. By lot, one word of T is right.",
    ),
    "interaction": Task(
        check_interaction,
        "With s, s_i, s_j, s_ij for the scores with nothing, i, j, both taken out: (s_ij − s) − (s_i − s) − (s_j − s). Take "
        "out places, not words: a word may occur twice.",
    ),
}

"""Lesson 14: reading weights and ablations."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect
from lessons.checks.run import Function, Task

WORDS = ["rockets", "win", "again", "in", "houston"]
ALPHA = np.array([0.4, 0.25, 0.05, 0.05, 0.25])


def check_top_words(top_words: Function) -> None:
    """The best, ties, more than there are, an empty title."""
    order = ["rockets", "win", "houston", "again", "in"]
    for n in (1, 2, 3, 4, 9):
        _expect_words(top_words(list(WORDS), ALPHA.copy(), n), order[:n])
    _expect_words(top_words([], np.zeros(0), 3), [])


def _expect_words(got: object, expected: list[str]) -> None:
    if not isinstance(got, (list, tuple)):
        raise AnswerError(f"It returned a {type(got).__name__}, expected is a list of words.")
    if len(got) != len(expected):
        raise AnswerError(f"It returned {len(got)} words, expected are {len(expected)}: {', '.join(expected)}.")
    for i, word in enumerate(expected):
        if got[i] != word:
            raise AnswerError(f"words[{i}] is wrong: expected {word!r}, got {got[i]!r}.")


def check_looks_elsewhere(looks_elsewhere: Function) -> None:
    """Each word at itself, all words alike, at random, one word."""
    expect(looks_elsewhere(np.stack([np.eye(4), np.full((4, 4), 0.25)])), elsewhere=np.array([0.0, 0.75]))
    alpha = np.random.default_rng([14, 1]).random((3, 5, 5))
    alpha /= alpha.sum(axis=2, keepdims=True)
    own = np.array([[alpha[k, i, i] for i in range(5)] for k in range(3)])
    expect(looks_elsewhere(alpha), elsewhere=1 - own.mean(axis=1))
    expect(looks_elsewhere(np.ones((2, 1, 1))), elsewhere=np.zeros(2))


def check_ablation(ablation_difference: Function) -> None:
    """By eye, at random where the runs go up and down together, and two runs."""
    expect(ablation_difference(np.array([0.62, 0.64]), np.array([0.61, 0.61])), mean=0.02, error=0.01)
    rng = np.random.default_rng([14, 2])
    ablated = 0.6 + 0.05 * rng.standard_normal(7)
    full = ablated + 0.02 + 0.004 * rng.standard_normal(7)
    d = full - ablated
    error = np.sqrt(((d - d.mean()) ** 2).sum() / 6) / np.sqrt(7)
    expect(ablation_difference(full, ablated), mean=float(d.mean()), error=float(error))
    expect(ablation_difference(ablated, ablated.copy()), mean=0.0, error=0.0)


TASKS = {
    "top_words": Task(
        check_top_words,
        "np.argsort sorts upwards, so give it −alpha, and kind='stable' keeps ties in their order. [:n] may ask for more "
        "than there is.",
    ),
    "looks_elsewhere": Task(
        check_looks_elsewhere,
        "Each row of alpha sums to 1, so what goes elsewhere is 1 minus the diagonal. np.diagonal(alpha, axis1=1, axis2=2) "
        "has it, (H, T).",
    ),
    "ablation_difference": Task(
        check_ablation,
        "Take the differences first, then their mean and their spread: what moves both runs of a seed alike drops out. "
        "np.std has ddof=1 for the n − 1.",
    ),
}

"""Exercises of lesson 14: what sums cannot do, what weights say, and what an ablation says."""

from collections.abc import Callable

import numpy as np


def derive_fourth(ashby_ashby: float, ashby_norton: float, norton_ashby: float) -> float:
    """The score of the fourth crossing, Norton + Norton, of a model in which each click adds a number of its own.

    So the score of a home click and a work click is a(home) + b(work); a and b are not known, three of their sums are.
    """
    return ashby_norton + norton_ashby - ashby_ashby


def paired_difference(full: np.ndarray, ablated: np.ndarray, t: float) -> tuple[float, float]:
    """What a part of the model is worth, with half of its interval.

    Run s of both models has the same seed, so what moves both runs of a seed alike should drop out.

    full, ablated: (n,) the AUC of n runs each, n at least 2.    t: how many standard errors the interval reaches, such as 2.78.

    Returns the mean of the differences, and t times its standard error.
    """
    difference = full - ablated
    variance = np.var(difference, ddof=1)  # bug: variance = np.var(full, ddof=1) + np.var(ablated, ddof=1)
    return float(np.mean(difference)), float(t * np.sqrt(variance / len(full)))


def agreement(weights: list[np.ndarray], effects: list[np.ndarray]) -> tuple[float, float]:
    """In how many titles the word of most weight has the largest effect, and in how many it would have by lot.

    weights, effects: an array (T,) for each title, T of its own; an effect counts without its sign. No ties.

    Returns both as shares of the titles.
    """
    found, by_lot = [], []
    for of_title, effect in zip(weights, effects, strict=True):
        same = np.argmax(of_title) == np.argmax(np.abs(effect))  # blank: is it the same word?
        chance = 1 / len(of_title)  # blank: the chance that a word drawn by lot is the one of the largest effect
        found.append(same)
        by_lot.append(chance)
    return float(np.mean(found)), float(np.mean(by_lot))


def interaction(score: Callable[[list[str]], float], words: list[str]) -> np.ndarray:
    """What two words do together: the effect of taking both out, minus the sum of their single effects.

    An effect is the score without, minus the score with.

    score: of a list of words, as often as you like.    words: T of them.

    Returns (T, T), symmetric, with 0 on the diagonal.
    """
    T = len(words)

    def without(*places: int) -> float:
        return score([word for i, word in enumerate(words) if i not in places])

    together = np.zeros((T, T))
    for i in range(T):
        for j in range(T):
            if i != j:
                together[i, j] = without(i, j) - without(i) - without(j) + without()
    return together

"""The figures of lesson 03."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base
from lessons.draw.sums import gradient_sum


def weights(titles: dict[str, np.ndarray]) -> Figure:
    """The weights of one head, of titles that differ in one word.

    titles: (T, T) weights by title.
    """
    axes = base.canvas("The verb tells Rockets what it is: there its largest weight goes", height=150)
    for number, (title, alpha) in enumerate(titles.items()):
        words = title.split()
        base.weights(axes, alpha, words, words, at=(80 + 330 * number, 50), framed=[(0, 1)])
    return axes.figure  # type: ignore[return-value]


def one_row(words: list[str], scores: np.ndarray, p: np.ndarray, dp: np.ndarray, da: np.ndarray) -> Figure:
    """One row of scores and weights, and below it the gradients that return."""
    axes = base.canvas("One weight is asked to grow, and all three scores of its row get a gradient", height=210)
    left, right, cell = 40, 420, (70, 30)
    above = base.array(axes, scores, "a", "(T,)  scores", columns=words, at=(left, 50), cell=cell)
    base.array(axes, p, "p", "(T,)  weights", columns=words, at=(right, 50), cell=cell, kind="weights")
    below = base.array(axes, da, "da", "(T,)", at=(left, 150), cell=cell, kind="gradient")
    base.array(axes, dp, "dp", "(T,)", at=(right, 150), cell=cell, kind="gradient")
    for place, gradient in ((above, False), (below, True)):
        ends = [(place.right + 14, place.cell(0, 0)[1]), (right - 14, place.cell(0, 0)[1])]
        base.arrow(axes, *(reversed(ends) if gradient else ends), gradient=gradient)
    middle = (above.right + right) / 2
    base.write(axes, middle, 53, "softmax")
    base.write(axes, middle, 153, "its backward", base.GRADIENT, base.SMALL)
    return axes.figure  # type: ignore[return-value]


def two_ways(words: list[str], names: tuple[str, ...], looks: np.ndarray, looked_at: np.ndarray) -> Figure:
    """The gradient of x as a sum of two, each (T, D)."""
    terms = {"the word that looks": looks, "that is looked at": looked_at}
    return gradient_sum("x is used twice, so its gradient is a sum of two", terms, "dx (T, D)", words, names, across=3)

"""The figures of lesson 04."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base
from lessons.draw.base import KEY, QUERY, VALUE, Arrow, Box
from lessons.draw.sums import gradient_sum


def heads(alpha: np.ndarray, words: Sequence[str], names: Sequence[str]) -> Figure:
    """The weights (H, T, T) of two heads."""
    axes = base.canvas("Rockets finds its topic in one head and the time in the other", height=150)
    for k, name in enumerate(names):
        at = (80 + 330 * k, 50)
        base.weights(axes, alpha[k], words, words, name=name, shape="", at=at, framed=[(0, int(alpha[k, 0].argmax()))])
    return axes.figure  # type: ignore[return-value]


def graph() -> Figure:
    """One head as a graph: shapes forward, gradients back, three of which meet at x."""
    axes = base.canvas("x goes three ways, so three gradients meet at x", height=330)
    boxes = {
        "x": Box("x (T, D)", (44, 155)),
        "Q": Box("· Q", (172, 40), step=True, colour=QUERY),
        "K": Box("· K", (172, 155), step=True, colour=KEY),
        "V": Box("· V", (172, 280), step=True, colour=VALUE),
        "S": Box("s · χ κᵀ", (350, 98), step=True),
        "softmax": Box("softmax", (490, 98), step=True),
        "mean": Box("α v", (490, 280), step=True),
        "h": Box("h (T, d)", (630, 280)),
    }
    arrows = [
        Arrow("x", "Q", "", "dχ Qᵀ", place=0.45),
        Arrow("x", "K", "", "dκ Kᵀ"),
        Arrow("x", "V", "", "dv Vᵀ", place=0.45, side=-1),
        Arrow("Q", "S", "queries χ (T, d)", "dχ (T, d)", place=0.55),
        Arrow("K", "S", "keys κ (T, d)", "dκ (T, d)", place=0.55),
        Arrow("S", "softmax", "S (T, T)", "dS (T, T)"),
        Arrow("softmax", "mean", "α (T, T)", "dα (T, T)"),
        Arrow("V", "mean", "values v (T, d)", "dv (T, d)"),
        Arrow("mean", "h", "", "dh"),
    ]
    base.graph(axes, boxes, arrows)
    for letter, gradient in (("Q", "χ"), ("K", "κ"), ("V", "v")):
        x, y = boxes[letter].at
        base.write(
            axes, x, y + (-26 if letter == "Q" else 28), f"d{letter} = xᵀ d{gradient}", base.GRADIENT, base.SMALL
        )
    return axes.figure  # type: ignore[return-value]


def three_ways(words: Sequence[str], names: Sequence[str], ways: Mapping[str, np.ndarray]) -> Figure:
    """The gradient of x as the sum of three, (T, D) each."""
    return gradient_sum("Three gradients meet at x, and dx is their sum", ways, "dx", words, names, across=2)


def scale(widths: np.ndarray, plain: np.ndarray, divided: np.ndarray) -> Figure:
    """Scores with and without √d: the largest weight and the gradient that is left, by the width of a head.

    plain, divided: (widths, 3), spread of the scores, largest weight, length of the gradient.
    """
    drawing = base.figure("Without √d wide heads put all weight on one word, and little gradient is left", height=420)
    for column, axes, quantity in zip(
        (1, 2),
        drawing.subplots(2, 1, sharex=True),
        ("largest of 11 weights", "length of the scores' gradient"),
        strict=True,
    ):
        axes.set_xscale("log", base=4)
        axes.set_xlim(0.9, 1400)
        axes.set_ylim(0, 1 if column == 1 else 0.5)
        axes.set_xticks(widths, [str(width) for width in widths])
        axes.minorticks_off()
        axes.set_ylabel(quantity)
        base.lines(axes, widths, {"divided by √d": divided[:, column], "not divided": plain[:, column]}, marks=True)
    axes.set_xlabel("d, width of one head")
    return drawing

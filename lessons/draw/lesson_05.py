"""The figures of lesson 05."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base
from lessons.draw.base import Arrow, Box
from lessons.draw.sums import gradient_sum


def pooling(h: np.ndarray, alpha: np.ndarray, r: np.ndarray, words: Sequence[str], names: Sequence[str]) -> Figure:
    """The words, their weights, and their weighted mean."""
    axes = base.canvas("The title's vector is a mean in which again counts least", height=225)
    column = base.array(
        axes, alpha[:, None], "α", "(T,)", rows=words, columns=[""], kind="weights", at=(90, 50), cell=(60, 30)
    )
    rows = base.array(axes, h, "h", "(T, H·d)", columns=names, at=(230, 50), cell=(84, 30))
    base.write(axes, (column.right + rows.left) / 2, (column.top + column.bottom) / 2, "·", size=30)
    base.arrow(axes, (column.right + 14, 197), (rows.left - 10, 197))
    base.write(axes, column.right - 10, 197, "sum of the rows", size=base.SMALL, ha="right")
    base.array(axes, r, "r", "(H·d,)", at=(rows.left, 182), cell=(84, 30))
    return axes.figure  # type: ignore[return-value]


def hill(line: np.ndarray, with_tanh: np.ndarray, without: np.ndarray) -> Figure:
    """Scores of words on a line, with and without tanh."""
    drawing = base.figure("With tanh a word in the middle can have the largest score", height=250)
    axes = drawing.subplots()
    axes.set_xlim(-4, 6)
    axes.set_ylim(-0.2, 2.4)
    base.lines(axes, line, {"with tanh, A = 2": with_tanh, "without": without})
    axes.set_xticks(range(-4, 5))
    axes.set_xlabel("h, a word vector of one number")
    axes.set_ylabel("score a")
    return drawing


def graph() -> Figure:
    """Pooling as a graph: h decides the weights, and is what is averaged."""
    axes = base.canvas("h goes two ways, so two gradients meet at h", height=235)
    boxes = {
        "h": Box("h (T, H·d)", (56, 190)),
        "W": Box("· W + b", (130, 60), step=True),
        "tanh": Box("tanh", (288, 60), step=True),
        "q": Box("· q", (426, 60), step=True),
        "softmax": Box("softmax", (556, 60), step=True),
        "sum": Box("Σ α h", (556, 190), step=True),
        "r": Box("r\n(H·d,)", (650, 190)),
    }
    arrows = [
        Arrow("h", "W", "", "dz Wᵀ"),
        Arrow("W", "tanh", "z (T, A)", "dz"),
        Arrow("tanh", "q", "hidden\n(T, A)", "d hidden"),
        Arrow("q", "softmax", "a (T,)", "da"),
        Arrow("softmax", "sum", "α (T,)", "dα = h dr"),
        Arrow("h", "sum", "h, as what is averaged", "α drᵀ"),
        Arrow("sum", "r", "", "dr"),
    ]
    base.graph(axes, boxes, arrows)
    base.write(axes, 130, 30, "dW, db", base.GRADIENT, base.SMALL)
    base.write(axes, 426, 30, "dq", base.GRADIENT, base.SMALL)
    return axes.figure  # type: ignore[return-value]


def two_ways(words: Sequence[str], names: Sequence[str], ways: Mapping[str, np.ndarray]) -> Figure:
    """The gradient of h as the sum of two, (T, H·d) each."""
    title = "What is averaged gets sport; what decides gets whatever makes a word count"
    return gradient_sum(title, ways, "dh", words, names, across=3)

"""The figures of lesson 02."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons.draw import base

PRODUCT = 30
"""The size of the dot of a matrix product, which would be hardly seen in that of the text."""


def lookup(
    F: np.ndarray,
    table: np.ndarray,
    x: np.ndarray,
    dx: np.ndarray,
    d_table: np.ndarray,
    title: Sequence[str],
    words: Sequence[str],
) -> Figure:
    """Forward x = F E, and below it the backward dE = Fᵀ dx; the rows of a word that stands in the title twice are framed."""
    axes = base.canvas("A row that is read twice gets the sum of two gradients", height=480)
    twice = next(word for word in title if list(title).count(word) == 2)
    places, row = [t for t, word in enumerate(title) if word == twice], list(words).index(twice)
    small, signed = (24, 24), (44, 24)
    first = base.array(axes, F, "F", "(T, words)", rows=title, at=(76, 30), cell=small, digits=0, framed=places)
    second = base.array(axes, table, "E", "(words, D)", rows=words, at=(366, 30), cell=(32, 24), digits=0, framed=[row])
    base.array(axes, x, "x", "(T, D)", at=(530, 30), cell=(32, 24), digits=0, framed=places)
    _signs(axes, 90, first.right + 16, second.right + 16)

    below = 272
    first = base.array(axes, F.T, "Fᵀ", "(words, T)", rows=words, at=(84, below), cell=small, digits=0, framed=[row])
    style = {"kind": "gradient", "cell": signed, "digits": 0, "largest": float(np.abs(d_table).max())}
    second = base.array(axes, dx, "dx", "(T, D)", rows=title, at=(292, below), framed=places, **style)
    base.array(axes, d_table, "dE", "(words, D)", at=(500, below), framed=[row], **style)
    _signs(axes, below + 60, first.right + 14, second.right + 16)
    return axes.figure  # type: ignore[return-value]


def _signs(axes: Axes, y: float, times: float, equals: float) -> None:
    base.write(axes, times, y, "·", size=PRODUCT)
    base.write(axes, equals, y, "=")


def neighbours(words: Sequence[str], vectors: np.ndarray, topics: Mapping[str, Sequence[str]]) -> Figure:
    """Word vectors of two numbers as arrows; each topic has a marker of its own."""
    drawing = base.figure("Similar words point in similar directions; rockets stands between two topics", height=400)
    axes = drawing.subplots()
    markers = dict(zip(topics, "so^", strict=True))
    of_word = {word: topic for topic, members in topics.items() for word in members}
    for word, (across, up) in zip(words, vectors.tolist(), strict=True):
        colour = base.GREY if word in of_word else base.INK
        axes.plot([0, across], [0, up], color=colour, linewidth=base.points(1.2))
        marker = markers.get(of_word.get(word, ""), "D")
        axes.plot(across, up, marker, color=colour, markersize=base.points(8))
        side = -1 if across < 0.1 else 1
        base.beside(
            axes, (across, up), (9 * side, 0), word, ha="left" if side > 0 else "right", va="center", size=base.SMALL
        )
    for topic, mark, at in zip(topics, "■●▲", ((2.3, -0.4), (-0.9, 1.8), (-2.2, -1.5)), strict=True):
        base.beside(axes, at, (0, 0), f"{mark} {topic}", base.GREY, ha="center", va="center")
    axes.set_xlim(-3.2, 3.4)
    axes.set_ylim(-1.95, 2.35)
    axes.set_aspect("equal")
    axes.set_xlabel("first number of the vector")
    axes.set_ylabel("second number of the vector")
    return drawing


def dropout(counts: np.ndarray, distance: np.ndarray) -> Figure:
    """How far the mean over masks is from x."""
    drawing = base.figure("The more masks, the nearer their mean comes to x", height=270)
    axes = drawing.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.9, 12000)
    axes.set_ylim(0.006, 0.8)
    axes.plot(counts, 0.5 / np.sqrt(counts), ":", color=base.GREY, linewidth=base.points(1))
    axes.plot(counts, distance, "o", color=base.INK, markersize=base.points(8))
    base.beside(axes, (3000, distance[-1]), (10, 0), "measured", size=base.SMALL, ha="left", va="center")
    base.beside(axes, (55, 0.5 / np.sqrt(55)), (8, 8), "½ / √n", base.GREY, size=base.SMALL, ha="left", va="bottom")
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    axes.set_yticks([0.01, 0.1, 0.5], ["1%", "10%", "50%"])
    axes.minorticks_off()
    axes.set_xlabel("number of masks n")
    axes.set_ylabel("distance from x")
    return drawing

"""The language of the figures, for `lesson_NN` to draw with.

    from lessons.draw import base

    def heads(alpha, words) -> Figure:
        axes = base.canvas("In head 1 Rockets looks at win", height=150)
        base.weights(axes, alpha[0], words, words, at=(90, 50))
        return axes.figure

`figure(title, height)` is paper for plots, `canvas(title, height)` paper for drawings, in pixels of a page on which a figure is
680 wide. The title is the finding. `array`, `weights`, `graph`, `arrow` and `lines` draw. What was clicked is a ● in ink; red is
the gradient and nothing else is.
"""

from __future__ import annotations

from lessons.draw.arrays import Cells, array, weights
from lessons.draw.curves import lines
from lessons.draw.graphs import Arrow, Box, arrow, graph
from lessons.draw.style import (
    CLICKED,
    DASHES,
    GRADIENT,
    GREY,
    INK,
    KEY,
    LABEL,
    PAPER,
    QUERY,
    SMALL,
    TITLE,
    VALUE,
    WEIGHT,
    WIDTH,
    beside,
    canvas,
    figure,
    number,
    points,
    readable,
    write,
)

__all__ = [
    "CLICKED",
    "DASHES",
    "GRADIENT",
    "GREY",
    "INK",
    "KEY",
    "LABEL",
    "PAPER",
    "QUERY",
    "SMALL",
    "TITLE",
    "VALUE",
    "WEIGHT",
    "WIDTH",
    "Arrow",
    "Box",
    "Cells",
    "array",
    "arrow",
    "beside",
    "canvas",
    "figure",
    "graph",
    "lines",
    "number",
    "points",
    "readable",
    "weights",
    "write",
]

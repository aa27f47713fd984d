"""The figures of lesson 12: what one mask leaves wrong, and what is counted in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons.draw import base

Array = np.ndarray[Any, Any]


def masks(paddings: Array, errors: dict[str, Array]) -> Figure:
    """Error of the news vector against the number of padding words; errors: (draws, paddings) by the way of masking."""
    figure = base.figure("One mask of two leaves the vector off by a third, or by all of itself", height=320)
    axes = figure.subplots()
    axes.set_xlim(0, paddings[-1] * 1.32)
    axes.set_ylim(0, 1.25)
    axes.set_xticks(paddings)
    axes.set_xlabel("padding words after a title of 3 words")
    axes.set_ylabel("error, as a share of the vector's length")
    middle = {name: np.median(of, axis=0) for name, of in errors.items()}
    bands = {name: tuple(np.quantile(of, [0.1, 0.9], axis=0)) for name, of in errors.items()}
    base.lines(axes, paddings, middle, bands={name: bands[name] for name in list(errors)[:1]})
    return figure


def padding(lengths: Array, width: int) -> Figure:
    """Titles as rows of places: ink for words, paper for padding."""
    axes = base.canvas("Most of a padded batch is padding", height=18 * len(lengths) + 40)
    for row, T in enumerate(lengths):
        for place in range(width):
            colour = base.INK if place < T else base.PAPER
            axes.add_patch(
                Rectangle((30 + 20 * place, 8 + 18 * row), 18, 14, facecolor=colour, edgecolor=base.GREY, linewidth=0.5)
            )
    base.write(
        axes,
        30,
        18 * len(lengths) + 22,
        f"{len(lengths)} titles of a batch, padded to {width} places; black: words",
        ha="left",
    )
    return axes.figure


def counts(rows: dict[str, tuple[int, int]]) -> Figure:
    """How many word rows are projected and how many pairs are scored, a bar each."""
    figure = base.figure("Each word once: a twentieth of the rows. Packed: a tenth of the pairs", height=330)
    upper, lower = figure.subplots(2, 1)
    for axes, which, what in (
        (upper, 0, "word rows to project in a batch of 64, thousands"),
        (lower, 1, "pairs a head, thousands"),
    ):
        values = [pair[which] / 1000 for pair in rows.values()]
        axes.barh(range(len(rows)), values, height=0.55, color=[base.GREY] + [base.INK] * (len(rows) - 1))
        for n, value in enumerate(values):
            base.beside(
                axes,
                (value, n),
                (6, 0),
                f"{value:,.0f}" if value >= 10 else f"{value:.1f}",
                va="center",
                size=base.SMALL,
            )
        axes.set_yticks(range(len(rows)), list(rows))
        axes.invert_yaxis()
        axes.set_xlim(0, 1.12 * max(values))
        axes.set_xlabel(what)
    return figure

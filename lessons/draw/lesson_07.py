"""The figures of lesson 07: one table of news used several times, and the gradients that meet in one of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from lessons.draw import base
from nrms_np.packed import Packed

Array = np.ndarray[Any, Any]
FOLLOWED = 0
"""The news item whose references are drawn in ink."""


def one_function_twice(
    words: Sequence[str], names: Sequence[str], titles: Packed, histories: Packed, candidates: Array
) -> Figure:
    """Words, news and those who use them, with an arrow for each reference."""
    axes = base.canvas("A news item is encoded once, however often it is used", height=420)
    uses = [*histories.to_lists(), candidates.tolist()]
    word_y = np.linspace(60, 325, len(words))
    news_y = np.linspace(75, 310, len(names))
    use_y = np.linspace(95, 290, len(uses))
    for item, y in enumerate(news_y):
        for word in sorted(set(titles.sequence(item).tolist())):
            _reference(axes, (96, word_y[word]), (208, y), item == FOLLOWED)
    for use, rows in enumerate(uses):
        for item in rows:
            _reference(axes, (412, news_y[item]), (528, use_y[use]), item == FOLLOWED)
    for y, word in zip(word_y, words, strict=True):
        base.write(axes, 90, y, word, size=base.SMALL, ha="right")
    for item, (y, name) in enumerate(zip(news_y, names, strict=True)):
        colour = base.INK if item == FOLLOWED else base.GREY
        base.write(axes, 310, y, name, colour, base.SMALL)
    for y, name in zip(use_y, ("our reader's history", "Ben's history", "candidates"), strict=True):
        base.write(axes, 534, y, name, size=base.SMALL, ha="left")
    for x, name in ((60, "table (words, D)"), (310, "news (n, H·d)"), (600, "uses")):
        base.write(axes, x, 22, name)
    boxes = {
        "words": base.Box("words", (60, 375)),
        "news": base.Box("news", (310, 375)),
        "uses": base.Box("uses", (600, 375)),
    }
    arrows = [
        base.Arrow("words", "news", "attend over each title", "dx, added into rows"),
        base.Arrow("news", "uses", "attend over each history", "dr, added into rows"),
    ]
    base.graph(axes, boxes, arrows)
    return axes.figure  # type: ignore[return-value]


def _reference(axes: Axes, start: tuple[float, float], end: tuple[float, float], followed: bool) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=base.points(10),
            shrinkA=0,
            shrinkB=0,
            color=base.INK if followed else "#B9BEC6",
            linewidth=base.points(1.8 if followed else 1),
            zorder=2 if followed else 1,
        )
    )


def gradients_meet(pieces: Sequence[Array], measured: Array, numbers: Sequence[str]) -> Figure:
    """The pieces of one row's gradient, their sum, and what was measured."""
    axes = base.canvas("Three uses, three gradients, one sum", height=230)
    left, cell = 190, (96, 28)
    more: dict[str, Any] = {"kind": "gradient", "cell": cell, "digits": 3, "largest": float(np.abs(measured).max())}
    rows = ["from our reader", "from Ben", "as a candidate"]
    top = base.array(axes, np.array(pieces), "", "", rows=rows, columns=numbers, at=(left, 34), **more)
    rule = top.bottom + 9
    axes.plot([left - 90, top.right], [rule, rule], color=base.INK, linewidth=base.points(1.5))
    sums = np.array([np.sum(pieces, axis=0), measured])
    base.array(axes, sums, "", "", rows=["sum", "measured ✓"], at=(left, rule + 9), **more)
    return axes.figure  # type: ignore[return-value]

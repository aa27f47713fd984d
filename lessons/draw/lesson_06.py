"""The figures of lesson 06: the pieces in a row, the gradients that return, and news vectors under dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base

Array = np.ndarray[Any, Any]


def pipeline() -> Figure:
    """The pieces of the news encoder with shapes on the arrows and the gradients that return."""
    axes = base.canvas("The backward is the chain of the forward, from its end", height=190)
    boxes = {
        "table": base.Box("table (words, D)", (62, 22)),
        "lookup": base.Box("lookup", (62, 130), step=True),
        "dropout": base.Box("dropout", (200, 130), step=True),
        "attention": base.Box("self-\nattention", (355, 130), step=True),
        "pooling": base.Box("additive\nattention", (530, 130), step=True),
        "r": base.Box("r", (664, 130)),
        "QKV": base.Box("Q, K, V", (355, 22)),
        "Wbq": base.Box("W, b, q", (530, 22)),
    }
    arrows = [
        base.Arrow("table", "lookup", "", "summed\ninto rows", side=-1),
        base.Arrow("lookup", "dropout", "x\n(T, D)", "dx"),
        base.Arrow("dropout", "attention", "x\n(T, D)", "dx"),
        base.Arrow("attention", "pooling", "h\n(T, H·d)", "dh"),
        base.Arrow("pooling", "r", "(H·d,)", "dr"),
        base.Arrow("QKV", "attention", "", "dQ, dK, dV", side=-1),
        base.Arrow("Wbq", "pooling", "", "dW, db, dq", side=-1),
    ]
    base.graph(axes, boxes, arrows)
    return axes.figure  # type: ignore[return-value]


def returning(words: Sequence[str], dr: Array, dh: Array, dx: Array, of_again: Array, numbers: Sequence[str]) -> Figure:
    """dr, dh and dx from right to left, and the row of the table in which two rows of dx meet."""
    axes = base.canvas("What comes back to each word, from right to left", height=335)
    cell = (55, 28)
    more: dict[str, Any] = {"kind": "gradient", "cell": cell, "columns": numbers, "largest": 1.0}
    x = base.array(axes, dx, "dx", "(T, D)", rows=words, at=(84, 58), **more)
    h = base.array(axes, dh, "dh", "(T, H·d)", at=(404, 58), **more)
    r = base.array(axes, [dr], "dr", "(H·d,)", at=(404, 285), **more)
    y = x.cell(2, 0)[1]
    base.arrow(axes, (h.left - 8, y), (x.right + 8, y), gradient=True)
    base.write(axes, (h.left + x.right) / 2, y - 22, "self-\nattention", base.GRADIENT, base.SMALL)
    x_up = h.cell(0, 2)[0]
    base.arrow(axes, (x_up, r.top - 26), (x_up, h.bottom + 6), gradient=True)
    base.write(axes, x_up + 8, (r.top + h.bottom) / 2 - 10, "pooling", base.GRADIENT, base.SMALL, ha="left")
    row = base.array(
        axes, [of_again], "", "", rows=["again"], at=(84, 285), kind="gradient", cell=cell, largest=1.0, framed=[0]
    )
    base.write(
        axes, row.left, row.top - 10, "its row of the table: the sum", base.GRADIENT, base.SMALL, ha="left", va="bottom"
    )
    for i in (2, 4):
        base.arrow(axes, (x.right + 4, x.cell(i, 0)[1]), (row.right + 4, row.top + 8), gradient=True, bend=-0.25)
    return axes.figure  # type: ignore[return-value]


def dropout(in_training: Array, in_use: Array) -> Figure:
    """Each number of a news vector in many training steps, their mean, and in use.    in_training: (steps, H·d)."""
    drawing = base.figure("Dropout scatters the news vector around the one in use", height=270)
    axes = drawing.subplots()
    places = np.arange(in_training.shape[1])
    spread = np.random.default_rng(0).uniform(-0.16, 0.16, in_training.shape)
    axes.plot((places + spread).ravel(), in_training.ravel(), ".", color="#B9BEC6", markersize=base.points(4), zorder=1)
    axes.plot(places, in_training.mean(axis=0), "_", color=base.INK, markersize=base.points(40), markeredgewidth=2)
    axes.plot(places, in_use, "o", markerfacecolor="white", color=base.INK, markersize=base.points(9))
    axes.set_xticks(places)
    axes.set_xlabel("number of the news vector, 0 to H·d − 1")
    axes.set_ylabel("value")
    return drawing

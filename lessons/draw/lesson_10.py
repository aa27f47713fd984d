"""The figures of lesson 10: the graph of the model, the first loss, the routes of a gradient, and the score after a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base

Array = np.ndarray[Any, Any]


def model() -> Figure:
    """The graph of NRMS: forward arrows with shapes, and the gradients that return."""
    axes = base.canvas("One table of news, two uses, two gradients that meet", height=290)
    boxes = {
        "table": base.Box("word\nvectors", (36, 115)),
        "news attend": base.Box("attend\nnews.*", (168, 115), step=True),
        "news": base.Box("news", (335, 115), step=True),
        "user attend": base.Box("attend\nuser.*", (335, 248), step=True),
        "u": base.Box("u", (522, 248)),
        "score": base.Box("u · r", (522, 115), step=True),
        "loss": base.Box("−log p", (642, 115), step=True),
        "news parameters": base.Box("Q, K, V, W, b, q", (168, 18)),
        "user parameters": base.Box("Q, K, V, W, b, q", (118, 248)),
    }
    arrows = [
        base.Arrow("table", "news attend", "x\n(words, D)", "dx"),
        base.Arrow("news attend", "news", "news\n(n, H·d)", "d_news"),
        base.Arrow("news", "score", "r (C, H·d)\nas candidates", "d_candidates"),
        base.Arrow("news", "user attend", "(N, H·d)\nas clicks", "d_clicked", side=-1),
        base.Arrow("user attend", "u", "(H·d,)", "du"),
        base.Arrow("u", "score", "", "du"),
        base.Arrow("score", "loss", "ŷ\n(C,)", "p − y"),
        base.Arrow("news parameters", "news attend", "", "dQ … dq", side=-1),
        base.Arrow("user parameters", "user attend", "", "dQ … dq"),
    ]
    base.graph(axes, boxes, arrows)
    return axes.figure  # type: ignore[return-value]


def first_loss(factors: Sequence[float], losses: Array, knows_nothing: float) -> Figure:
    """The first loss against the factor on all matrices.    losses: (factors, seeds)."""
    drawing = base.figure("Twice too large, and the model starts sure of itself and wrong", height=270)
    axes = drawing.subplots()
    for factor, of_seeds in zip(factors, losses, strict=True):
        axes.plot(np.full(len(of_seeds), factor), of_seeds, "o", color=base.GREY, markersize=3, alpha=0.5)
    axes.set_xlim(0.15, 2.6)
    axes.set_ylim(0, 1.05 * float(losses.max()))
    axes.set_xticks(factors, [f"{factor:g}" for factor in factors])
    axes.set_xlabel("factor on all matrices")
    axes.set_ylabel("first loss")
    base.lines(axes, factors, {"median": np.median(losses, axis=1)}, baselines={"log 5": knows_nothing})
    return drawing


def routes(shares: Array, total: Array, measured: Array, numbers: Sequence[str]) -> Figure:
    """The gradient of one word vector as a sum of six routes.    shares: (6, 4).    total, measured: (4,)."""
    axes = base.canvas("Most of the sport in win's gradient comes back through the old click", height=330)
    names = [f"as {role}" for role in ("query", "key", "value")]
    largest = float(np.abs(shares).max())
    left, cell = 300, (84, 28)
    more: dict[str, Any] = {"kind": "gradient", "cell": cell, "digits": 3, "largest": largest}
    old = base.array(axes, shares[:3], "", "", rows=names, columns=numbers, at=(left, 40), **more)
    new = base.array(axes, shares[3:], "", "", rows=names, at=(left, old.bottom + 14), **more)
    base.write(axes, 8, old.cell(1, 0)[1], "Coaches win again and again\nin the history", ha="left")
    base.write(axes, 8, new.cell(1, 0)[1], f"Rockets win again {base.CLICKED}\nas a candidate", ha="left")
    rule = new.bottom + 10
    axes.plot([left - 70, new.right], [rule, rule], color=base.INK, linewidth=base.points(1.5))
    sums = np.array([total, measured])
    base.array(axes, sums, "", "", rows=["sum", "measured ✓"], at=(left, rule + 10), **more | {"largest": 1.0})
    return axes.figure  # type: ignore[return-value]


def next_score(titles: Sequence[str], before: Array, after: Array) -> Figure:
    """The scores of the candidates before and after one step; the first title is the clicked one."""
    drawing = base.figure("One step later the clicked title is first", height=240)
    axes = drawing.subplots()
    axes.set_xlim(-0.15, 1.1)
    axes.set_ylim(-0.3, 2.6)
    axes.set_xticks([0, 1], ["before the step", "after it"])
    axes.set_ylabel("click score")
    names = [f"{title} {base.CLICKED}" if n == 0 else title for n, title in enumerate(titles)]
    base.lines(axes, [0, 1], {name: [before[n], after[n]] for n, name in enumerate(names)}, marks=True)
    for value in before:
        axes.annotate(
            base.number(value),
            (0, value),
            xytext=(-8, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=base.points(base.SMALL),
        )
    return drawing

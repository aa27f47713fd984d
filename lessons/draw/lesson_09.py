"""The figures of lesson 09: the loss against the score, predicted minus happened, and the graph of the click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base

Array = np.ndarray[Any, Any]


def loss_curves(scores: Array, losses: Mapping[str, Array]) -> Figure:
    """The loss against the clicked score, one curve for each K; dots where all scores are equal."""
    drawing = base.figure("The loss falls as the clicked score rises, and never below zero", height=280)
    axes = drawing.subplots()
    axes.set_xlim(-5.9, 5.3)
    axes.set_ylim(0, 7.6)
    axes.set_xlabel("score of the clicked candidate, all others 0")
    axes.set_ylabel("loss")
    for name, loss in losses.items():
        axes.plot(scores, loss, color=base.INK)
        axes.plot(0, np.interp(0.0, scores, loss), "o", color=base.INK, markersize=base.points(8))
        base.write(axes, -5.08, loss[0], name, base.INK, base.SMALL, ha="right")
    axes.annotate(
        "knows nothing:\nlog(1 + K)",
        (0.1, float(np.interp(0.0, scores, next(iter(losses.values()))))),
        xytext=(1.2, 4.4),
        fontsize=base.points(base.SMALL),
        arrowprops={"arrowstyle": "->", "color": base.INK},
    )
    return drawing


def predicted_minus_happened(titles: Sequence[str], p: Array, y: Array, d_scores: Array, measured: Array) -> Figure:
    """p, y and their difference, one column a candidate; the first one was clicked."""
    axes = base.canvas("The gradient of the scores is what was predicted minus what happened", height=190)
    columns = [f"{title} {base.CLICKED}" if n == 0 else title for n, title in enumerate(titles)]
    left, cell = 150, (168, 28)
    top = base.array(axes, [p], "", "", rows=["p"], columns=columns, kind="weights", at=(left, 34), cell=cell, digits=3)
    middle = base.array(axes, [y], "", "", rows=["− y"], at=(left, top.bottom), cell=cell, digits=0)
    rule = middle.bottom + 8
    axes.plot([left - 40, middle.right], [rule, rule], color=base.INK, linewidth=base.points(1.5))
    rows = ["dŷ = p − y", "measured ✓"]
    base.array(axes, [d_scores, measured], "", "", rows=rows, kind="gradient", at=(left, rule + 8), cell=cell, digits=3)
    return axes.figure  # type: ignore[return-value]


def click(
    titles: Sequence[str], u: Array, r: Array, scores: Array, loss: float, du: Array, dr: Array, d_scores: Array
) -> Figure:
    """The graph of score and loss with the numbers of one sample; below each array its gradient."""
    axes = base.canvas("Two vectors, a score, a loss, and a gradient of the same shape for each", height=385)
    left, cell = 156, (58, 26)
    names = [f"{title} {base.CLICKED}" if n == 0 else title for n, title in enumerate(titles)]
    columns = ["sport", "space", "action", "time"]
    red: dict[str, Any] = {"kind": "gradient", "cell": cell, "largest": float(max(np.abs(du).max(), np.abs(dr).max()))}
    a = base.array(axes, [u], "", "", rows=["u (H·d,)"], columns=columns, at=(left, 30), cell=cell)
    da = base.array(axes, [du], "", "", rows=["du"], at=(left, a.bottom + 12), **red)
    b = base.array(axes, r, "r (C, H·d)", "", rows=names, at=(left, da.bottom + 64), cell=cell)
    db = base.array(axes, dr, "dr = dŷ · u", "", rows=names, at=(left, b.bottom + 34), **red)
    boxes = {
        "score": base.Box("r · u", (460, 165), step=True),
        "loss": base.Box("−log p", (590, 165), step=True),
        "L": base.Box("L", (665, 165)),
    }
    signed = [base.number(value, 2) for value in d_scores]
    shown = [base.number(value, 2) for value in scores]
    arrows = [
        base.Arrow("score", "loss", "\n".join(["ŷ (C,)", *shown]), "\n".join(["p − y", *signed])),
        base.Arrow("loss", "L", base.number(loss, 2), "1"),
    ]
    base.graph(axes, boxes, arrows)
    right = a.right + 8
    base.arrow(axes, (right, a.cell(0, 0)[1]), (436, 147))
    base.arrow(axes, (426, 157), (right, da.cell(0, 0)[1]), gradient=True)
    base.arrow(axes, (right, b.cell(1, 0)[1]), (432, 184))
    base.arrow(axes, (446, 186), (right, db.cell(1, 0)[1]), gradient=True)
    base.write(axes, 424, 60, "dot product of u\nwith each row of r", base.INK, base.SMALL, ha="left")
    base.write(
        axes,
        440,
        290,
        "each factor is passed back\nthe other one, times dŷ;\nu a sum over the candidates",
        base.GRADIENT,
        base.SMALL,
        ha="left",
    )
    return axes.figure  # type: ignore[return-value]

"""The figures of lesson 16: gradients array by array, and two trainings beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base

LEAST = 1e-17
"""What stands for an error of 0 on a logarithmic axis."""

MARKS = ("o", "s", "^", "D")


def gradients(errors: Mapping[str, Mapping[str, float]], title: str) -> Figure:
    """The error of each array, a row an array and a mark for each of our models; the limit of the gradient checks dotted."""
    names = list(next(iter(errors.values())))
    drawing = base.figure(title, 60 + 24 * len(names))
    axes = drawing.subplots()
    axes.set_xscale("log")
    axes.set_xlim(LEAST / 2, 1e-5)
    axes.set_ylim(len(names) - 0.4, -0.9)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("error of the gradient: ‖ours − theirs‖ / (‖ours‖ + ‖theirs‖)")
    for n, (model, of_arrays) in enumerate(errors.items()):
        fill = base.INK if n == 0 else "none"
        heights = np.arange(len(names)) + 0.22 * (n - (len(errors) - 1) / 2)
        values = [max(of_arrays[name], LEAST) for name in names]
        axes.plot(
            values, heights, MARKS[n], color=base.INK, markerfacecolor=fill, markersize=base.points(8), label=model
        )
    axes.axvline(1e-7, color=base.GREY, linestyle=":", linewidth=base.points(1))
    base.beside(
        axes, (1e-7, -0.6), (5, 0), "limit of the gradient checks", base.GREY, base.SMALL, ha="left", va="center"
    )
    axes.legend(loc="lower right", bbox_to_anchor=(0.8, 0.02))
    return drawing


def beside(losses: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Two losses step by step above, and the size of their difference below."""
    (ours, mine), (theirs, yours) = losses.items()
    drawing = base.figure(title, 440)
    top, bottom = drawing.subplots(2, 1, sharex=True)
    steps = np.arange(len(mine))
    top.set_xlim(0, steps[-1])
    top.set_ylim(0.8, 1.8)
    top.set_ylabel("loss of the batch")
    top.plot(steps, mine, color=base.INK)
    top.plot(
        steps[::3],
        yours[::3],
        "o",
        markerfacecolor="none",
        color=base.GREY,
        markersize=base.points(8),
        linestyle="none",
    )
    base.beside(
        top, (steps[6], mine[6]), (14, 14), f"{ours}: the line; {theirs}: rings", base.INK, base.SMALL, ha="left"
    )
    bottom.set_yscale("log")
    bottom.set_ylim(LEAST, 1e-11)
    bottom.set_ylabel("size of the difference")
    bottom.set_xlabel("step")
    bottom.plot(steps, np.maximum(np.abs(np.subtract(mine, yours)), LEAST), color=base.INK)
    return drawing

"""The figure of lesson 08: the user vector between the clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base

Array = np.ndarray[Any, Any]


def user_vector(titles: Sequence[str], h: Array, alpha: Array, u: Array) -> Figure:
    """Clicks in the plane of their first two numbers, as large as their weights, with their plain mean and u."""
    drawing = base.figure("The user vector is a weighted mean of the clicks", height=330)
    axes = drawing.subplots()
    corners = np.array([*h, h[0]])
    axes.plot(corners[:, 0], corners[:, 1], color=base.GREY, linewidth=1, linestyle=":")
    axes.scatter(h[:, 0], h[:, 1], s=900 * alpha, color=base.INK, zorder=2)
    shifts = [(14, -4), (16, 6), (24, -4)]
    for (x, y), title, weight, shift in zip(h[:, :2], titles, alpha, shifts, strict=True):
        _label(axes, (x, y), f"{title}, weight {weight:.2f}", shift)
    mean = h.mean(axis=0)
    axes.plot(*mean[:2], "x", color=base.GREY, markersize=9, markeredgewidth=2)
    _label(axes, mean[:2], "plain mean", (10, -4), base.GREY)
    axes.plot(*u[:2], "*", markerfacecolor="white", color=base.INK, markersize=15)
    _label(axes, u[:2], "user vector u", (-12, -4), ha="right")
    axes.set_xlabel("sport")
    axes.set_ylabel("space")
    axes.set_xlim(-0.15, 2.9)
    axes.set_ylim(-0.15, 2.3)
    return drawing


def _label(axes: Any, at: Any, text: str, shift: tuple[float, float], colour: str = base.INK, ha: str = "left") -> None:
    axes.annotate(
        text, at, xytext=shift, textcoords="offset points", color=colour, fontsize=base.points(base.SMALL), ha=ha
    )

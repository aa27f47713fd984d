"""The figures of lesson 01."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons.draw import base


def error_against_step(steps: np.ndarray, error64: np.ndarray, error32: np.ndarray, sixth: float) -> Figure:
    """The error of a central difference against its step, in two precisions, with the lines that theory draws.

    sixth: the size of f‴ / 6.
    """
    title = "Too large a step sees the third derivative, too small a step the rounding"
    drawing = base.figure(title, height=400)
    axes = _log_log(drawing, "step h", "error of the measured derivative")
    axes.set_xlim(5e-12, 2)
    axes.set_ylim(1e-13, 3)
    dotted = {"color": base.GREY, "linestyle": ":", "linewidth": base.points(1)}
    axes.plot(steps, sixth * steps**2, **dotted)
    for kind in (np.float32, np.float64):
        axes.plot(steps, np.finfo(kind).eps / steps, **dotted)
    axes.plot(steps, error32, "s-", color=base.GREY, markersize=base.points(5), markerfacecolor="white")
    axes.plot(steps, error64, "o-", color=base.INK, markersize=base.points(5))
    axes.axvline(1e-5, color=base.GREY, linestyle="--", linewidth=base.points(1))
    for x, y, text, colour in (
        (1e-5, 0.2, "h = 1e-5: what we use", base.INK),
        (1.2e-3, 2e-9, "h² · f‴ / 6", base.GREY),
        (1e-9, 4e-7, "ε / h of float64", base.GREY),
        (2e-4, 2e-3, "ε / h of float32", base.GREY),
        (1e-11, 1e-8, "float64", base.INK),
        (1e-11, 0.7, "float32", base.GREY),
    ):
        base.beside(axes, (x, y), (4, 0), text, colour, base.SMALL, ha="left", va="bottom")
    return drawing


def error_sizes(sizes: Mapping[str, float]) -> Figure:
    """Relative errors of mistakes and of correct code, by name, on one axis with the limit."""
    drawing = base.figure("In float64, six powers of ten lie between correct code and the mistakes", height=300)
    axes = drawing.subplots()
    axes.set_xscale("log")
    axes.set_xlim(1e-12, 3)
    axes.set_ylim(len(sizes) - 0.4, -0.6)
    for row, (name, error) in enumerate(sizes.items()):
        if not name.startswith("correct"):
            style = {"marker": "x", "color": base.GREY, "markeredgewidth": base.points(3)}
        elif "float32" in name:
            style = {"marker": "o", "color": base.GREY, "markerfacecolor": "white"}
            base.beside(axes, (error, row), (10, 0), "cannot be checked", base.GREY, base.SMALL, ha="left", va="center")
        else:
            style = {"marker": "o", "color": base.INK}
        axes.plot(error, row, markersize=base.points(9), **style)
    axes.axvline(1e-7, color=base.GREY, linestyle=":", linewidth=base.points(1.5))
    base.beside(axes, (1e-7, 0), (5, 0), "limit 1e-7", base.GREY, base.SMALL, ha="left", va="center")
    axes.set_yticks(range(len(sizes)), list(sizes))
    axes.tick_params(axis="y", length=0, labelcolor=base.INK)
    axes.minorticks_off()
    axes.set_xlabel("relative error of the whole array")
    return drawing


def number_by_number(size: np.ndarray, error: np.ndarray, whole: float) -> Figure:
    """The relative error of each single number against its size, and that of the whole array."""
    drawing = base.figure("All of these derivatives are correct; number by number, some look like bugs", height=300)
    axes = _log_log(drawing, "size of the derivative", "relative error of one number")
    axes.set_ylim(1e-14, 1)
    axes.plot(size, np.maximum(error, 1e-14), "o", color=base.INK, markersize=base.points(5), markerfacecolor="white")
    axes.axhline(whole, color=base.GREY, linestyle=":", linewidth=base.points(1.5))
    base.beside(
        axes, (float(size.min()), whole), (0, -4), "the whole array", base.GREY, base.SMALL, ha="left", va="top"
    )
    return drawing


def _log_log(drawing: Figure, across: str, up: str) -> Axes:
    axes: Axes = drawing.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return axes

"""Curves with their names at their ends, in place of a legend."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from lessons.draw.style import GREY, INK, SMALL, beside, points, readable

SHADES = (INK, GREY, "#9AA1AB", "#B9BEC6")
LINE = 15
"""Pixels from a name at a line's end to the next."""
MARKS = ("o", "s", "^", "D")


def lines(
    axes: Axes,
    x: Sequence[float] | Any,
    series: Mapping[str, Any],
    *,
    baselines: Mapping[str, float] | None = None,
    bands: Mapping[str, tuple[Any, Any]] | None = None,
    marks: bool = False,
    colours: Mapping[str, str] | None = None,
    dashed: Collection[str] = (),
) -> None:
    """Draw curves, the first in ink, the others in greys; their names stand at their right ends.

    x: shared, or per name where it is a mapping.    baselines: grey dotted lines across.    bands: lower and upper, by name.
    marks: a marker at each point, filled for the first, hollow for the others.    colours: by name, where one has a meaning.
    dashed: names of curves that are dashed. Set the axes' limits and scale before: the labels are placed by them.
    """
    ends: list[tuple[float, float, str, str]] = []
    for n, (name, y) in enumerate(series.items()):
        colour = (colours or {}).get(name, SHADES[min(n, len(SHADES) - 1)])
        at = x[name] if isinstance(x, Mapping) else x
        style: dict[str, Any] = {"color": colour, "linestyle": "--" if name in dashed else "-"}
        if marks:
            mark = MARKS[n % len(MARKS)]
            style |= {"marker": mark, "markersize": points(7), "markerfacecolor": colour if n == 0 else "white"}
        axes.plot(at, y, clip_on=False, **style)
        if bands and name in bands:
            axes.fill_between(at, *bands[name], color=colour, alpha=0.15, linewidth=0)
        ends.append((float(np.asarray(at)[-1]), float(np.asarray(y)[-1]), name, colour))
    for name, height in (baselines or {}).items():
        axes.axhline(height, color=GREY, linestyle=":", linewidth=points(1))
        ends.append((float(axes.get_xlim()[1]), height, name, GREY))
    _name_ends(axes, ends)


def _name_ends(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write the names, moved apart where they would stand on each other."""
    from nrms_np.training.learning_curve import apart  # brings the whole package with it

    axes.figure.draw_without_rendering()  # the heights in pixels are known only then
    pixel = axes.figure.dpi / 100
    heights = axes.transData.transform([(x, y) for x, y, _, _ in ends])[:, 1] / pixel
    order = np.argsort(heights, kind="stable")
    for place, height in zip(order, apart(heights[order].tolist(), LINE, -np.inf, np.inf), strict=True):
        x, y, name, colour = ends[place]
        letters = colour if readable(colour) == colour else GREY
        beside(axes, (x, y), (8, height - heights[place]), name, letters, SMALL, ha="left", va="center")

"""A piece of the model as a graph: boxes, arrows with shapes forward, and one line below them the gradients that return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lessons.draw.style import DASHES, GRADIENT, INK, LABEL, PAPER, SMALL, points, write


class Box(NamedTuple):
    """A value or a step. text: in it.    at: its middle on the canvas, in pixels.

    step: a step of the calculation is framed; a value is not.    colour: `QUERY`, `KEY`, `VALUE` or ink.
    """

    text: str
    at: tuple[float, float]
    step: bool = False
    colour: str = INK
    size: tuple[float, float] | None = None


class Arrow(NamedTuple):
    """From a box to a box, by name. shape: on the arrow forward.    gradient: on the one that returns, "" for none.

    side: on which side of the arrow the gradient returns: 1 the right hand of who walks along it (below, where it runs to the
    right), -1 the left.    place: of the words along the arrow, 0 its start and 1 its end.
    """

    start: str
    end: str
    shape: str = ""
    gradient: str = ""
    side: int = 1
    place: float = 0.5


def graph(axes: Axes, boxes: Mapping[str, Box], arrows: Sequence[Arrow], *, apart: float = 9) -> None:
    """Draw a graph on a `canvas`.

    boxes: by the names that arrows use.    apart: pixels from a forward arrow to the gradient's.
    """
    for arrow in arrows:
        _arrow(axes, boxes[arrow.start], boxes[arrow.end], arrow, apart)
    for box in boxes.values():
        _box(axes, box)


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], *, gradient: bool = False, bend: float = 0.0
) -> None:
    """One arrow between two places; a gradient's is red and dashed.    bend: 0 is straight, 0.3 an arc."""
    colour = GRADIENT if gradient else INK
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=points(13),
            connectionstyle=f"arc3,rad={bend}",
            shrinkA=0,
            shrinkB=0,
            color=colour,
            linewidth=points(1.6),
            linestyle=DASHES if gradient else "solid",
        )
    )


def box_size(box: Box) -> tuple[float, float]:
    """Width and height in pixels: as wide as its longest line, about."""
    if box.size is not None:
        return box.size
    lines = box.text.split("\n")
    return max(len(line) for line in lines) * 7.8 + 14, 17 * len(lines) + 10


def _box(axes: Axes, box: Box) -> None:
    (x, y), (width, height) = box.at, box_size(box)
    if box.step:
        axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=5",
                facecolor=PAPER,
                edgecolor=box.colour,
                linewidth=points(1.4),
            )
        )
    write(axes, x, y, box.text, box.colour, LABEL)


def _arrow(axes: Axes, start: Box, end: Box, what: Arrow, apart: float) -> None:
    from_, to = np.array(start.at, dtype=float), np.array(end.at, dtype=float)
    along = (to - from_) / np.linalg.norm(to - from_)
    first = from_ + along * (_to_edge(start, along) + 3)
    last = to - along * (_to_edge(end, along) + 3)
    # y runs downward, so the right hand of one who walks to the right is below.
    aside = np.array([-along[1], along[0]]) * what.side
    middle = first + what.place * (last - first)
    shift = aside * apart / 2 if what.gradient else aside * 0
    arrow(axes, tuple(first - shift), tuple(last - shift))
    if what.shape:
        _words(axes, middle - shift, -aside, what.shape, INK)
    if what.gradient:
        arrow(axes, tuple(last + shift), tuple(first + shift), gradient=True)
        _words(axes, middle + shift, aside, what.gradient, GRADIENT)


def _to_edge(box: Box, along: np.ndarray) -> float:
    """How far it is from the middle of a box to its edge in this direction."""
    half = np.array(box_size(box)) / 2
    with np.errstate(divide="ignore"):
        return float(np.min(half / np.abs(along)))


def _words(axes: Axes, place: np.ndarray, aside: np.ndarray, text: str, colour: str) -> None:
    """Words beside an arrow, on the side that `aside` points to."""
    x, y = place + aside * 5
    across = "left" if aside[0] > 0.3 else "right" if aside[0] < -0.3 else "center"
    up = "top" if aside[1] > 0.3 else "bottom" if aside[1] < -0.3 else "center"
    write(axes, x, y, text, colour, SMALL, ha=across, va=up, linespacing=1.15)

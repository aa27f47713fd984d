"""Arrays as cells with their numbers inside, the name and the shape above, words at the sides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lessons.draw.style import DASHES, GRADIENT, GREY, INK, LABEL, PAPER, SMALL, beside, number, points, write
from nrms_np.palette import LIGHT, ramp, text_on

Array = np.ndarray[Any, Any]
CELL = (56, 28)
"""Width and height of a cell on a canvas, in pixels."""


class Cells(NamedTuple):
    """Where an array stands: what arrows start from. All in the unit of the axes."""

    left: float
    top: float
    cell_width: float
    cell_height: float
    rows: int
    columns: int

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.columns * self.cell_width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.rows * self.cell_height

    def cell(self, i: int, j: int) -> tuple[float, float]:
        """The middle of a cell."""
        return self.left + (j + 0.5) * self.cell_width, self.top + (i + 0.5) * self.cell_height


def array(
    axes: Axes,
    values: Any,
    name: str,
    shape: str,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    kind: str = "forward",
    at: tuple[float, float] | None = None,
    cell: tuple[float, float] | None = None,
    colour: str = INK,
    digits: int = 2,
    framed: Collection[int | tuple[int, int]] = (),
    largest: float | None = None,
) -> Cells:
    """Draw an array of one or two axes; one axis is a row.

    name, shape: stand above, as in "x (T, D)".    rows, columns: the words at its sides.
    kind: forward, neutral; weights, from 0 to 1 on the blue ramp; gradient, red and dashed, with ▲ for what should grow the loss
        and ▼ for what should shrink it, the larger the stronger.
    at: upper left corner on a `canvas`; without it the array fills the axes.    cell: width and height of a cell.
    colour: of the name: `QUERY`, `KEY` or `VALUE`.    digits: after the point.    framed: rows, or cells (i, j), framed in ink.
    largest: the size of a gradient that has the largest triangle; without it this array's own largest number.

    Returns where it stands.
    """
    table = np.atleast_2d(np.asarray(values, dtype=float))
    width, height = cell or (CELL if at else (1.0, 1.0))
    left, top = at or (0.0, 0.0)
    place = Cells(left, top, width, height, len(table), table.shape[1])
    largest = largest or float(np.abs(table).max(initial=0.0)) or 1.0
    for i, j in np.ndindex(table.shape):
        _cell(axes, place, (i, j), float(table[i, j]), kind, colour, digits, largest)
    for one in framed:
        _frame(axes, place, one)
    _beside(
        axes, place, f"{name} {shape}".strip(), rows or (), columns or (), GRADIENT if kind == "gradient" else colour
    )
    if at is None:
        axes.set_xlim(0, place.right)
        axes.set_ylim(place.bottom, 0)
        axes.axis("off")
    return place


def weights(axes: Axes, alpha: Any, rows: Sequence[str], columns: Sequence[str], **more: Any) -> Cells:
    """Attention weights: row i looks at column j, each row adds up to 1."""
    return array(
        axes, alpha, **{"name": "α", "shape": "(T, T)", "rows": rows, "columns": columns, "kind": "weights", **more}
    )


def _beside(axes: Axes, place: Cells, name: str, rows: Sequence[str], columns: Sequence[str], colour: str) -> None:
    """The name above, the words above the columns and to the left of the rows."""
    beside(axes, (place.left, place.top), (0, 24 if columns else 8), name, colour, LABEL, ha="left", va="bottom")
    for j, word in enumerate(columns):
        beside(axes, (place.cell(0, j)[0], place.top), (0, 5), word, INK, SMALL, ha="center", va="bottom")
    for i, word in enumerate(rows):
        beside(axes, (place.left, place.cell(i, 0)[1]), (-7, 0), word, INK, LABEL, ha="right", va="center")


def _cell(
    axes: Axes, place: Cells, at: tuple[int, int], value: float, kind: str, colour: str, digits: int, largest: float
) -> None:
    x, y = place.cell(*at)
    corner = (x - place.cell_width / 2, y - place.cell_height / 2)
    style: dict[str, Any] = {"facecolor": PAPER, "edgecolor": GREY if colour == INK else colour, "linewidth": points(1)}
    letters = INK
    if kind == "weights":
        style["facecolor"] = ramp(LIGHT, min(max(value, 0.0), 1.0))
        letters = text_on(style["facecolor"])
    elif kind == "gradient":
        style |= {"edgecolor": GRADIENT, "linestyle": DASHES}
        letters = GRADIENT
    axes.add_patch(Rectangle(corner, place.cell_width, place.cell_height, clip_on=False, **style))
    if kind != "gradient":
        # `write` would make white letters ink: it knows only paper below them.
        write(axes, x, y, number(value, digits), size=SMALL, color=letters)
        return
    if round(value, digits):
        size = points(3 + 6 * min(abs(value) / largest, 1.0))
        left = corner[0] + 0.17 * place.cell_width
        axes.plot(left, y, "^" if value > 0 else "v", color=GRADIENT, markersize=size, markeredgewidth=0, clip_on=False)
    write(axes, corner[0] + 0.92 * place.cell_width, y, number(value, digits), letters, SMALL, ha="right")


def _frame(axes: Axes, place: Cells, which: int | tuple[int, int]) -> None:
    i, j, columns = (*which, 1) if isinstance(which, tuple) else (which, 0, place.columns)
    corner = (place.left + j * place.cell_width, place.top + i * place.cell_height)
    size = (columns * place.cell_width, place.cell_height)
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=INK, linewidth=points(2), zorder=3, clip_on=False))

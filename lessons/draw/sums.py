"""A gradient that is the sum of what comes back along several ways: its terms, then the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base

CELL = (58, 30)
APART = (28, 62)  # between two arrays of a line, for the sign; between two lines, for name and columns


def gradient_sum(
    title: str,
    terms: Mapping[str, np.ndarray],
    total: str,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    across: int,
) -> Figure:
    """Draw terms (T, D) by name and their sum, each as an array; columns in which every term is zero are left out.

    total: the name of the sum, said to be measured: the lesson asserts it.    across: arrays beside each other.
    """
    sum_ = sum(terms.values(), np.zeros_like(next(iter(terms.values()))))
    used = np.flatnonzero(np.any([term.any(axis=0) for term in terms.values()], axis=0))
    panels = [*terms.items(), (f"{total}  measured ✓", sum_)]
    left = 24 + 8 * max(map(len, rows))
    line_height = len(rows) * CELL[1] + APART[1]
    axes = base.canvas(title, height=-(-len(panels) // across) * line_height)
    for number, (name, gradient) in enumerate(panels):
        line, place = divmod(number, across)
        at = (left + place * (len(used) * CELL[0] + APART[0]), 52 + line * line_height)
        cells = base.array(
            axes,
            gradient[:, used],
            name,
            "",
            rows=rows if place == 0 else None,
            columns=[columns[j] for j in used],
            kind="gradient",
            at=at,
            cell=CELL,
            largest=float(np.abs(sum_).max()),
        )
        if number + 1 < len(panels):
            sign = "=" if number + 2 == len(panels) else "+"
            base.write(axes, cells.right + APART[0] / 2, (cells.top + cells.bottom) / 2, sign)
    return axes.figure  # type: ignore[return-value]

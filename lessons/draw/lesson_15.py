"""The figures of lesson 15: trainings with bugs, and which check sees which bug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons.draw import base
from nrms_np.arrays import Array

CELL = (92, 30)
LEFT, TOP = 208, 46


def training(curves: Mapping[str, Array], title: str) -> Figure:
    """The median loss over seeds of each variant; curves (steps, seeds), the first the right one."""
    drawing = base.figure(title, 340)
    axes = drawing.subplots()
    steps = len(next(iter(curves.values())))
    axes.set_xlim(0, steps - 1)
    axes.set_ylim(0, 1.5)
    axes.set_xlabel("step")
    axes.set_ylabel("mean loss")
    medians = {name: np.nanmedian(losses, axis=1) for name, losses in curves.items()}
    base.lines(axes, np.arange(steps), medians, dashed=[name for name in curves if name.endswith("in attention")])
    return drawing


def checks(noticed: Mapping[str, Sequence[bool | None]], names: Sequence[str], title: str) -> Figure:
    """A table: bugs down, checks across; caught is filled, not seen is empty, None is a dash."""
    axes = base.canvas(title, TOP + 20 + CELL[1] * len(noticed))
    for column, name in enumerate(names):
        base.write(axes, LEFT + (column + 0.5) * CELL[0], TOP / 2, name, size=base.SMALL)
    for row, (bug, answers) in enumerate(noticed.items()):
        y = TOP + (row + 0.5) * CELL[1]
        base.write(axes, 4, y, f"{row + 1}  {bug}".replace("\n", " "), size=base.SMALL, ha="left")
        for column, answer in enumerate(answers):
            x = LEFT + column * CELL[0]
            fill = base.INK if answer else base.PAPER
            edge = {"edgecolor": base.INK if answer else base.GREY, "linestyle": ":" if answer is None else "-"}
            axes.add_patch(
                Rectangle((x + 2, y - 13), CELL[0] - 4, 26, facecolor=fill, linewidth=base.points(1), **edge)
            )
            word, colour = {True: ("caught", base.PAPER), False: ("not seen", base.GREY), None: ("–", base.GREY)}[
                answer
            ]
            axes.text(
                x + CELL[0] / 2, y, word, color=colour, fontsize=base.points(base.SMALL), ha="center", va="center"
            )
    return axes.figure  # type: ignore[return-value]

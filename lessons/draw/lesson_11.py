"""The figures of lesson 11: how far Adam moves, one batch, and the learning curves of many runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lessons.draw import base
from nrms_np.arrays import Array

LEAST = 1e-4
"""What stands for less on a logarithmic axis."""


def adam(times: Array, moves: Mapping[str, Array], noise: float) -> Figure:
    """How long the steps are in units of η, the k-th time that a number has a gradient."""
    drawing = base.figure("Adam's step is η only for a gradient that keeps its sign from the start", 270)
    axes = drawing.subplots()
    axes.set_xscale("log")
    axes.set_xlim(1, times[-1])
    axes.set_ylim(0, 7)
    axes.set_xlabel("how often the number has had a gradient")
    axes.set_ylabel("length of the step / η")
    base.lines(axes, times, moves, baselines={f"noise: {noise:.2f} (rms)": noise})
    return drawing


def one_batch(steps: Array, above: Mapping[str, Array], title: str) -> Figure:
    """The loss above its floor: the mean over worlds and, as bands, the least and the largest; above: (worlds, steps) by rate."""
    drawing = base.figure(title, 300)
    axes = drawing.subplots()
    axes.set_yscale("log")
    axes.set_ylim(LEAST, 1e4)
    axes.set_xlim(0, steps[-1])
    axes.set_xlabel("step")
    axes.set_ylabel("loss of the batch above its floor")
    floored = {name: np.maximum(losses, LEAST) for name, losses in above.items()}
    base.lines(
        axes,
        steps,
        {name: losses.mean(axis=0) for name, losses in floored.items()},
        bands={name: (losses.min(axis=0), losses.max(axis=0)) for name, losses in floored.items()},
        dashed=[name for name in floored if name.endswith("0.1")],
    )
    return drawing


def learning_curve(
    losses: Mapping[str, Array],
    aucs: Mapping[str, Array],
    halves: Mapping[str, Array],
    lines: Mapping[str, float],
    title: str,
) -> Figure:
    """Means over worlds after each epoch: the loss of what was trained above, the dev AUC below with its 95% intervals."""
    drawing = base.figure(title, 480)
    top, bottom = drawing.subplots(2, 1, sharex=True)
    epochs = np.arange(len(next(iter(losses.values()))))
    for axes in (top, bottom):
        axes.set_xlim(0, epochs[-1])
        axes.set_xticks(epochs)
    top.set_ylim(0, 1.8)
    top.set_ylabel("loss of the train samples")
    bottom.set_ylim(0.48, 0.72)
    bottom.set_ylabel("dev AUC")
    bottom.set_xlabel("epoch (0 is the untrained model)")
    base.lines(top, epochs, losses, baselines={"log 5": float(np.log(5))}, marks=True)
    bands: dict[str, Any] = {name: (aucs[name] - halves[name], aucs[name] + halves[name]) for name in aucs}
    base.lines(bottom, epochs, aucs, baselines=lines, bands=bands, marks=True)
    return drawing

"""The learning curve of a run as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nrms_np.files import whole_file

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"  # told apart by colour-blind readers too


def draw_learning_curve(path: Path, rows: list[dict[str, Any]], levels: dict[str, float]) -> None:
    """Draw dev AUC and train loss against the epoch.

    rows: metrics of the epochs.    levels: AUC of baselines by their names, drawn as lines across.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4), layout="constrained")
    left = figure.subplots()
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["auc"] for row in rows], "o-", color=BLUE)
    left.set_xlabel("epoch (0 is the untrained model)")
    left.set_ylabel("dev AUC", color=BLUE)
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    for name, auc in levels.items():
        left.axhline(auc, color=GREY, linestyle=":", linewidth=1)
        left.annotate(name, (epochs[0], auc), color=GREY, fontsize=8, va="bottom")
    right = left.twinx()
    right.plot(epochs, [row["loss"] for row in rows], "s--", color=ORANGE)
    right.set_ylabel("mean train loss", color=ORANGE)
    with whole_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})

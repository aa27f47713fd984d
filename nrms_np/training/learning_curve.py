"""Learning curves as a picture: dev AUC above, train loss below, against the epoch; of one run or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nrms_np.files import whole_file
from nrms_np.palette import LIGHT
from nrms_np.training.outcome import best_of

Rows = Sequence[Mapping[str, Any]]
"""The metrics of a run's epochs, as metrics.jsonl has them: each at least with `epoch`, `auc` and `loss`."""

PIXEL = 0.72
"""Points in a pixel of a picture that is shown with 100 pixels an inch."""

MOST_LABELS, LONGEST_NAME = 12, 26
_MARKERS = "osD^vP*Xhd<>"


def finding(runs: Mapping[str, Rows]) -> str:
    """What the picture shows, in one sentence: its title."""
    name = max(runs, key=lambda name: best_of(runs[name])["auc"])
    best = best_of(runs[name])
    of_run = f" ({_short(name)})" if len(runs) > 1 else ""
    if best["epoch"] == 0 and len(runs[name]) > 1:
        return f"No epoch beat the model before training: dev AUC {best['auc']:.3f}{of_run}"
    return f"Best dev AUC {best['auc']:.3f} at epoch {best['epoch']}{of_run}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def draw_learning_curve(path: Path, rows: Rows, levels: Mapping[str, float]) -> None:
    """Draw the learning curve of one run.

    rows: of its epochs.    levels: AUC of baselines by their names, drawn as dotted lines.

    Raises NrmsError where there is no folder to write the picture into.
    """
    draw_learning_curves(path, {"NRMS": rows}, levels)


def draw_learning_curves(path: Path, runs: Mapping[str, Rows], levels: Mapping[str, float]) -> None:
    """Draw the learning curves of runs over each other, the best one in ink with a ring around its best epoch, the others in grey.

    runs:   one or more, by the names to write beside their lines; the MOST_LABELS best ones get a name.
    levels: as in `draw_learning_curve`.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FormatStrFormatter, MaxNLocator

    figure = Figure(figsize=(6.8, 5.2), dpi=200, layout="constrained", facecolor=LIGHT.paper)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    figure.suptitle(finding(runs), x=0.012, ha="left", fontsize=16 * PIXEL, color=LIGHT.ink, parse_math=False)
    ranked = sorted(runs, key=lambda name: -best_of(runs[name])["auc"])
    last = max(row["epoch"] for rows in runs.values() for row in rows)
    labels: list[tuple[Any, float, str, str]] = []
    for place, name in reversed(list(enumerate(ranked))):  # the best one last, above the others
        rows, color = runs[name], LIGHT.ink if place == 0 else LIGHT.grey
        epochs, best = [row["epoch"] for row in rows], best_of(rows)
        look = {
            "color": color,
            "linewidth": (1 if place else 2) * PIXEL,
            "marker": _MARKERS[place % len(_MARKERS)],
            "markersize": 4,
        }
        for axes, key in ((above, "auc"), (below, "loss")):
            axes.plot(epochs, [row[key] for row in rows], **look, markerfacecolor=color if place == 0 else LIGHT.paper)
        if place == 0:
            above.plot(best["epoch"], best["auc"], "o", markersize=11, markerfacecolor="none", markeredgecolor=color)
            labels.append((below, rows[-1]["loss"], _short(name), color))
        if place < MOST_LABELS:
            labels.append((above, rows[-1]["auc"], f"{_short(name)} {best['auc']:.3f}", color))
    for name, auc in levels.items():
        above.axhline(auc, color=LIGHT.grey, linestyle=":", linewidth=PIXEL)
        labels.append((above, auc, f"{name} {auc:.3f}", LIGHT.grey))
    above.set_ylabel("dev AUC")
    below.set_ylabel("mean train loss")
    below.set_xlabel("epoch (0: before training)")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (above, below):
        axes.set_xlim(-0.15, last + 0.15)
        axes.yaxis.set_major_formatter(FormatStrFormatter("%.2f"))
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.label.set_fontsize(13 * PIXEL)
        axes.tick_params(labelsize=12 * PIXEL, colors=LIGHT.ink)
        _write_labels(axes, [label[1:] for label in labels if label[0] is axes])
    below.xaxis.label.set_fontsize(13 * PIXEL)
    with whole_file(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _write_labels(axes: Any, labels: list[tuple[float, str, str]]) -> None:
    """Write labels (height, text, colour) at the right, moved apart where they would stand on each other."""
    low, high = axes.get_ylim()
    line = (high - low) * 13 * 1.25 / (axes.get_figure().get_figheight() * 100 * axes.get_position().height)
    labels = sorted(labels)
    for y, (_, text, color) in zip(apart([label[0] for label in labels], line, low, high), labels, strict=True):
        axes.annotate(
            text, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=13 * PIXEL, color=color,
            annotation_clip=False, parse_math=False,
        )  # fmt: skip


def apart(heights: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Rising heights moved as little as needed to stand `least` apart, from low to high as far as there is room."""
    groups: list[list[float]] = []  # labels that touch stay around their middle: the sum of their heights, their number

    def middle(total: float, n: float) -> float:
        half = least * (n - 1) / 2
        return max(min(total / n, high - half), low + half)

    for height in heights:
        groups.append([height, 1])
        while (
            len(groups) > 1 and middle(*groups[-1]) - middle(*groups[-2]) < least * (groups[-1][1] + groups[-2][1]) / 2
        ):
            (total, n), group = groups.pop(), groups[-1]
            group[0] += total
            group[1] += n
    return [middle(total, n) + least * (i - (n - 1) / 2) for total, n in groups for i in range(int(n))]

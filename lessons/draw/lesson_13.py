"""The figures of lesson 13: a column of the weights, lane order, and the ladder."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons.draw import base


def _strip(axes: Axes, at: tuple[float, float], width: float, labels: list[str], framed: set[int], colour: str) -> None:
    """Neighbouring cells of memory, those in `framed` with a thick edge."""
    left, top = at
    for n, label in enumerate(labels):
        corner = (left + n * width, top)
        axes.add_patch(
            Rectangle(corner, width, 28, facecolor=base.PAPER, edgecolor=base.GREY, linewidth=base.points(1))
        )
        base.write(axes, corner[0] + width / 2, top + 14, label, size=base.SMALL)
    for n in framed:
        axes.add_patch(
            Rectangle(
                (left + n * width, top), width, 28, fill=False, edgecolor=colour, linewidth=base.points(2.5), zorder=3
            )
        )


def column(T: int, H: int, chosen: int) -> Figure:
    """The weights of a title in memory, T words and H heads: a row is neighbours, a column has a step."""
    axes = base.canvas("The backward reads the same weights as the forward, with another step", height=250)
    width, left = 34.0, 34.0
    labels = [f"k={k}" for _ in range(T * T) for k in range(H)]
    row = {(chosen * T + j) * H + k for j in range(T) for k in range(H)}
    below = {(i * T + chosen) * H + k for i in range(T) for k in range(H)}
    for top, framed, colour in ((62, row, base.INK), (172, below, base.GRADIENT)):
        _strip(axes, (left, top), width, labels, framed, colour)
        for pair in range(T * T):
            i, j = divmod(pair, T)
            base.write(axes, left + (pair + 0.5) * H * width, top - 11, f"α {i},{j}", size=base.SMALL)
    base.write(
        axes, left, 26, rf"forward, row $i = {chosen}$:  $h_i = \sum_j \alpha_{{ij}} v_j$      neighbours", ha="left"
    )
    base.write(
        axes,
        left,
        136,
        rf"backward, column $j = {chosen}$:  $dv_j = \sum_i \alpha_{{ij}} dh_i$      every T·H = {T * H} numbers",
        base.GRADIENT,
        ha="left",
    )
    for i in range(T - 1, 0, -1):
        ends = (left + ((i * T + chosen) * H + H / 2) * width, left + (((i - 1) * T + chosen) * H + H / 2) * width)
        base.arrow(axes, (ends[0], 203), (ends[1], 203), gradient=True, bend=-0.25)
        base.write(axes, sum(ends) / 2, 238, "T·H", base.GRADIENT, base.SMALL)
    return axes.figure  # type: ignore[return-value]


def lane_order(heads: int, head_dim: int) -> Figure:
    """One row of H·d numbers in both orders."""
    axes = base.canvas("In lane order, numbers that go the same way are neighbours", height=170)
    width = 620 / (heads * head_dim)
    orders = {
        "head order: the frame is added up to one number": [(k, c) for k in range(heads) for c in range(head_dim)],
        "lane order: the frame goes into as many sums, side by side": [
            (k, c) for c in range(head_dim) for k in range(heads)
        ],
    }
    for top, (name, places) in zip((36, 120), orders.items(), strict=True):
        base.write(axes, 30, top - 14, name, ha="left")
        framed = set(range(head_dim if top == 36 else heads))
        _strip(axes, (30, top), width, [f"h{k} c{c}" for k, c in places], framed, base.INK)
    return axes.figure  # type: ignore[return-value]


def ladder(measured: dict[str, Any]) -> Figure:
    """One bar a rung: the fastest of the rounds, all rounds as dots, and dotted what the rung saved."""
    rungs = {label: [1000 * value for value in values] for label, values in measured["rungs"].items()}
    floor, busy = 1000 * measured["floor"], measured["others_running"] > 0.5
    times = [min(values) for values in rungs.values()]
    figure = base.figure("Computing less saves most; compiling alone, with heads of 20, nothing", height=420)
    axes = figure.subplots()
    for row, values in enumerate(rungs.values()):
        axes.barh(row, times[row], height=0.5, color=base.INK)
        change, right = "", max(values)
        if row:
            before = times[row - 1]
            change = f"   {times[row] - before:+,.0f}".replace("-", "−")
            if times[row] < before:
                axes.plot([times[row], before], [row, row], color=base.GREY, linestyle=":", linewidth=base.points(1.4))
                right = max(right, before)
        axes.plot(values, [row - 0.36] * len(values), "|", color=base.GREY, markersize=base.points(7))
        base.beside(axes, (right, row), (8, 0), f"{times[row]:,.0f} ms{change}", va="center")
    axes.axvline(floor, color=base.GREY, linestyle=":", linewidth=base.points(1))
    axes.set_yticks(range(len(rungs)), list(rungs))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25 * max(max(values) for values in rungs.values()))
    axes.set_xlabel("ms a training step of 64 users, 20 heads of 20, one thread")
    quiet = f"; other programs were running (load {measured['others_running']})" if busy else ""
    figure.supxlabel(
        f"{measured['machine']}, {measured['date']}{quiet}",
        x=0.01,
        ha="left",
        fontsize=base.points(base.SMALL),
        color=base.GREY,
    )
    return figure

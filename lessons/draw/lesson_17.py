"""The figures of lesson 17: gradients of two ranks, masks, the ring, what is received, and how far it scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons.draw import base

Array = np.ndarray[Any, Any]


def halves(rows: Sequence[Array], gradients: Sequence[Array], words: Sequence[str], whole: Array) -> Figure:
    """The gradient of the word vectors on each of two ranks, only the rows that it has, and the sum; two columns of each."""
    axes = base.canvas("Two ranks' rows, added word by word, are the batch's gradient", height=300)
    cell, columns = (72, 28), ("sport", "space")
    more: dict[str, Any] = {"kind": "gradient", "cell": cell, "digits": 3, "largest": float(np.abs(whole).max())}
    left = 100
    for rank, (have, gradient) in enumerate(zip(rows, gradients, strict=True)):
        _some_rows(axes, gradient[:, :2], have, words if rank == 0 else (), f"rank {rank}", columns, (left, 52), more)
        base.write(axes, left + 2 * cell[0] + 20, 52 + 4 * cell[1], "+" if rank == 0 else "=")
        left += 2 * cell[0] + 40
    base.array(axes, whole[:, :2], "dE  measured ✓", "", columns=columns, at=(left, 52), **more)
    return axes.figure  # type: ignore[return-value]


def _some_rows(
    axes: Axes, values: Array, have: Array, words: Sequence[str], name: str, columns: Sequence[str],
    at: tuple[float, float], more: Mapping[str, Any],
) -> None:  # fmt: skip
    """The rows of an array that a rank has, each in its place; the others stay paper."""
    left, top = at
    height = more["cell"][1]
    for place, row in enumerate(have):
        base.array(
            axes, values[row], name if place == 0 else "", "", columns=columns if place == 0 else None,
            rows=[words[row]] if len(words) else None, at=(left, top + int(row) * height), **more,
        )  # fmt: skip


def masks(whole: Array, right: Array, naive: Array, have: Array, words: Sequence[str]) -> Figure:
    """The batch's dropout mask, and rank 1's rows of it by their places and by its own numbers."""
    axes = base.canvas("A mask of where a number stands: rank 1 drops what one process drops", height=300)
    cell, left = (36, 28), 100
    base.array(axes, whole, "the batch", "", rows=words, at=(left, 52), cell=cell, digits=0)
    own = [words[row] for row in have]
    base.array(axes, right, "rank 1, by place", "", rows=own, at=(left + 4 * 36 + 96, 52), cell=cell, digits=0)
    wrong = [place for place in range(len(have)) if not np.array_equal(right[place], naive[place])]
    base.array(
        axes, naive, "rank 1, by own numbers", "", at=(left + 8 * 36 + 120, 52), cell=cell, digits=0, framed=wrong
    )
    return axes.figure  # type: ignore[return-value]


def ring(ranks: int) -> Figure:
    """How many ranks' numbers are in each chunk of each rank, from the start to the end of a ring all-reduce."""
    axes = base.canvas(
        f"{ranks - 1} sends, and each rank has one whole sum; {ranks - 1} more, and all have all", height=160
    )
    cell, left, top = (28, 28), 62, 56
    counts = np.ones((ranks, ranks), dtype=int)
    names = ["at first", *(f"send {number + 1}" for number in range(2 * (ranks - 1)))]
    for number, name in enumerate(names):
        came: list[tuple[int, int]] = []
        if number:
            adds = number < ranks  # the first sends add, the later ones replace
            before = counts.copy()
            for rank in range(ranks):
                chunk = (rank - number) % ranks
                counts[rank, chunk] = before[rank - 1, chunk] + adds * before[rank, chunk]
                came.append((rank, chunk))
        labels = [f"rank {rank}" for rank in range(ranks)] if number == 0 else None
        base.array(axes, counts, name, "", rows=labels, at=(left, top), cell=cell, digits=0, framed=came)
        left += ranks * cell[0] + 32
    return axes.figure  # type: ignore[return-value]


def received(counts: Array, megabytes: Mapping[str, Array], samples: str) -> Figure:
    """MB that one rank receives in a step, over the number of ranks."""
    drawing = base.figure("Sums in parts stay bounded; what all send to all grows with the ranks", height=290)
    axes = drawing.subplots()
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(counts[0], counts[-1])
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.set_xlabel(f"ranks that share a batch of {samples} samples")
    axes.set_ylabel("MB received in a step")
    axes.set_ylim(3, 1.3 * max(float(values.max()) for values in megabytes.values()))
    _plain_ticks(axes, (3, 10, 30, 100, 300))
    base.lines(axes, counts, megabytes, marks=True)
    return drawing


def scaling(rates: Mapping[str, Mapping[int, float]]) -> Figure:
    """Samples a second over the number of ranks, one curve for each batch size, the largest in ink; dotted: N times one rank."""
    drawing = base.figure("The more ranks, the further from N times as fast", height=320)
    axes = drawing.subplots()
    counts = np.array(sorted(next(iter(rates.values()))))
    curves = {name: np.array([each[count] for count in counts]) for name, each in reversed(rates.items())}
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(counts[0], counts[-1])
    most = max(float(curve.max()) for curve in curves.values())
    axes.set_ylim(0.8 * min(float(curve.min()) for curve in curves.values()), 1.5 * most)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.set_xlabel("ranks")
    axes.set_ylabel("samples a second")
    _plain_ticks(axes, (100, 200, 500, 1000, 2000, 5000, 10_000))
    for curve in curves.values():
        ideal = counts * curve[0]
        axes.plot(
            counts[ideal <= 1.5 * most], ideal[ideal <= 1.5 * most], ":", color=base.GREY, linewidth=base.points(1)
        )
    base.lines(axes, counts, curves, marks=True)
    return drawing


def _plain_ticks(axes: Axes, values: Sequence[int]) -> None:
    """Numbers without exponents at a logarithmic axis, those of its range."""
    low, high = axes.get_ylim()
    some = [value for value in values if low <= value <= high]
    axes.minorticks_off()
    axes.set_yticks(some, [f"{value:,}" for value in some])
